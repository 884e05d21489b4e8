/* cli/simulate_state -- what the harness of a simulated day remembers. */
#ifndef CLI_SIMULATE_STATE_H
#define CLI_SIMULATE_STATE_H

#include "cli/agenda.h"
#include "cli/day.h"
#include "cli/simulate_port.h"
#include "cli/simulate_scribe.h"
#include "cli/simulate_soon.h"
#include "cli/simulate_tally.h"

enum cli_simulate_timer { /* in the order of equal times */
                          CLI_SIMULATE_ANSWERS,
                          CLI_SIMULATE_TALK_ENDS
};

struct cli_simulate_peer { /* of a member who attended, as last said */
    const struct cli_day_answer *answer;
    uint64_t stream; /* 0 = none */
    struct match_key key;
    uint64_t rest_ms;
    uint32_t answers;
    uint32_t held; /* an answer held back while lost, then offer.next; 0 ends */
    enum match_grade grade;
    uint8_t capacity;
    bool paused; /* as the store said last */
};

struct cli_simulate_member {
    const struct cli_day_card *card[MATCH_ROLES]; /* as last put */
    uint64_t ask_stream;                          /* 0 = none */
    struct match_key ask_key;
    uint32_t ticket; /* the live one, else 0 */
    uint32_t peer;   /* in the table of peers; [0] is for all who never were */
    uint8_t pool;
    bool lost;
};

struct cli_simulate_ticket {
    uint64_t since_ms, talk_ms;
    uint32_t member, talk;     /* talk: 0 = none yet */
    bool live, told, reflects; /* reflects: a line of the day does, on it */
};

struct cli_simulate_offer {
    uint32_t ticket, peer, p, next; /* next: held back of the same peer */
    bool open, accept;
};

struct cli_simulate_talk {
    uint32_t ticket, seeker, peer;
    uint8_t absent; /* bit 1 << role: has not joined */
    bool live;
};

struct cli_simulate_done { /* a row that ended in this event */
    enum match_row_kind kind;
    uint64_t id;
};

struct cli_simulate_run {
    struct cli_simulate_port port;
    struct match_limits limits;
    struct cli_simulate_scribe scribe;
    struct cli_simulate_tally *tally;
    const struct cli_day *day;
    struct cli_simulate_soon soon;
    uint64_t seed, now_ms;
    uint64_t calls, keys, next_offer, next_talk;
    uint64_t law_walk, law_slots, law_credit; /* cli/simulate_happen law 1 */
    uint32_t pools, peers;
    uint32_t live, open;                /* tickets, offers */
    struct cli_simulate_member *member; /* by number; [0] is nobody */
    struct cli_simulate_peer *peer;
    struct cli_simulate_ticket *ticket;
    struct cli_simulate_offer *offer;
    struct cli_simulate_talk *talk; /* at most one per ticket */
    uint64_t *joining;              /* talks not joined by both */
    struct cli_simulate_done *done;
    struct match_card card; /* the one that an event shows */
    uint32_t offers_cap, joinings, joining_cap, dones, done_cap;
    bool joins;  /* somebody can join, perhaps */
    bool frozen; /* a table of rarities came: nothing is counted any more */
    struct cli_agenda agenda;
};

#endif

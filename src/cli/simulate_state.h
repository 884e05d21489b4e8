/* cli/simulate_state -- what the harness of a simulated day remembers. */
#ifndef CLI_SIMULATE_STATE_H
#define CLI_SIMULATE_STATE_H

#include "cli/agenda.h"
#include "cli/simulate_log.h"
#include "cli/simulate_port.h"
#include "cli/workload.h"

enum cli_simulate_timer { /* in the order of equal times */
                          CLI_SIMULATE_ANSWERS,
                          CLI_SIMULATE_TALK_ENDS
};

struct cli_simulate_member {
    struct match_card *card[MATCH_ROLES]; /* as last put; NULL = none */
    struct cli_workload_answer *answer;
    uint32_t answers, pool, ticket;     /* ticket: the live one, else 0 */
    uint64_t ask_stream, attend_stream; /* 0 = none */
    struct match_key ask_key, attend_key;
    uint64_t rest_ms;
    enum match_grade grade;
    uint8_t capacity;
    bool enrolled, lost;
};

struct cli_simulate_ticket {
    uint32_t member;
    bool live, told;
    uint64_t talk; /* 0 = none yet */
    uint64_t since_ms, talk_ms;
};

struct cli_simulate_offer {
    uint32_t ticket, peer, p;
    bool open, held, accept; /* held: due, but the peer is lost */
};

struct cli_simulate_talk {
    uint32_t ticket, seeker, peer;
    uint8_t absent; /* bit 1 << role: has not joined */
    bool live;
};

struct cli_simulate_run {
    struct cli_simulate_port port;
    struct match_limits limits;
    struct cli_simulate_log *log;
    const struct cli_workload *names;
    uint64_t seed, now_ms, next_beat_ms;
    uint64_t calls, keys, next_offer, next_talk;
    uint32_t pools;
    uint32_t members, tickets, offers_cap; /* sizes of the tables below */
    uint32_t live, open;                   /* tickets, offers */
    struct cli_simulate_member *member;    /* by number; [0] is nobody */
    struct cli_simulate_ticket *ticket;
    struct cli_simulate_offer *offer;
    struct cli_simulate_talk *talk; /* at most one per ticket */
    uint64_t *joining, *held;       /* talks not joined, answers held back */
    uint32_t joinings, helds, held_cap;
    struct cli_agenda agenda;
};

#endif

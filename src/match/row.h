/* match/row -- the durable facts: what the engine proposes, the store keeps
 * and gives back.
 *
 * long because every durable fact of the matching has its row here.
 *
 * Plain values; no pointers.  A row in a result or at load is the truth of the
 * store at that moment and replaces what the engine held.  Times are
 * milliseconds of the same clock as the events' now_ms; ids are random u64,
 * never 0. */
#ifndef MATCH_ROW_H
#define MATCH_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "match/limits.h"

/* An idempotency key and the hash of the request that first used it. */
struct match_key {
    uint64_t word[2]; /* both 0 = no key */
    uint64_t request_hash;
};

/* A member without a grade can only seek. */
enum match_grade { GRADE_MEMBER, GRADE_PEER, GRADE_CRISIS_PEER, GRADE_COUNT };

enum match_ticket_state {
    TICKET_WAITING,
    TICKET_OFFERED,
    TICKET_MATCHED, /* ends */
    TICKET_ENDED,   /* ends */
    TICKET_STATES
};

enum match_ticket_why {
    TICKET_WHY_NONE,
    TICKET_WHY_MATCHED,
    TICKET_WHY_WITHDRAWN,
    TICKET_WHY_EXPIRED,
    TICKET_WHY_LOST,
    TICKET_WHY_HELD,
    TICKET_WHY_ERASED,
    TICKET_WHYS
};

/* Whose age goes on: an ended talk lends that of its ticket to the next. */
enum {
    CARRY_UNFIT = 1, /* it came from a talk that was not a fit: that once */
    CARRY_LENT = 2   /* of a talk: a ticket has it now */
};

struct match_ticket_row {
    uint64_t id, member;
    uint32_t pool;
    enum match_ticket_state state;
    enum match_ticket_why why;
    bool danger;
    uint8_t offers; /* since the ask or the last back-off */
    uint8_t carry;  /* CARRY_UNFIT, or 0 */
    uint64_t since_ms, expires_ms, backoff_until_ms;
    uint64_t tie;
    uint64_t wish, wish_talk; /* whom of that talk they ask for; 0 = nobody */
    uint64_t wish_until_ms;   /* until then nobody else will do */
    struct match_key key;     /* of the ask: the same key resumes it */
};

enum match_offer_state {
    OFFER_OPEN,
    OFFER_ACCEPTED, /* ends, as do the rest */
    OFFER_DECLINED,
    OFFER_LAPSED,
    OFFER_REVOKED,
    OFFER_STATES
};

struct match_offer_row {
    uint64_t id, ticket, seeker, peer;
    uint32_t pool;
    enum match_offer_state state;
    bool danger;
    uint8_t showns;
    uint32_t p; /* the score P, Q16 */
    uint32_t seeker_card_version, peer_card_version;
    uint64_t made_ms, deadline_ms;
    uint64_t met; /* the talk that this ticket wishes to go on, or 0 */
    uint64_t shown[MATCH_SHOWN_MAX]; /* tokens both agreed to show */
    struct match_key answer;         /* the key it was closed with, if any */
};

enum match_duty_state { DUTY_OFF, DUTY_ON, DUTY_PAUSED, DUTY_STATES };

enum match_duty_why {
    DUTY_WHY_NONE,
    DUTY_WHY_LEFT,
    DUTY_WHY_UNTIL,
    DUTY_WHY_GRADE,
    DUTY_WHY_LOST,
    DUTY_WHY_REQUEST, /* paused */
    DUTY_WHY_LAPSES,  /* paused */
    DUTY_WHY_ASK,     /* paused: the member asks for support */
    DUTY_WHY_HELD,
    DUTY_WHY_ERASED,
    DUTY_WHY_CLAIM, /* off: the node came back */
    DUTY_WHYS
};

struct match_duty_row {
    uint64_t member;
    uint32_t pool;
    enum match_duty_state state;
    enum match_duty_why why;
    enum match_grade grade;
    uint8_t capacity, used, lapses;
    uint8_t day_max; /* talks that may begin within day_ms; 0 = no maximum */
    uint32_t yes, total; /* "felt understood": the record behind τ */
    uint64_t grade_until_ms, until_ms; /* 0 = no end */
    uint64_t rest_ms, rest_until_ms;
    uint64_t tie;
    struct match_key key; /* of the attend: the same key resumes it */
};

enum match_talk_state { TALK_JOINING, TALK_OPEN, TALK_ENDED, TALK_STATES };

enum match_talk_why {
    TALK_WHY_NONE,
    TALK_WHY_ENDED,
    TALK_WHY_NO_SHOW,
    TALK_WHY_IDLE,
    TALK_WHY_LIMIT, /* the longest talk */
    TALK_WHY_BLOCK,
    TALK_WHY_HELD,
    TALK_WHY_ERASED,
    TALK_WHYS
};

struct match_talk_row {
    uint64_t id, ticket, offer, seeker, peer;
    uint32_t pool, p;
    enum match_talk_state state;
    enum match_talk_why why;
    uint8_t joined, reflected, again; /* bit 1 << enum match_role */
    uint8_t showns;
    uint8_t carry;     /* CARRY_UNFIT: its ticket's; CARRY_LENT */
    uint64_t since_ms; /* the ticket's */
    uint64_t started_ms, ended_ms;
    uint64_t shown[MATCH_SHOWN_MAX];
};

/* Who may not meet, or may again. */
enum match_pair_kind {
    PAIR_RESTS,  /* until until_ms; a bond overrides it */
    PAIR_TICKET, /* for the life of `ticket`: `b` declined or let it lapse */
    PAIR_BLOCK,  /* a blocked b; holds until taken back */
    PAIR_BOND,   /* both want to meet again */
    PAIR_KINDS
};

struct match_pair_row {
    enum match_pair_kind kind;
    bool gone;         /* the row was removed (unblock, a bond broken) */
    uint64_t a, b;     /* of PAIR_RESTS and PAIR_BOND: a < b */
    uint64_t ticket;   /* of PAIR_TICKET, else 0 */
    uint64_t until_ms; /* of PAIR_RESTS, else 0 */
};

/* One line of a pool's rarity table: the smoothed count of a token in Q8;
 * token 0 carries N. */
struct match_rarity_row {
    uint64_t token, count_q8;
    uint32_t pool;
};

enum match_row_kind {
    ROW_TICKET,
    ROW_OFFER,
    ROW_DUTY,
    ROW_TALK,
    ROW_PAIR,
    ROW_RARITY,
    ROW_KINDS
};

struct match_row {
    enum match_row_kind kind;
    union {
        struct match_ticket_row ticket;
        struct match_offer_row offer;
        struct match_duty_row duty;
        struct match_talk_row talk;
        struct match_pair_row pair;
        struct match_rarity_row rarity;
    };
};

#endif

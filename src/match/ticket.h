/* match/ticket -- one ask of a seeker, as the engine holds it.
 *
 * The row is the store's truth; the rest is the engine's own.  A ticket lives
 * in a table sized at start, is found by id and by member, and is given back
 * after its end was told.
 *
 * Laws
 *   1. Its state moves only as ENGINE.md §4 lists: the table in ticket.c.
 *   2. A member has at most one live ticket. */
#ifndef MATCH_TICKET_H
#define MATCH_TICKET_H

#include "match/hand.h"
#include "match/subject.h"

struct match_engine;

enum { TICKET_NEW = TICKET_STATES }; /* its first command is in flight */

enum match_ticket_timer {
    TICKET_SILENT,
    TICKET_GRACE,
    TICKET_LIFETIME,
    TICKET_BOUND,
    TICKET_RELAX,
    TICKET_BACKOFF,
    TICKET_TIMERS
};

struct match_best { /* the best peer of a ticket, as match/index knows it */
    struct match_duty *duty; /* NULL: nobody is compatible */
    uint32_t p;              /* nobody's is greater */
    uint32_t ticket_stamp;   /* of the hand it is of; 0: not known */
    uint32_t rises;          /* of the pool, up to which it is true */
    uint64_t until_ms;       /* from then on another may be better */
};

struct match_ticket { /* what is asked of all in line first; the hand last */
    struct match_subject subject;
    struct list wait_link;      /* in line: match/line */
    struct heap_item turn, nap; /* nap: until its back-off is over */
    struct match_presence presence;
    struct match_ticket_row row; /* row.id = 0: a free place */
    uint64_t backoff_ms;         /* no offers before */
    struct match_offer *offer;   /* open, or proposed */
    struct match_best best;
    uint8_t offers_base; /* row.offers when it last backed off */
    uint8_t retries;     /* refused offers in a row */
    uint64_t after;      /* of TICKET_NEW: the talk that lends its age */
    uint32_t generation; /* of the account key that asked for it last; if
                                  it was loaded, none is newer */
    bool unsent;  /* TICKET_NEW, and its command waits for its own duty */
    bool closing; /* a withdraw waits for what is in flight */
    bool held;
    bool ahead;          /* in line: match/line law 2 */
    uint8_t bound;       /* enum match_bound, once told */
    uint8_t bound_peers; /* who are compatible then, up to INDEX_TOLD */
    bool bound_one;      /* told while it wished: match/why law 3 */
    uint32_t binding;    /* its musts that rule them out, as match/why says */
    uint64_t talk;       /* of MATCHED */
    uint64_t call;       /* the Ask that is to be answered; 0 = it was */
    struct match_timer timer[TICKET_TIMERS];
    struct heap_item moment; /* in the agenda */
    struct list pool_link;   /* live, in its pool */
    struct match_hand hand;
};

/* A place for a new ticket of row->member, in state TICKET_NEW.  ERR_FULL. */
MUST_USE enum err match_ticket_new(struct match_engine *engine,
                                   const struct match_ticket_row *row,
                                   const struct match_card *card,
                                   struct match_ticket **ticket);

struct match_ticket *match_ticket_find(const struct match_engine *engine,
                                       uint64_t id);
struct match_ticket *match_ticket_of(const struct match_engine *engine,
                                     uint64_t member);

/* Adopt a row of the store: moves, moments, timers, what is to be told. */
void match_ticket_adopt(struct match_engine *engine,
                        struct match_ticket *ticket,
                        const struct match_ticket_row *row, uint64_t seq);

/* Set its timers, and its place in line, by what it is now: to be said of
 * whatever changes but by time. */
void match_ticket_arm(struct match_engine *engine, struct match_ticket *ticket);

/* Not stored after all, or over: nobody finds it, and its place is free. */
void match_ticket_free(struct match_engine *engine,
                       struct match_ticket *ticket);

bool match_ticket_live(const struct match_ticket *ticket);
uint64_t match_ticket_age(const struct match_engine *engine,
                          const struct match_ticket *ticket);

/* Does it wait for one peer alone?  One in danger never does. */
bool match_ticket_wishes(const struct match_engine *engine,
                         const struct match_ticket *ticket);
/* Offers since the last back-off. */
uint8_t match_ticket_offers(const struct match_ticket *ticket);

#endif

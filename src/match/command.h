/* match/command -- what the engine asks of the store, and what it hears.
 *
 * A command is atomic: all of it or nothing.  (epoch, op) names it: the store
 * port repeats the same command until it knows, so the engine never sees
 * "unknown".  The guards and writes of each are in ENGINE.md §5 and checked by
 * the conformance suite of store/.
 *
 * long because each command says what it writes and what it returns.
 *
 * A result carries every row the command wrote, or (refused, replayed) every
 * row that decided, as they are now; the engine adopts them.
 *
 * Whatever ends a talk (end_talk, block, hold) closes its peer's slots for
 * their rest: duty.rest_until_ms = now_ms + duty.rest_ms (end_talk: as told).
 * Whatever closes an open offer gives the ticket back WAITING, except the
 * command that ends the ticket.  ticket.offers counts every offer stored and
 * stays at 255. */
#ifndef MATCH_COMMAND_H
#define MATCH_COMMAND_H

#include "base/err.h"
#include "match/card.h"
#include "match/row.h"

enum match_command_kind {
    COMMAND_OPEN_TICKET,
    COMMAND_CLOSE_TICKET,
    COMMAND_OPEN_DUTY,
    COMMAND_SET_DUTY,
    COMMAND_CLOSE_DUTY,
    COMMAND_OFFER,
    COMMAND_ACCEPT,
    COMMAND_DECLINE,
    COMMAND_CLOSE_OFFER,
    COMMAND_JOIN,
    COMMAND_END_TALK,
    COMMAND_REFLECT,
    COMMAND_BLOCK,
    COMMAND_UNBLOCK,
    COMMAND_HOLD,
    COMMAND_RARITY,
    COMMAND_RAISE_DANGER,
    COMMAND_KINDS
};

struct match_command {
    enum match_command_kind kind;
    uint64_t op, epoch, now_ms;
    struct match_key key; /* of the member's call; none for our own commands */
    union {
        struct { /* after: a talk of theirs that ended within within_ms (0:
                    none does) and lends its age, or 0; of what went by since it
                    began at most grace_ms counts, and only if nobody came.
                    since_ms and carry of the ticket are the store's own then,
                    and wish, where there is a wish_talk, always.  Returns the
                    ticket, own duty if it was paused, closed offers, pairs
                    against live peers, that talk */
            struct match_ticket_row ticket;
            uint64_t after, within_ms, grace_ms;
            uint32_t card_version;
        } open_ticket;
        struct { /* returns the ticket, its revoked offer, that duty */
            uint64_t ticket, member;
            enum match_ticket_why why;
        } close_ticket;
        struct { /* an open offer stands as it is; returns the ticket */
            uint64_t ticket, member;
        } raise_danger;
        struct { /* of open_duty: the whole row wanted (used, yes and total are
                    the store's own).  Returns the duty with them, its open
                    offers, live talks, pairs against live seekers */
            struct match_duty_row duty;
            uint32_t card_version;
            uint64_t day_since_ms; /* with a day_max also the newest talks begun
                                      after this, at most MATCH_DAY_MAX */
        } open_duty;
        struct { /* state ON or PAUSED.  A pause revokes the open offers when
                    revoke; returns duty, offers, tickets */
            struct match_duty_row duty;
            bool revoke;
        } set_duty;
        struct { /* returns duty, revoked offers, their tickets */
            uint64_t member;
            enum match_duty_why why;
        } close_duty;
        struct { /* returns offer, ticket, duty.  duty.day_max bounds open
                    offers plus talks begun after day_since_ms */
            struct match_offer_row offer;
            uint64_t day_since_ms;
        } offer;
        struct { /* returns offer, ticket, talk, duty; a failed guard revokes
                    the offer in the same commit: REFUSED with those rows */
            uint64_t offer, ticket, peer, talk; /* ticket: whose offer it is */
        } accept;
        struct { /* returns offer, ticket, duty, pairs */
            uint64_t offer, peer, rests_until_ms, backoff_until_ms;
        } decline; /* backoff_until_ms: 0, or written with offers = 0 */
        struct {   /* state LAPSED or REVOKED.  A lapse adds to duty.lapses and
                      pauses the duty when it reaches lapses_max (its other
                      offers are revoked then) */
            uint64_t offer, rests_until_ms, backoff_until_ms;
            enum match_offer_state state;
            uint8_t lapses_max;
        } close_offer;
        struct { /* returns talk */
            uint64_t talk;
            enum match_role side;
        } join;
        struct { /* returns talk, duty, pair */
            uint64_t talk;
            enum match_talk_why why;
            uint64_t rests_until_ms; /* of the pair; 0 = none */
            uint64_t rest_until_ms;  /* of the peer */
        } end_talk;
        struct { /* returns talk, duty (τ), the bond when both want it */
            uint64_t talk, within_ms; /* of its end; 0: nobody does */
            enum match_role side;
            bool said, understood, again; /* said: understood was answered */
        } reflect;
        struct { /* via: the talk or offer by which the caller knows the other,
                    and under which the block is listed; 0 = the operator's or
                    the simulator's own block, unguarded and unlisted.  talk:
                    those live between the two, to close their mailboxes.
                    Returns pairs, the ended talks, closed offers, tickets,
                    duties.  Unblock: via: what it is listed under, other may be
                    0; or other alone, then all of it is taken back */
            uint64_t member, other, via;
            uint32_t talks;
            uint64_t talk[2 * MATCH_CAPACITY_MAX];
        } block; /* and unblock */
        struct { /* closes everything of theirs: returns all of it */
            uint64_t member;
            bool held;   /* false: the hold is lifted */
            bool erased; /* with held: the whys say ERASED, not HELD */
        } hold;
        struct { /* one page of a pool's table; first clears the old one */
            const struct match_rarity_row *row;
            uint32_t rows, pool;
            bool first;
        } rarity;
    };
};

enum match_outcome {
    OUTCOME_OK,
    OUTCOME_REPLAY,  /* the key was executed before: rows as they are now */
    OUTCOME_REFUSED, /* a guard failed: err says which */
    OUTCOME_FENCED,  /* another node owns it: discard the engine */
    OUTCOME_COUNT
};

enum { MATCH_ROWS_MAX = 512 };

struct match_result {
    uint64_t op;
    uint64_t seq; /* grows with every command the store executes (0: results
                     come in that order anyway).  A row of an older result
                     never replaces that of a newer one */
    enum match_outcome outcome;
    enum err err;       /* of REFUSED */
    uint64_t reference; /* id of what the command made, or had made (REPLAY) */
    uint32_t rows;      /* ≤ MATCH_ROWS_MAX; pairs beyond are left out: the
                           store's own guards still hold them */
    struct match_row *row;
};

#endif

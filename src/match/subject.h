/* match/subject -- what tickets, offers, duties and talks have in common: one
 * command in flight, a last result.
 *
 * Also presence, which tickets and duties have: a stream and its proofs.
 *
 * Laws
 *   1. A subject with a flight is busy: no other command names it. */
#ifndef MATCH_SUBJECT_H
#define MATCH_SUBJECT_H

#include "base/list.h"
#include "match/command.h"
#include "match/timer.h"

enum match_subject_kind {
    SUBJECT_TICKET,
    SUBJECT_OFFER,
    SUBJECT_DUTY,
    SUBJECT_TALK
};

struct match_flight;

struct match_subject { /* the first member of each */
    enum match_subject_kind kind;
    struct match_flight *flight; /* the command on it; NULL = not busy */
    uint64_t seq;                /* of the result its row is from */
    uint64_t hold_off_ms;        /* its own commands wait until then */
    bool missed;                 /* a moment came while it was busy */
    struct list flight_link;     /* in its flight */
    struct list tell_link;       /* to be told, or reaped */
    struct list table_link;      /* free, or kept in case it is asked for */
};

static inline bool match_subject_busy(const struct match_subject *subject)
{
    return subject->flight != NULL;
}

struct match_presence {
    uint64_t stream; /* the newest call; 0 = closed */
    uint64_t seen_ms, away_ms;
    bool away;
};

#endif

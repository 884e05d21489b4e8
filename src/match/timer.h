/* match/timer -- what happens by itself, first due first.
 *
 * Timers live in their owners and wait in the engine's heap, where their kind
 * is the rank: at one time the lower kind fires first, then the lower id
 * (base/heap law 1; WORKLOAD: "at equal t"). */
#ifndef MATCH_TIMER_H
#define MATCH_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"

#define MATCH_NEVER HEAP_NONE /* what is due then is not set */

/* In the order in which they fire at one time. */
enum match_timer_kind {
    TIMER_TALK_LIMIT,
    TIMER_NO_SHOW,
    TIMER_PEER_SILENT,
    TIMER_SEEKER_SILENT,
    TIMER_DUTY_GRACE,
    TIMER_DUTY_UNTIL,
    TIMER_LAPSE,
    TIMER_TICKET_GRACE,
    TIMER_LIFETIME,
    TIMER_BOUND,
    TIMER_REST,
    TIMER_RELAX,
    TIMER_BACKOFF,
    TIMER_BATCH,
    TIMER_SMOOTH,
    TIMER_KINDS
};

struct match_timer {      /* {.due = {.rank, .id}, .owner} is one not set */
    struct heap_item due; /* of a match_timer_kind, at key, in ms */
    void *owner;
};

/* Is it set, and due at now_ms or before?  Its TICK is to come still. */
static inline bool match_timer_overdue(const struct match_timer *timer,
                                       uint64_t now_ms)
{
    return heap_in(&timer->due) && timer->due.key <= now_ms;
}

/* a + b, or MATCH_NEVER. */
static inline uint64_t match_timer_add(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms > MATCH_NEVER - b_ms ? MATCH_NEVER : a_ms + b_ms;
}

#endif

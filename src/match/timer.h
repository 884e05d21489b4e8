/* match/timer -- what happens by itself, first due first.
 *
 * A binary heap of timers that live in their owners; it owns only the array of
 * places, sized once.  A place says when it is due, too: the owners lie far
 * apart.
 *
 * Laws
 *   1. The first is the earliest; at one time the lower kind, then the lower
 *      id (WORKLOAD: "at equal t").
 *   2. A timer is in the heap at most once; setting it again moves it. */
#ifndef MATCH_TIMER_H
#define MATCH_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define MATCH_NEVER UINT64_MAX

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

struct match_timer { /* {.kind, .id, .owner} is a valid idle timer */
    enum match_timer_kind kind;
    uint32_t place; /* private: 1 + its index in the heap; 0 = not set */
    uint64_t due_ms, id;
    void *owner;
};

struct match_timer_place { /* in the heap */
    uint64_t due_ms;       /* the timer's own */
    struct match_timer *timer;
};

struct match_timers { /* all private */
    struct match_timer_place *heap;
    uint32_t n, cap;
};

void match_timer_init(struct match_timers *timers,
                      struct match_timer_place *heap, uint32_t cap);

/* Due at due_ms; MATCH_NEVER clears it. */
void match_timer_set(struct match_timers *timers, struct match_timer *timer,
                     uint64_t due_ms);

/* Harmless if it is not set. */
void match_timer_clear(struct match_timers *timers, struct match_timer *timer);

/* Is it set, and due at now_ms or before?  Its TICK is to come still. */
static inline bool match_timer_overdue(const struct match_timer *timer,
                                       uint64_t now_ms)
{
    return timer->place != 0 && timer->due_ms <= now_ms;
}

/* The first due, or NULL. */
struct match_timer *match_timer_first(const struct match_timers *timers);

/* Law 1's order. */
bool match_timer_before(const struct match_timer *a,
                        const struct match_timer *b);

/* a + b, or MATCH_NEVER. */
uint64_t match_timer_add(uint64_t a_ms, uint64_t b_ms);

#endif

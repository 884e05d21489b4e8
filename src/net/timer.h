/* net/timer -- moments to come, soonest first: one heap per loop.
 *
 * A timer lives in its owner's memory; the heap only points to it and has
 * room for a fixed number, taken once.  It calls nobody: whoever runs the
 * loop asks for what is due.
 *
 * Laws
 *   1. The first timer is never later than any other.
 *   2. A timer is in the heap at most once, and set timers never exceed cap. */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct net_timer { /* all private; all zero is a timer not set */
    uint64_t at_ms;
    uint32_t place; /* in heap[], counted from 1; 0 = not set */
};

struct net_timer_heap { /* all private; all zero has no room */
    struct net_timer **heap;
    uint32_t size, cap;
};

/* Room for cap timers.  ERR_NOMEM: nothing is held. */
MUST_USE enum err net_timer_init(struct net_timer_heap *heap, uint32_t cap);

/* Forget all timers.  Harmless twice. */
void net_timer_close(struct net_timer_heap *heap);

/* Set timer to at_ms, whether it was set or not; UINT64_MAX unsets it. */
void net_timer_set(struct net_timer_heap *heap, struct net_timer *timer,
                   uint64_t at_ms);

/* When the first one is due; UINT64_MAX: none is set. */
uint64_t net_timer_next_ms(const struct net_timer_heap *heap);

/* Take out the first timer if it is due at now_ms; NULL: none is. */
struct net_timer *net_timer_pop(struct net_timer_heap *heap, uint64_t now_ms);

#endif

/* client/timer -- a moment to come and whom to tell, on the heap of a loop. */
#ifndef CLIENT_TIMER_H
#define CLIENT_TIMER_H

#include <stdlib.h>

#include "base/err.h"
#include "base/heap.h"
#include "base/list.h"

enum {
    CLIENT_TIMERS_MAX = 65536,
    CLIENT_PAUSE_MIN_MS = 100, /* between attempts, doubling … */
    CLIENT_PAUSE_MAX_MS = 5000 /* … to this */
};

struct client_timer { /* all zero with fire and arg is one not set */
    struct heap_item timer;
    void (*fire)(void *arg);
    void *arg;
};

/* Room for CLIENT_TIMERS_MAX, at heap->place for its owner to free.
 * ERR_NOMEM: there is none. */
MUST_USE static inline enum err client_timer_room(struct heap *heap)
{
    heap->place = malloc(CLIENT_TIMERS_MAX * sizeof *heap->place);
    if (!heap->place)
        return ERR_NOMEM;
    heap->cap = CLIENT_TIMERS_MAX;
    return ERR_NONE;
}

/* The pause before attempt n (from 1), at least the server's advice. */
static inline uint32_t client_timer_pause_ms(uint32_t attempt,
                                             uint32_t advice_ms)
{
    uint32_t doublings = attempt > 0 ? attempt - 1 : 0;
    uint32_t pause_ms = (uint32_t)CLIENT_PAUSE_MIN_MS
                        << (doublings < 6 ? doublings : 6);

    if (pause_ms > CLIENT_PAUSE_MAX_MS)
        pause_ms = CLIENT_PAUSE_MAX_MS;
    if (advice_ms > 60000)
        advice_ms = 60000;
    return pause_ms > advice_ms ? pause_ms : advice_ms;
}

/* Tell all that are due, in their order. */
static inline void client_timer_run(struct heap *heap, uint64_t now_ms)
{
    struct heap_item *due;

    while ((due = heap_pop(heap, now_ms)) != NULL) {
        struct client_timer *timer =
            LIST_ENTRY(due, struct client_timer, timer);

        timer->fire(timer->arg);
    }
}

#endif

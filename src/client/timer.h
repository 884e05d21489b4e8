/* client/timer -- a moment to come and whom to tell, on the heap of a loop. */
#ifndef CLIENT_TIMER_H
#define CLIENT_TIMER_H

#include "base/list.h"
#include "net/timer.h"

enum {
    CLIENT_TIMERS_MAX = 65536,
    CLIENT_PAUSE_MIN_MS = 100, /* between attempts, doubling … */
    CLIENT_PAUSE_MAX_MS = 5000 /* … to this */
};

struct client_timer { /* all zero with fire and arg is one not set */
    struct net_timer timer;
    void (*fire)(void *arg);
    void *arg;
};

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
static inline void client_timer_run(struct net_timer_heap *heap,
                                    uint64_t now_ms)
{
    struct net_timer *due;

    while ((due = net_timer_pop(heap, now_ms)) != NULL) {
        struct client_timer *timer =
            LIST_ENTRY(due, struct client_timer, timer);

        timer->fire(timer->arg);
    }
}

#endif

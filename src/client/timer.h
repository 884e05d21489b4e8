/* client/timer -- a moment to come and whom to tell, on the heap of a loop. */
#ifndef CLIENT_TIMER_H
#define CLIENT_TIMER_H

#include "base/list.h"
#include "net/timer.h"

enum { CLIENT_TIMERS_MAX = 65536 };

struct client_timer { /* all zero with fire and arg is one not set */
    struct net_timer timer;
    void (*fire)(void *arg);
    void *arg;
};

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

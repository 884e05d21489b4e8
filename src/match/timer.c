#include "match/timer.h"

#include <stddef.h>

#include "base/require.h"

void match_timer_init(struct match_timers *timers, struct match_timer **heap,
                      uint32_t cap)
{
    REQUIRE(heap != NULL);
    REQUIRE(cap > 0);
    *timers = (struct match_timers){.heap = heap, .cap = cap};
}

bool match_timer_before(const struct match_timer *a,
                        const struct match_timer *b)
{
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms; /* Law 1 */
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->id < b->id;
}

static void put(struct match_timers *timers, struct match_timer *timer,
                uint32_t at)
{
    timers->heap[at] = timer;
    timer->place = at + 1;
}

static void sift(struct match_timers *timers, struct match_timer *timer,
                 uint32_t at)
{
    for (; at > 0; at = (at - 1) / 2) {
        struct match_timer *up = timers->heap[(at - 1) / 2];

        if (!match_timer_before(timer, up))
            break;
        put(timers, up, at);
    }
    for (;;) {
        uint32_t down = 2 * at + 1;

        if (down >= timers->n)
            break;
        if (down + 1 < timers->n &&
            match_timer_before(timers->heap[down + 1], timers->heap[down]))
            down++;
        if (!match_timer_before(timers->heap[down], timer))
            break;
        put(timers, timers->heap[down], at);
        at = down;
    }
    put(timers, timer, at);
}

void match_timer_set(struct match_timers *timers, struct match_timer *timer,
                     uint64_t due_ms)
{
    if (due_ms == MATCH_NEVER) {
        match_timer_clear(timers, timer);
        return;
    }
    timer->due_ms = due_ms;
    if (timer->place == 0) {
        REQUIRE(timers->n < timers->cap); /* Law 2: a place for each */
        sift(timers, timer, timers->n++);
        return;
    }
    REQUIRE(timers->heap[timer->place - 1] == timer); /* Law 2 */
    sift(timers, timer, timer->place - 1);
}

void match_timer_clear(struct match_timers *timers, struct match_timer *timer)
{
    struct match_timer *last;

    if (timer->place == 0)
        return;
    REQUIRE(timers->n > 0);
    REQUIRE(timers->heap[timer->place - 1] == timer); /* Law 2 */
    last = timers->heap[--timers->n];
    if (last != timer)
        sift(timers, last, timer->place - 1);
    timer->place = 0;
}

struct match_timer *match_timer_first(const struct match_timers *timers)
{
    return timers->n > 0 ? timers->heap[0] : NULL;
}

uint64_t match_timer_add(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms > MATCH_NEVER - b_ms ? MATCH_NEVER : a_ms + b_ms;
}

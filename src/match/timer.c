#include "match/timer.h"

#include <stddef.h>

#include "base/require.h"

void match_timer_init(struct match_timers *timers,
                      struct match_timer_place *heap, uint32_t cap)
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

/* Law 1, of places. */
static bool before(const struct match_timer_place *a,
                   const struct match_timer_place *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms
                                  : match_timer_before(a->timer, b->timer);
}

static void put(struct match_timers *timers,
                const struct match_timer_place *place, uint32_t at)
{
    timers->heap[at] = *place;
    place->timer->place = at + 1;
}

static void sift(struct match_timers *timers, struct match_timer *timer,
                 uint32_t at)
{
    const struct match_timer_place own = {timer->due_ms, timer};
    struct match_timer_place *heap = timers->heap;

    for (; at > 0 && before(&own, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        put(timers, &heap[(at - 1) / 2], at);
    for (;;) {
        uint32_t down = 2 * at + 1;

        if (down >= timers->n)
            break;
        if (down + 1 < timers->n && before(&heap[down + 1], &heap[down]))
            down++;
        if (!before(&heap[down], &own))
            break;
        put(timers, &heap[down], at);
        at = down;
    }
    put(timers, &own, at);
}

void match_timer_set(struct match_timers *timers, struct match_timer *timer,
                     uint64_t due_ms)
{
    if (due_ms == MATCH_NEVER) {
        match_timer_clear(timers, timer);
        return;
    }
    if (timer->place != 0 && timer->due_ms == due_ms)
        return; /* as it is, mostly */
    timer->due_ms = due_ms;
    if (timer->place == 0) {
        REQUIRE(timers->n < timers->cap); /* Law 2: a place for each */
        sift(timers, timer, timers->n++);
        return;
    }
    REQUIRE(timers->heap[timer->place - 1].timer == timer); /* Law 2 */
    sift(timers, timer, timer->place - 1);
}

void match_timer_clear(struct match_timers *timers, struct match_timer *timer)
{
    struct match_timer *last;

    if (timer->place == 0)
        return;
    REQUIRE(timers->n > 0);
    REQUIRE(timers->heap[timer->place - 1].timer == timer); /* Law 2 */
    last = timers->heap[--timers->n].timer;
    if (last != timer)
        sift(timers, last, timer->place - 1);
    timer->place = 0;
}

struct match_timer *match_timer_first(const struct match_timers *timers)
{
    return timers->n > 0 ? timers->heap[0].timer : NULL;
}

uint64_t match_timer_add(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms > MATCH_NEVER - b_ms ? MATCH_NEVER : a_ms + b_ms;
}

#include "net/timer.h"

#include <stdlib.h>

#include "base/require.h"

enum err net_timer_init(struct net_timer_heap *heap, uint32_t cap)
{
    *heap = (struct net_timer_heap){0};
    if (cap == 0)
        return ERR_NONE;
    heap->heap = calloc(cap, sizeof(struct net_timer *));
    if (!heap->heap)
        return ERR_NOMEM;
    heap->cap = cap;
    return ERR_NONE;
}

void net_timer_close(struct net_timer_heap *heap)
{
    for (uint32_t i = 0; i < heap->size; i++)
        heap->heap[i]->place = 0;
    free(heap->heap);
    *heap = (struct net_timer_heap){0};
}

static void put_at(struct net_timer_heap *heap, uint32_t at,
                   struct net_timer *timer)
{
    heap->heap[at] = timer;
    timer->place = at + 1;
}

/* Find timer its place, starting from the hole at `at`, upwards then down. */
static void settle(struct net_timer_heap *heap, uint32_t at,
                   struct net_timer *timer)
{
    while (at > 0) {
        struct net_timer *above = heap->heap[(at - 1) / 2];

        if (above->at_ms <= timer->at_ms)
            break;
        put_at(heap, at, above);
        at = (at - 1) / 2;
    }
    for (;;) { /* Law 1 */
        uint64_t below = (uint64_t)at * 2 + 1;

        if (below >= heap->size)
            break;
        if (below + 1 < heap->size &&
            heap->heap[below + 1]->at_ms < heap->heap[below]->at_ms)
            below++;
        if (heap->heap[below]->at_ms >= timer->at_ms)
            break;
        put_at(heap, at, heap->heap[below]);
        at = (uint32_t)below;
    }
    put_at(heap, at, timer);
}

static void take_out(struct net_timer_heap *heap, struct net_timer *timer)
{
    uint32_t at = timer->place - 1;
    struct net_timer *last;

    REQUIRE(at < heap->size);
    REQUIRE(heap->heap[at] == timer); /* Law 2 */
    timer->place = 0;
    last = heap->heap[--heap->size];
    if (last != timer)
        settle(heap, at, last);
}

void net_timer_set(struct net_timer_heap *heap, struct net_timer *timer,
                   uint64_t at_ms)
{
    if (at_ms == UINT64_MAX) {
        if (timer->place > 0)
            take_out(heap, timer);
        return;
    }
    if (timer->place > 0 && timer->at_ms == at_ms)
        return;
    timer->at_ms = at_ms;
    if (timer->place == 0) {
        REQUIRE(heap->size < heap->cap); /* Law 2 */
        timer->place = ++heap->size;
    }
    settle(heap, timer->place - 1, timer);
}

uint64_t net_timer_next_ms(const struct net_timer_heap *heap)
{
    return heap->size > 0 ? heap->heap[0]->at_ms : UINT64_MAX;
}

struct net_timer *net_timer_pop(struct net_timer_heap *heap, uint64_t now_ms)
{
    struct net_timer *first = heap->size > 0 ? heap->heap[0] : NULL;

    if (!first || first->at_ms > now_ms)
        return NULL;
    take_out(heap, first);
    return first;
}

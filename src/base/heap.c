#include "base/heap.h"

#include "base/require.h"

enum { AHEAD = 8 }; /* items that are called for */

/* Law 1. */
static bool before(const struct heap_place *a, const struct heap_place *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    if (a->item->rank != b->item->rank)
        return a->item->rank < b->item->rank;
    return a->item->id < b->item->id;
}

static void put(struct heap_place *place, size_t at, struct heap_place what)
{
    place[at] = what;
    what.item->at = (uint32_t)at + 1;
}

/* From the hole at `at` upwards, then down, to where item belongs. */
static void sift(struct heap *heap, size_t at, struct heap_item *item)
{
    const struct heap_place own = {item->key, item};
    struct heap_place *place = heap->place;
    const size_t size = heap->size;

    for (; at > 0 && before(&own, &place[(at - 1) / 2]); at = (at - 1) / 2)
        put(place, at, place[(at - 1) / 2]);
    for (size_t down; (down = 2 * at + 1) < size; at = down) {
        if (down + 1 < size && before(&place[down + 1], &place[down]))
            down++;
        if (!before(&place[down], &own))
            break;
        put(place, at, place[down]);
    }
    put(place, at, own);
}

/* Law 2: it is where it says, and so in this heap. */
static size_t place_of(const struct heap *heap, const struct heap_item *item)
{
    REQUIRE(heap_in(item));
    REQUIRE(item->at <= heap->size);
    REQUIRE(heap->place[item->at - 1].item == item);
    return item->at - 1;
}

static void take_out(struct heap *heap, struct heap_item *item)
{
    size_t hole = place_of(heap, item);
    struct heap_item *last = heap->place[--heap->size].item;

    if (last != item)
        sift(heap, hole, last);
    item->at = 0;
}

void heap_change(struct heap *heap, struct heap_item *item, uint64_t key)
{
    if (key == HEAP_NONE) {
        take_out(heap, item);
        return;
    }
    item->key = key;
    if (heap_in(item)) {
        sift(heap, place_of(heap, item), item);
        return;
    }
    REQUIRE(heap->size < heap->cap); /* Law 2 */
    sift(heap, heap->size++, item);
}

struct heap_item *heap_pop(struct heap *heap, uint64_t most)
{
    struct heap_item *first = heap_first(heap);

    if (!first || first->key > most)
        return NULL;
    take_out(heap, first);
    return first;
}

void heap_clear(struct heap *heap)
{
    for (uint32_t i = 0; i < heap->size; i++) {
        if (i + AHEAD < heap->size)
            __builtin_prefetch(heap->place[i + AHEAD].item);
        heap->place[i].item->at = 0;
    }
    heap->size = 0;
}

uint32_t heap_check(const struct heap *heap)
{
    REQUIRE(heap->size <= heap->cap);
    for (size_t i = 0; i < heap->size; i++) {
        const struct heap_place *place = &heap->place[i];

        REQUIRE(place_of(heap, place->item) == i);
        REQUIRE(place->key == place->item->key);
        REQUIRE(place->key != HEAP_NONE);
        REQUIRE(i == 0 || !before(place, &heap->place[(i - 1) / 2]));
    }
    return heap->size;
}

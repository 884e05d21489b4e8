/* Law by law, then all of them against a plain array that is searched. */
#include "base/heap.h"

#include "base/chance.h"
#include "check.h"

enum { ITEMS = 60, STEPS = 5000, SEEDS = 20 };

/* Law 1: by key, then rank, then id, whichever came first. */
static void order(void)
{
    static const uint64_t by[][3] = {{1, 9, 9}, {2, 0, 7}, {2, 0, 8},
                                     {2, 3, 0}, {2, 3, 1}, {3, 0, 0}};
    enum { N = sizeof by / sizeof *by };
    struct heap_place place[N];

    for (size_t from = 0; from < N; from++) {
        struct heap heap = {.place = place, .cap = N};
        struct heap_item item[N];

        for (size_t i = 0; i < N; i++) {
            size_t at = (from + i * 5) % N; /* downwards from it, around */

            item[at] = (struct heap_item){.rank = (uint32_t)by[at][1],
                                          .id = by[at][2]};
            heap_set(&heap, &item[at], by[at][0]);
        }
        for (size_t i = 0; i < N; i++) {
            CHECK(heap_least(&heap) == by[i][0]);
            CHECK(heap_first(&heap) == &item[i]);
            CHECK(heap_pop(&heap, HEAP_NONE) == &item[i]);
        }
    }
}

/* Law 2: set again moves, HEAP_NONE takes out, one that is out is not due. */
static void one_item(void)
{
    struct heap_place place[1];
    struct heap heap = {.place = place, .cap = 1};
    struct heap_item item = {0};

    heap_set(&heap, &item, HEAP_NONE);
    CHECK(!heap_in(&item) && heap.size == 0);
    CHECK(!heap_first(&heap) && heap_least(&heap) == HEAP_NONE);
    heap_set(&heap, &item, 10);
    heap_set(&heap, &item, 20);
    heap_set(&heap, &item, 20);
    CHECK(heap_in(&item) && heap.size == 1);
    CHECK(heap_least(&heap) == 20);
    CHECK(!heap_pop(&heap, 19));
    CHECK(heap_pop(&heap, 20) == &item);
    CHECK(!heap_in(&item) && item.key == 20);
    CHECK(!heap_pop(&heap, HEAP_NONE));
    heap_set(&heap, &item, 20); /* as it was, but out */
    CHECK(heap_first(&heap) == &item);
    heap_set(&heap, &item, HEAP_NONE);
    CHECK(!heap_in(&item) && heap.size == 0 && item.key == 20);
    heap_set(&heap, &item, 0);
    CHECK(heap_least(&heap) == 0);
    CHECK(heap_check(&heap) == 1);
}

static bool before(const struct heap_item *a, const struct heap_item *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    return a->rank != b->rank ? a->rank < b->rank : a->id < b->id;
}

/* What is first, and how many are in, by what was asked for. */
static void agree(const struct heap *heap, const struct heap_item *item,
                  const uint64_t *key)
{
    const struct heap_item *first = NULL;
    uint32_t in = 0;

    for (uint32_t i = 0; i < ITEMS; i++) {
        CHECK(heap_in(&item[i]) == (key[i] != HEAP_NONE)); /* Law 2 */
        if (key[i] == HEAP_NONE)
            continue;
        CHECK(item[i].key == key[i]);
        if (!first || before(&item[i], first))
            first = &item[i];
        in++;
    }
    CHECK(heap_first(heap) == first); /* Law 1 */
    CHECK(heap_least(heap) == (first ? first->key : HEAP_NONE));
    CHECK(heap_check(heap) == in); /* Laws 1, 2 */
}

/* Laws 1 and 2 after every step, most keys equal to others; the places grow
 * when they must, elsewhere. */
static void laws_hold_for(uint64_t seed)
{
    struct heap_place small[ITEMS / 2], large[ITEMS];
    struct heap heap = {.place = small, .cap = ITEMS / 2};
    struct heap_item item[ITEMS];
    uint64_t key[ITEMS], most;

    for (uint32_t i = 0; i < ITEMS; i++) {
        item[i] = (struct heap_item){.rank = i % 3, .id = i};
        key[i] = HEAP_NONE;
    }
    for (int step = 0; step < STEPS; step++) {
        uint64_t who = chance_below(&seed, ITEMS);
        const struct heap_item *first;

        if (heap.size == heap.cap && heap.cap < ITEMS) {
            for (uint32_t i = 0; i < heap.size; i++)
                large[i] = small[i];
            heap.place = large;
            heap.cap = ITEMS;
        }
        switch (chance_below(&seed, 4)) {
        case 0:
            key[who] = HEAP_NONE;
            heap_set(&heap, &item[who], key[who]);
            break;
        case 1:
            most = chance_below(&seed, 20);
            first = heap_least(&heap) <= most ? heap_first(&heap) : NULL;
            CHECK(heap_pop(&heap, most) == first); /* Law 1 */
            if (first)
                key[first - item] = HEAP_NONE;
            break;
        default:
            key[who] = chance_below(&seed, 20);
            heap_set(&heap, &item[who], key[who]);
        }
        agree(&heap, item, key);
    }
    CHECK(heap.cap == ITEMS);
    heap_clear(&heap);
    for (uint32_t i = 0; i < ITEMS; i++)
        key[i] = HEAP_NONE;
    agree(&heap, item, key);
}

/* All zero has no room, and nothing in it. */
static void zero(void)
{
    struct heap heap = {0};
    struct heap_item item = {0};

    CHECK(!heap_first(&heap) && heap_least(&heap) == HEAP_NONE);
    CHECK(!heap_pop(&heap, HEAP_NONE));
    heap_set(&heap, &item, HEAP_NONE);
    CHECK(heap_check(&heap) == 0);
}

int main(void)
{
    order();
    one_item();
    zero();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        laws_hold_for(seed);
    return check_report("base/heap");
}

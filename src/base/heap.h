/* base/heap -- what comes in order, the least first; what is in may move.
 *
 * A binary heap of items that live in their owners' memory, and know where in
 * it they are.  Keys lie beside each other in the places: items, which lie far
 * apart, are read only where keys are equal.  The places are the owner's, too:
 * it allocates nothing and calls nobody.
 *
 * Laws
 *   1. The first has the least key; of equal keys the lower rank is before,
 *      then the lower id.
 *   2. An item is in the heap at most once: to set it again moves it, to set
 *      it to HEAP_NONE takes it out.  There is a place for each. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_NONE UINT64_MAX /* after all keys */

struct heap_item { /* all zero, or {.rank, .id}, is in no heap */
    uint64_t key;  /* the last one it was set to, in or not */
    uint64_t id;
    uint32_t rank;
    uint32_t at; /* private: 1 + its place; 0: in no heap */
};

struct heap_place { /* private */
    uint64_t key;   /* the item's */
    struct heap_item *item;
};

struct heap { /* {.place, .cap} is empty; all zero has no room */
    struct heap_place *place;
    uint32_t cap;  /* the owner may move place[cap] and let it grow */
    uint32_t size; /* read-only */
};

static inline bool heap_in(const struct heap_item *item)
{
    return item->at != 0;
}

/* The least, still in; NULL if there is none. */
static inline struct heap_item *heap_first(const struct heap *heap)
{
    return heap->size > 0 ? heap->place[0].item : NULL;
}

/* Its key; HEAP_NONE if there is none. */
static inline uint64_t heap_least(const struct heap *heap)
{
    return heap->size > 0 ? heap->place[0].key : HEAP_NONE;
}

/* Private: heap_set() where something changes. */
void heap_change(struct heap *heap, struct heap_item *item, uint64_t key);

/* Put item in with that key, or move it there, or with HEAP_NONE take it out.
 * A new one must have room: size < cap. */
static inline void heap_set(struct heap *heap, struct heap_item *item,
                            uint64_t key)
{
    if (key != (heap_in(item) ? item->key : HEAP_NONE))
        heap_change(heap, item, key);
}

/* Take out the first if its key is not above most; NULL: it is, or none is. */
struct heap_item *heap_pop(struct heap *heap, uint64_t most);

/* Take all out. */
void heap_clear(struct heap *heap);

/* REQUIRE the laws of every item; how many. */
uint32_t heap_check(const struct heap *heap);

#endif

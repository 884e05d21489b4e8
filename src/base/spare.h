/* base/spare -- the places of a table that are free: given back, or never used.
 *
 * Known by a list node in each item.  An item that was never used is not
 * touched: a table takes real memory only as far as it is used.  A place is out
 * at most once, until it is given back.  Owns nothing. */
#ifndef BASE_SPARE_H
#define BASE_SPARE_H

#include <stdint.h>

#include "base/list.h"
#include "base/require.h"

struct spare {
    struct list given;
    char *first;             /* the node of the first item */
    size_t size;             /* of an item */
    uint32_t used, cap, out; /* touched, all, and not free now */
};

/* Of cap items of size bytes; first: the node of the first. */
static inline void spare_init(struct spare *spare, struct list *first,
                              size_t size, uint32_t cap)
{
    *spare = (struct spare){
        .first = (char *)(void *)first, .size = size, .cap = cap};
    list_init(&spare->given);
}

static inline bool spare_empty(const struct spare *spare)
{
    return list_empty(&spare->given) && spare->used == spare->cap;
}

/* The node of a free place, the one given back first; NULL if there is none. */
static inline struct list *spare_take(struct spare *spare)
{
    struct list *node = list_pop_front(&spare->given);

    if (!node && spare->used == spare->cap)
        return NULL;
    spare->out++;
    if (node)
        return node;
    return (struct list *)(void *)(spare->first + spare->size * spare->used++);
}

static inline void spare_give(struct spare *spare, struct list *node)
{
    REQUIRE(!list_linked(node)); /* it is out */
    REQUIRE(spare->out > 0);
    spare->out--;
    list_push_back(&spare->given, node);
}

#endif

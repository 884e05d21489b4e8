#include "rpc/json_keys.h"

/* Let the item at `root` sink to where none below it is greater. */
static void sink(uint32_t *item, size_t root, size_t count,
                 rpc_json_keys_order *order, const void *context)
{
    for (;;) {
        size_t below = 2 * root + 1;
        uint32_t swapped = item[root];

        if (below >= count)
            return;
        if (below + 1 < count &&
            order(context, item[below], item[below + 1]) < 0)
            below++;
        if (order(context, swapped, item[below]) >= 0)
            return;
        item[root] = item[below];
        item[below] = swapped;
        root = below;
    }
}

/* Law 1: a heap whose greatest goes to the end, again and again. */
void rpc_json_keys_sort(uint32_t *item, size_t count,
                        rpc_json_keys_order *order, const void *context)
{
    for (size_t root = count / 2; root-- > 0;)
        sink(item, root, count, order, context);
    for (size_t left = count; left-- > 1;) {
        uint32_t greatest = item[0];

        item[0] = item[left];
        item[left] = greatest;
        sink(item, 0, left, order, context);
    }
}

/* rpc/json_keys -- which key of a map is there twice.
 *
 * Internal to rpc/json.  It sorts in place, in n log n whatever the order: the
 * keys are a stranger's choice.  It owns nothing.
 *
 * Laws
 *   1. Afterwards the items are in order. */
#ifndef RPC_JSON_KEYS_H
#define RPC_JSON_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* < 0, 0 or > 0, as memcmp(). */
typedef int rpc_json_keys_order(const void *context, uint32_t a, uint32_t b);

void rpc_json_keys_sort(uint32_t *item, size_t count,
                        rpc_json_keys_order *order, const void *context);

#endif

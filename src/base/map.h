/* base/map -- u64 → u32 on memory the caller gives, sized once.
 *
 * Open addressing with linear probing and backward-shift deletion: no
 * tombstones, no growth, no allocation.  Keys are ids: any u64 but 0.
 *
 * Laws
 *   1. A key is in the map at most once; size counts the keys.
 *   2. A map of cap slots holds at most cap * 3 / 4 keys and refuses more.
 *   3. What was put is found until it is removed, whatever came and went. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct map_slot {
    uint64_t key; /* 0 = empty */
    uint32_t value;
};

struct map { /* all private; all zero is an empty map that is full */
    struct map_slot *slot;
    uint32_t cap, size;
};

#define MAP_NONE UINT32_MAX

/* The slots a map of n keys needs: a power of two ≥ n * 4 / 3. */
uint32_t map_slots_for(uint32_t n);

/* An empty map on slot[cap], cap a power of two; slot is cleared here. */
void map_init(struct map *map, struct map_slot *slot, uint32_t cap);

/* Set key to value, new or not.  ERR_FULL: key is new and there is no room;
 * nothing changed. */
MUST_USE enum err map_put(struct map *map, uint64_t key, uint32_t value);

/* The value of key, or MAP_NONE. */
uint32_t map_get(const struct map *map, uint64_t key);

/* False if key was not there. */
bool map_remove(struct map *map, uint64_t key);

#endif

#include "base/map.h"

#include <string.h>

#include "base/chance.h"
#include "base/require.h"

uint32_t map_slots_for(uint32_t n)
{
    uint32_t cap = 4;

    REQUIRE(n <= UINT32_MAX / 4);
    while (cap / 4 * 3 < n)
        cap *= 2;
    return cap;
}

void map_init(struct map *map, struct map_slot *slot, uint32_t cap)
{
    REQUIRE(cap >= 4);
    REQUIRE((cap & (cap - 1)) == 0);
    memset(slot, 0, sizeof *slot * cap);
    *map = (struct map){.slot = slot, .cap = cap};
}

static uint32_t home(const struct map *map, uint64_t key)
{
    return (uint32_t)chance_mix(key) & (map->cap - 1);
}

/* The slot of key, or the empty slot where it would go (Law 1). */
static uint32_t seek(const struct map *map, uint64_t key)
{
    uint32_t at = home(map, key);

    while (map->slot[at].key != 0 && map->slot[at].key != key)
        at = (at + 1) & (map->cap - 1);
    return at;
}

enum err map_put(struct map *map, uint64_t key, uint32_t value)
{
    uint32_t at;

    REQUIRE(key != 0);
    if (map->cap == 0)
        return ERR_FULL;
    at = seek(map, key);
    if (map->slot[at].key == 0) {
        if (map->size == map->cap / 4 * 3)
            return ERR_FULL; /* Law 2 */
        map->slot[at].key = key;
        map->size++;
    }
    map->slot[at].value = value;
    return ERR_NONE;
}

uint32_t map_get(const struct map *map, uint64_t key)
{
    uint32_t at;

    if (map->cap == 0 || key == 0)
        return MAP_NONE;
    at = seek(map, key);
    return map->slot[at].key == key ? map->slot[at].value : MAP_NONE;
}

bool map_remove(struct map *map, uint64_t key)
{
    uint32_t mask = map->cap - 1, hole, at;

    if (map->cap == 0 || key == 0)
        return false;
    hole = seek(map, key);
    if (map->slot[hole].key == 0)
        return false;
    /* Law 3: pull back every later key whose home is not past the hole. */
    for (at = (hole + 1) & mask; map->slot[at].key != 0; at = (at + 1) & mask) {
        uint32_t from = home(map, map->slot[at].key);

        if (((at - from) & mask) >= ((at - hole) & mask)) {
            map->slot[hole] = map->slot[at];
            hole = at;
        }
    }
    map->slot[hole] = (struct map_slot){0};
    map->size--;
    return true;
}

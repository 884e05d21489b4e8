/* Law by law, then all of them against a plain array that is searched. */
#include "base/map.h"

#include "base/chance.h"
#include "check.h"

enum { CAP = 64, MOST = CAP / 4 * 3, KEYS = 80, STEPS = 20000, SEEDS = 12 };

struct model {
    uint32_t value[KEYS]; /* MAP_NONE: not there */
    uint32_t size;
};

/* Half of the keys share the slots near the end of the table, so that runs of
 * collisions wrap around it. */
static uint64_t key_of(uint32_t i)
{
    static uint64_t key[KEYS];
    uint64_t at = 1;

    if (key[KEYS - 1] == 0)
        for (uint32_t n = 0; n < KEYS; n++) {
            while (n % 2 && (chance_mix(at) & (CAP - 1)) < CAP - 3)
                at++;
            key[n] = at++;
        }
    return key[i];
}

static void agree(const struct map *map, const struct model *model)
{
    uint32_t held = 0;

    CHECK(map->size == model->size); /* Law 1 */
    CHECK(map->size <= MOST);        /* Law 2 */
    for (uint32_t i = 0; i < KEYS; i++)
        CHECK(map_get(map, key_of(i)) == model->value[i]); /* Law 3 */
    for (uint32_t i = 0; i < map->cap; i++)
        held += map->slot[i].key != 0;
    CHECK(held == map->size); /* Law 1 */
}

static void step(struct map *map, struct model *model, uint64_t *seed,
                 bool shrink)
{
    uint32_t i = (uint32_t)chance_below(seed, KEYS);
    bool there = model->value[i] != MAP_NONE;
    uint32_t value = (uint32_t)chance_below(seed, 1000);
    enum err err;

    if (chance_below(seed, 8) < (shrink ? 6 : 2)) {
        CHECK(map_remove(map, key_of(i)) == there);
        model->size -= there;
        model->value[i] = MAP_NONE;
        return;
    }
    err = map_put(map, key_of(i), value);
    if (!there && model->size == MOST) {
        CHECK(err == ERR_FULL); /* Law 2, and nothing changed */
        return;
    }
    CHECK(err == ERR_NONE);
    model->size += !there;
    model->value[i] = value;
}

/* Laws 1, 2 and 3 after every step; it fills up and empties by turns. */
static void laws_hold_for(uint64_t seed)
{
    struct map_slot slot[CAP];
    struct model model = {.size = 0};
    struct map map;

    for (uint32_t i = 0; i < KEYS; i++)
        model.value[i] = MAP_NONE;
    map_init(&map, slot, CAP);
    for (uint32_t n = 0; n < STEPS; n++) {
        step(&map, &model, &seed, n / 400 % 2);
        if (n % 16 == 0)
            agree(&map, &model);
    }
}

static void zero_is_full(void)
{
    struct map map = {0};

    CHECK(map_put(&map, 1, 1) == ERR_FULL);
    CHECK(map_get(&map, 1) == MAP_NONE);
    CHECK(map_get(&map, 0) == MAP_NONE);
    CHECK(!map_remove(&map, 1));
}

/* Law 2: the slots asked for hold the keys they were asked for. */
static void slots_are_enough(void)
{
    for (uint32_t n = 0; n < 5000; n++) {
        uint32_t cap = map_slots_for(n);

        CHECK((cap & (cap - 1)) == 0);
        CHECK(cap / 4 * 3 >= n);
        CHECK(cap == 4 || cap / 2 / 4 * 3 < n);
    }
}

int main(void)
{
    zero_is_full();
    slots_are_enough();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        laws_hold_for(seed);
    return check_report("base/map");
}

/* A random history of records against a plain array, over two indexes, one of
 * which leaves records out; then growth without memory. */
#include "store/table.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { SEEDS = 20, STEPS = 4000, MODEL = 300, MAX = 256 };

struct record {
    uint64_t id, group; /* group 0: in no group */
};

static uint64_t by_id(const void *r)
{
    return ((const struct record *)r)->id;
}

static uint64_t by_group(const void *r)
{
    return ((const struct record *)r)->group;
}

static store_table_key_fn *const keys[] = {by_id, by_group};

/* Law 1: the chain of a group is exactly its records in the model. */
static bool agrees(const struct store_table *table, const struct record *model,
                   uint64_t group)
{
    uint32_t found = 0, wanted = 0, slot;

    for (uint32_t i = 0; i < MODEL; i++)
        wanted += model[i].id != 0 && model[i].group == group;
    for (const struct record *r = store_table_first(table, 1, group, &slot); r;
         r = store_table_next(table, 1, group, &slot)) {
        found += model[r->id % MODEL].id == r->id && r->group == group &&
                 store_table_at(table, slot) == r;
    }
    return group == 0 ? found == 0 : found == wanted;
}

static void live(uint64_t seed)
{
    struct record model[MODEL] = {{0, 0}};
    struct store_table table;
    uint32_t size = 0, slot;

    store_table_init(&table, sizeof(struct record), MAX, keys, 2);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint64_t at = 1 + chance_below(&seed, MODEL - 1);
        struct record *m = &model[at];
        struct record want = {.id = at, .group = chance_below(&seed, 7)};
        uint32_t more = 1 + (uint32_t)chance_below(&seed, 3);
        const struct record *r;

        store_table_hint(&table, step % 2, chance_below(&seed, MODEL));
        r = store_table_first(&table, 0, at, &slot);
        CHECK((r != NULL) == (m->id != 0));
        CHECK(r == NULL || r->group == m->group);
        if (r && chance_below(&seed, 2)) {
            store_table_remove(&table, slot);
            *m = (struct record){0, 0};
            size--;
        } else if (r) {
            store_table_change(&table, slot, &want);
            *m = want;
        } else if (store_table_room(&table, more)) {
            store_table_add(&table, &want); /* Law 2 */
            *m = want;
            size++;
        } else {
            CHECK(size + more > MAX);
        }
        CHECK(table.size == size);
        CHECK(agrees(&table, model, chance_below(&seed, 8)));
    }
    CHECK(size > 0);
    store_table_close(&table);
    store_table_close(&table);
}

/* Law 2 when the system says no: what was there is there, and room() can be
 * asked again. */
static void no_memory(void)
{
    for (size_t at = 1;; at++) {
        struct store_table table;
        bool failed;
        uint32_t added = 0, slot;

        store_table_init(&table, sizeof(struct record), MAX, keys, 2);
        fail_malloc_start(at);
        for (uint64_t id = 1; id <= 200; id++) {
            struct record r = {.id = id, .group = 1};

            bool room = store_table_room(&table, 1);

            if (!room) /* the one that failed: asked again, it is there */
                room = store_table_room(&table, 1);
            CHECK(room);
            if (!room)
                break;
            store_table_add(&table, &r);
            added++;
        }
        failed = fail_malloc_stop();
        CHECK(added == 200);
        for (uint64_t id = 1; id <= added; id++)
            CHECK(store_table_first(&table, 0, id, &slot) != NULL);
        store_table_close(&table);
        if (!failed)
            break;
    }
}

int main(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        live(seed);
    no_memory();
    return check_report("store/table");
}

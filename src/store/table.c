#include "store/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/bring.h"
#include "base/large.h"
#include "base/require.h"

enum { CAP_FIRST = 64 };
#define LIVE (STORE_SLOT_NONE - 1)

struct chain {    /* one slot in one index */
    uint64_t key; /* the record's own: looked at before the record */
    uint32_t next, prev;
};

/* What there is to know of a record is in one place: whoever finds it, or
 * changes it, looks at few lines of memory. */
struct slot {
    uint32_t free; /* LIVE, or the next that is not */
    struct chain chain[];
};

static size_t words(size_t size)
{
    return (size + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

void store_table_init(struct store_table *table, size_t record_size,
                      uint32_t max, store_table_key_fn *const key[],
                      uint32_t indexes)
{
    size_t record_at = sizeof(struct slot) + indexes * sizeof(struct chain);

    REQUIRE(indexes > 0);
    REQUIRE(indexes <= STORE_INDEXES_MAX);
    *table = (struct store_table){.record_size = record_size,
                                  .record_at = record_at,
                                  .stride = record_at + words(record_size),
                                  .max = max,
                                  .indexes = indexes,
                                  .free = STORE_SLOT_NONE};
    for (uint32_t i = 0; i < indexes; i++)
        table->key[i] = key[i];
}

void store_table_close(struct store_table *table)
{
    free(table->slab);
    for (uint32_t i = 0; i < STORE_INDEXES_MAX; i++)
        free(table->head[i]);
    *table = (struct store_table){.free = STORE_SLOT_NONE};
}

static struct slot *at(const struct store_table *table, uint32_t slot)
{
    REQUIRE(slot < table->slots);
    return (void *)(table->slab + slot * table->stride);
}

static void *record(const struct store_table *table, struct slot *slot)
{
    return (uint8_t *)slot + table->record_at;
}

/* Keys are random, or count up: either way their low bits spread, and those
 * that count up stay together. */
static uint32_t *bucket(const struct store_table *table, uint32_t index,
                        uint64_t key)
{
    return &table->head[index][key & (table->cap - 1)];
}

static void link_in(struct store_table *table, uint32_t index, uint32_t slot,
                    uint64_t key)
{
    struct chain *chain = &at(table, slot)->chain[index];
    uint32_t *head;

    chain->key = key;
    if (key == 0)
        return; /* Law 1 */
    head = bucket(table, index, key);
    chain->next = *head;
    chain->prev = STORE_SLOT_NONE;
    if (*head != STORE_SLOT_NONE)
        at(table, *head)->chain[index].prev = slot;
    *head = slot;
}

static void link_out(struct store_table *table, uint32_t index, uint32_t slot)
{
    const struct chain *chain = &at(table, slot)->chain[index];

    if (chain->key == 0)
        return;
    if (chain->prev == STORE_SLOT_NONE)
        *bucket(table, index, chain->key) = chain->next;
    else
        at(table, chain->prev)->chain[index].next = chain->next;
    if (chain->next != STORE_SLOT_NONE)
        at(table, chain->next)->chain[index].prev = chain->prev;
}

/* Make *memory hold n pieces; what it holds stays, also on failure. */
static bool stretch(void *memory, size_t n, size_t piece)
{
    void *old, *wider;

    memcpy(&old, memory, sizeof old);
    wider = realloc(old, n * piece);
    if (!wider)
        return false;
    large_pages(wider, n * piece);
    memcpy(memory, &wider, sizeof wider);
    return true;
}

static bool widen(struct store_table *table, uint32_t cap)
{
    if (!stretch(&table->slab, cap, table->stride))
        return false;
    for (uint32_t i = 0; i < table->indexes; i++)
        if (!stretch(&table->head[i], cap, sizeof *table->head[i]))
            return false; /* wider than it says: harmless */
    table->cap = cap;
    for (uint32_t i = 0; i < table->indexes; i++)
        memset(table->head[i], 0xff, cap * sizeof *table->head[i]);
    for (uint32_t slot = 0; slot < table->slots; slot++) {
        const struct slot *kept = at(table, slot);

        if (kept->free != LIVE)
            continue;
        for (uint32_t i = 0; i < table->indexes; i++)
            link_in(table, i, slot, kept->chain[i].key);
    }
    return true;
}

bool store_table_grow(struct store_table *table, uint32_t n)
{
    uint32_t cap = table->cap > 0 ? table->cap : CAP_FIRST;

    if (n > table->max || table->size > table->max - n)
        return false;
    while (cap < table->size + n)
        cap *= 2;
    return cap == table->cap || widen(table, cap);
}

void *store_table_at(const struct store_table *table, uint32_t slot)
{
    if (slot >= table->slots || at(table, slot)->free != LIVE)
        return NULL;
    return record(table, at(table, slot));
}

static void *seek(const struct store_table *table, uint32_t index, uint64_t key,
                  uint32_t *slot)
{
    while (*slot != STORE_SLOT_NONE) {
        struct slot *one = at(table, *slot);

        if (one->chain[index].key == key)
            return record(table, one);
        *slot = one->chain[index].next;
    }
    return NULL;
}

/* Where a chain begins; what is there is on its way. */
static uint32_t begin(const struct store_table *table, uint32_t index,
                      uint64_t key)
{
    uint32_t slot = STORE_SLOT_NONE;

    if (table->cap > 0 && key != 0)
        slot = *bucket(table, index, key);
    if (slot != STORE_SLOT_NONE)
        bring(at(table, slot), table->stride);
    return slot;
}

void *store_table_first(const struct store_table *table, uint32_t index,
                        uint64_t key, uint32_t *slot)
{
    *slot = begin(table, index, key);
    return seek(table, index, key, slot);
}

void store_table_hint(const struct store_table *table, uint32_t index,
                      uint64_t key)
{
    (void)begin(table, index, key);
}

void *store_table_next(const struct store_table *table, uint32_t index,
                       uint64_t key, uint32_t *slot)
{
    *slot = at(table, *slot)->chain[index].next;
    return seek(table, index, key, slot);
}

void store_table_add(struct store_table *table, const void *put)
{
    uint32_t slot = table->free;

    if (slot != STORE_SLOT_NONE)
        table->free = at(table, slot)->free;
    else
        slot = table->slots++;
    REQUIRE(slot < table->cap); /* Law 2 */
    memcpy(record(table, at(table, slot)), put, table->record_size);
    at(table, slot)->free = LIVE;
    table->size++;
    for (uint32_t i = 0; i < table->indexes; i++)
        link_in(table, i, slot, table->key[i](put));
}

void store_table_change(struct store_table *table, uint32_t slot,
                        const void *put)
{
    void *kept = store_table_at(table, slot);

    REQUIRE(kept != NULL);
    if (put != kept)
        memcpy(kept, put, table->record_size);
    for (uint32_t i = 0; i < table->indexes; i++) {
        uint64_t now = table->key[i](kept);

        if (now == at(table, slot)->chain[i].key)
            continue;
        link_out(table, i, slot);
        link_in(table, i, slot, now);
    }
}

void store_table_remove(struct store_table *table, uint32_t slot)
{
    REQUIRE(store_table_at(table, slot) != NULL);
    for (uint32_t i = 0; i < table->indexes; i++)
        link_out(table, i, slot);
    at(table, slot)->free = table->free;
    table->size--;
    table->free = slot;
}

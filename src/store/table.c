#include "store/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"

enum { CAP_FIRST = 64 };

void store_table_init(struct store_table *table, size_t record_size,
                      uint32_t max, store_table_key_fn *const key[],
                      uint32_t indexes)
{
    REQUIRE(indexes > 0);
    REQUIRE(indexes <= STORE_INDEXES_MAX);
    *table = (struct store_table){.record_size = record_size,
                                  .max = max,
                                  .indexes = indexes,
                                  .free = STORE_SLOT_NONE};
    for (uint32_t i = 0; i < indexes; i++)
        table->key[i] = key[i];
}

void store_table_close(struct store_table *table)
{
    free(table->record);
    free(table->live);
    for (uint32_t i = 0; i < STORE_INDEXES_MAX; i++) {
        free(table->chain[i]);
        free(table->head[i]);
    }
    *table = (struct store_table){.free = STORE_SLOT_NONE};
}

static uint8_t *at(const struct store_table *table, uint32_t slot)
{
    REQUIRE(slot < table->slots);
    return table->record + (size_t)slot * table->record_size;
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
    struct store_chain *chain = table->chain[index];
    uint32_t *head;

    chain[slot].key = key;
    if (key == 0)
        return; /* Law 1 */
    head = bucket(table, index, key);
    chain[slot].next = *head;
    chain[slot].prev = STORE_SLOT_NONE;
    if (*head != STORE_SLOT_NONE)
        chain[*head].prev = slot;
    *head = slot;
}

static void link_out(struct store_table *table, uint32_t index, uint32_t slot)
{
    struct store_chain *chain = table->chain[index];

    if (chain[slot].key == 0)
        return;
    if (chain[slot].prev == STORE_SLOT_NONE)
        *bucket(table, index, chain[slot].key) = chain[slot].next;
    else
        chain[chain[slot].prev].next = chain[slot].next;
    if (chain[slot].next != STORE_SLOT_NONE)
        chain[chain[slot].next].prev = chain[slot].prev;
}

/* Make *memory hold n pieces; what it holds stays, also on failure. */
static bool stretch(void *memory, size_t n, size_t piece)
{
    void *old, *wider;

    memcpy(&old, memory, sizeof old);
    wider = realloc(old, n * piece);
    if (!wider)
        return false;
    memcpy(memory, &wider, sizeof wider);
    return true;
}

static bool widen(struct store_table *table, uint32_t cap)
{
    if (!stretch(&table->record, cap, table->record_size) ||
        !stretch(&table->live, cap, sizeof *table->live))
        return false;
    for (uint32_t i = 0; i < table->indexes; i++)
        if (!stretch(&table->chain[i], cap, sizeof *table->chain[i]) ||
            !stretch(&table->head[i], cap, sizeof *table->head[i]))
            return false; /* wider than it says: harmless */
    table->cap = cap;
    for (uint32_t i = 0; i < table->indexes; i++) {
        memset(table->head[i], 0xff, cap * sizeof *table->head[i]);
        for (uint32_t slot = 0; slot < table->slots; slot++)
            if (table->live[slot])
                link_in(table, i, slot, table->chain[i][slot].key);
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
    if (slot >= table->slots || !table->live[slot])
        return NULL;
    return at(table, slot);
}

static void *seek(const struct store_table *table, uint32_t index, uint64_t key,
                  uint32_t *slot)
{
    const struct store_chain *chain = table->chain[index];

    while (*slot != STORE_SLOT_NONE && chain[*slot].key != key)
        *slot = chain[*slot].next;
    return *slot == STORE_SLOT_NONE ? NULL : at(table, *slot);
}

void *store_table_first(const struct store_table *table, uint32_t index,
                        uint64_t key, uint32_t *slot)
{
    *slot = STORE_SLOT_NONE;
    if (table->cap == 0 || key == 0)
        return NULL;
    *slot = *bucket(table, index, key);
    if (*slot != STORE_SLOT_NONE) /* a hint, while its key is compared */
        __builtin_prefetch(at(table, *slot));
    return seek(table, index, key, slot);
}

void *store_table_next(const struct store_table *table, uint32_t index,
                       uint64_t key, uint32_t *slot)
{
    *slot = table->chain[index][*slot].next;
    return seek(table, index, key, slot);
}

void store_table_add(struct store_table *table, const void *record)
{
    uint32_t slot = table->free;

    if (slot != STORE_SLOT_NONE)
        table->free = table->chain[0][slot].next;
    else
        slot = table->slots++;
    REQUIRE(slot < table->cap); /* Law 2 */
    memcpy(at(table, slot), record, table->record_size);
    table->live[slot] = true;
    table->size++;
    for (uint32_t i = 0; i < table->indexes; i++)
        link_in(table, i, slot, table->key[i](record));
}

void store_table_change(struct store_table *table, uint32_t slot,
                        const void *record)
{
    REQUIRE(store_table_at(table, slot) != NULL);
    if (record != at(table, slot))
        memcpy(at(table, slot), record, table->record_size);
    for (uint32_t i = 0; i < table->indexes; i++) {
        uint64_t now = table->key[i](at(table, slot));

        if (now == table->chain[i][slot].key)
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
    table->live[slot] = false;
    table->size--;
    table->chain[0][slot].next = table->free;
    table->free = slot;
}

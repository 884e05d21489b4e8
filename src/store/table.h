/* store/table -- records in memory, found by several indexes.
 *
 * Records are plain bytes of one size; an index is a function from a record to
 * a u64, 0 = not in this index; several records may share a key.  Grows by
 * doubling up to a bound, and only when asked for room beforehand: add() never
 * allocates.  Slots stay what they are until removed.
 *
 * Laws
 *   1. A record is in an index exactly when its key there is not 0.
 *   2. After store_table_room(n) said yes, n adds succeed. */
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORE_INDEXES_MAX = 5 };
#define STORE_SLOT_NONE UINT32_MAX

typedef uint64_t store_table_key_fn(const void *record);

struct store_table { /* all private; size and slots may be read */
    uint8_t *slab;   /* slots: what chains a record, and the record */
    uint32_t *head[STORE_INDEXES_MAX];
    store_table_key_fn *key[STORE_INDEXES_MAX];
    size_t record_size, record_at, stride; /* record_at: within a slot */
    uint32_t indexes, cap, max, free;
    uint32_t slots; /* slots ever used: all records are below */
    uint32_t size;  /* records */
};

void store_table_init(struct store_table *table, size_t record_size,
                      uint32_t max, store_table_key_fn *const key[],
                      uint32_t indexes);
void store_table_close(struct store_table *table);

/* Make room for n more.  False: the bound, or no memory. */
bool store_table_grow(struct store_table *table, uint32_t n);

/* Is there room for n more?  False: the bound, or no memory. */
static inline bool store_table_room(struct store_table *table, uint32_t n)
{
    /* cap > 0: until it has grown once there is nowhere to look either */
    return (table->cap > 0 && table->cap <= table->max &&
            n <= table->cap - table->size) ||
           store_table_grow(table, n);
}

/* The record of a slot, or NULL if there is none. */
void *store_table_at(const struct store_table *table, uint32_t slot);

/* The first record with this key, and those after it; NULL at the end. */
void *store_table_first(const struct store_table *table, uint32_t index,
                        uint64_t key, uint32_t *slot);
void *store_table_next(const struct store_table *table, uint32_t index,
                       uint64_t key, uint32_t *slot);

/* The first record with this key is soon asked for.  A hint: what is there is
 * on its way meanwhile, and nothing changes. */
void store_table_hint(const struct store_table *table, uint32_t index,
                      uint64_t key);

void store_table_add(struct store_table *table, const void *put);
void store_table_change(struct store_table *table, uint32_t slot,
                        const void *put);
void store_table_remove(struct store_table *table, uint32_t slot);

#endif

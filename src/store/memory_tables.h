/* store/memory_tables -- the records of the memory keeper, for its own files.
 *
 * A blob belongs to the record that points to it.  Blobs of a command are
 * taken from the system before it is decided (spare), so that writing cannot
 * fail halfway. */
#ifndef STORE_MEMORY_TABLES_H
#define STORE_MEMORY_TABLES_H

#include "store/decide.h"
#include "store/table.h"

struct store_blob {
    uint32_t size;
    uint8_t data[];
};

struct store_memory_subject { /* a ticket, offer, duty or talk */
    struct store_row row;
    struct store_blob *sealed;
};

struct store_memory_card {
    struct store_card card; /* sealed: unused */
    struct store_blob *sealed;
};

struct store_memory_box {
    struct store_box box; /* link: unused */
    struct store_blob *link;
};

struct store_memory_message {
    uint8_t receive_hash[STORE_HASH];
    uint64_t seq, sent_ms;
    struct store_blob *text;
};

struct store_memory_place { /* of a live row, in recovery order */
    uint32_t phase, slot;
    uint64_t first, second;
};

enum { STORE_SPARE_MAX = 4 };

struct store_memory {
    struct store_keeper keeper; /* first */
    struct store_keeper_ops ops;
    struct store_work work;
    uint64_t epoch;
    struct store_table members, cards, subject[ROW_TALK + 1], pairs, blocks,
        rarity;
    struct store_table boxes, messages, memos;
    struct store_done *done; /* [STORE_OPS_KEPT] */
    uint64_t op_most;        /* of those that were put there */
    struct store_blob *spare[STORE_SPARE_MAX];
    struct store_memory_place *place; /* of a load under way */
    uint32_t places;
};

uint64_t store_memory_mix(uint64_t a, uint64_t b);
uint64_t store_memory_hash_key(const uint8_t hash[STORE_HASH]);
uint64_t store_memory_pair_key(const void *record);

/* The blob set aside for these bytes, filled. */
struct store_blob *store_memory_take(struct store_memory *memory,
                                     struct store_bytes bytes);

/* A copy of a blob in the arena; empty if there is none or no room. */
struct store_bytes store_memory_copy(const struct store_blob *blob,
                                     struct arena *arena);

/* The same, but a spent arena fails the job; arena NULL: empty. */
struct store_bytes store_memory_give(struct store_keeper *keeper,
                                     const struct store_blob *blob,
                                     struct arena *arena);

/* Is a member waiting, or on call? */
bool store_memory_rows_lives(const struct store_memory *memory, uint64_t member,
                             enum match_role role);

/* Remove a record and its blob. */
void store_memory_drop(struct store_table *table, uint32_t slot,
                       struct store_blob *blob);

void store_memory_rows_ops(struct store_keeper_ops *ops);
void store_memory_mail_ops(struct store_keeper_ops *ops);
void store_memory_page_load(struct store_keeper *keeper, struct store_job *job);
uint64_t store_memory_page_latest_ms(struct store_keeper *keeper);
void store_memory_page_count(struct store_keeper *keeper,
                             struct store_job *job);
void store_memory_sweep_all(struct store_keeper *keeper, struct store_job *job);

#endif

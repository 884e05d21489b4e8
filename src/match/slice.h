/* match/slice -- the peers on duty as bits: a row per term, a column per peer.
 *
 * Think of a table.  Each peer who is ON has a column.  Each term has a row in
 * each of four kinds: who has it, seeks it, requires it, rules it out; where a
 * peer's card says so, the bit is set.  "Who has this and that, and does not
 * rule out the third?" is then three operations, each on 512 peers at once;
 * match/probe asks such questions.  It is a bit-sliced signature file
 * (Faloutsos, "Access methods for text", ACM Computing Surveys 17(1), 1985).
 *
 * There are fewer rows than there may be terms, so some terms share one.  A bit
 * that is not set is proof: the card does not name the term.  A bit that is set
 * is proof only where `only` says that the row is that term's alone; elsewhere
 * the card itself has to be looked at.
 *
 * Columns lie in blocks of 512, so that one row of a block is a cache line; a
 * column's place is 512 times its block, and where in it.  A row of all blocks
 * is one piece of memory: few pages are looked at.  The blocks of a pool
 * are chained by sector, the first bits of the duty's tie: a search that begins
 * in the sector of a ticket's own tie meets peers about in the order of h
 * (ENGINE.md §3).  Only the head of a chain has room: into the place of a
 * column that goes comes the last of the head.
 *
 * It borrows the duties and their hands; memory is the caller's, sized once.
 *
 * long because the bits, who uses them and where they lie are one structure.
 *
 * Laws
 *   1. Every block of a chain but its head is full: the blocks never run out.
 *   2. A column's bits are those of the hand and the grade of its duty: drop it
 *      before the hand changes, and put it again.
 *   3. A row that nobody uses is all zero, and so is a place that is empty.
 *   4. The load that a column's bits say was said of it, and is so in its
 *      block's bucket of time unless more is said; none says nothing. */
#ifndef MATCH_SLICE_H
#define MATCH_SLICE_H

#include "base/cut.h"
#include "match/duty.h"
#include "match/engine.h"
#include "match/profile.h"

enum {
    SLICE_WORDS = 8, /* of a row in a block */
    SLICE_PLACES = SLICE_WORDS * 64,
    SLICE_SECTORS_MAX = 256,
    SLICE_RECORDS = 256, /* buckets of the record's factor */
    SLICE_LOAD_BITS = 4  /* of DUTY_LOAD_MAX */
};

#define SLICE_NONE  UINT32_MAX
#define SLICE_MIXED (UINT32_MAX - 1)

enum match_slice_kind {
    SLICE_HAVE,
    SLICE_SEEK,
    SLICE_MUST,
    SLICE_MUST_NOT,
    SLICE_KINDS
};

/* Rows that are not of a term. */
enum match_slice_flag {
    SLICE_FREE,     /* was free when last touched */
    SLICE_CRISIS,   /* is trained for danger */
    SLICE_UNSOUGHT, /* seeks nothing */
    SLICE_MUSTLESS, /* requires nothing */
    SLICE_PICKY,    /* requires more than one group */
    SLICE_LOAD,     /* the bits of its load, as law 4 says; the least first */
    SLICE_FLAGS = SLICE_LOAD + SLICE_LOAD_BITS
};

struct match_slice_use { /* of a row, in a pool */
    uint32_t uses;       /* by columns; 0 = `only` means nothing */
    uint32_t only; /* the one term that used it since then, or SLICE_MIXED */
};

struct match_slice_block {
    uint32_t next, n;    /* in its chain, or free; columns */
    uint32_t factor_max; /* no column's is greater; never lowered */
    uint32_t bucket;     /* of time, modulo 2^32, that SLICE_LOAD is of */
};

struct match_slice_place {
    struct match_duty *duty;
    uint64_t tie;
    uint32_t until; /* the bucket from which on the load may be less */
    uint8_t load;   /* of match/duty; 0 stays so until a touch */
};

struct match_slice_fit { /* what is looked at of many more than are ranked */
    uint32_t factor;     /* match_score_factor() of its record */
    uint32_t profile;    /* what it seeks */
};

struct match_slice_pool {
    uint32_t head[SLICE_SECTORS_MAX]; /* a block, or SLICE_NONE */
    uint32_t n;                       /* columns */
    struct match_slice_use *use;      /* by row */
    struct {
        uint32_t n, most;
    } record[SLICE_RECORDS]; /* columns by factor, and the greatest of each */
    uint32_t records;        /* all above are empty */
};

struct match_slices { /* read-only outside */
    uint64_t *bits; /* of row r, block b: from (r * stride + b) * SLICE_WORDS */
    struct match_slice_block *block;
    struct match_slice_place *place; /* of block b: [b * SLICE_PLACES, … ) */
    struct match_slice_fit *fit;     /* the same */
    struct match_slice_pool *pool;
    struct match_profiles profiles;
    uint32_t blocks, rows, sectors;
    uint32_t stride; /* blocks, made odd: so that the rows of a block do not
                        fall on each other in a cache */
    uint32_t free;   /* the first block of no chain */
    uint32_t base[SLICE_KINDS], mask[SLICE_KINDS];
};

/* Lay out tables for so many pools, duties and terms a pool; while `from` only
 * counts, nothing but that.  The memory is all zero. */
void match_slice_init(struct match_slices *slices, struct cut *from,
                      const struct match_sizes *sizes);

/* Make the column of a duty that has a hand and no column yet.  factor: of its
 * record.  SLICE_FREE is not set, and the load is 0. */
void match_slice_put(struct match_slices *slices, struct match_duty *duty,
                     uint32_t factor);
/* Harmless if it has none. */
void match_slice_drop(struct match_slices *slices, struct match_duty *duty);

/* Has it a column, with this factor, this grade and the duty's own tie? */
bool match_slice_is(const struct match_slices *slices,
                    const struct match_duty *duty, uint32_t factor,
                    bool crisis);

/* Set the bit SLICE_FREE, and the load; harmless if it has no column. */
void match_slice_touch(struct match_slices *slices,
                       const struct match_duty *duty, bool is_free,
                       const struct match_duty_load *load);
bool match_slice_is_free(const struct match_slices *slices,
                         const struct match_duty *duty);

/* Those of a pool who have the bit SLICE_FREE, into duty[most], and how many;
 * most + 1: they are more. */
uint32_t match_slice_frees(const struct match_slices *slices, uint32_t pool,
                           const struct match_duty *duty[], uint32_t most);

/* Only the load of a column.  `now` is never before one that was said. */
void match_slice_load(struct match_slices *slices,
                      struct match_slice_place *place,
                      const struct match_duty_load *load);

/* Is the load that was said of a column still so in a bucket of time? */
static inline bool match_slice_knows(const struct match_slice_place *place,
                                     uint32_t bucket)
{
    return place->load == 0 || place->until - bucket - 1 < DUTY_BUCKETS;
}

/* Let the bits of a block say what is known in a new bucket of time: some 512
 * steps.  False: they do already. */
bool match_slice_renew(struct match_slices *slices, uint32_t block,
                       uint32_t bucket);

/* Which columns of a block are known to have at least this load, 1 to
 * DUTY_LOAD_MAX, in that bucket. */
void match_slice_laden(const struct match_slices *slices, uint32_t block,
                       uint32_t load, uint32_t bucket,
                       uint64_t laden[SLICE_WORDS]);

/* No column of the pool has a greater factor; 0 = there is none. */
uint32_t match_slice_factor_max(const struct match_slices *slices,
                                uint32_t pool);

static inline uint32_t match_slice_row(const struct match_slices *slices,
                                       enum match_slice_kind kind,
                                       uint32_t term)
{
    return slices->base[kind] + (term & slices->mask[kind]);
}

/* A row of a block. */
static inline uint64_t *match_slice_at(const struct match_slices *slices,
                                       uint32_t block, uint32_t row)
{
    return slices->bits + ((size_t)row * slices->stride + block) * SLICE_WORDS;
}

/* The sector in which h is least for a ticket or duty of this tie. */
uint32_t match_slice_sector(const struct match_slices *slices, uint64_t tie);

/* The least tie of a sector. */
uint64_t match_slice_sector_tie(const struct match_slices *slices,
                                uint32_t sector);

/* The facts checked: laws 1, 2 and 4, as far as duty goes. */
uint64_t match_slice_check(const struct match_slices *slices,
                           const struct match_duty *duty);

#endif

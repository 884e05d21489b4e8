#include "match/narrow.h"

#include <string.h>

#include "base/require.h"

/* Law 2: integers alone; only wider where the machine is.  Which, is found out
 * before main(): too early for the thread sanitizer; and what clang 14 makes of
 * it is not found from another file. */
#if defined(__x86_64__) && defined(__linux__) && !defined(__clang__) &&        \
    !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default"), flatten))
#else
#define WIDE __attribute__((flatten))
#endif

enum { HALF = SLICE_WORDS / 2 }; /* of a row: as much as is taken at a time */

struct half {
    uint64_t words
        __attribute__((vector_size(HALF * sizeof(uint64_t)), may_alias));
};

static void load(struct half *to, const uint64_t words[HALF])
{
    for (int i = 0; i < HALF; i++)
        to->words[i] = words[i];
}

static void store(uint64_t words[HALF], const struct half *from)
{
    memcpy(words, from, sizeof *from);
}

static bool nobody(const struct half *half)
{
    return (half->words[0] | half->words[1] | half->words[2] |
            half->words[3]) == 0;
}

struct rows { /* of half a block */
    const uint64_t *first;
    size_t stride; /* from one to the next */
};

/* Each is aligned as a cache line is. */
static const struct half *row_at(const struct rows *rows, uint32_t row)
{
    const void *at = rows->first + row * rows->stride;

    return at;
}

/* Who has none of a group. */
static void narrow_groups(const struct match_narrow_groups *groups,
                          const struct rows *rows, struct half *alive)
{
    struct half has = {{0}}, left = *alive;

    for (uint32_t i = 0; i < groups->n; i++) {
        const struct half *row = row_at(rows, groups->of[i].row);

        has.words = (has.words & groups->of[i].kept) | row->words;
        left.words &= has.words | groups->of[i].more;
    }
    *alive = left;
}

struct lack { /* in units, bit by bit */
    struct half plane[NARROW_PLANES], over;
};

static void add_up(const struct match_narrow *n, const struct rows *rows,
                   struct lack *lack)
{
    struct half has = {{0}};

    for (uint32_t i = 0; i < n->lacked.n; i++) {
        const uint64_t *units = n->lacked.of[i].units;
        const struct half *row = row_at(rows, n->lacked.of[i].row);
        struct half carry = {{0}};

        has.words = (has.words & n->lacked.of[i].kept) | row->words;
        for (int bit = 0; bit < NARROW_PLANES; bit++) {
            struct half a = lack->plane[bit], b;
            struct half either;

            b.words = ~has.words & units[bit];
            either.words = a.words ^ b.words;

            lack->plane[bit].words = either.words ^ carry.words;
            carry.words = (a.words & b.words) | (carry.words & either.words);
        }
        lack->over.words |= carry.words;
    }
}

/* The columns that lack more than so many. */
static void lack_above(const struct lack *lack, uint8_t units,
                       struct half *above)
{
    struct half same = {~(struct half){{0}}.words}; /* so far, or above */

    *above = lack->over;
    for (int bit = NARROW_PLANES; bit-- > 0;) {
        if (units >> bit & 1)
            same.words &= lack->plane[bit].words;
        else
            above->words |= same.words & lack->plane[bit].words;
    }
}

/* Who lacks more than they may. */
static void narrow_lacks(const struct match_narrow *n, const struct rows *rows,
                         struct half *alive)
{
    struct lack lack = {.over = {{0}}};
    struct half above;

    add_up(n, rows, &lack);
    lack_above(&lack, n->units, &above);
    above.words &= row_at(rows, SLICE_UNSOUGHT)->words;
    alive->words &= ~lack.over.words & ~above.words;
}

/* Who has none of the rows, but for those of the row `of`. */
static void narrow_to(const struct match_narrow_rows *some, uint32_t of,
                      const struct rows *rows, struct half *alive)
{
    struct half any = *row_at(rows, of);

    for (uint32_t i = 0; i < some->n; i++)
        any.words |= row_at(rows, some->row[i])->words;
    alive->words &= any.words;
}

/* Who has one of the rows. */
static void narrow_from(const struct match_narrow_rows *none,
                        const struct rows *rows, struct half *alive)
{
    struct half left = *alive;

    for (uint32_t i = 0; i < none->n; i++)
        left.words &= ~row_at(rows, none->row[i])->words;
    *alive = left;
}

/* Law 1, for half a block. */
static bool narrow_half(const struct match_narrow *n, const struct rows *rows,
                        uint64_t *words)
{
    struct half alive;

    load(&alive, words);
    if (nobody(&alive))
        return false;
    if (n->seeking_wanted)
        alive.words &= ~row_at(rows, SLICE_UNSOUGHT)->words;
    if (n->choosy)
        narrow_groups(&n->wanted, rows, &alive);
    if (!nobody(&alive)) {
        narrow_groups(&n->must, rows, &alive);
        narrow_from(&n->barred, rows, &alive);
        narrow_to(&n->required, SLICE_MUSTLESS, rows, &alive);
        if (n->met_wanted)
            narrow_to(&n->sought, SLICE_UNSOUGHT, rows, &alive);
    }
    if (n->choosy && !nobody(&alive))
        narrow_lacks(n, rows, &alive);
    store(words, &alive);
    return !nobody(&alive);
}

WIDE bool match_narrow(const struct match_narrow *narrow,
                       const struct match_slices *slices, uint32_t block,
                       uint64_t alive[SLICE_WORDS])
{
    struct rows rows = {.first = match_slice_at(slices, block, 0),
                        .stride = (size_t)slices->stride * SLICE_WORDS};
    bool left = false;

    REQUIRE(block < slices->blocks);
    REQUIRE((uintptr_t)rows.first % CUT_LINE == 0);
    for (uint32_t at = 0; at < SLICE_WORDS; at += HALF, rows.first += HALF)
        left |= narrow_half(narrow, &rows, alive + at);
    return left;
}

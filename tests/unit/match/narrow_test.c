/* Rows of random bits, narrowed at once and column by column. */
#include "match/narrow.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"

enum { ROUNDS = 4000, DUTIES = 5000, UNITS = (1 << NARROW_PLANES) - 1 };

static uint64_t seed = 1;
static struct match_slices slices;

static uint32_t below(uint32_t sides)
{
    return (uint32_t)chance_below(&seed, sides);
}

static void *open_slices(void)
{
    const struct match_sizes sizes = {
        .pools = 1, .duties = DUTIES, .terms = 64};
    struct cut from = {.at = NULL};
    void *memory;

    match_slice_init(&slices, &from, &sizes);
    memory = calloc(1, from.used);
    from = (struct cut){.at = memory};
    match_slice_init(&slices, &from, &sizes);
    for (uint32_t block = 0; block < slices.blocks; block++)
        for (uint32_t row = 0; row < slices.rows; row++)
            for (int w = 0; w < SLICE_WORDS; w++)
                match_slice_at(&slices, block, row)[w] =
                    chance_next(&seed) | (row % 3 ? chance_next(&seed) : 0);
    return memory;
}

static bool bit(uint32_t block, uint32_t row, uint32_t at)
{
    return match_slice_at(&slices, block, row)[at / 64] >> (at % 64) & 1;
}

/* ---- slow and obvious: Law 1 ---- */

static bool has_groups(const struct match_narrow_groups *groups, uint32_t block,
                       uint32_t at)
{
    bool has = false;

    for (uint32_t i = 0; i < groups->n; i++) {
        has = (has && groups->of[i].kept) || bit(block, groups->of[i].row, at);
        if (!has && !groups->of[i].more)
            return false;
    }
    return true;
}

static bool has_any(const struct match_narrow_rows *rows, uint32_t block,
                    uint32_t at)
{
    for (uint32_t i = 0; i < rows->n; i++)
        if (bit(block, rows->row[i], at))
            return true;
    return false;
}

static uint32_t lacks(const struct match_narrow_lacks *lacked, uint32_t block,
                      uint32_t at)
{
    uint32_t units = 0;
    bool has = false;

    for (uint32_t i = 0; i < lacked->n; i++) {
        has = (has && lacked->of[i].kept) || bit(block, lacked->of[i].row, at);
        for (uint32_t b = 0; b < NARROW_PLANES && !has; b++)
            units += (uint32_t)(lacked->of[i].units[b] & 1) << b;
    }
    return units;
}

static bool keeps(const struct match_narrow *n, uint32_t block, uint32_t at)
{
    bool seeks = !bit(block, SLICE_UNSOUGHT, at);
    uint32_t units = lacks(&n->lacked, block, at);

    if (n->choosy && (!has_groups(&n->wanted, block, at) || units > UNITS ||
                      (!seeks && units > n->units)))
        return false;
    return (seeks || !n->seeking_wanted) && has_groups(&n->must, block, at) &&
           !has_any(&n->barred, block, at) &&
           (bit(block, SLICE_MUSTLESS, at) ||
            has_any(&n->required, block, at)) &&
           (!n->met_wanted || !seeks || has_any(&n->sought, block, at));
}

/* ---- questions ---- */

static void draw_rows(struct match_narrow_rows *rows, uint32_t most)
{
    rows->n = below(most + 1);
    for (uint32_t i = 0; i < rows->n; i++)
        rows->row[i] = below(slices.rows);
}

static void draw_groups(struct match_narrow_groups *groups, uint32_t most)
{
    groups->n = 0;
    for (uint32_t left = below(most + 1); left > 0; left--)
        for (uint32_t i = 0, size = 1 + below(3); i < size; i++) {
            groups->of[groups->n].row = below(slices.rows);
            groups->of[groups->n].kept = i > 0 ? UINT64_MAX : 0;
            groups->of[groups->n++].more = i + 1 < size ? UINT64_MAX : 0;
        }
}

static void draw_lacks(struct match_narrow_lacks *lacked)
{
    uint32_t most = 1 + below(UNITS);

    lacked->n = below(20);
    for (uint32_t i = 0; i < lacked->n; i++) {
        uint32_t units = below(most);

        lacked->of[i].row = below(slices.rows);
        lacked->of[i].kept = i > 0 && below(2) ? UINT64_MAX : 0;
        for (uint32_t b = 0; b < NARROW_PLANES; b++)
            lacked->of[i].units[b] = units >> b & 1 ? UINT64_MAX : 0;
    }
}

/* Law 2: whichever width this machine takes. */
static uint32_t compare(const struct match_narrow *n)
{
    uint64_t alive[SLICE_WORDS], before[SLICE_WORDS];
    uint32_t block = below(slices.blocks), left = 0;
    bool some;

    for (int w = 0; w < SLICE_WORDS; w++)
        before[w] = below(4) ? UINT64_MAX : chance_next(&seed);
    memcpy(alive, before, sizeof alive);
    some = match_narrow(n, &slices, block, alive);
    for (uint32_t at = 0; at < SLICE_PLACES; at++) {
        bool was = before[at / 64] >> (at % 64) & 1;
        bool is = alive[at / 64] >> (at % 64) & 1;

        CHECK(is == (was && keeps(n, block, at)));
        left += is;
    }
    CHECK(some == (left > 0));
    return left;
}

int main(void)
{
    static struct match_narrow n;
    void *memory = open_slices();
    uint64_t left = 0;

    for (int round = 0; round < ROUNDS; round++) {
        draw_groups(&n.must, 2);
        draw_groups(&n.wanted, 3);
        draw_rows(&n.barred, 2);
        draw_rows(&n.required, 3);
        draw_rows(&n.sought, 3);
        draw_lacks(&n.lacked);
        n.units = (uint8_t)below(UNITS + 1);
        n.choosy = below(4) > 0;
        n.met_wanted = below(2);
        n.seeking_wanted = below(4) == 0;
        left += compare(&n);
    }
    CHECK(left > (uint64_t)ROUNDS * SLICE_PLACES / 100); /* of some use */
    CHECK(left < (uint64_t)ROUNDS * SLICE_PLACES / 2);
    free(memory);
    return check_report("match/narrow");
}

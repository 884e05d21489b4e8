#include "match/slice.h"

#include <string.h>

#include "base/require.h"

enum {
    ROWS_LEAST = 64, /* of a kind */
    HAVE_ROWS_MOST = 4096,
    OTHER_ROWS_MOST = 1024, /* what is sought or ruled out is more alike */
    SECTOR_DUTIES = 2048,   /* about as many columns in a sector */
    FACTOR_LEAST = 49152,   /* of a record without any yes */
    FACTOR_STEP = 64        /* of a bucket */
};

/* ---- memory ---- */

static uint32_t rows_for(uint32_t terms, uint32_t most)
{
    uint32_t n = ROWS_LEAST;

    while (n < terms && n < most)
        n *= 2;
    return n;
}

static void shape(struct match_slices *s, const struct match_sizes *sizes)
{
    *s = (struct match_slices){.sectors = 1, .rows = SLICE_FLAGS};
    while (s->sectors < SLICE_SECTORS_MAX &&
           s->sectors * 2 <= sizes->duties / SECTOR_DUTIES)
        s->sectors *= 2;
    for (enum match_slice_kind kind = SLICE_HAVE; kind < SLICE_KINDS; kind++) {
        uint32_t most = kind == SLICE_HAVE ? HAVE_ROWS_MOST : OTHER_ROWS_MOST;
        uint32_t n = rows_for(sizes->terms, most);

        s->base[kind] = s->rows;
        s->mask[kind] = n - 1;
        s->rows += n;
    }
    /* Law 1: the full ones, and for each chain a head that is not. */
    s->blocks = sizes->duties / SLICE_PLACES + sizes->pools * s->sectors;
    s->stride = s->blocks | 1;
}

void match_slice_init(struct match_slices *slices, struct cut *from,
                      const struct match_sizes *sizes)
{
    struct match_slices *s = slices;
    struct match_slice_use *use;

    shape(s, sizes);
    s->bits = cut_lines(from, (size_t)s->stride * s->rows, CUT_LINE);
    s->block = cut(from, s->blocks, sizeof *s->block);
    s->place =
        cut_lines(from, (size_t)s->blocks * SLICE_PLACES, sizeof *s->place);
    s->fit = cut_lines(from, (size_t)s->blocks * SLICE_PLACES, sizeof *s->fit);
    s->pool = cut(from, sizes->pools, sizeof *s->pool);
    use = cut(from, (size_t)sizes->pools * s->rows, sizeof *use);
    match_profile_init(&s->profiles, from, sizes);
    if (!from->at)
        return;
    REQUIRE((uintptr_t)s->bits % CUT_LINE == 0);
    for (uint32_t b = 0; b < s->blocks; b++)
        s->block[b].next = b + 1 < s->blocks ? b + 1 : SLICE_NONE;
    for (uint32_t i = 0; i < sizes->pools; i++) {
        s->pool[i].use = use + (size_t)i * s->rows;
        memset(s->pool[i].head, 0xff, sizeof s->pool[i].head); /* NONE */
    }
}

/* ---- columns ---- */

struct column {          /* where the bits of a place are */
    uint64_t *word, bit; /* of row 0 */
    size_t stride;       /* to that of the next */
};

static struct column column_of(const struct match_slices *s, uint32_t place)
{
    uint32_t at = place % SLICE_PLACES;

    REQUIRE(place < s->blocks * SLICE_PLACES);
    return (struct column){.word = match_slice_at(s, place / SLICE_PLACES, 0) +
                                   at / 64,
                           .bit = (uint64_t)1 << (at % 64),
                           .stride = (size_t)s->stride * SLICE_WORDS};
}

static void write_bit(struct column column, uint32_t row, bool set)
{
    uint64_t *word = &column.word[row * column.stride];

    if (set)
        *word |= column.bit;
    else
        *word &= ~column.bit;
}

static void write_load(struct column column, uint32_t load)
{
    for (uint32_t bit = 0; bit < SLICE_LOAD_BITS; bit++)
        write_bit(column, SLICE_LOAD + bit, load >> bit & 1);
}

static bool read_bit(struct column column, uint32_t row)
{
    return (column.word[row * column.stride] & column.bit) != 0;
}

static uint32_t read_load(struct column column)
{
    uint32_t load = 0;

    for (uint32_t bit = SLICE_LOAD_BITS; bit-- > 0;)
        load = 2 * load + read_bit(column, SLICE_LOAD + bit);
    return load;
}

struct run { /* the terms of one kind */
    const uint32_t *term;
    uint32_t n;
};

static struct run run_of(const struct match_hand *hand,
                         enum match_slice_kind kind)
{
    switch (kind) {
    case SLICE_HAVE:
        return (struct run){hand->have, hand->haves};
    case SLICE_SEEK:
        return (struct run){hand->seek.term, hand->seek.terms};
    case SLICE_MUST:
        return (struct run){hand->must_term, hand->must_terms};
    case SLICE_MUST_NOT:
        return (struct run){hand->must_not, hand->must_nots};
    case SLICE_KINDS:
    default:
        REQUIRE(!"a row has a kind");
        return (struct run){0};
    }
}

/* Every bit of a column, set or not; Law 2. */
static void write_column(struct match_slices *s, uint32_t place,
                         const struct match_duty *duty, bool set)
{
    const struct match_hand *hand = &duty->hand;
    struct column column = column_of(s, place);

    REQUIRE(hand->version != 0);
    for (enum match_slice_kind kind = SLICE_HAVE; kind < SLICE_KINDS; kind++) {
        struct run run = run_of(hand, kind);

        for (uint32_t i = 0; i < run.n; i++)
            write_bit(column, match_slice_row(s, kind, run.term[i]), set);
    }
    write_bit(column, SLICE_FREE, false);
    write_load(column, 0);
    write_bit(column, SLICE_CRISIS,
              set && duty->row.grade == GRADE_CRISIS_PEER);
    write_bit(column, SLICE_UNSOUGHT, set && hand->seek.groups == 0);
    write_bit(column, SLICE_MUSTLESS, set && hand->musts == 0);
    write_bit(column, SLICE_PICKY, set && hand->musts > 1);
}

static void count_uses(struct match_slices *s, struct match_slice_pool *pool,
                       const struct match_hand *hand, bool more)
{
    for (enum match_slice_kind kind = SLICE_HAVE; kind < SLICE_KINDS; kind++) {
        struct run run = run_of(hand, kind);

        for (uint32_t i = 0; i < run.n; i++) {
            uint32_t term = run.term[i];
            struct match_slice_use *use =
                &pool->use[match_slice_row(s, kind, term)];

            if (more) {
                if (use->uses++ == 0)
                    use->only = term;
                else if (use->only != term)
                    use->only = SLICE_MIXED;
            } else {
                REQUIRE(use->uses > 0); /* Law 3 */
                use->uses--;
            }
        }
    }
}

static void count_factor(struct match_slice_pool *pool, uint32_t factor,
                         bool more)
{
    uint32_t at = (factor - FACTOR_LEAST) / FACTOR_STEP;

    REQUIRE(factor >= FACTOR_LEAST);
    REQUIRE(at < SLICE_RECORDS);
    if (!more) {
        REQUIRE(pool->record[at].n > 0);
        pool->record[at].n--;
        while (pool->records > 0 && pool->record[pool->records - 1].n == 0)
            pool->records--;
        return;
    }
    if (pool->records <= at)
        pool->records = at + 1;
    if (pool->record[at].n++ == 0 || pool->record[at].most < factor)
        pool->record[at].most = factor;
}

uint32_t match_slice_factor_max(const struct match_slices *slices,
                                uint32_t pool)
{
    const struct match_slice_pool *p = &slices->pool[pool];

    return p->records > 0 ? p->record[p->records - 1].most : 0;
}

/* ---- chains ---- */

uint32_t match_slice_sector(const struct match_slices *slices, uint64_t tie)
{
    return (uint32_t)((tie >> 32) * slices->sectors >> 32);
}

uint64_t match_slice_sector_tie(const struct match_slices *slices,
                                uint32_t sector)
{
    return slices->sectors == 1
               ? 0
               : UINT64_MAX / slices->sectors * sector + sector;
}

static uint32_t *head_of(const struct match_slices *s, uint32_t pool,
                         uint64_t tie)
{
    return &s->pool[pool].head[match_slice_sector(s, tie)];
}

/* A block with room at the head of the chain. */
static uint32_t head_with_room(struct match_slices *s, uint32_t *head)
{
    uint32_t b = *head;

    if (b != SLICE_NONE && s->block[b].n < SLICE_PLACES)
        return b;
    b = s->free;
    REQUIRE(b != SLICE_NONE); /* Law 1 */
    s->free = s->block[b].next;
    s->block[b] = (struct match_slice_block){.next = *head};
    *head = b;
    return b;
}

void match_slice_put(struct match_slices *slices, struct match_duty *duty,
                     uint32_t factor)
{
    struct match_slices *s = slices;
    struct match_slice_pool *pool = &s->pool[duty->row.pool];
    uint32_t b = head_with_room(s, head_of(s, duty->row.pool, duty->row.tie));
    uint32_t place = b * SLICE_PLACES + s->block[b].n++;

    REQUIRE(duty->place == 0);
    REQUIRE(duty->hand.version != 0);
    s->place[place] =
        (struct match_slice_place){.duty = duty, .tie = duty->row.tie};
    s->fit[place].factor = factor;
    s->fit[place].profile =
        match_profile_hold(&s->profiles, duty->row.pool, &duty->hand.seek);
    duty->place = place + 1;
    if (factor > s->block[b].factor_max)
        s->block[b].factor_max = factor;
    write_column(s, place, duty, true);
    count_uses(s, pool, &duty->hand, true);
    count_factor(pool, factor, true);
    pool->n++;
}

/* The last column of the head takes the empty place; Law 1. */
static void fill(struct match_slices *s, uint32_t *head, uint32_t place)
{
    uint32_t b = *head, last;
    struct match_slice_block *block = &s->block[b];

    REQUIRE(b != SLICE_NONE);
    REQUIRE(block->n > 0);
    last = b * SLICE_PLACES + --block->n;
    if (last != place) {
        struct match_duty *moved = s->place[last].duty;
        struct match_slice_block *to = &s->block[place / SLICE_PLACES];
        bool is_free = read_bit(column_of(s, last), SLICE_FREE);

        write_column(s, last, moved, false);
        write_column(s, place, moved, true);
        write_bit(column_of(s, place), SLICE_FREE, is_free);
        s->place[place] = s->place[last];
        s->fit[place] = s->fit[last];
        moved->place = place + 1;
        if (s->fit[place].factor > to->factor_max)
            to->factor_max = s->fit[place].factor;
    }
    if (block->n > 0)
        return;
    *head = block->next;
    block->next = s->free;
    s->free = b;
}

void match_slice_drop(struct match_slices *slices, struct match_duty *duty)
{
    struct match_slices *s = slices;
    struct match_slice_pool *pool = &s->pool[duty->row.pool];
    uint32_t place = duty->place - 1;

    if (duty->place == 0)
        return;
    REQUIRE(s->place[place].duty == duty);
    REQUIRE(pool->n > 0);
    write_column(s, place, duty, false);
    count_uses(s, pool, &duty->hand, false);
    count_factor(pool, s->fit[place].factor, false);
    match_profile_drop(&s->profiles, s->fit[place].profile);
    pool->n--;
    duty->place = 0;
    fill(s, head_of(s, duty->row.pool, s->place[place].tie), place);
}

bool match_slice_is(const struct match_slices *slices,
                    const struct match_duty *duty, uint32_t factor, bool crisis)
{
    const struct match_slice_place *place;

    if (duty->place == 0)
        return false;
    place = &slices->place[duty->place - 1];
    REQUIRE(place->duty == duty);
    return place->tie == duty->row.tie &&
           slices->fit[duty->place - 1].factor == factor &&
           read_bit(column_of(slices, duty->place - 1), SLICE_CRISIS) == crisis;
}

void match_slice_touch(struct match_slices *slices,
                       const struct match_duty *duty, bool is_free,
                       const struct match_duty_load *load)
{
    uint32_t place = duty->place - 1;

    if (duty->place == 0)
        return;
    write_bit(column_of(slices, place), SLICE_FREE, is_free);
    match_slice_load(slices, &slices->place[place], load);
}

bool match_slice_is_free(const struct match_slices *slices,
                         const struct match_duty *duty)
{
    return duty->place != 0 &&
           read_bit(column_of(slices, duty->place - 1), SLICE_FREE);
}

uint32_t match_slice_frees(const struct match_slices *slices, uint32_t pool,
                           const struct match_duty *duty[], uint32_t most)
{
    uint32_t block, n = 0;

    for (uint32_t sector = 0; sector < slices->sectors; sector++)
        for (block = slices->pool[pool].head[sector]; block != SLICE_NONE;
             block = slices->block[block].next)
            for (uint32_t w = 0; w < SLICE_WORDS; w++) {
                uint64_t left = match_slice_at(slices, block, SLICE_FREE)[w];
                uint32_t first = block * SLICE_PLACES + w * 64;

                for (; left != 0; left &= left - 1) {
                    if (n == most)
                        return most + 1;
                    duty[n++] =
                        slices->place[first + (uint32_t)__builtin_ctzll(left)]
                            .duty;
                }
            }
    return n;
}

/* The loads of 64 columns, as bits. */
static void write_loads(struct match_slices *s, uint32_t block, uint32_t word)
{
    const struct match_slice_place *place =
        &s->place[block * SLICE_PLACES + word * 64];
    uint32_t n =
        s->block[block].n > word * 64 ? s->block[block].n - word * 64 : 0;
    uint64_t plane[SLICE_LOAD_BITS] = {0};

    for (uint32_t i = 0; i < n && i < 64; i++) {
        uint64_t load = match_slice_knows(&place[i], s->block[block].bucket)
                            ? place[i].load
                            : 0;

        for (uint32_t bit = 0; bit < SLICE_LOAD_BITS; bit++)
            plane[bit] |= (load >> bit & 1) << i;
    }
    for (uint32_t bit = 0; bit < SLICE_LOAD_BITS; bit++)
        match_slice_at(s, block, SLICE_LOAD + bit)[word] = plane[bit];
}

bool match_slice_renew(struct match_slices *slices, uint32_t block,
                       uint32_t bucket)
{
    if (slices->block[block].bucket == bucket)
        return false;
    slices->block[block].bucket = bucket;
    for (uint32_t w = 0; w < SLICE_WORDS; w++)
        write_loads(slices, block, w);
    return true;
}

void match_slice_load(struct match_slices *slices,
                      struct match_slice_place *place,
                      const struct match_duty_load *load)
{
    uint32_t at = (uint32_t)(place - slices->place);

    REQUIRE(load->offers <= DUTY_LOAD_MAX);
    place->load = (uint8_t)load->offers;
    place->until = load->until;
    if (!match_slice_renew(slices, at / SLICE_PLACES, load->now))
        write_load(column_of(slices, at), load->offers);
}

void match_slice_laden(const struct match_slices *slices, uint32_t block,
                       uint32_t load, uint32_t bucket,
                       uint64_t laden[SLICE_WORDS])
{
    bool known = slices->block[block].bucket == bucket;

    REQUIRE(load > 0);
    REQUIRE(load <= DUTY_LOAD_MAX);
    for (uint32_t w = 0; w < SLICE_WORDS; w++) {
        uint64_t same = known ? UINT64_MAX : 0, above = 0;

        for (uint32_t bit = SLICE_LOAD_BITS; bit-- > 0;) {
            uint64_t has = match_slice_at(slices, block, SLICE_LOAD + bit)[w];

            if (load >> bit & 1)
                same &= has;
            else
                above |= same & has;
        }
        laden[w] = same | above;
    }
}

uint64_t match_slice_check(const struct match_slices *slices,
                           const struct match_duty *duty)
{
    const struct match_slices *s = slices;
    uint32_t place = duty->place - 1, b = place / SLICE_PLACES, loaded;
    struct column column;

    if (duty->place == 0)
        return 0;
    column = column_of(s, place);
    loaded = read_load(column);
    REQUIRE(s->place[place].duty == duty);
    REQUIRE(place % SLICE_PLACES < s->block[b].n);
    REQUIRE(s->block[b].factor_max >= s->fit[place].factor);
    REQUIRE(loaded == 0 || /* Law 4 */
            (loaded == s->place[place].load &&
             match_slice_knows(&s->place[place], s->block[b].bucket)));
    REQUIRE(s->block[b].n == SLICE_PLACES || /* Law 1 */
            *head_of(s, duty->row.pool, s->place[place].tie) == b);
    for (enum match_slice_kind kind = SLICE_HAVE; kind < SLICE_KINDS; kind++) {
        struct run run = run_of(&duty->hand, kind);

        for (uint32_t i = 0; i < run.n; i++)
            REQUIRE(read_bit(column, match_slice_row(s, kind, run.term[i])));
    }
    REQUIRE(read_bit(column, SLICE_UNSOUGHT) == (duty->hand.seek.groups == 0));
    return 7;
}

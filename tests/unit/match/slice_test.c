/* The bits of columns against the hands they were made of. */
#include "match/slice.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "hands.h"

enum { POOLS = 2, DUTIES = 20000, USED = 1500, TERMS = 5000, ROUNDS = 6000 };

static struct match_slices slices;
static struct match_rarity rarity[POOLS];
static struct match_duty *duty;
static uint32_t factor_of[USED];
static uint32_t load_of[USED], until_of[USED], bucket; /* as last said */
static uint64_t seed = 5;

static void open_tables(void)
{
    const struct match_sizes sizes = {
        .pools = POOLS, .duties = DUTIES, .terms = TERMS};
    struct cut from = {.at = NULL};

    match_slice_init(&slices, &from, &sizes);
    from = (struct cut){.at = calloc(1, from.used)};
    CHECK(from.at != NULL);
    match_slice_init(&slices, &from, &sizes);
    duty = calloc(USED, sizeof *duty);
    for (uint32_t i = 0; i < POOLS; i++) {
        uint32_t slots = map_slots_for(TERMS);

        match_rarity_init(&rarity[i], calloc(TERMS, sizeof(struct match_term)),
                          TERMS, calloc(slots, sizeof(struct map_slot)), slots);
    }
}

static void drop(uint32_t i)
{
    match_slice_drop(&slices, &duty[i]);
    CHECK(duty[i].place == 0);
    match_slice_drop(&slices, &duty[i]); /* harmless */
    match_hand_clear(&duty[i].hand, &rarity[duty[i].row.pool]);
}

static void put(uint32_t i)
{
    static const struct hands how = {4000, 20, 6, 3, 3};
    struct match_card card = hands_card(&seed, &how, MATCH_PEER);

    duty[i].row.pool = i % POOLS;
    duty[i].row.tie = chance_next(&seed);
    duty[i].row.grade = chance_below(&seed, 2) ? GRADE_PEER : GRADE_CRISIS_PEER;
    CHECK(match_hand_set(&duty[i].hand, &rarity[i % POOLS], &card, 1 + i) ==
          ERR_NONE);
    factor_of[i] = 49152 + (uint32_t)chance_below(&seed, 16384);
    match_slice_put(&slices, &duty[i], factor_of[i]);
    CHECK(!match_slice_is_free(&slices, &duty[i]));
    load_of[i] = i % (DUTY_LOAD_MAX + 1);
    until_of[i] = bucket + 1 + (uint32_t)chance_below(&seed, DUTY_BUCKETS);
    match_slice_touch(&slices, &duty[i], i % 3 == 0,
                      &(struct match_duty_load){.offers = load_of[i],
                                                .until = until_of[i],
                                                .now = bucket});
}

/* Law 4, of the block of a column whose load was just said.  renewed: the bits
 * say all that is known. */
static void check_loads(uint32_t said, bool renewed)
{
    uint32_t b = (duty[said].place - 1) / SLICE_PLACES;

    for (uint32_t load = 1; load <= DUTY_LOAD_MAX; load++) {
        uint64_t laden[SLICE_WORDS];

        match_slice_laden(&slices, b, load, bucket + 1, laden);
        for (uint32_t w = 0; w < SLICE_WORDS; w++)
            CHECK(laden[w] == 0); /* what was is not known to be */
        match_slice_laden(&slices, b, load, bucket, laden);
        for (uint32_t at = 0; at < SLICE_PLACES; at++) {
            bool says = laden[at / 64] >> at % 64 & 1, is = false;
            uint32_t of = USED;

            if (at < slices.block[b].n) {
                of =
                    (uint32_t)(slices.place[b * SLICE_PLACES + at].duty - duty);
                is = load_of[of] >= load && until_of[of] > bucket;
            }
            CHECK(!says || is);
            CHECK(says == is || !(renewed || of == said));
        }
    }
}

/* A new bucket of time: what is still so is said again. */
static void renew(uint32_t i)
{
    uint32_t b = (duty[i].place - 1) / SLICE_PLACES;

    bucket++;
    CHECK(match_slice_renew(&slices, b, bucket));
    CHECK(!match_slice_renew(&slices, b, bucket));
    if (until_of[i] > bucket)
        check_loads(i, true);
}

/* Of a row of a block, from this place on. */
static uint32_t bits_from(uint32_t block, uint32_t row, uint32_t at)
{
    const uint64_t *word = match_slice_at(&slices, block, row);
    uint32_t n = 0;

    for (; at < SLICE_PLACES; at += 64 - at % 64)
        n += (uint32_t)__builtin_popcountll(word[at / 64] >> (at % 64));
    return n;
}

/* Law 1: full blocks after the head, and every column in one of them. */
static void check_chains(uint32_t pool)
{
    uint32_t columns = 0;

    for (uint32_t sector = 0; sector < slices.sectors; sector++) {
        uint32_t head = slices.pool[pool].head[sector];

        for (uint32_t b = head; b != SLICE_NONE; b = slices.block[b].next) {
            CHECK(b == head || slices.block[b].n == SLICE_PLACES);
            CHECK(slices.block[b].n > 0);
            columns += slices.block[b].n;
            for (uint32_t i = 0; i < slices.block[b].n; i++)
                CHECK(match_slice_sector(
                          &slices, slices.place[b * SLICE_PLACES + i].tie) ==
                      sector);
        }
    }
    CHECK(columns == slices.pool[pool].n);
}

/* Law 3, and every bit set is somebody's: as many as hands have rows. */
static void check_rows(uint32_t pool)
{
    uint32_t most = 0;

    for (uint32_t b = 0; b < slices.blocks; b++)
        for (uint32_t row = 0; row < slices.rows && slices.block[b].n > 0;
             row++)
            CHECK(bits_from(b, row, slices.block[b].n) == 0);
    for (uint32_t row = SLICE_FLAGS; row < slices.rows; row++) {
        uint32_t set = 0;

        for (uint32_t sector = 0; sector < slices.sectors; sector++)
            for (uint32_t b = slices.pool[pool].head[sector]; b != SLICE_NONE;
                 b = slices.block[b].next)
                set += bits_from(b, row, 0);
        CHECK((set > 0) == (slices.pool[pool].use[row].uses > 0));
        CHECK(set <= slices.pool[pool].use[row].uses);
    }
    for (uint32_t i = pool; i < USED; i += POOLS)
        if (duty[i].place != 0 && factor_of[i] > most)
            most = factor_of[i];
    CHECK(match_slice_factor_max(&slices, pool) >=
          most); /* by less than a bucket */
    CHECK(match_slice_factor_max(&slices, pool) - most < 64);
}

int main(void)
{
    open_tables();
    CHECK(slices.sectors == 8);
    CHECK(match_slice_sector(&slices, match_slice_sector_tie(&slices, 1)) == 1);
    CHECK(match_slice_sector(&slices, match_slice_sector_tie(&slices, 1) - 1) ==
          0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t i = (uint32_t)chance_below(&seed, USED);
        uint32_t other = (uint32_t)chance_below(&seed, USED);

        if (duty[i].place != 0)
            drop(i); /* Law 2: before the hand changes */
        if (chance_below(&seed, round < ROUNDS / 2 ? 8 : 2))
            put(i);
        if (duty[i].place != 0)
            check_loads(i, false);
        if (duty[i].place != 0 && chance_below(&seed, 20) == 0)
            renew(i);
        (void)match_slice_check(&slices, &duty[other]);
        CHECK(duty[other].place == 0 ||
              (match_slice_is_free(&slices, &duty[other]) == (other % 3 == 0) &&
               match_slice_is(&slices, &duty[other], factor_of[other],
                              duty[other].row.grade == GRADE_CRISIS_PEER)));
        if (round % 500 == 0)
            for (uint32_t pool = 0; pool < POOLS; pool++) {
                check_chains(pool);
                check_rows(pool);
            }
    }
    for (uint32_t i = 0; i < USED; i++)
        drop(i);
    for (uint32_t row = 0; row < slices.rows; row++) /* Law 3 */
        for (uint32_t b = 0; b < slices.blocks; b++)
            CHECK(bits_from(b, row, 0) == 0);
    return check_report("match/slice");
}

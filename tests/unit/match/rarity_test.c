/* Logarithms by known answers; counts against the formula on plain arrays. */
#include "match/rarity.h"

#include "base/chance.h"
#include "check.h"

enum { TERMS = 16, SLOTS = 32 };

static struct match_term term[TERMS];
static struct map_slot slot[SLOTS];

/* Law 1. */
static void logarithms(void)
{
    CHECK(match_rarity_log2(1) == 0);
    CHECK(match_rarity_log2(2) == 256);
    CHECK(match_rarity_log2(3) == 405); /* 405.75 */
    CHECK(match_rarity_log2(7) == 718); /* 718.68 */
    CHECK(match_rarity_log2(8) == 768);
    CHECK(match_rarity_log2(1000) == 2551); /* 2551.24 */
    CHECK(match_rarity_log2(UINT32_MAX) == 8191);
    for (uint32_t k = 0; k < 32; k++)
        CHECK(match_rarity_log2((uint32_t)1 << k) == k * 256);
    for (uint32_t x = 1; x < 70000; x++)
        CHECK(match_rarity_log2(x) <= match_rarity_log2(x + 1));
}

static uint32_t formula(uint64_t members, uint64_t count)
{
    uint32_t top = match_rarity_log2((uint32_t)members + 8);
    uint32_t own = match_rarity_log2((uint32_t)count + 8);

    return own > top ? 0 : top - own;
}

/* Law 2, and c' = (7c + now) / 8 in Q8. */
static void smoothing(void)
{
    struct match_rarity rarity;
    uint64_t members_q8 = 0, count_q8[4] = {0}, seed = 7;
    uint32_t at[4];

    match_rarity_init(&rarity, term, TERMS, slot, SLOTS);
    for (uint64_t i = 0; i < 4; i++) {
        at[i] = match_rarity_hold(&rarity, 100 + i);
        CHECK(rarity.term[at[i]].bits == 0); /* of nobody, N = 0 */
    }
    for (int round = 0; round < 300; round++) {
        uint64_t members = chance_below(&seed, 5000);
        uint32_t before = rarity.term[at[0]].bits;

        for (int i = 0; i < 4; i++) {
            uint64_t now = chance_below(&seed, members + 1);

            rarity.term[at[i]].now = (uint32_t)now;
            count_q8[i] = (7 * count_q8[i] + now * 256) / 8;
        }
        CHECK(rarity.term[at[0]].bits == before); /* Law 2: frozen between */
        members_q8 = (7 * members_q8 + members * 256) / 8;
        match_rarity_smooth(&rarity, members);
        CHECK(rarity.members_q8 == members_q8);
        for (int i = 0; i < 4; i++) {
            CHECK(rarity.term[at[i]].count_q8 == count_q8[i]);
            CHECK(rarity.term[at[i]].bits ==
                  formula(members_q8 >> 8, count_q8[i] >> 8));
        }
    }
    uint32_t unknown = match_rarity_hold(&rarity, 999); /* n = 0 */

    CHECK(rarity.term[unknown].bits == formula(members_q8 >> 8, 0));
}

/* A table from outside: its bits, 0 for the rest, for ever. */
static void loaded(void)
{
    struct match_rarity rarity;

    match_rarity_init(&rarity, term, TERMS, slot, SLOTS);
    uint32_t early = match_rarity_hold(&rarity, 5);

    CHECK(match_rarity_load(&rarity, 6, 1230) == ERR_NONE);
    CHECK(match_rarity_load(&rarity, 0, 1) == ERR_INVALID);
    CHECK(match_rarity_load(&rarity, 7, 9000) == ERR_INVALID);
    uint32_t late = match_rarity_hold(&rarity, 7);
    uint32_t known = match_rarity_hold(&rarity, 6);

    CHECK(rarity.frozen);
    CHECK(rarity.term[known].bits == 1230);
    CHECK(rarity.term[early].bits == 0 && rarity.term[late].bits == 0);
    match_rarity_smooth(&rarity, 400);
    CHECK(rarity.term[known].bits == 1230 && rarity.term[late].bits == 0);
    match_rarity_unload(&rarity); /* another table takes its place */
    CHECK(match_rarity_load(&rarity, 7, 77) == ERR_NONE);
    CHECK(rarity.term[known].bits == 0 && rarity.term[late].bits == 77);
}

/* Law 3, and a full table that refuses. */
static void interning(void)
{
    struct match_rarity rarity;
    uint32_t at[TERMS], held = 0;

    match_rarity_init(&rarity, term, TERMS, slot, SLOTS);
    while (held < TERMS) {
        at[held] = match_rarity_hold(&rarity, 1000 + held);
        CHECK(at[held] != MAP_NONE);
        CHECK(match_rarity_hold(&rarity, 1000 + held) == at[held]);
        held++;
    }
    CHECK(match_rarity_hold(&rarity, 1) == MAP_NONE);
    match_rarity_drop(&rarity, at[3]);
    CHECK(match_rarity_hold(&rarity, 1) == MAP_NONE); /* held once more */
    match_rarity_drop(&rarity, at[3]);
    CHECK(match_rarity_hold(&rarity, 1) == at[3]);
    CHECK(match_rarity_hold(&rarity, 1005) == at[5]);

    /* A count outlives its cards until it has died away. */
    rarity.term[at[4]].now = 3;
    match_rarity_smooth(&rarity, 3);
    match_rarity_drop(&rarity, at[4]);
    match_rarity_drop(&rarity, at[4]);
    CHECK(rarity.term[at[4]].count_q8 == 96);
    CHECK(match_rarity_hold(&rarity, 1004) == at[4]);
    CHECK(rarity.term[at[4]].count_q8 == 96);
    match_rarity_drop(&rarity, at[4]);
    for (int i = 0; i < 60; i++)
        match_rarity_smooth(&rarity, 0);
    CHECK(rarity.term[at[4]].token == 0);
}

static void restored(void)
{
    struct match_rarity rarity;

    match_rarity_init(&rarity, term, TERMS, slot, SLOTS);
    CHECK(match_rarity_restore(&rarity, 0, 1000 << 8) == ERR_NONE);
    CHECK(match_rarity_restore(&rarity, 5, 10 << 8) == ERR_NONE);
    CHECK(match_rarity_restore(&rarity, 6, UINT64_MAX) == ERR_INVALID);
    match_rarity_refresh(&rarity);
    uint32_t at = match_rarity_hold(&rarity, 5);

    CHECK(rarity.term[at].bits == formula(1000, 10));
}

int main(void)
{
    logarithms();
    smoothing();
    loaded();
    interning();
    restored();
    return check_report("match/rarity");
}

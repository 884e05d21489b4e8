/* A probe against the cards themselves. */
#include "match/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "hands.h"
#include "match/score.h"

enum { PEERS = 700, ASKS = 150, TERMS = 12000 };

static uint64_t seed;

struct world {
    struct match_slices slices;
    struct match_rarity rarity;
    struct match_duty duty[PEERS];
    void *memory, *term, *slot;
};

static struct world *world_new(const struct hands *how)
{
    const struct match_sizes sizes = {
        .pools = 1, .duties = PEERS, .terms = TERMS};
    struct world *w = calloc(1, sizeof *w);
    struct cut from = {.at = NULL};
    uint32_t slots = map_slots_for(TERMS);

    match_slice_init(&w->slices, &from, &sizes);
    w->memory = calloc(1, from.used);
    from = (struct cut){.at = w->memory};
    match_slice_init(&w->slices, &from, &sizes);
    w->term = calloc(TERMS, sizeof(struct match_term));
    w->slot = calloc(slots, sizeof(struct map_slot));
    match_rarity_init(&w->rarity, w->term, TERMS, w->slot, slots);
    for (uint64_t token = 1; token <= how->tokens; token++)
        if (chance_below(&seed, 4))
            CHECK(match_rarity_load(&w->rarity, token,
                                    chance_below(&seed, 2000)) == ERR_NONE);
    for (uint32_t i = 0; i < PEERS; i++) {
        struct match_card card = hands_card(&seed, how, MATCH_PEER);

        w->duty[i].row.tie = chance_next(&seed);
        CHECK(match_hand_set(&w->duty[i].hand, &w->rarity, &card, 1 + i) ==
              ERR_NONE);
        match_slice_put(&w->slices, &w->duty[i], 49152);
    }
    return w;
}

static void world_free(struct world *w)
{
    free(w->memory);
    free(w->term);
    free(w->slot);
    free(w);
}

static bool finds(const struct match_hand *a, const struct match_hand *b)
{
    for (uint8_t i = 0; i < a->seek.terms; i++)
        if (match_hand_has(b, a->seek.term[i]))
            return true;
    return false;
}

static bool rules_out(const struct match_hand *a, const struct match_hand *b)
{
    for (uint8_t i = 0; i < a->must_nots; i++)
        if (match_hand_has(b, a->must_not[i]))
            return true;
    return false;
}

/* Where no terms share a row, nobody is left but by the rounding of units. */
static void tight(const struct world *w, const struct match_hand *hand,
                  const struct match_probe *probe, uint64_t age, uint32_t least,
                  const struct match_hand *peer)
{
    int64_t weights = (int64_t)probe->weights, missing, spare, may, unit;
    int64_t rounded = probe->levels + 1; /* down, once a level */
    uint32_t d = 0;

    CHECK(!rules_out(hand, peer) && !rules_out(peer, hand));
    CHECK(peer->musts > 1 || match_hand_age(hand, peer) <= age);
    if (least > match_score_mean(65536, 0)) /* who finds nothing is out */
        CHECK(peer->seek.groups == 0 || finds(peer, hand));
    if (!probe->rows.choosy || probe->toward == 0)
        return;
    missing = (int64_t)probe->missing;
    spare = (65536 - (int64_t)probe->toward) * weights - missing;
    may = peer->seek.groups > 0 ? spare
                                : (65536 - (int64_t)least) * weights - missing;
    unit = spare / 31 + 1;
    CHECK(match_score_toward(&w->rarity, &hand->seek, peer, &d));
    CHECK((65536 - (int64_t)d - 1) * weights - missing < may + rounded * unit);
}

/* Laws 1 and 2 for every column of a block. */
static void compare(struct world *w, const struct match_hand *hand,
                    struct match_probe *probe, uint32_t block, bool shared)
{
    uint64_t age = chance_below(&seed, 90000), alive[SLICE_WORDS];
    uint32_t least = (uint32_t)chance_below(&seed, 65537);
    uint32_t n = w->slices.block[block].n, left = 0;

    match_probe_init(probe, &w->slices, 0, &w->rarity, hand, age);
    if (chance_below(&seed, 2))
        match_probe_aim(probe, (uint32_t)chance_below(&seed, 65537));
    match_probe_aim(probe, least);
    memset(alive, 0xff, sizeof alive);
    if (!match_probe_narrow(probe, block, alive))
        memset(alive, 0, sizeof alive);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t place = block * SLICE_PLACES + i;
        const struct match_hand *peer = &w->slices.place[place].duty->hand;
        uint32_t h = match_score_both(&w->rarity, hand, peer);
        bool there = alive[i / 64] >> (i % 64) & 1;
        uint32_t to = 65536 / 2;

        CHECK(h <= match_probe_most(probe)); /* Law 3 */
        (void)match_score_toward(&w->rarity, &hand->seek, peer, &to);
        CHECK(!there || match_probe_to(probe, place) == to); /* Law 5 */
        CHECK(h <= match_probe_most_of(probe, to));          /* Law 3 */
        CHECK(match_probe_may(probe, to) || h < least);
        CHECK(there || h < least || match_hand_age(hand, peer) > age);
        if (there && match_probe_sure(probe, place))
            CHECK(match_hand_age(hand, peer) <= age); /* Law 4 */
        CHECK(shared || match_probe_sure(probe, place) == (peer->musts <= 1));
        if (there)
            CHECK(match_probe_h(probe, place, to) == h);
        if (there && !shared)
            tight(w, hand, probe, age, least, peer);
        left += there;
    }
    CHECK(left <= n);
}

/* How many are passed over with the H of the best as the least. */
static uint32_t passed(struct world *w, const struct match_hand *hand,
                       struct match_probe *probe)
{
    uint32_t best = 0, over = 0;

    for (uint32_t i = 0; i < PEERS; i++) {
        uint32_t h = match_score_both(&w->rarity, hand, &w->duty[i].hand);

        best = h > best ? h : best;
    }
    match_probe_init(probe, &w->slices, 0, &w->rarity, hand, 0);
    match_probe_aim(probe, best);
    for (uint32_t b = w->slices.pool[0].head[0]; b != SLICE_NONE;
         b = w->slices.block[b].next) {
        uint64_t alive[SLICE_WORDS];

        memset(alive, 0xff, sizeof alive);
        over += w->slices.block[b].n;
        if (match_probe_narrow(probe, b, alive))
            for (uint32_t i = 0; i < w->slices.block[b].n; i++)
                over -= (uint32_t)(alive[i / 64] >> (i % 64)) & 1;
    }
    return over;
}

/* A must of what nobody has narrows all away, until it relaxes: no column is
 * scored in vain. */
static void nobody_has(struct world *w, struct match_probe *probe)
{
    const struct match_card card = {
        .version = 1,
        .role = MATCH_SEEKER,
        .musts = 1,
        .must_tokens = 1,
        .must = {{.count = 1, .relax_after_ms = 1000}},
        .must_token = {TERMS + 1}};
    struct match_hand hand = {.version = 0};

    CHECK(match_hand_set(&hand, &w->rarity, &card, 1) == ERR_NONE);
    for (uint64_t age = 999; age <= 1000; age++) {
        uint32_t left = 0;

        match_probe_init(probe, &w->slices, 0, &w->rarity, &hand, age);
        match_probe_aim(probe, 0);
        for (uint32_t b = w->slices.pool[0].head[0]; b != SLICE_NONE;
             b = w->slices.block[b].next) {
            uint64_t alive[SLICE_WORDS];

            memset(alive, 0xff, sizeof alive);
            left += match_probe_narrow(probe, b, alive);
        }
        CHECK((left > 0) == (age == 1000));
    }
    match_hand_clear(&hand, &w->rarity);
}

int main(void)
{
    static const struct hands hows[] = {{12, 8, 4, 1, 1},
                                        {90, 16, 6, 1, 1},
                                        {90, 16, 6, 3, 1},
                                        {4000, 60, 30, 4, 20},
                                        /* what is had shares rows, too */
                                        {9000, 60, 30, 4, 20}};
    static struct match_probe probe;
    uint32_t over = 0;

    for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++) {
        struct world *w;

        seed = 1 + i;
        w = world_new(&hows[i]);
        for (int ask = 0; ask < ASKS; ask++) {
            struct match_card card = hands_card(&seed, &hows[i], MATCH_SEEKER);
            struct match_hand hand = {.version = 0};

            CHECK(match_hand_set(&hand, &w->rarity, &card, 1) == ERR_NONE);
            for (uint32_t b = w->slices.pool[0].head[0]; b != SLICE_NONE;
                 b = w->slices.block[b].next)
                compare(w, &hand, &probe, b, hows[i].tokens > 1024);
            over += passed(w, &hand, &probe);
            match_hand_clear(&hand, &w->rarity);
        }
        if (hows[i].tokens <= 1024) /* rows are one term's each */
            nobody_has(w, &probe);
        world_free(w);
    }
    CHECK(over > 9 * 4 * ASKS * PEERS / 10); /* it is of use, too */
    return check_report("match/probe");
}

/* Hands against the cards they were made of. */
#include "match/hand.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"

enum { TERMS = 64, SLOTS = 128, TOKENS = 14, ROUNDS = 4000 };

static struct match_term term[TERMS];
static struct map_slot slot[SLOTS];

static bool has(const uint64_t *token, uint32_t n, uint64_t wanted)
{
    for (uint32_t i = 0; i < n; i++)
        if (token[i] == wanted)
            return true;
    return false;
}

/* n different tokens. */
static uint8_t draw(uint64_t *seed, uint64_t *token, uint32_t n)
{
    uint32_t got = 0;

    while (got < n) {
        uint64_t one = 1 + chance_below(seed, TOKENS);

        if (!has(token, got, one))
            token[got++] = one;
    }
    return (uint8_t)n;
}

static struct match_card random_card(uint64_t *seed, enum match_role role)
{
    struct match_card card = {.version = 1, .role = role};

    card.haves = draw(seed, card.have, (uint32_t)chance_below(seed, 9));
    card.show = chance_next(seed) & ((1u << card.haves) - 1);
    card.must_nots = draw(seed, card.must_not, (uint32_t)chance_below(seed, 3));
    card.musts = (uint8_t)chance_below(seed, 3);
    for (uint8_t i = 0; i < card.musts; i++) {
        uint8_t n = (uint8_t)(1 + chance_below(seed, 4));

        card.must[i].first = card.must_tokens;
        card.must[i].count = draw(seed, card.must_token + card.must_tokens, n);
        card.must_tokens = (uint8_t)(card.must_tokens + n);
        if (role == MATCH_SEEKER && chance_below(seed, 2))
            card.must[i].relax_after_ms =
                (uint32_t)(1 + chance_below(seed, 1000));
    }
    return card;
}

/* Law 1, for every age that could make a difference. */
static void ages(uint64_t seed)
{
    struct match_rarity rarity;
    struct match_hand a = {.version = 0}, b = {.version = 0};
    struct match_card seeker = random_card(&seed, MATCH_SEEKER);
    struct match_card peer = random_card(&seed, MATCH_PEER);
    uint32_t from;

    match_rarity_init(&rarity, term, TERMS, slot, SLOTS);
    CHECK(match_hand_set(&a, &rarity, &seeker, 1) == ERR_NONE);
    CHECK(match_hand_set(&b, &rarity, &peer, 2) == ERR_NONE);
    from = match_hand_age(&a, &b);
    for (uint64_t age = 0; age <= 1100; age += 1 + chance_below(&seed, 90))
        CHECK(match_card_compatible(&seeker, &peer, age) ==
              (from != UINT32_MAX && age >= from));
    if (from != UINT32_MAX && from > 0) {
        CHECK(!match_card_compatible(&seeker, &peer, from - 1));
        CHECK(match_card_compatible(&seeker, &peer, from));
    }
    for (uint64_t age = 0; age <= 1100; age += 50) {
        uint32_t next = match_hand_relaxes(&a, age), slow = UINT32_MAX;

        for (uint8_t i = 0; i < seeker.musts; i++)
            if (seeker.must[i].relax_after_ms > age &&
                seeker.must[i].relax_after_ms < slow)
                slow = seeker.must[i].relax_after_ms;
        CHECK(next == slow);
    }
}

/* Law 2; the show bits go with their terms. */
static void holders(uint64_t seed)
{
    struct match_rarity rarity;
    struct match_hand hand = {.version = 0}, other = {.version = 0};
    struct match_card card = random_card(&seed, MATCH_PEER);

    match_rarity_init(&rarity, term, TERMS, slot, SLOTS);
    CHECK(match_hand_set(&other, &rarity, &card, 1) == ERR_NONE);
    CHECK(match_hand_set(&hand, &rarity, &card, 2) == ERR_NONE);
    for (uint8_t i = 0; i < card.haves; i++) {
        uint32_t at = map_get(&rarity.index, card.have[i]);
        bool shown = false;

        CHECK(match_hand_has(&hand, at));
        CHECK(rarity.term[at].holders == 2);
        for (uint8_t j = 0; j < hand.haves; j++)
            if (hand.have[j] == at)
                shown = hand.show >> j & 1;
        CHECK(shown == (card.show >> i & 1));
    }
    match_hand_clear(&other, &rarity);
    match_hand_clear(&hand, &rarity);
    match_hand_clear(&hand, &rarity); /* harmless */
    for (uint32_t i = 0; i < rarity.used; i++)
        CHECK(rarity.term[i].refs == 0 && rarity.term[i].holders == 0);
}

/* A full table refuses and keeps nothing. */
static void full(void)
{
    struct match_rarity rarity;
    struct match_hand hand = {.version = 0};
    struct match_card card = {.version = 1,
                              .role = MATCH_PEER,
                              .haves = 4,
                              .have = {1, 2, 3, 4},
                              .must_nots = 1,
                              .must_not = {5}};

    match_rarity_init(&rarity, term, 4, slot, SLOTS);
    CHECK(match_hand_set(&hand, &rarity, &card, 1) == ERR_FULL);
    CHECK(hand.version == 0);
    for (uint32_t i = 0; i < 4; i++)
        CHECK(rarity.term[i].refs == 0);
    card.must_nots = 0;
    CHECK(match_hand_set(&hand, &rarity, &card, 1) == ERR_NONE);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++)
        ages(seed);
    for (uint64_t seed = 1; seed <= 200; seed++)
        holders(seed);
    full();
    return check_report("match/hand");
}

/* Profiles against a plain list of who seeks what. */
#include "match/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "hands.h"
#include "match/score.h"

enum { COLUMNS = 300, TERMS = 64, POOLS = 2, ROUNDS = 20000 };

static struct match_hand hand[COLUMNS];
static uint32_t profile[COLUMNS];
static bool there[COLUMNS];

static bool alike(uint32_t a, uint32_t b)
{
    const struct match_seek *x = &hand[a].seek, *y = &hand[b].seek;

    if (a % POOLS != b % POOLS || x->groups != y->groups)
        return false;
    for (uint8_t i = 0; i < x->groups; i++) {
        if (x->group[i].importance != y->group[i].importance ||
            x->group[i].count != y->group[i].count)
            return false;
        for (uint8_t j = 0; j < x->group[i].count; j++)
            if (x->term[x->group[i].first + j] !=
                y->term[y->group[i].first + j])
                return false;
    }
    return true;
}

int main(void)
{
    static const struct hands how = {6, 5, 2, 0, 0};
    const struct match_sizes sizes = {.duties = COLUMNS};
    struct match_profiles profiles;
    struct match_rarity rarity;
    struct match_term *term = calloc(TERMS, sizeof *term);
    struct map_slot *slot = calloc(2 * TERMS, sizeof *slot);
    struct cut from = {.at = NULL};
    uint64_t seed = 3;
    uint32_t shared = 0;

    match_profile_init(&profiles, &from, &sizes);
    from = (struct cut){.at = calloc(1, from.used)};
    match_profile_init(&profiles, &from, &sizes);
    match_rarity_init(&rarity, term, TERMS, slot, 2 * TERMS);
    profiles.question = UINT32_MAX - 40; /* so that it comes round */
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t i = (uint32_t)chance_below(&seed, COLUMNS);
        uint32_t j = (uint32_t)chance_below(&seed, COLUMNS);
        struct match_card card = hands_card(&seed, &how, MATCH_PEER);
        uint32_t d = 0;

        if (there[i]) {
            match_profile_drop(&profiles, profile[i]);
            match_hand_clear(&hand[i], &rarity);
        }
        CHECK(match_hand_set(&hand[i], &rarity, &card, 1) == ERR_NONE);
        profile[i] = match_profile_hold(&profiles, i % POOLS, &hand[i].seek);
        there[i] = true;
        CHECK((profile[i] == PROFILE_NONE) == (hand[i].seek.groups == 0));
        if (!there[j])
            continue;
        if (profile[i] != PROFILE_NONE) /* Law 1 */
            CHECK((profile[i] == profile[j]) == alike(i, j));
        shared += i != j && profile[i] == profile[j];
        match_profile_ask(&profiles); /* Law 2: of hand[j] */
        for (uint32_t k = 0; k < COLUMNS; k += 7)
            if (there[k] && profile[k] != PROFILE_NONE) {
                CHECK(match_score_toward(&rarity, &hand[k].seek, &hand[j], &d));
                CHECK(match_profile_d(&profiles, profile[k], &rarity,
                                      &hand[j]) == d);
            }
    }
    CHECK(shared > 100);
    for (uint32_t i = 0; i < COLUMNS; i++)
        if (there[i])
            match_profile_drop(&profiles, profile[i]);
    CHECK(profiles.head.size == 0);
    free(from.at);
    free(term);
    free(slot);
    return check_report("match/profile");
}

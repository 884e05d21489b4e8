#include "cards.h"

#include <string.h>

#include "base/chance.h"
#include "base/require.h"
#include "match/rarity.h"

/* A term, its ancestor (0 = none), and how many in 1,000 have it: of a facet
 * with one term each the shares add up to 1,000. */
struct share {
    uint8_t term, parent;
    uint16_t permille;
};

enum { OPIOID = 1, STIMULANT, SEDATIVE, OTHER_DRUG, MALE = 40, FEMALE };
enum { ENGLISH = 60, SPANISH, STAGE = 64, VETERAN = 90, PREGNANT };

static const struct share substance[] = {
    {5, 0, 328},         {6, OPIOID, 246},    {7, STIMULANT, 130},
    {8, 0, 118},         {9, OPIOID, 79},     {10, STIMULANT, 62},
    {11, SEDATIVE, 12},  {12, STIMULANT, 8},  {13, OPIOID, 5},
    {14, STIMULANT, 4},  {15, OTHER_DRUG, 3}, {16, OTHER_DRUG, 2},
    {17, OTHER_DRUG, 1}, {18, SEDATIVE, 1},   {19, OTHER_DRUG, 1},
};
static const struct share age[] = {
    {20, 32, 20},  {21, 32, 80}, {22, 33, 170}, {23, 33, 155}, {24, 34, 157},
    {25, 34, 108}, {26, 35, 98}, {27, 35, 90},  {28, 36, 107}, {29, 36, 15},
};
static const struct share sex[] = {{MALE, 0, 640}, {FEMALE, 0, 360}};
static const struct share race[] = {
    {42, 0, 660}, {43, 0, 180}, {44, 0, 90}, {45, 0, 35},
    {46, 0, 18},  {47, 0, 10},  {48, 0, 7},
};
static const struct share lived[] = {
    /* each for itself */
    {70, 0, 430}, {71, 0, 430}, {72, 0, 600},     {73, 0, 380},
    {74, 0, 310}, {75, 0, 260}, {76, 0, 200},     {77, 0, 170},
    {78, 0, 180}, {79, 0, 130}, {80, 0, 140},     {81, 0, 150},
    {82, 0, 100}, {83, 0, 80},  {84, 0, 70},      {85, 0, 70},
    {86, 0, 50},  {87, 0, 100}, {VETERAN, 0, 28}, {PREGNANT, 0, 15},
};

uint64_t bench_cards_token(uint32_t term)
{
    return chance_mix(term);
}

static bool dice_say(uint64_t *dice, uint32_t permille)
{
    return chance_below(dice, 1000) < permille;
}

static const struct share *pick(const struct share *share, size_t n,
                                uint64_t *dice)
{
    uint64_t at = chance_below(dice, 1000), sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += share[i].permille;
        if (at < sum)
            return &share[i];
    }
    return &share[0];
}

/* ---- parts of a card ---- */

void bench_cards_have(struct match_card *card, uint32_t term)
{
    uint64_t token = bench_cards_token(term);

    if (match_card_has(card, token))
        return;
    REQUIRE(card->haves < MATCH_HAVE_MAX);
    card->have[card->haves++] = token;
}

void bench_cards_avoid(struct match_card *card, uint32_t term)
{
    uint64_t token = bench_cards_token(term);

    for (uint8_t i = 0; i < card->must_nots; i++)
        if (card->must_not[i] == token)
            return;
    REQUIRE(card->must_nots < MATCH_MUST_NOT_MAX);
    card->must_not[card->must_nots++] = token;
}

void bench_cards_seek(struct match_card *card, uint32_t term, uint32_t parent,
                      uint8_t importance)
{
    struct match_group *group = &card->seek[card->seeks];

    for (uint8_t i = 0; i < card->seek_tokens; i++)
        if (card->seek_token[i] == bench_cards_token(term))
            return;
    REQUIRE(card->seeks < MATCH_SEEK_MAX);
    card->seeks++;
    *group = (struct match_group){.first = card->seek_tokens,
                                  .count = parent ? 2 : 1,
                                  .importance = importance};
    card->seek_token[card->seek_tokens++] = bench_cards_token(term);
    if (parent)
        card->seek_token[card->seek_tokens++] = bench_cards_token(parent);
}

void bench_cards_must(struct match_card *card, uint32_t term)
{
    REQUIRE(card->musts < MATCH_MUST_MAX);
    card->must[card->musts++] =
        (struct match_group){.first = card->must_tokens, .count = 1};
    card->must_token[card->must_tokens++] = bench_cards_token(term);
}

/* ---- a person ---- */

static uint8_t importance(uint64_t *dice)
{
    uint64_t at = chance_below(dice, 100);

    return at < 50 ? 1 : at < 85 ? 2 : 3;
}

static void have(struct match_card *card, const struct share *one)
{
    bench_cards_have(card, one->term);
    if (one->parent)
        bench_cards_have(card, one->parent);
}

static void wish(struct match_card *card, const struct share *one,
                 uint32_t permille, uint64_t *dice)
{
    if (card->role == MATCH_PEER)
        permille /= 4;
    if (dice_say(dice, permille) && card->seeks < 7)
        bench_cards_seek(card, one->term, one->parent, importance(dice));
}

#define PICK(shares, dice) pick(shares, sizeof(shares) / sizeof *(shares), dice)

void bench_cards_draw(struct match_card *card, enum match_role role,
                      uint64_t *dice)
{
    const struct share *one = PICK(substance, dice);
    uint32_t stage = (uint32_t)chance_below(dice, 4);

    *card = (struct match_card){.version = 1, .role = role};
    for (int i = 0; i < 2 && (i == 0 || dice_say(dice, 500)); i++) {
        have(card, one);
        wish(card, one, 850, dice);
        one = PICK(substance, dice);
    }
    one = PICK(age, dice);
    have(card, one);
    wish(card, one, 350, dice);
    one = PICK(sex, dice);
    have(card, one);
    wish(card, one, 350, dice);
    if (role == MATCH_SEEKER && dice_say(dice, 30))
        bench_cards_avoid(card, one->term == MALE ? FEMALE : MALE);
    one = PICK(race, dice);
    have(card, one);
    wish(card, one, 180, dice);
    for (size_t i = 0; i < sizeof lived / sizeof *lived; i++)
        if (dice_say(dice, lived[i].permille)) {
            have(card, &lived[i]);
            wish(card, &lived[i], 350, dice);
        }
    if (role == MATCH_PEER)
        stage = stage < 2 ? 2 : stage;
    for (uint32_t i = 0; i < stage; i++)
        bench_cards_have(card, STAGE + i);
    if (role == MATCH_SEEKER && dice_say(dice, 600))
        bench_cards_seek(card, STAGE + (stage < 3 ? stage : 2), 0, 1);
    if (role == MATCH_PEER && dice_say(dice, 40))
        bench_cards_avoid(card, 6);
    bench_cards_have(card, dice_say(dice, 975) ? ENGLISH : SPANISH);
    card->must[0] = (struct match_group){.first = 0, .count = 1};
    card->must_token[0] = card->have[card->haves - 1];
    card->musts = card->must_tokens = 1;
}

/* ---- full in every place ---- */

/* Common terms, 1 to MATCH_MUST_MAX, are held by 95 in 100 and required by
 * all, so that one pair in twenty may meet. */
void bench_cards_draw_full(struct match_card *card, enum match_role role,
                           uint32_t terms, uint64_t *dice)
{
    uint32_t least = MATCH_MUST_MAX + 1, rest = terms - MATCH_MUST_MAX;

    REQUIRE(terms > 1000);
    *card = (struct match_card){.version = 1, .role = role};
    for (uint32_t i = 1; i <= MATCH_MUST_MAX; i++)
        if (dice_say(dice, 950))
            bench_cards_have(card, i);
    while (card->haves < MATCH_HAVE_MAX)
        bench_cards_have(card, least + (uint32_t)chance_below(dice, rest));
    while (card->seeks < MATCH_SEEK_MAX) {
        uint32_t at = (uint32_t)chance_below(dice, rest - 1);

        bench_cards_seek(card, least + at, least + at + 1, importance(dice));
    }
    for (uint32_t i = 1; i <= MATCH_MUST_MAX; i++) {
        uint32_t at = (uint32_t)chance_below(dice, rest - MATCH_GROUP_MAX);
        struct match_group *group = &card->must[card->musts];

        bench_cards_must(card, i);
        for (uint32_t j = 1; j < MATCH_GROUP_MAX; j++)
            card->must_token[card->must_tokens++] =
                bench_cards_token(least + at + j);
        group->count = MATCH_GROUP_MAX;
    }
    while (card->must_nots < MATCH_MUST_NOT_MAX)
        bench_cards_avoid(card, least + (uint32_t)chance_below(dice, rest));
}

void bench_cards_rarities(const struct match_card *card, uint32_t n,
                          struct match_rarity_row *row, uint32_t terms)
{
    for (uint32_t i = 0; i < terms; i++)
        row[i] = (struct match_rarity_row){.token = bench_cards_token(i + 1)};
    for (uint32_t i = 0; i < terms; i++) {
        uint32_t holders = 0;

        for (uint32_t j = 0; j < n; j++)
            holders += match_card_has(&card[j], row[i].token);
        row[i].count_q8 =
            match_rarity_log2(n + 8) - match_rarity_log2(holders + 8);
    }
}

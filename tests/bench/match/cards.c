#include "cards.h"

#include <stdlib.h>

#include "base/chance.h"
#include "base/map.h"
#include "base/require.h"
#include "match/rarity.h"

enum { SMOOTHING = 8 /* ENGINE.md §2 */ };

static uint64_t token_of(uint32_t term)
{
    return chance_mix(term);
}

void bench_cards_have(struct match_card *card, uint32_t term)
{
    if (match_card_has(card, token_of(term)))
        return;
    REQUIRE(card->haves < MATCH_HAVE_MAX);
    card->have[card->haves++] = token_of(term);
}

void bench_cards_avoid(struct match_card *card, uint32_t term)
{
    for (uint8_t i = 0; i < card->must_nots; i++)
        if (card->must_not[i] == token_of(term))
            return;
    REQUIRE(card->must_nots < MATCH_MUST_NOT_MAX);
    card->must_not[card->must_nots++] = token_of(term);
}

void bench_cards_seek(struct match_card *card, uint32_t term)
{
    REQUIRE(card->seeks < MATCH_SEEK_MAX);
    REQUIRE(card->seek_tokens < MATCH_SEEK_TOKENS_MAX);
    card->seek[card->seeks++] = (struct match_group){
        .first = card->seek_tokens, .count = 1, .importance = 3};
    card->seek_token[card->seek_tokens++] = token_of(term);
}

void bench_cards_must(struct match_card *card, uint32_t term)
{
    REQUIRE(card->musts < MATCH_MUST_MAX);
    REQUIRE(card->must_tokens < MATCH_MUST_TOKENS_MAX);
    card->must[card->musts++] =
        (struct match_group){.first = card->must_tokens, .count = 1};
    card->must_token[card->must_tokens++] = token_of(term);
}

/* Terms 1 to MATCH_MUST_MAX are had by 19 in 20 and required by all. */
void bench_cards_full(struct match_card *card, enum match_role role,
                      uint64_t *dice)
{
    uint32_t least = MATCH_MUST_MAX + 1;
    uint32_t most = BENCH_TERMS - MATCH_GROUP_MAX, rest = most - least;

    *card = (struct match_card){.version = 1, .role = role};
    for (uint32_t i = 1; i <= MATCH_MUST_MAX; i++)
        if (chance_below(dice, 20) > 0)
            bench_cards_have(card, i);
    while (card->haves < MATCH_HAVE_MAX)
        bench_cards_have(card, least + (uint32_t)chance_below(dice, rest));
    while (card->seeks < MATCH_SEEK_MAX) {
        uint32_t at = least + (uint32_t)chance_below(dice, rest);
        struct match_group *group = &card->seek[card->seeks];

        bench_cards_seek(card, at);
        card->seek_token[card->seek_tokens++] = token_of(at + 1);
        group->count = 2;
        group->importance = (uint8_t)(1 + chance_below(dice, 3));
    }
    for (uint32_t i = 1; i <= MATCH_MUST_MAX; i++) {
        uint32_t at = least + (uint32_t)chance_below(dice, rest);
        struct match_group *group = &card->must[card->musts];

        bench_cards_must(card, i);
        for (uint32_t j = 1; j < MATCH_GROUP_MAX; j++)
            card->must_token[card->must_tokens++] = token_of(at + j);
        group->count = MATCH_GROUP_MAX;
    }
    while (card->must_nots < MATCH_MUST_NOT_MAX)
        bench_cards_avoid(card, least + (uint32_t)chance_below(dice, rest));
    REQUIRE(match_card_check(card) == ERR_NONE);
}

uint32_t bench_cards_rarities(const struct match_card *card, uint32_t n,
                              struct match_rarity_row *row, uint32_t max)
{
    uint32_t slots = map_slots_for(max), rows = 0;
    struct map_slot *slot = calloc(slots, sizeof *slot);
    struct map at;

    REQUIRE(slot != NULL);
    map_init(&at, slot, slots);
    for (uint32_t i = 0; i < n; i++)
        for (uint8_t j = 0; j < card[i].haves; j++) {
            uint32_t found = map_get(&at, card[i].have[j]);

            if (found == MAP_NONE) {
                REQUIRE(rows < max);
                found = rows++;
                row[found] =
                    (struct match_rarity_row){.token = card[i].have[j]};
                REQUIRE(map_put(&at, row[found].token, found) == ERR_NONE);
            }
            row[found].count_q8++;
        }
    for (uint32_t i = 0; i < rows; i++)
        row[i].count_q8 =
            match_rarity_log2(n + SMOOTHING) -
            match_rarity_log2((uint32_t)row[i].count_q8 + SMOOTHING);
    free(slot);
    return rows;
}

/* Known answers worked by hand from ENGINE.md §2, and the laws at random. */
#include "match/score.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"

enum { TERMS = 64, SLOTS = 128 };

static struct match_term term[TERMS];
static struct map_slot slot[SLOTS];
static struct match_rarity rarity;

static void table(void)
{
    match_rarity_init(&rarity, term, TERMS, slot, SLOTS);
    CHECK(match_rarity_load(&rarity, 1, 1230) == ERR_NONE);
    CHECK(match_rarity_load(&rarity, 2, 512) == ERR_NONE);
    CHECK(match_rarity_load(&rarity, 3, 100) == ERR_NONE);
    CHECK(match_rarity_load(&rarity, 4, 0) == ERR_NONE);
}

static void seek(struct match_card *card, uint8_t importance, uint8_t n,
                 const uint64_t *token)
{
    struct match_group *group = &card->seek[card->seeks++];

    *group = (struct match_group){
        .first = card->seek_tokens, .count = n, .importance = importance};
    memcpy(card->seek_token + card->seek_tokens, token, n * sizeof *token);
    card->seek_tokens = (uint8_t)(card->seek_tokens + n);
}

static struct match_hand hand_of(const struct match_card *card)
{
    struct match_hand hand = {.version = 0};

    CHECK(match_hand_set(&hand, &rarity, card, 1) == ERR_NONE);
    return hand;
}

static void groups(void)
{
    struct match_card a = {.version = 1}, b = {.version = 1};
    struct match_hand ha, hb;
    uint32_t d = 7;

    table();
    b.haves = 2;
    b.have[0] = 2;
    b.have[1] = 4;
    hb = hand_of(&b);
    ha = hand_of(&a);
    CHECK(
        !match_score_toward(&rarity, &ha.seek, &hb, &d)); /* a seeks nothing */
    CHECK(d == 7);

    seek(&a, 1, 2, (uint64_t[]){1, 2}); /* W 1024, f = 65536·512/1230 */
    ha = hand_of(&a);
    CHECK(match_score_toward(&rarity, &ha.seek, &hb, &d));
    CHECK(d == 27280);
    seek(&a, 3, 1, (uint64_t[]){3}); /* W 16·256, f = 0 */
    ha = hand_of(&a);
    CHECK(match_score_toward(&rarity, &ha.seek, &hb, &d));
    CHECK(d == 27280u * 1024 / (1024 + 4096));
    seek(&a, 2, 1, (uint64_t[]){4}); /* W 4·256, M = 0 and met: f = 65536 */
    ha = hand_of(&a);
    CHECK(match_score_toward(&rarity, &ha.seek, &hb, &d));
    CHECK(d == (27280u * 1024 + 65536u * 1024) / (1024 + 4096 + 1024));
}

static void means(void)
{
    struct match_card a = {.version = 1}, b = {.version = 1};
    struct match_hand ha, hb;

    table();
    ha = hand_of(&a);
    hb = hand_of(&b);
    CHECK(match_score_both(&rarity, &ha, &hb) == 32768); /* neither seeks */
    b.haves = 1;
    b.have[0] = 1;
    seek(&a, 1, 1, (uint64_t[]){1});
    ha = hand_of(&a);
    hb = hand_of(&b);
    CHECK(match_score_both(&rarity, &ha, &hb) == 65536); /* one way only */
    seek(&b, 1, 1, (uint64_t[]){2}); /* unmet: D = 0 counts as 4096 */
    hb = hand_of(&b);
    CHECK(match_score_both(&rarity, &ha, &hb) ==
          2ull * 65536 * 4096 / (65536 + 4096));
}

static void records(void)
{
    CHECK(match_score_record(65536, 0, 0) == 61440); /* τ = 3/4 */
    CHECK(match_score_record(32768, 0, 0) == 30720);
    CHECK(match_score_record(65536, 0, 1000000) == 49152);
    CHECK(match_score_record(65536, 1, 1) == 49152 + 65536u * 7 / 9 / 4);
    CHECK(match_score_record(7710, 0, 0) == 7228);
}

static struct match_card random_card(uint64_t *chance)
{
    struct match_card card = {.version = 1};

    for (uint64_t token = 1; token <= 6; token++)
        if (chance_below(chance, 2))
            card.have[card.haves++] = token;
    for (uint64_t i = chance_below(chance, 4); i > 0; i--)
        seek(&card, (uint8_t)(1 + chance_below(chance, 3)), 2,
             (uint64_t[]){1 + chance_below(chance, 3),
                          4 + chance_below(chance, 3)});
    return card;
}

/* Laws 1 and 2. */
static void laws(uint64_t seed)
{
    struct match_card a = random_card(&seed), b = random_card(&seed);
    uint32_t yes = (uint32_t)chance_below(&seed, 50);
    uint32_t total = yes + (uint32_t)chance_below(&seed, 50);
    struct match_hand ha, hb;
    uint32_t h, p;

    table();
    ha = hand_of(&a);
    hb = hand_of(&b);
    h = match_score_both(&rarity, &ha, &hb);
    p = match_score_record(h, yes, total);
    CHECK(h >= 4096 && h <= 65536);                    /* Law 1 */
    CHECK(p < h && p >= h * 3 / 4);                    /* Law 1 */
    CHECK(match_score_record(h, 0, 0) == h * 15 / 16); /* Law 1 */
    CHECK(h == match_score_both(&rarity, &hb, &ha));   /* Law 2 */
}

int main(void)
{
    groups();
    means();
    records();
    for (uint64_t seed = 1; seed <= 2000; seed++)
        laws(seed);
    return check_report("match/score");
}

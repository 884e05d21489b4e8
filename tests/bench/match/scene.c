#include "scene.h"

#include <stdio.h>

#include "base/chance.h"
#include "cards.h"
#include "teds.h"

enum { SHARED = 1 /* a term of the worst cases */ };

static void as_drawn(struct match_card *card, uint32_t number)
{
    (void)card;
    (void)number;
}

/* All have it, and seekers seek nothing else. */
static void common(struct match_card *card, uint32_t number)
{
    (void)number;
    bench_cards_have(card, SHARED);
    card->seeks = card->seek_tokens = 0;
    if (card->role == MATCH_SEEKER)
        bench_cards_seek(card, SHARED);
}

static void absent(struct match_card *card, uint32_t number)
{
    (void)number;
    if (card->role == MATCH_SEEKER)
        bench_cards_must(card, SHARED);
}

static void avoided(struct match_card *card, uint32_t number)
{
    (void)number;
    if (card->role == MATCH_SEEKER)
        bench_cards_avoid(card, SHARED);
    else
        bench_cards_have(card, SHARED);
}

static void refused(struct match_card *card, uint32_t number)
{
    (void)number;
    if (card->role == MATCH_SEEKER)
        bench_cards_have(card, SHARED);
    else
        bench_cards_avoid(card, SHARED);
}

static void equal(struct match_card *card, uint32_t number)
{
    struct teds same = {.chance = card->role};

    (void)number;
    teds_card(&same, card->role, card);
}

static void full(struct match_card *card, uint32_t number)
{
    uint64_t dice = number;

    bench_cards_full(card, card->role, &dice);
}

const struct bench_scene bench_scenes[] = {
    {"teds", "cards as drawn", as_drawn, 0, false, true},
    {"busy", "9 in 10 are at capacity", as_drawn, 900, false, true},
    {"common", "a term everybody has is all that is sought", common, 0, false,
     false},
    {"absent", "a must that nobody meets", absent, 0, false, false},
    {"avoided", "a must_not that everybody has", avoided, 0, false, false},
    {"refused", "everybody's must_not is met by the seekers", refused, 0, false,
     false},
    {"equal", "all cards alike: equal scores", equal, 0, false, false},
    {"all_busy", "everybody is at capacity", as_drawn, 1000, false, false},
    {"full", "cards full in every place, of 5,000 terms", full, 0, false,
     false},
    {"blocked", "everybody is excluded", as_drawn, 0, true, false},
    {NULL, NULL, NULL, 0, false, false},
};

void bench_scene_card(const struct bench_scene *scene, struct match_card *card,
                      enum match_role role, uint32_t number)
{
    struct teds teds = {.chance = chance_mix(number ^ (uint64_t)role << 32)};

    teds_card(&teds, role, card);
    scene->dress(card, number);
}

uint8_t bench_scene_capacity(const struct bench_scene *scene, uint32_t peer)
{
    uint64_t dice = chance_mix(peer ^ 0xc0ffee);

    if (chance_below(&dice, 1000) < scene->busy)
        return 0;
    return (uint8_t)(1 + (chance_below(&dice, 4) == 0));
}

/* ---- the same cards for others ---- */

static void print_tokens(const char *name, const uint64_t *token, uint8_t n)
{
    (void)printf("\"%s\":[", name);
    for (uint8_t i = 0; i < n; i++)
        (void)printf("%s\"%016llx\"", i ? "," : "",
                     (unsigned long long)token[i]);
    (void)printf("]");
}

static void print_groups(const char *name, const struct match_group *group,
                         uint8_t n, const uint64_t *token)
{
    (void)printf("\"%s\":[", name);
    for (uint8_t i = 0; i < n; i++) {
        (void)printf("%s{\"importance\":%u,", i ? "," : "",
                     group[i].importance);
        print_tokens("any", token + group[i].first, group[i].count);
        (void)printf("}");
    }
    (void)printf("],");
}

static void print_card(enum match_role role, uint32_t number)
{
    struct match_card card;

    bench_scene_card(&bench_scenes[0], &card, role, number);
    (void)printf("{\"role\":\"%s\",", role == MATCH_SEEKER ? "seeker" : "peer");
    print_tokens("have", card.have, card.haves);
    (void)printf(",");
    print_groups("seek", card.seek, card.seeks, card.seek_token);
    print_groups("must", card.must, card.musts, card.must_token);
    print_tokens("must_not", card.must_not, card.must_nots);
    (void)printf("}\n");
}

void bench_scene_print(uint32_t peers, uint32_t seekers)
{
    for (uint32_t i = 1; i <= peers; i++)
        print_card(MATCH_PEER, i);
    for (uint32_t i = 1; i <= seekers; i++)
        print_card(MATCH_SEEKER, i);
}

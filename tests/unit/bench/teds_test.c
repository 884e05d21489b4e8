/* Laws of tests/bench/quality/teds.h. */
#include "teds.h"

#include <string.h>

#include "check.h"
#include "kindred_data.h"
#include "match/rarity.h"

enum { CARDS = 60000 };

/* Columns of which each answer is a term that no other column names. */
static const char *const COLUMN[] = {"sex", "age", "race", "veteran",
                                     "self-help"};

static bool has(const struct match_card *card, const char *id)
{
    return match_card_has(card, data_terms[data_find_term(id)].token);
}

/* Law 1, and its other half: another seed draws other cards. */
static void same_seed_same_cards(void)
{
    struct teds a = {.chance = 7}, b = {.chance = 7}, c = {.chance = 8};
    struct match_card of_a, of_b, of_c;
    int differ = 0;

    for (int i = 0; i < 1000; i++) {
        enum match_role role = i % 2 ? MATCH_PEER : MATCH_SEEKER;

        teds_card(&a, role, &of_a);
        teds_card(&b, role, &of_b);
        teds_card(&c, role, &of_c);
        CHECK(memcmp(&of_a, &of_b, sizeof of_a) == 0);
        differ += memcmp(&of_a, &of_c, sizeof of_a) != 0;
    }
    CHECK(differ > 900);
}

/* A published vector of the generator itself: it draws the same everywhere. */
static void drawn_as_written_down(void)
{
    struct teds teds = {.chance = 1};
    uint64_t sum = 0;
    struct match_card card;

    for (int i = 0; i < 1000; i++) {
        teds_card(&teds, i % 2 ? MATCH_PEER : MATCH_SEEKER, &card);
        for (uint8_t k = 0; k < card.haves; k++)
            sum = sum * 31 + card.have[k];
        for (uint8_t k = 0; k < card.seek_tokens; k++)
            sum = sum * 31 + card.seek_token[k];
    }
    CHECK(sum == 0xcf616076756258dcu);
}

static bool allowed(uint64_t token, enum match_role role, uint8_t use)
{
    uint16_t term = data_find_token(token);
    const struct data_facet *facet;

    if (term == DATA_NONE || data_terms[term].retired != 0)
        return false;
    facet = &data_facets[data_terms[term].facet];
    return ((role == MATCH_SEEKER ? facet->seeker : facet->peer) & use) != 0;
}

static bool all_allowed(const struct match_card *card)
{
    bool yes = true;

    for (uint8_t i = 0; i < card->haves; i++)
        yes &= allowed(card->have[i], card->role, DATA_HAVE);
    for (uint8_t i = 0; i < card->seek_tokens; i++)
        yes &= allowed(card->seek_token[i], card->role, DATA_SEEK);
    for (uint8_t i = 0; i < card->must_tokens; i++)
        yes &= allowed(card->must_token[i], card->role, DATA_MUST);
    for (uint8_t i = 0; i < card->must_nots; i++)
        yes &= allowed(card->must_not[i], card->role, DATA_MUST_NOT);
    return yes;
}

/* Law 2. */
static void cards_are_lawful(void)
{
    struct teds teds = {.chance = 3, .rare_permille = 10};
    uint32_t seeks[MATCH_ROLES] = {0}, insists = 0, rules_out = 0;
    struct match_card card;

    for (int i = 0; i < CARDS; i++) {
        enum match_role role = i % 2 ? MATCH_PEER : MATCH_SEEKER;

        teds_card(&teds, role, &card);
        CHECK(match_card_check(&card) == ERR_NONE);
        CHECK(card.role == role);
        CHECK(all_allowed(&card));
        CHECK(card.musts >= 1); /* a language in common */
        seeks[role] += card.seeks;
        insists += card.musts > 1;
        rules_out += card.must_nots > 0;
    }
    /* Seekers seek 4 to 6 things, peers fewer than one; some insist. */
    CHECK(seeks[MATCH_SEEKER] > 4 * CARDS / 2);
    CHECK(seeks[MATCH_SEEKER] < 6 * CARDS / 2);
    CHECK(seeks[MATCH_PEER] > CARDS / 4 && seeks[MATCH_PEER] < CARDS);
    CHECK(insists > CARDS / 100 && insists < CARDS / 10);
    CHECK(rules_out > CARDS / 100 && rules_out < CARDS / 10);
    teds_favourite(&card);
    CHECK(match_card_check(&card) == ERR_NONE && all_allowed(&card));
    CHECK(card.seeks == 0 && card.musts == 0 && card.must_nots == 0);
}

static const struct data_demo_variable *variable_of(const char *id)
{
    int i = 0;

    while (strcmp(data_demo_variables[i].id, id) != 0)
        i++;
    return &data_demo_variables[i];
}

/* Law 3: to five standard deviations. */
static void shares_are_those_of_the_table(void)
{
    uint32_t n[DATA_TERMS] = {0};
    struct teds teds = {.chance = 4};
    struct match_card card;

    for (int i = 0; i < CARDS; i++) {
        teds_card(&teds, i % 2 ? MATCH_PEER : MATCH_SEEKER, &card);
        for (uint8_t k = 0; k < card.haves; k++)
            n[data_find_token(card.have[k])]++;
    }
    for (size_t i = 0; i < sizeof COLUMN / sizeof *COLUMN; i++) {
        const struct data_demo_variable *of = variable_of(COLUMN[i]);

        for (uint32_t k = of->first; k < of->first + of->rows; k++) {
            double share = (double)data_demo_rows[k].p / 65536;
            double here = (double)n[data_demo_rows[k].term] / CARDS;

            CHECK((here - share) * (here - share) * CARDS <
                  25 * share * (1 - share));
        }
    }
}

static void rare_ones_are_rare(void)
{
    struct teds teds = {.chance = 5}, more = {.chance = 5, .rare_permille = 20};
    uint32_t n = 0, n_more = 0;
    struct match_card card;

    for (int i = 0; i < CARDS; i++) {
        teds_card(&teds, MATCH_SEEKER, &card);
        n += teds_is_rare(&card);
        teds_card(&more, MATCH_SEEKER, &card);
        n_more += teds_is_rare(&card);
        if (teds_is_rare(&card))
            CHECK(has(&card, "woman") && has(&card, "veteran"));
    }
    CHECK(n >= 1 && n < CARDS / 3000);
    CHECK(n_more > CARDS / 60 && n_more < CARDS / 40);
}

static void rarities_are_bits(void)
{
    struct teds teds = {.chance = 6};
    struct teds_rarity row[DATA_TERMS];
    uint32_t rows = teds_rarities(&teds, row), english = 0, woman = 0;

    CHECK(teds.chance == 6); /* it draws from a sequence of its own */
    for (uint32_t i = 0; i < rows; i++) {
        CHECK(i == 0 || row[i].term > row[i - 1].term);
        CHECK(row[i].bits <= match_rarity_log2(TEDS_SAMPLE + 8));
        if (row[i].term == data_find_term("lang:en"))
            english = row[i].bits;
        if (row[i].term == data_find_term("woman"))
            woman = row[i].bits;
    }
    CHECK(rows > 60);
    CHECK(english > 0 && english < 32); /* nearly all have it */
    CHECK(woman > 340 && woman < 420);  /* 35.8 % do: 1.48 bits */
}

static void waits_have_their_mean(void)
{
    struct teds teds = {.chance = 9};
    uint64_t sum = 0, longest = 0, over = 0;

    for (int i = 0; i < CARDS; i++) {
        uint64_t wait = teds_wait(&teds, 10000);

        sum += wait;
        longest = wait > longest ? wait : longest;
        over += wait > 10000;
    }
    CHECK(sum / CARDS > 9800 && sum / CARDS < 10200);
    CHECK(over > CARDS * 35 / 100 && over < CARDS * 39 / 100); /* 1 / e */
    CHECK(longest > 80000);
}

int main(void)
{
    same_seed_same_cards();
    drawn_as_written_down();
    cards_are_lawful();
    shares_are_those_of_the_table();
    rare_ones_are_rare();
    rarities_are_bits();
    waits_have_their_mean();
    return check_report("bench/teds");
}

/* bench/teds -- cards as people of TEDS 2019 would write them. */
#include "teds.h"

#include <string.h>

#include "base/chance.h"
#include "base/require.h"
#include "kindred_data.h"
#include "match/rarity.h"

/* How many in a thousand who have it seek it, by role, and whether they mean
 * it more than most. */
struct sought {
    uint16_t by[MATCH_ROLES];
    bool dear;
};

/* Columns of TEDS that people would write on a card; of some only one answer
 * says anything. */
static const struct {
    const char *variable, *only;
    struct sought sought;
} COLUMN[] = {
    {"primary", NULL, {{930, 450}, true}},
    {"secondary", NULL, {{600, 250}, false}},
    {"sex", NULL, {{350, 0}, true}},
    {"age", NULL, {{600, 0}, false}},
    {"veteran", NULL, {{950, 400}, true}},
    {"co-occurrence", NULL, {{570, 200}, false}},
    {"race", NULL, {{200, 0}, false}},
    {"ethnicity", NULL, {{300, 0}, false}},
    {"housing", "unhoused", {{500, 340}, false}},
    {"referral", "court-referred", {{200, 0}, false}},
    {"arrests", NULL, {{230, 0}, false}},
    {"route", "route-inject", {{200, 0}, false}},
    {"medication-therapy", NULL, {{410, 0}, false}},
    {"self-help", NULL, {{320, 0}, false}},
};

/* Lived experience that TEDS does not count: shares are assumed. */
static const struct {
    const char *term;
    uint16_t permille;
    struct sought sought;
} LIVED[] = {
    {"ptsd", 250, {{480, 100}, false}},
    {"bereaved", 150, {{450, 100}, false}},
    {"parent", 380, {{530, 0}, false}},
    {"chronic-pain", 200, {{510, 0}, false}},
    {"overdose-survivor", 130, {{490, 0}, false}},
    {"prison", 190, {{560, 100}, false}},
    {"lgbtq", 75, {{510, 200}, false}},
    {"caregiver", 70, {{490, 0}, false}},
    {"immigrant", 75, {{470, 0}, false}},
    {"eating", 50, {{520, 0}, false}},
};

/* How far on they are, of 6: in a thousand, at level 1 and up. */
static const uint16_t STAGE[MATCH_ROLES][6] = {
    {420, 370, 150, 60, 0, 0},
    {0, 0, 400, 300, 200, 100},
};
/* Importance 1 to 3, in a thousand: as most mean it, and what is dear. */
static const uint16_t IMPORTANCE[2][3] = {{500, 350, 150}, {250, 400, 350}};

/* Who is rare. */
static const char *const RARE[][2] = {{"primary", "methamphetamine"},
                                      {"sex", "woman"},
                                      {"age", "age-55-64"},
                                      {"veteran", "veteran"}};

enum {
    ENGLISH = 970, /* have it, of a thousand; the others have Spanish */
    BOTH = 20,
    WOMAN_MUST = 150, /* of women who seek: a woman, and of men: a man */
    MAN_MUST = 40,
    STAGE_SOUGHT = 580, /* one step ahead */
    SEEKS_MAX_PEER = 3,
    SMOOTHING = 8 /* ENGINE.md §2 */
};

static uint32_t below(struct teds *teds, uint32_t sides)
{
    return (uint32_t)chance_below(&teds->chance, sides);
}

/* An index drawn by its weight per thousand; n if none. */
static uint32_t pick(struct teds *teds, const uint16_t *weight, uint32_t n)
{
    uint32_t left = below(teds, 1000), i = 0;

    while (i < n && left >= weight[i])
        left -= weight[i++];
    return i;
}

static const struct data_term *term_of(const char *id)
{
    uint16_t term = data_find_term(id);

    REQUIRE(term != DATA_NONE);
    return &data_terms[term];
}

static void have_one(struct match_card *card, const struct data_term *term)
{
    if (match_card_has(card, term->token) || card->haves == MATCH_HAVE_MAX)
        return;
    if (term->show)
        card->show |= UINT64_C(1) << card->haves;
    card->have[card->haves++] = term->token;
}

/* A term with all above it, or a level with all below. */
static void have(struct match_card *card, const struct data_term *term)
{
    for (uint8_t i = 0; i < term->group_size; i++)
        have_one(card, &data_terms[term->group[i]]);
}

static void seek(struct match_card *card, const struct data_term *term,
                 uint32_t importance)
{
    struct match_group *group = &card->seek[card->seeks];
    uint8_t size = term->level > 0 ? 1 : term->group_size;

    for (uint8_t i = 0; i < card->seeks; i++)
        if (card->seek_token[card->seek[i].first] == term->token)
            return;
    if (card->seeks == MATCH_SEEK_MAX ||
        card->seek_tokens + size > MATCH_SEEK_TOKENS_MAX)
        return;
    *group = (struct match_group){.first = card->seek_tokens,
                                  .count = size,
                                  .importance = (uint8_t)importance};
    for (uint8_t i = 0; i < size; i++)
        card->seek_token[card->seek_tokens++] =
            data_terms[term->group[i]].token;
    card->seeks++;
}

static void must(struct match_card *card, const struct data_term *one,
                 const struct data_term *or_else, uint32_t relax_after_ms)
{
    struct match_group *group = &card->must[card->musts++];

    *group = (struct match_group){.first = card->must_tokens,
                                  .count = or_else ? 2 : 1,
                                  .relax_after_ms = relax_after_ms};
    card->must_token[card->must_tokens++] = one->token;
    if (or_else)
        card->must_token[card->must_tokens++] = or_else->token;
}

static void must_not(struct match_card *card, const char *id)
{
    card->must_not[card->must_nots++] = term_of(id)->token;
}

static void live(struct teds *teds, struct match_card *card,
                 const struct data_term *term, const struct sought *sought)
{
    bool seeks = below(teds, 1000) < sought->by[card->role];
    uint32_t importance = 1 + pick(teds, IMPORTANCE[sought->dear], 2);

    have(card, term);
    if (seeks && (card->role == MATCH_SEEKER || card->seeks < SEEKS_MAX_PEER))
        seek(card, term, importance);
}

static const struct data_demo_variable *variable_of(const char *id)
{
    for (int i = 0; i < DATA_DEMO_VARIABLES; i++)
        if (strcmp(data_demo_variables[i].id, id) == 0)
            return &data_demo_variables[i];
    REQUIRE(!"a column of TEDS");
    return NULL;
}

/* What this person answers; NULL: nothing that has a term. */
static const struct data_term *answer(struct teds *teds, const char *id)
{
    const struct data_demo_variable *variable = variable_of(id);
    uint32_t left = below(teds, 65536);

    for (uint32_t i = 0; i < variable->rows; i++) {
        const struct data_demo_row *row = &data_demo_rows[variable->first + i];

        if (left < row->p)
            return &data_terms[row->term];
        left -= row->p;
    }
    return NULL;
}

static const char *rarely(const char *variable)
{
    for (size_t i = 0; i < sizeof RARE / sizeof *RARE; i++)
        if (strcmp(RARE[i][0], variable) == 0)
            return RARE[i][1];
    return NULL;
}

static void speak(struct teds *teds, struct match_card *card)
{
    const struct data_term *en = term_of("lang:en"), *es = term_of("lang:es");
    bool english = below(teds, 1000) < ENGLISH;
    bool spanish = !english || below(teds, 1000) < BOTH;

    if (english)
        have(card, en);
    if (spanish)
        have(card, es);
    must(card, english ? en : es, english && spanish ? es : NULL, 0);
}

/* What they insist on, and whom they do not want to meet. */
static void insist(struct teds *teds, struct match_card *card)
{
    bool woman = match_card_has(card, term_of("woman")->token);
    uint32_t wish = below(teds, 1000), other = below(teds, 1000);
    uint32_t relax_after_ms = 30000 * below(teds, 3);

    if (card->role == MATCH_SEEKER && wish < (woman ? WOMAN_MUST : MAN_MUST))
        must(card, term_of(woman ? "woman" : "man"), NULL, relax_after_ms);
    else if (woman && wish >= 920)
        must_not(card, "man");
    if (card->role == MATCH_SEEKER && other < 17)
        must_not(card, "court-referred");
    if (card->role == MATCH_PEER && other < 22)
        must_not(card, "heroin");
    if (card->role == MATCH_PEER && other >= 985)
        must_not(card, "methamphetamine");
}

static void stand(struct teds *teds, struct match_card *card)
{
    const struct data_term *first = term_of("stage>=1");
    uint32_t level = 1 + pick(teds, STAGE[card->role], 5);

    have(card, first + level - 1);
    if (card->role == MATCH_SEEKER && below(teds, 1000) < STAGE_SOUGHT)
        seek(card, first + level, 1 + pick(teds, IMPORTANCE[0], 2));
}

void teds_card(struct teds *teds, enum match_role role, struct match_card *card)
{
    bool rare = below(teds, 1000) < teds->rare_permille;

    *card = (struct match_card){.version = 1,
                                .vocabulary_version = DATA_VOCABULARY_VERSION,
                                .role = role};
    for (size_t i = 0; i < sizeof COLUMN / sizeof *COLUMN; i++) {
        const struct data_term *term = answer(teds, COLUMN[i].variable);
        const char *only = COLUMN[i].only;

        if (rare && rarely(COLUMN[i].variable))
            term = term_of(rarely(COLUMN[i].variable));
        if (term && (!only || strcmp(term->id, only) == 0))
            live(teds, card, term, &COLUMN[i].sought);
    }
    for (size_t i = 0; i < sizeof LIVED / sizeof *LIVED; i++)
        if (below(teds, 1000) < LIVED[i].permille)
            live(teds, card, term_of(LIVED[i].term), &LIVED[i].sought);
    speak(teds, card);
    stand(teds, card);
    insist(teds, card);
    REQUIRE(match_card_check(card) == ERR_NONE);
}

void teds_favourite(struct match_card *card)
{
    *card = (struct match_card){.version = 1,
                                .vocabulary_version = DATA_VOCABULARY_VERSION,
                                .role = MATCH_PEER};
    for (size_t i = 0; i < sizeof COLUMN / sizeof *COLUMN; i++) {
        const struct data_demo_variable *of = variable_of(COLUMN[i].variable);
        const struct data_demo_row *most = &data_demo_rows[of->first];

        for (uint32_t k = 1; k < of->rows; k++)
            if (data_demo_rows[of->first + k].p > most->p)
                most = &data_demo_rows[of->first + k];
        have(card, COLUMN[i].only ? term_of(COLUMN[i].only)
                                  : &data_terms[most->term]);
    }
    have(card, term_of("heroin"));
    have(card, term_of("methamphetamine"));
    have(card, term_of("woman"));
    for (size_t i = 0; i < sizeof LIVED / sizeof *LIVED; i++)
        have(card, term_of(LIVED[i].term));
    have(card, term_of("lang:en"));
    have(card, term_of("lang:es"));
    have(card, term_of("stage>=6"));
    REQUIRE(match_card_check(card) == ERR_NONE);
}

bool teds_is_rare(const struct match_card *card)
{
    return match_card_has(card, term_of("methamphetamine")->token) &&
           match_card_has(card, term_of("woman")->token) &&
           match_card_has(card, term_of("age-55-64")->token) &&
           match_card_has(card, term_of("veteran")->token);
}

uint32_t teds_rarities(const struct teds *teds, struct teds_rarity *row)
{
    struct teds sample = {~teds->chance, teds->rare_permille};
    uint32_t n[DATA_TERMS] = {0}, rows = 0;
    struct match_card card;

    for (uint32_t i = 0; i < TEDS_SAMPLE; i++) {
        teds_card(&sample, i % 2 ? MATCH_PEER : MATCH_SEEKER, &card);
        for (uint8_t k = 0; k < card.haves; k++)
            n[data_find_token(card.have[k])]++;
    }
    for (int i = 0; i < DATA_TERMS; i++)
        if (n[i] > 0)
            row[rows++] = (struct teds_rarity){
                (uint16_t)i, match_rarity_log2(TEDS_SAMPLE + SMOOTHING) -
                                 match_rarity_log2(n[i] + SMOOTHING)};
    return rows;
}

uint64_t teds_wait(struct teds *teds, uint64_t mean)
{
    uint32_t chance = 1 + below(teds, UINT32_MAX);
    uint64_t halvings_q8 = 8192 - match_rarity_log2(chance);

    return mean * halvings_q8 * 45426 / 65536 / 256; /* ln 2 in Q16 */
}

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "kindred/client.h"
#include "pb/kindred/v1/vocabularies.pb-c.h"

/* A small vocabulary: a tree, levels, one of a kind, what is not shown, and
 * what is retired.  Tokens are 100 and the place in this list. */
static const struct {
    const char *id, *facet, *parent, *successor;
    uint32_t level;
    bool hidden;
} TERMS[] = {{"substance", "sub", "", NULL, 0, false}, /* 100 */
             {"opioid", "sub", "substance", NULL, 0, false},
             {"heroin", "sub", "opioid", NULL, 0, false},
             {"alcohol", "sub", "substance", NULL, 0, true},
             {"stage>=1", "stage", "", NULL, 1, false}, /* 104 */
             {"stage>=2", "stage", "stage>=1", NULL, 2, false},
             {"stage>=3", "stage", "stage>=2", NULL, 3, false},
             {"young", "age", "", NULL, 0, false}, /* 107 */
             {"old", "age", "", NULL, 0, false},
             {"very-old", "age", "old", NULL, 0, false},
             {"h", "sub", "opioid", "heroin", 0, false}, /* 110 */
             {"gone", "sub", "", "gone", 0, false}};

enum { TERM_COUNT = sizeof TERMS / sizeof *TERMS, MANY = 70 };

static char none[] = "";

static char *text(const char *from)
{
    static char pool[4096];
    static size_t used;
    char *to = pool + used;

    used += strlen(from) + 1;
    if (used > sizeof pool)
        abort();
    return strcpy(to, from);
}

static struct kindred_vocabulary *make(void)
{
    static Kindred__V1__CardUse all[] = {
        KINDRED__V1__CARD_USE__CARD_USE_HAVE,
        KINDRED__V1__CARD_USE__CARD_USE_SEEK,
        KINDRED__V1__CARD_USE__CARD_USE_MUST,
        KINDRED__V1__CARD_USE__CARD_USE_MUST_NOT};
    Kindred__V1__GetVocabularyResponse response =
        KINDRED__V1__GET_VOCABULARY_RESPONSE__INIT;
    Kindred__V1__Facet facet[4], *facets[4];
    Kindred__V1__Term term[TERM_COUNT + MANY], *terms[TERM_COUNT + MANY];
    static const char *const names[] = {"sub", "stage", "age", "many"};
    struct kindred_vocabulary *vocabulary;
    uint8_t *bytes;
    size_t size;

    for (int i = 0; i < 4; i++) {
        kindred__v1__facet__init(&facet[i]);
        facet[i].id = text(names[i]);
        facet[i].seeker = facet[i].peer = all;
        facet[i].n_seeker = 4;
        facet[i].n_peer = i == 1 ? 1 : 4; /* peers only have a stage */
        facet[i].pick = KINDRED__V1__PICK__PICK_MANY;
        facets[i] = &facet[i];
    }
    facet[0].importance = 3;
    facet[1].pick = KINDRED__V1__PICK__PICK_LEVEL;
    facet[2].pick = KINDRED__V1__PICK__PICK_ONE;
    for (unsigned i = 0; i < TERM_COUNT + MANY; i++) {
        char name[16];

        kindred__v1__term__init(&term[i]);
        terms[i] = &term[i];
        term[i].token = 100 + i;
        term[i].show = true;
        if (i >= TERM_COUNT) {
            (void)snprintf(name, sizeof name, "m%u", i - TERM_COUNT);
            term[i].id = text(name);
            term[i].facet = text("many");
            continue;
        }
        term[i].id = text(TERMS[i].id);
        term[i].facet = text(TERMS[i].facet);
        term[i].parent = text(TERMS[i].parent);
        term[i].level = TERMS[i].level;
        term[i].show = !TERMS[i].hidden;
        term[i].retired = TERMS[i].successor != NULL;
        term[i].successor = term[i].retired ? text(TERMS[i].successor) : none;
    }
    response.version = 7;
    response.facets = facets;
    response.n_facets = 4;
    response.terms = terms;
    response.n_terms = TERM_COUNT + MANY;
    size = kindred__v1__get_vocabulary_response__get_packed_size(&response);
    bytes = malloc(size);
    if (!bytes)
        abort();
    (void)kindred__v1__get_vocabulary_response__pack(&response, bytes);
    vocabulary = kindred_vocabulary_new(bytes, size);
    CHECK(vocabulary != NULL);
    CHECK(kindred_vocabulary_new(bytes, size - 1) == NULL);
    free(bytes);
    return vocabulary;
}

static struct kindred_vocabulary *words;
static struct kindred_error error;

static bool is(const char *reason)
{
    return strcmp(error.reason, reason) == 0;
}

static bool has(const struct kindred_card *card, uint64_t token, bool show)
{
    for (uint32_t i = 0; i < card->haves; i++)
        if (card->have[i].token == token)
            return card->have[i].show == show;
    return false;
}

static void test_have_brings_what_is_above(void)
{
    struct kindred_card card = {.role = KINDRED_SEEKER};

    CHECK(kindred_card_have(&card, words, "heroin", true, &error));
    CHECK(card.haves == 3 && card.vocabulary_version == 7);
    CHECK(has(&card, 102, true) && has(&card, 101, false) &&
          has(&card, 100, false));
    CHECK(kindred_card_have(&card, words, "opioid", true, &error));
    CHECK(card.haves == 3 && has(&card, 101, true)); /* once, now shown */
    CHECK(kindred_card_have(&card, words, "heroin", false, &error));
    CHECK(has(&card, 102, true)); /* not taken back */
    CHECK(kindred_card_have(&card, words, "alcohol", false, &error));
    CHECK(card.haves == 4);
    CHECK(!kindred_card_have(&card, words, "alcohol", true, &error));
    CHECK(is("TERM_HIDDEN") && has(&card, 103, false));
}

static void test_levels(void)
{
    struct kindred_card card = {.role = KINDRED_SEEKER};

    CHECK(kindred_card_have(&card, words, "stage>=2", false, &error));
    CHECK(card.haves == 2 && has(&card, 104, false) && has(&card, 105, false));
    CHECK(kindred_card_have(&card, words, "stage>=3", true, &error));
    CHECK(card.haves == 3 && has(&card, 106, true));
    CHECK(kindred_card_seek(&card, words, "stage>=3", 0, &error));
    CHECK(card.seek[0].count == 1 && card.seek[0].token[0] == 106);
    CHECK(card.seek[0].weight == 1);
}

static void test_one_of_a_kind(void)
{
    struct kindred_card card = {.role = KINDRED_SEEKER}, before;

    CHECK(kindred_card_have(&card, words, "very-old", false, &error));
    CHECK(kindred_card_have(&card, words, "old", true, &error)); /* above it */
    before = card;
    CHECK(!kindred_card_have(&card, words, "young", false, &error));
    CHECK(is("TERM_PICK"));
    CHECK(memcmp(&before, &card, sizeof card) == 0);
    card = (struct kindred_card){.role = KINDRED_SEEKER};
    CHECK(kindred_card_have(&card, words, "old", false, &error));
    CHECK(kindred_card_have(&card, words, "very-old", false, &error));
    CHECK(card.haves == 2);
}

static void test_seek_is_one_group(void)
{
    struct kindred_card card = {.role = KINDRED_SEEKER};

    CHECK(kindred_card_seek(&card, words, "heroin", 2, &error));
    CHECK(card.seeks == 1 && card.seek_tokens == 3);
    CHECK(card.seek[0].weight == 2 && card.seek[0].count == 3);
    CHECK(card.seek[0].token[0] == 102 && card.seek[0].token[1] == 101 &&
          card.seek[0].token[2] == 100);
    CHECK(kindred_card_seek(&card, words, "opioid", 0, &error));
    CHECK(card.seek[1].weight == 3); /* what the facet suggests */
    CHECK(!kindred_card_seek(&card, words, "heroin", 1, &error));
    CHECK(!kindred_card_seek(&card, words, "alcohol", 4, &error));
    CHECK(is("CARD_INVALID") && card.seeks == 2 && card.seek_tokens == 5);
}

static void test_must_is_the_term_alone(void)
{
    struct kindred_card card = {.role = KINDRED_SEEKER};
    struct kindred_card peer = {.role = KINDRED_GIVER};
    const char *two[] = {"heroin", "alcohol"};
    const char *twice[] = {"heroin", "heroin"};
    const char *nine[9] = {"m0", "m1", "m2", "m3", "m4",
                           "m5", "m6", "m7", "m8"};

    CHECK(kindred_card_must(&card, words, two, 2, 60000, &error));
    CHECK(card.musts == 1 && card.must[0].count == 2 &&
          card.must[0].token[0] == 102 && card.must[0].token[1] == 103 &&
          card.must[0].weight == 60000);
    CHECK(!kindred_card_must(&card, words, twice, 2, 0, &error));
    CHECK(!kindred_card_must(&card, words, nine, 9, 0, &error));
    CHECK(kindred_card_must(&card, words, nine, 8, 0, &error));
    CHECK(!kindred_card_must(&card, words, nine, 0, 0, &error));
    CHECK(card.musts == 2);
    CHECK(!kindred_card_must(&peer, words, two, 2, 60000, &error));
    CHECK(kindred_card_must(&peer, words, two, 2, 0, &error));
    CHECK(kindred_card_must_not(&card, words, "opioid", &error));
    CHECK(card.must_nots == 1 && card.must_not[0] == 101);
    CHECK(!kindred_card_must_not(&card, words, "opioid", &error));
}

static void test_uses_and_retired(void)
{
    struct kindred_card peer = {.role = KINDRED_GIVER};

    CHECK(kindred_card_have(&peer, words, "stage>=1", false, &error));
    CHECK(!kindred_card_seek(&peer, words, "stage>=1", 1, &error));
    CHECK(is("TERM_USE"));
    CHECK(kindred_card_have(&peer, words, "h", false, &error));
    CHECK(has(&peer, 102, false) && !has(&peer, 110, false));
    CHECK(!kindred_card_have(&peer, words, "gone", false, &error));
    CHECK(is("TERM_UNKNOWN"));
    CHECK(!kindred_card_have(&peer, words, "", false, &error));
    CHECK(is("TERM_UNKNOWN"));
    CHECK(strcmp(kindred_status_name(error.status), "INVALID_ARGUMENT") == 0);
    CHECK(kindred_vocabulary_label(words, 99) == NULL);
}

/* Exactly as many as the proto allows, and not one more. */
static void test_bounds(void)
{
    struct kindred_card card = {.role = KINDRED_SEEKER}, before;
    char name[16];

    for (unsigned i = 0; i < MANY; i++) {
        const char *term = name;

        (void)snprintf(name, sizeof name, "m%u", i);
        CHECK(kindred_card_have(&card, words, name, false, &error) == (i < 64));
        CHECK(kindred_card_seek(&card, words, name, 1, &error) == (i < 32));
        CHECK(kindred_card_must(&card, words, &term, 1, 0, &error) == (i < 16));
        CHECK(kindred_card_must_not(&card, words, name, &error) == (i < 32));
    }
    CHECK(card.haves == 64 && card.seeks == 32 && card.musts == 16 &&
          card.must_nots == 32);
    card = (struct kindred_card){.role = KINDRED_SEEKER};
    for (unsigned i = 0; i < 62; i++) {
        (void)snprintf(name, sizeof name, "m%u", i);
        CHECK(kindred_card_have(&card, words, name, false, &error));
    }
    before = card;
    CHECK(!kindred_card_have(&card, words, "heroin", false, &error));
    CHECK(is("CARD_INVALID")); /* three do not fit: none is taken */
    CHECK(memcmp(&before, &card, sizeof card) == 0);
    CHECK(kindred_card_have(&card, words, "opioid", false, &error));
    CHECK(card.haves == 64);
}

int main(void)
{
    words = make();
    test_have_brings_what_is_above();
    test_levels();
    test_one_of_a_kind();
    test_seek_is_one_group();
    test_must_is_the_term_alone();
    test_uses_and_retired();
    test_bounds();
    kindred_vocabulary_free(words);
    return check_report("client/card");
}

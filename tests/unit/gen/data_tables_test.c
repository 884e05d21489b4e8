/* The tables that ship, as a server and a client see them: how much there is,
 * that the finders find, that groups and tokens are what DESIGN §3 says, and
 * that a card drawn from the demo's tables fits a card.  What the compiler
 * refuses, and that it then writes nothing (Law 6), is data_test.sh's. */
#include <math.h>
#include <sodium.h>
#include <string.h>

#include "check.h"
#include "kindred_data.h"

enum { HAVE_MAX = 64 }; /* ENGINE.md, Words */

/* Published vectors: made with another implementation of BLAKE2b. */
static const struct {
    const char *id;
    uint64_t token;
} vector[] = {{"heroin", 0xbed59e2e4780f426u},
              {"lang:en", 0x1a617d7020c183e4u},
              {"stage>=2", 0x619cb98d63b6a808u}};

static void enough_is_there(void)
{
    CHECK(DATA_FACETS >= 12);
    CHECK(DATA_TERMS >= 400);
    CHECK(DATA_COUNTRIES >= 30);
    CHECK(DATA_VOCABULARY_MIN_VERSION <= DATA_VOCABULARY_VERSION);
}

/* Laws 1, 3: what is there once is found where it is. */
static void finders_find(void)
{
    CHECK(data_find_term("no-such-term") == DATA_NONE);
    CHECK(data_find_term("") == DATA_NONE);
    CHECK(data_find_token(0) == DATA_NONE);
    CHECK(data_find_country("ZZ") == DATA_NONE);
    for (int i = 0; i < DATA_TERMS; i++) {
        CHECK(data_find_term(data_terms[i].id) == i);
        CHECK(data_find_token(data_terms[i].token) == i);
    }
    for (int i = 0; i < DATA_COUNTRIES; i++)
        CHECK(data_find_country(data_countries[i].code) == i);
    for (size_t i = 0; i < sizeof vector / sizeof vector[0]; i++) {
        uint16_t term = data_find_term(vector[i].id);

        CHECK(term != DATA_NONE);
        CHECK(term != DATA_NONE && data_terms[term].token == vector[i].token);
    }
}

static uint64_t token_of(const char *id)
{
    unsigned char text[64] = "kindred.v1.term", hash[32];
    size_t n = 16; /* the label and its zero byte */
    uint64_t token = 0;

    while (*id)
        text[n++] = (unsigned char)*id++;
    (void)crypto_generichash(hash, sizeof hash, text, n, NULL, 0);
    for (int i = 0; i < 8; i++)
        token |= (uint64_t)hash[i] << 8 * i;
    return token;
}

/* Laws 2, 4, 7. */
static void terms_stand(void)
{
    for (int i = 0; i < DATA_TERMS; i++) {
        const struct data_term *t = &data_terms[i];
        const struct data_facet *f = &data_facets[t->facet];

        CHECK(t->token == token_of(t->id));
        CHECK(i >= f->first && i < f->first + f->terms);
        CHECK(t->group_size >= 1 && t->group_size <= DATA_GROUP_MAX);
        CHECK(t->group[0] == i);
        for (int g = 1; g < t->group_size; g++)
            CHECK(t->group[g] < t->group[g - 1]);
        if (f->pick == DATA_PICK_LEVEL)
            CHECK(t->group_size == t->level);
        CHECK(strlen(t->label.en) <= DATA_LABEL_MAX);
        CHECK(strlen(t->label.es) <= DATA_LABEL_MAX);
        CHECK(!t->retired == (t->successor == DATA_NONE));
        CHECK(t->retired <= DATA_VOCABULARY_MIN_VERSION);
        for (int g = 1; g < t->group_size; g++)
            CHECK(data_terms[t->group[g]].since <= t->since);
        for (int g = 1; g < t->group_size; g++)
            CHECK(data_terms[t->group[g]].show || !t->show);
        CHECK(t->source < DATA_SOURCES);
    }
}

static void tree_is_as_designed(void)
{
    const struct data_term *heroin = &data_terms[data_find_term("heroin")];

    CHECK(heroin->group_size == 3);
    CHECK(heroin->group[1] == data_find_term("opioid"));
    CHECK(heroin->group[2] == data_find_term("substance"));
}

/* Law 5. */
static void countries_stand(void)
{
    uint16_t next = 0;

    for (int i = 0; i < DATA_COUNTRIES; i++) {
        const struct data_country *c = &data_countries[i];
        bool emergency = true;

        CHECK(c->first == next);
        CHECK(data_crisis_entries[c->first].emergency);
        for (int e = c->first; e < c->first + c->entries; e++) {
            const struct data_crisis_entry *entry = &data_crisis_entries[e];

            CHECK(emergency || !entry->emergency);
            emergency = entry->emergency;
            CHECK(entry->country == i);
            CHECK(entry->phone || entry->text || entry->web);
            CHECK(entry->source < DATA_CRISIS_SOURCES);
        }
        CHECK(!emergency); /* a helpline, not the emergency number alone */
        next = (uint16_t)(c->first + c->entries);
    }
    CHECK(next == DATA_CRISIS_ENTRIES);
}

/* The fullest card that a draw can give. */
static void drawn_cards_fit(void)
{
    int most = 0;

    for (int v = 0; v < DATA_DEMO_VARIABLES; v++) {
        const struct data_demo_variable *variable = &data_demo_variables[v];
        int one = 0, all = 0;

        for (int r = 0; r < variable->rows; r++) {
            uint16_t term = data_demo_rows[variable->first + r].term;
            int size = data_terms[term].group_size;

            CHECK(data_facets[data_terms[term].facet].peer & DATA_HAVE);
            one = size > one ? size : one;
            all += size;
        }
        most += variable->one ? one : all;
    }
    CHECK(most <= HAVE_MAX);
}

/* A term that one variable alone can give, at a root: its rarity is that of
 * its share; and whoever stands above another is never rarer. */
static void rarities_stand(void)
{
    uint16_t bits[DATA_TERMS] = {0};
    uint16_t veteran = data_find_term("veteran");

    for (int i = 0; i < DATA_DEMO_RARITIES; i++)
        bits[data_demo_rarities[i].term] = data_demo_rarities[i].bits;
    for (int i = 0; i < DATA_DEMO_RARITIES; i++) {
        const struct data_term *t = &data_terms[data_demo_rarities[i].term];

        for (int g = 1; g < t->group_size; g++)
            CHECK(bits[t->group[g]] <= bits[t->group[g - 1]]);
    }
    for (int i = 0; i < DATA_DEMO_ROWS; i++)
        if (data_demo_rows[i].term == veteran) {
            double exact = -256 * log2(data_demo_rows[i].p / 65536.0);

            CHECK(bits[veteran] >= exact && bits[veteran] < exact + 1);
        }
    CHECK(bits[veteran] > 0);
}

int main(void)
{
    enough_is_there();
    finders_find();
    terms_stand();
    tree_is_as_designed();
    countries_stand();
    drawn_cards_fit();
    rarities_stand();
    return check_report("gen/data_tables");
}

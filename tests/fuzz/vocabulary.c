/* fuzz/vocabulary -- any bytes as the vocabulary a server sent, and a card made
 * of whatever terms it has.
 *
 * The first byte says for which role and in which uses, in turn.  A use that
 * fails leaves the card as it was; one that works keeps it within its bounds. */
#include "client/vocabulary.h"

#include <string.h>

#include "base/require.h"
#include "fuzz.h"

static void within(const struct kindred_card *card)
{
    uint32_t tokens = 0;

    REQUIRE(card->haves <= 64 && card->seeks <= 32);
    REQUIRE(card->musts <= 16 && card->must_nots <= 32);
    for (uint32_t i = 0; i < card->haves; i++)
        for (uint32_t j = 0; j < i; j++)
            REQUIRE(card->have[i].token != card->have[j].token);
    for (uint32_t i = 0; i < card->seeks; i++) {
        REQUIRE(card->seek[i].count >= 1 && card->seek[i].count <= 8);
        REQUIRE(card->seek[i].weight >= 1 && card->seek[i].weight <= 3);
        tokens += card->seek[i].count;
    }
    REQUIRE(card->seek_tokens == tokens);
    for (uint32_t i = 0; i < card->musts; i++)
        REQUIRE(card->must[i].count >= 1 && card->must[i].count <= 8);
}

static bool use(struct kindred_card *card,
                const struct kindred_vocabulary *words, const char *id,
                unsigned how, struct kindred_error *error)
{
    switch (how % 4) {
    case 0:
        return kindred_card_have(card, words, id, how & 4, error);
    case 1:
        return kindred_card_seek(card, words, id, how >> 2 & 3, error);
    case 2:
        return kindred_card_must(card, words, &id, 1, how, error);
    default:
        return kindred_card_must_not(card, words, id, error);
    }
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct kindred_card card, before;
    struct kindred_vocabulary *words;

    if (size < 1 || size > 20000)
        return 0;
    words = kindred_vocabulary_new(data + 1, size - 1);
    if (!words)
        return 0;
    memset(&card, 0, sizeof card);
    card.role = data[0] & 1 ? KINDRED_SEEKER : KINDRED_GIVER;
    for (size_t i = 0; i < words->said->n_terms && i < 300; i++) {
        const Kindred__V1__Term *term = words->said->terms[i];
        struct kindred_error error = {0};

        (void)client_vocabulary_facet(words, term->facet);
        REQUIRE(client_vocabulary_token(words, term->token) != NULL);
        REQUIRE(kindred_vocabulary_label(words, term->token) != NULL);
        before = card;
        if (!use(&card, words, term->id, data[0] / 2 + (unsigned)i, &error)) {
            REQUIRE(error.reason[0] != '\0');
            REQUIRE(memcmp(&card, &before, sizeof card) == 0);
        }
        within(&card);
    }
    kindred_vocabulary_free(words);
    return 0;
}

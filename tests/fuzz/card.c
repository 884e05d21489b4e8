/* fuzz/card -- any bytes as a card.
 *
 * What the service takes is a card by match/card's laws, with every token of
 * the message in its place and no other. */
#include "service/card.h"

#include <string.h>

#include "base/require.h"
#include "fuzz.h"
#include "rpc/scan.h"

static void has_groups(const struct match_card *card,
                       const Kindred__V1__Card *message)
{
    for (size_t i = 0; i < message->n_seek; i++) {
        const struct match_group *group = &card->seek[i];

        REQUIRE(group->importance == message->seek[i]->importance);
        REQUIRE(group->count == message->seek[i]->n_tokens);
        REQUIRE(memcmp(card->seek_token + group->first,
                       message->seek[i]->tokens,
                       group->count * sizeof(uint64_t)) == 0);
    }
    for (size_t i = 0; i < message->n_must; i++) {
        const struct match_group *group = &card->must[i];

        REQUIRE(group->relax_after_ms == message->must[i]->relax_after_ms);
        REQUIRE(group->count == message->must[i]->n_tokens);
        REQUIRE(memcmp(card->must_token + group->first,
                       message->must[i]->tokens,
                       group->count * sizeof(uint64_t)) == 0);
    }
}

static void has_all(const struct match_card *card,
                    const Kindred__V1__Card *message)
{
    REQUIRE((int)message->role == (int)card->role + 1);
    REQUIRE(card->version == message->version);
    REQUIRE(card->haves == message->n_have && card->seeks == message->n_seek);
    REQUIRE(card->musts == message->n_must);
    REQUIRE(card->must_nots == message->n_must_not);
    for (size_t i = 0; i < message->n_have; i++) {
        REQUIRE(card->have[i] == message->have[i]->token);
        REQUIRE((card->show >> i & 1) == (message->have[i]->show ? 1U : 0U));
    }
    for (size_t i = 0; i < message->n_must_not; i++)
        REQUIRE(card->must_not[i] == message->must_not[i]);
    has_groups(card, message);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Kindred__V1__Card *message;
    struct match_card card;

    if (rpc_scan(&kindred__v1__card__descriptor, data, size,
                 RPC_SCAN_ELEMENTS) != ERR_NONE)
        return 0;
    message = kindred__v1__card__unpack(NULL, size, data);
    if (!message) /* a field came as what it is not */
        return 0;
    if (service_card_decode(message, &card) == ERR_NONE) {
        REQUIRE(match_card_check(&card) == ERR_NONE);
        has_all(&card, message);
    }
    kindred__v1__card__free_unpacked(message, NULL);
    return 0;
}

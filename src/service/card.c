#include "service/card.h"

#include <string.h>

#include "base/wipe.h"
#include "kindred_data.h"

/* Append the n tokens of one group, or nothing if they do not fit. */
static enum err take_group(struct match_group *group, uint64_t *tokens,
                           uint8_t *count, uint8_t most, const uint64_t *from,
                           size_t n)
{
    if (n == 0 || n > MATCH_GROUP_MAX || n > (size_t)(most - *count))
        return ERR_CARD;
    memcpy(tokens + *count, from, n * sizeof *tokens);
    group->first = *count;
    group->count = (uint8_t)n;
    *count = (uint8_t)(*count + n);
    return ERR_NONE;
}

static enum err take_wants(const Kindred__V1__Card *message,
                           struct match_card *card)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; i < message->n_seek && err == ERR_NONE; i++) {
        const Kindred__V1__CardSeek *seek = message->seek[i];

        if (seek->importance < 1 || seek->importance > 3)
            return ERR_CARD;
        card->seek[i].importance = (uint8_t)seek->importance;
        err = take_group(&card->seek[i], card->seek_token, &card->seek_tokens,
                         MATCH_SEEK_TOKENS_MAX, seek->tokens, seek->n_tokens);
    }
    for (size_t i = 0; i < message->n_must && err == ERR_NONE; i++) {
        const Kindred__V1__CardMust *must = message->must[i];

        card->must[i].relax_after_ms = must->relax_after_ms;
        err = take_group(&card->must[i], card->must_token, &card->must_tokens,
                         MATCH_MUST_TOKENS_MAX, must->tokens, must->n_tokens);
    }
    return err;
}

enum err service_card_decode(const Kindred__V1__Card *message,
                             struct match_card *card)
{
    enum err err;

    *card =
        (struct match_card){.version = message->version,
                            .vocabulary_version = message->vocabulary_version};
    if (message->role == KINDRED__V1__ROLE__ROLE_SEEKER)
        card->role = MATCH_SEEKER;
    else if (message->role == KINDRED__V1__ROLE__ROLE_PEER)
        card->role = MATCH_PEER;
    else
        return ERR_CARD;
    if (message->n_have > MATCH_HAVE_MAX || message->n_seek > MATCH_SEEK_MAX ||
        message->n_must > MATCH_MUST_MAX ||
        message->n_must_not > MATCH_MUST_NOT_MAX)
        return ERR_CARD;
    card->haves = (uint8_t)message->n_have;
    card->seeks = (uint8_t)message->n_seek;
    card->musts = (uint8_t)message->n_must;
    card->must_nots = (uint8_t)message->n_must_not;
    for (size_t i = 0; i < message->n_have; i++) {
        card->have[i] = message->have[i]->token;
        if (message->have[i]->show)
            card->show |= UINT64_C(1) << i;
    }
    if (message->n_must_not > 0)
        memcpy(card->must_not, message->must_not,
               message->n_must_not * sizeof *card->must_not);
    err = take_wants(message, card);
    return err == ERR_NONE ? match_card_check(card) : err;
}

enum err service_card_ask(struct rpc_call *call, uint64_t member,
                          enum match_role role,
                          void (*done)(struct service_request *request,
                                       struct rpc_call *call))
{
    struct service_request *request = service_request_new(
        service_of(call), rpc_call_id(call), STORE_GET_CARD, done);

    if (!request)
        return ERR_FULL;
    request->job.command.get_card.member = member;
    request->job.command.get_card.role = role;
    return service_request_send(request);
}

enum err service_card_take(const struct service_request *request,
                           enum match_role role, struct match_card *card)
{
    const struct store_result *result = &request->job.result;
    enum err err = service_request_err(request);

    if (err != ERR_NONE)
        return err;
    if (result->card.vocabulary_version < DATA_VOCABULARY_MIN_VERSION)
        return ERR_RECOMPILE;
    return service_card_open(request->service->keys,
                             request->job.command.get_card.member, role,
                             result->card.sealed, card);
}

enum err service_card_open(const struct seal_keys *keys, uint64_t member,
                           enum match_role role, struct store_bytes sealed,
                           struct match_card *card)
{
    const struct seal_row row = {
        .kind = SEAL_ROW_CARD, .id = member, .sub = role};
    uint8_t plain[SEAL_ROW_PLAIN_MAX];
    Kindred__V1__Card *message;
    enum err err;

    if (sealed.size < SEAL_ROW_OVERHEAD || sealed.size > STORE_CARD_MAX)
        return ERR_INTERNAL;
    err = seal_row_open(plain, &row, sealed.data, sealed.size, keys->row);
    if (err != ERR_NONE)
        return err;
    message =
        kindred__v1__card__unpack(NULL, sealed.size - SEAL_ROW_OVERHEAD, plain);
    wipe(plain, sizeof plain);
    if (!message)
        return ERR_NOMEM;
    if (service_card_decode(message, card) != ERR_NONE || card->role != role)
        err = ERR_INTERNAL;
    kindred__v1__card__free_unpacked(message, NULL);
    return err;
}

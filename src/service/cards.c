/* service/cards -- what a member says of themselves, kept sealed. */
#include <string.h>

#include "base/wipe.h"
#include "kindred_data.h"
#include "pb/kindred.api.h"
#include "pb/kindred/v1/cards.pb-c.h"
#include "service/bindings.h"
#include "service/card.h"
#include "service/check.h"

/* The engine hears of a new card only after the store has it; the place in its
 * queue is taken before, so that it cannot be refused then. */
struct put { /* in the request's arena */
    struct service_order *order;
    uint32_t version;
};

static enum err seal_card(struct service_request *request, uint64_t member,
                          const struct match_card *card,
                          const Kindred__V1__Card *message)
{
    const struct service *service = request->service;
    const struct seal_row row = {
        .kind = SEAL_ROW_CARD, .id = member, .sub = card->role};
    size_t size = kindred__v1__card__get_packed_size(message);
    uint8_t plain[SEAL_ROW_PLAIN_MAX], nonce[SEAL_ROW_NONCE];
    uint8_t sealed[STORE_CARD_MAX];
    enum err err;

    if (size > sizeof plain)
        return ERR_CARD;
    (void)kindred__v1__card__pack(message, plain);
    service->port.random(service->port.arg, nonce, sizeof nonce);
    seal_row_seal(sealed, &row, plain, size, service->keys->row, nonce);
    err = service_request_keep(request, sealed, size + SEAL_ROW_OVERHEAD,
                               &request->job.command.put_card.sealed);
    wipe(plain, sizeof plain);
    return err;
}

static void put_done(struct service_request *request, struct rpc_call *call)
{
    const struct service_port *port = &request->service->port;
    Kindred__V1__PutCardResponse response =
        KINDRED__V1__PUT_CARD_RESPONSE__INIT;
    struct put *put = request->user;
    enum err err = service_request_err(request);

    if (request->job.result.outcome == OUTCOME_OK) {
        port->order_reserved(port->arg, put->order);
    } else { /* a replayed one may be older than the engine's */
        port->order_release(port->arg);
        service_order_free(put->order);
    }
    if (!call)
        return;
    response.version = put->version;
    if (err == ERR_NONE)
        err = rpc_send(call, &response);
    rpc_end(call, err);
}

static enum err check_put(struct rpc_call *call,
                          const Kindred__V1__PutCardRequest *request,
                          struct seal_token *who, struct match_card *card)
{
    const struct service *service = service_of(call);
    enum err err = service_check_caller(call, GRADE_MEMBER, who);

    if (err != ERR_NONE)
        return err;
    if (!request->card)
        return ERR_CARD;
    err = service_card_decode(request->card, card);
    if (err != ERR_NONE)
        return err;
    if (card->role == MATCH_PEER && who->grade < GRADE_PEER)
        return ERR_GRADE;
    if (card->vocabulary_version > DATA_VOCABULARY_VERSION)
        return ERR_VOCABULARY;
    if (card->vocabulary_version < DATA_VOCABULARY_MIN_VERSION)
        return ERR_RECOMPILE;
    if (request->consent_version != service->config->consent_version)
        return ERR_CONSENT;
    return ERR_NONE;
}

/* The request for the store and the order for the engine, both ready. */
static enum err make_put(struct service_request *out, struct put *put,
                         const struct seal_token *who,
                         const Kindred__V1__PutCardRequest *request)
{
    struct store_command *command = &out->job.command;
    const struct match_card *card = put->order->card;
    enum err err = service_key(out->service, &command->key,
                               request->idempotency_key, &request->base);

    if (err != ERR_NONE)
        return err;
    command->put_card.member = who->member;
    command->put_card.role = card->role;
    command->put_card.version = card->version;
    command->put_card.vocabulary_version = card->vocabulary_version;
    command->put_card.consent_version = request->consent_version;
    command->put_card.per_day = out->service->config->cards_per_day;
    put->version = card->version;
    put->order->event.pool = who->pool;
    put->order->event.card.card = put->order->card;
    out->user = put;
    return seal_card(out, who->member, card, request->card);
}

static struct rpc_verdict cards_put_card(struct rpc_call *call,
                                         const Kindred__V1__PutCardRequest *in)
{
    struct service *service = service_of(call);
    const struct service_port *port = &service->port;
    struct service_request *request = NULL;
    struct service_order *order;
    struct seal_token who = {0};
    struct put *put;
    enum err err;

    order = service_order_new(service, 0, 0, EVENT_CARD);
    if (!order)
        return rpc_fail(call, ERR_NOMEM);
    err = check_put(call, in, &who, order->card);
    order->event.member = who.member;
    if (err == ERR_NONE) {
        request = service_request_new(service, rpc_call_id(call),
                                      STORE_PUT_CARD, put_done);
        err = request ? ERR_NONE : ERR_FULL;
    }
    if (err == ERR_NONE) {
        put = arena_alloc(&request->job.arena, sizeof *put);
        err = put ? ERR_NONE : ERR_NOMEM;
        if (put) {
            *put = (struct put){.order = order};
            err = make_put(request, put, &who, in);
        }
    }
    if (err == ERR_NONE)
        err = port->order_reserve(port->arg);
    if (err != ERR_NONE) {
        service_order_free(order);
        if (request)
            service_request_free(request);
        return rpc_fail(call, err);
    }
    err = service_request_send(request);
    if (err != ERR_NONE) {
        port->order_release(port->arg);
        service_order_free(order);
        return rpc_fail(call, err);
    }
    return rpc_later(call);
}

static void get_done(struct service_request *request, struct rpc_call *call)
{
    const struct store_result *result = &request->job.result;
    Kindred__V1__GetCardResponse response =
        KINDRED__V1__GET_CARD_RESPONSE__INIT;
    enum match_role role = request->job.command.get_card.role;
    const struct seal_row row = {.kind = SEAL_ROW_CARD,
                                 .id = request->job.command.get_card.member,
                                 .sub = role};
    uint8_t plain[SEAL_ROW_PLAIN_MAX];
    enum err err = service_request_err(request);

    if (!call)
        return;
    if (err == ERR_NONE && (result->card.sealed.size < SEAL_ROW_OVERHEAD ||
                            result->card.sealed.size > STORE_CARD_MAX))
        err = ERR_INTERNAL;
    if (err == ERR_NONE)
        err = seal_row_open(plain, &row, result->card.sealed.data,
                            result->card.sealed.size,
                            request->service->keys->row);
    if (err == ERR_NONE) {
        response.card = kindred__v1__card__unpack(
            NULL, result->card.sealed.size - SEAL_ROW_OVERHEAD, plain);
        response.consent_version = result->card.consent_version;
        err = response.card ? rpc_send(call, &response) : ERR_NOMEM;
        if (response.card)
            kindred__v1__card__free_unpacked(response.card, NULL);
    }
    wipe(plain, sizeof plain);
    rpc_end(call, err);
}

static struct rpc_verdict
cards_get_card(struct rpc_call *call,
               const Kindred__V1__GetCardRequest *request)
{
    struct seal_token who;
    enum match_role role;
    enum err err = service_check_caller(call, GRADE_MEMBER, &who);

    if (err != ERR_NONE)
        return rpc_fail(call, err);
    if (request->role == KINDRED__V1__ROLE__ROLE_SEEKER)
        role = MATCH_SEEKER;
    else if (request->role == KINDRED__V1__ROLE__ROLE_PEER)
        role = MATCH_PEER;
    else
        return rpc_fail(call, ERR_INVALID);
    err = service_card_ask(call, who.member, role, get_done);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

API_KINDRED_V1_CARDS(RPC_WRAP, cards)

const struct rpc_binding service_cards_bindings[] = {
    API_KINDRED_V1_CARDS(RPC_BIND, cards)};
const size_t service_cards_count =
    sizeof service_cards_bindings / sizeof service_cards_bindings[0];

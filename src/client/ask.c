/* client/ask -- asking for support: one ticket, kept and resumed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"
#include "client/lease.h"
#include "client/member.h"
#include "client/op.h"
#include "net/entropy.h"
#include "pb/kindred/v1/support.pb-c.h"
#include "seal/talk.h"

enum { DANGER_MS = 20000, DANGER_BYTES = 128 };

struct kindred_ask {
    struct client_lease lease;
    struct kindred_ask_state state;
    struct kindred_ask_handler handler;
    uint8_t talk_key[KINDRED_KEY];
    Kindred__V1__AskRequest request;
    Kindred__V1__SupportBeatRequest beat;
};

void kindred_ask_state_make(struct kindred_ask_state *state)
{
    memset(state, 0, sizeof *state);
    net_entropy_fill(state->key, sizeof state->key);
    net_entropy_fill(state->seed, sizeof state->seed);
    net_entropy_fill(state->mailbox, sizeof state->mailbox);
}

static void end_for(struct kindred_ask *ask, enum err err)
{
    struct kindred_error error;

    client_error_set(&error, err);
    client_lease_close(&ask->lease);
    ask->handler.ended(ask->handler.arg, &error);
}

/* False: out of memory, and whoever asked must hear of it. */
static bool tell_crisis(const Kindred__V1__CrisisResources *crisis,
                        void (*tell)(void *arg, const uint8_t *bytes,
                                     size_t size),
                        void *arg)
{
    size_t size = protobuf_c_message_get_packed_size(&crisis->base);
    uint8_t *bytes;

    if (!tell)
        return true;
    bytes = malloc(size + 1);
    if (!bytes)
        return false;
    (void)protobuf_c_message_pack(&crisis->base, bytes);
    tell(arg, bytes, size);
    free(bytes);
    return true;
}

static void on_ticket(struct kindred_ask *ask,
                      const Kindred__V1__TicketState *state)
{
    struct kindred_talk_start start;
    struct kindred_ticket ticket = {
        .id = state->ticket_id,
        .age_ms = state->age_ms,
        .phase = (enum kindred_ticket_phase)(int)state->phase,
        .bound_passed = state->bound_passed,
        .meeting_again = state->meeting_again,
        .wait_reason = (int)state->wait_reason,
        .end_reason = (int)state->end_reason,
        .estimate_minutes = state->estimate_minutes,
        .danger = state->danger};
    bool matched = ticket.phase == KINDRED_MATCHED;
    enum err err = ERR_NONE;

    for (size_t i = 0; i < state->n_binding_must; i++)
        if (state->binding_must[i] < 32)
            ticket.binding_must |= UINT32_C(1) << state->binding_must[i];

    ask->beat.ticket_id = state->ticket_id;
    ask->lease.beat_request =
        ticket.phase == KINDRED_SEARCHING ? &ask->beat : NULL;
    if (matched)
        err = state->talk ? client_op_talk(&start, state->talk, ask->state.seed,
                                           ask->state.mailbox)
                          : ERR_PROTO;
    if (err != ERR_NONE) {
        end_for(ask, err);
        return;
    }
    ask->handler.ticket(ask->handler.arg, &ticket, matched ? &start : NULL);
    wipe(&start, sizeof start);
}

static void on_message(void *arg, const void *message)
{
    struct kindred_ask *ask = arg;
    const Kindred__V1__AskResponse *response = message;

    if (response->event_case == KINDRED__V1__ASK_RESPONSE__EVENT_TICKET)
        on_ticket(ask, response->ticket);
    else if (response->event_case == KINDRED__V1__ASK_RESPONSE__EVENT_CRISIS &&
             !tell_crisis(response->crisis, ask->handler.crisis,
                          ask->handler.arg))
        end_for(ask, ERR_NOMEM);
}

static void on_trouble(void *arg, const struct kindred_error *error)
{
    struct kindred_ask *ask = arg;

    if (ask->handler.trouble)
        ask->handler.trouble(ask->handler.arg, error);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct kindred_ask *ask = arg;

    ask->handler.ended(ask->handler.arg, error);
}

static bool some(const uint8_t bytes[KINDRED_KEY])
{
    uint8_t any = 0;

    for (int i = 0; i < KINDRED_KEY; i++)
        any |= bytes[i];
    return any != 0;
}

static void fill_request(struct kindred_ask *ask)
{
    struct kindred_ask_state *state = &ask->state;
    uint8_t secret[SEAL_TALK_KEY];

    seal_talk_keypair(ask->talk_key, secret, state->seed);
    wipe(secret, sizeof secret);
    kindred__v1__ask_request__init(&ask->request);
    kindred__v1__support_beat_request__init(&ask->beat);
    ask->request.idempotency_key =
        client_op_bytes(state->key, sizeof state->key);
    ask->request.danger = state->danger;
    ask->request.country = state->country;
    ask->request.language = state->language;
    ask->request.talk_key =
        client_op_bytes(ask->talk_key, sizeof ask->talk_key);
    ask->request.mailbox =
        client_op_bytes(state->mailbox, sizeof state->mailbox);
    ask->request.meet_again = state->meet_again;
    ask->request.meet_again_ms = state->meet_again_ms;
    if (some(state->after))
        ask->request.after_talk =
            client_op_bytes(state->after, sizeof state->after);
}

struct kindred_ask *kindred_ask_new(struct kindred_member *member,
                                    const struct kindred_ask_state *state,
                                    const struct kindred_ask_handler *handler)
{
    struct kindred_ask *ask = calloc(1, sizeof *ask);

    if (!ask)
        return NULL;
    ask->state = *state;
    ask->state.country[sizeof ask->state.country - 1] = '\0';
    ask->state.language[sizeof ask->state.language - 1] = '\0';
    ask->handler = *handler;
    fill_request(ask);
    ask->lease = (struct client_lease){
        .client = member->client,
        .member = member,
        .path = "/kindred.v1.Support/Ask",
        .request = &ask->request,
        .answer = &kindred__v1__ask_response__descriptor,
        .message = on_message,
        .trouble = on_trouble,
        .ended = on_ended,
        .arg = ask,
        .beat_path = "/kindred.v1.Support/Beat",
        .beat_answer = &kindred__v1__support_beat_response__descriptor};
    if (client_lease_open(&ask->lease))
        return ask;
    kindred_ask_free(ask);
    return NULL;
}

void kindred_ask_free(struct kindred_ask *ask)
{
    if (!ask)
        return;
    client_lease_close(&ask->lease);
    wipe(ask, sizeof *ask);
    free(ask);
}

bool kindred_ask_withdraw(struct kindred_ask *ask, kindred_done *done,
                          void *arg)
{
    Kindred__V1__WithdrawRequest request = KINDRED__V1__WITHDRAW_REQUEST__INIT;
    const struct client_op op = {
        .client = ask->lease.client,
        .member = ask->lease.member,
        .path = "/kindred.v1.Support/Withdraw",
        .request = &request,
        .key = &request.idempotency_key,
        .answer = &kindred__v1__withdraw_response__descriptor,
        .done = done,
        .arg = arg};

    request.ticket_id = ask->beat.ticket_id;
    return client_op_start(&op);
}

/* ---- danger ---- */

struct danger {
    struct kindred_danger_handler handler;
    bool matched;
    enum err untold; /* who helps could not be shown, for this */
};

static void danger_message(void *arg, const uint8_t *bytes, size_t size)
{
    struct danger *danger = arg;
    ProtobufCMessage *message = client_job_unpack(
        &kindred__v1__raise_danger_response__descriptor, bytes, size);
    const Kindred__V1__RaiseDangerResponse *response = (const void *)message;

    if (!message) {
        danger->untold = ERR_PROTO;
        return;
    }
    if (response->event_case !=
        KINDRED__V1__RAISE_DANGER_RESPONSE__EVENT_CRISIS)
        danger->matched = response->outcome ==
                          KINDRED__V1__DANGER_OUTCOME__DANGER_OUTCOME_MATCHED;
    else if (!tell_crisis(response->crisis, danger->handler.crisis,
                          danger->handler.arg))
        danger->untold = ERR_NOMEM;
    protobuf_c_message_free_unpacked(message, NULL);
}

static void danger_ended(void *arg, const struct kindred_error *error)
{
    struct danger *danger = arg;
    struct kindred_error failed = *error;

    if (error->status == STATUS_OK && danger->untold != ERR_NONE)
        client_error_set(&failed, danger->untold);
    danger->handler.done(danger->handler.arg, &failed, danger->matched);
    free(danger);
}

bool kindred_member_raise_danger(struct kindred_member *member,
                                 uint64_t ticket_id, const char *country,
                                 const char *language,
                                 const struct kindred_danger_handler *handler)
{
    Kindred__V1__RaiseDangerRequest request =
        KINDRED__V1__RAISE_DANGER_REQUEST__INIT;
    struct danger *danger = malloc(sizeof *danger);
    struct kindred_call_handler to = {
        .message = danger_message, .ended = danger_ended, .arg = danger};
    struct kindred_call_options options = {
        .path = "/kindred.v1.Support/RaiseDanger",
        .timeout_ms = DANGER_MS,
        .stream = true};
    uint8_t key[KINDRED_IDEMPOTENCY], bytes[DANGER_BYTES];
    char code[3], tag[36];

    if (!danger)
        return false;
    *danger = (struct danger){.handler = *handler};
    (void)snprintf(code, sizeof code, "%s", country);
    (void)snprintf(tag, sizeof tag, "%s", language);
    request.idempotency_key = client_op_key(key);
    request.ticket_id = ticket_id;
    request.country = code;
    request.language = tag;
    options.request = bytes;
    options.size = protobuf_c_message_get_packed_size(&request.base);
    REQUIRE(options.size <= sizeof bytes);
    (void)protobuf_c_message_pack(&request.base, bytes);
    if (kindred_member_call(member, &options, &to))
        return true;
    free(danger);
    return false;
}

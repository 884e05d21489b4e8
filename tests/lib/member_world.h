/* member_world -- the upper floor of the client against a server of the test's
 * own, on one loop and real sockets: Accounts, Support and Talks, with what
 * goes wrong set by the test.  Long because it is three services, inline: a
 * unit test links its layer and nothing else of ours. */
#ifndef MEMBER_WORLD_H
#define MEMBER_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "client/loop.h"
#include "kindred/client.h"
#include "net/address.h"
#include "net/listener.h"
#include "pb/api.h"
#include "pb/kindred.api.h"
#include "rpc/server.h"
#include "seal/account.h"
#include "seal/mailbox.h"
#include "seal/proof.h"
#include "seal/talk.h"

/* UNAVAILABLE, and the server does not say when: tried again after 100 ms. */
#define MEMBER_WORLD_AWAY ERR_STORE_LOCKED

enum { WORLD_MAIL = 64 };

struct world_mailbox {
    uint8_t receive[32], send[32];
    struct {
        uint8_t key[16], ciphertext[32768];
        size_t size;
    } mail[WORLD_MAIL];
    uint32_t count, acked;
    struct rpc_call *reader;
};

struct member_world {
    struct kindred_loop *loop;
    struct kindred_client *client;
    struct kindred_member *member;
    struct http_host host;
    struct rpc_server server;
    struct net_listener listener;
    struct net_address address;
    struct kindred_timer *timer; /* of member_world_run() */
    char where[NET_ADDRESS_TEXT];

    /* What happened. */
    int infos, challenges, logins, asks, beats, sends, receives, acks;
    uint8_t ask_key[2][16]; /* the first, the newest */
    uint64_t after_seq;     /* of the newest Receive */
    bool other_bytes;       /* a message was repeated with other bytes */
    bool forgetful;         /* the relay sends all of it again, always */

    /* What is to go wrong. */
    int stale_challenges; /* logins that meet one */
    int expired;          /* calls that find the token expired */
    int sends_lost;       /* sends whose answer is lost: kept, then AWAY */
    enum err ask_ends[4]; /* of the n-th ask, after one state; 0: it stays */
    struct rpc_call *ask; /* the open one */
    uint32_t beat_ms;
    uint8_t proof_key[32], public_key[32]; /* of the last login; rotated to */
    bool bound, rotations_lost, rotations_refused;
    int proofs, rotations;
    struct world_mailbox box[2]; /* of the seeker, of the peer */
    enum err receive_ends;       /* of the next Receive, after its state */
};

static inline struct member_world *world_of(struct rpc_call *call)
{
    return rpc_call_context(call);
}

/* ---- Accounts ---- */

static const char world_origin[] = "kindred://test";

static inline struct rpc_verdict
world_accounts_get_server_info(struct rpc_call *call,
                               const Kindred__V1__GetServerInfoRequest *request)
{
    Kindred__V1__GetServerInfoResponse response =
        KINDRED__V1__GET_SERVER_INFO_RESPONSE__INIT;
    Kindred__V1__Limits limits = KINDRED__V1__LIMITS__INIT;
    char origin[sizeof world_origin];

    (void)request;
    world_of(call)->infos++;
    memcpy(origin, world_origin, sizeof origin);
    limits.beat_ms = world_of(call)->beat_ms;
    response.limits = &limits;
    response.origin = origin;
    response.consent_version = 1;
    return rpc_reply(call, &response);
}

static inline struct rpc_verdict
world_accounts_challenge(struct rpc_call *call,
                         const Kindred__V1__ChallengeRequest *request)
{
    Kindred__V1__ChallengeResponse response =
        KINDRED__V1__CHALLENGE_RESPONSE__INIT;
    uint8_t nonce[32] = {(uint8_t)++world_of(call)->challenges};

    (void)request;
    response.nonce.data = nonce;
    response.nonce.len = sizeof nonce;
    return rpc_reply(call, &response);
}

static inline struct rpc_verdict
world_accounts_enroll(struct rpc_call *call,
                      const Kindred__V1__EnrollRequest *request)
{
    Kindred__V1__EnrollResponse response = KINDRED__V1__ENROLL_RESPONSE__INIT;
    struct seal_account_claim claim = {
        .call = SEAL_ACCOUNT_ENROLL,
        .origin = world_origin,
        .nonce = request->nonce.data,
        .enroll = {.pool = request->pool, .grade = (uint8_t)request->grade}};

    if (request->idempotency_key.len != 16 || request->signature.len != 64 ||
        request->public_key.len != 32)
        return rpc_fail(call, ERR_INVALID);
    if (seal_account_verify(request->signature.data, &claim,
                            request->public_key.data))
        return rpc_fail(call, ERR_BAD_SIGNATURE);
    response.grade = request->grade;
    return rpc_reply(call, &response);
}

static inline struct rpc_verdict
world_accounts_login(struct rpc_call *call,
                     const Kindred__V1__LoginRequest *request)
{
    struct member_world *world = world_of(call);
    Kindred__V1__LoginResponse response = KINDRED__V1__LOGIN_RESPONSE__INIT;
    struct seal_account_claim claim = {.call = SEAL_ACCOUNT_LOGIN,
                                       .origin = world_origin,
                                       .nonce = request->nonce.data};
    char token[32], pool[] = "test";

    world->bound = request->proof_key.len == 32;
    if (world->bound) {
        memcpy(world->proof_key, request->proof_key.data, 32);
        claim.proof_key = world->proof_key;
    }

    if (request->signature.len != 64 || request->public_key.len != 32 ||
        request->nonce.len != 32 || request->nonce.data[0] != world->challenges)
        return rpc_fail(call, ERR_CHALLENGE);
    if (seal_account_verify(request->signature.data, &claim,
                            request->public_key.data))
        return rpc_fail(call, ERR_BAD_SIGNATURE);
    if (world->stale_challenges > 0) {
        world->stale_challenges--;
        return rpc_fail(call, ERR_CHALLENGE);
    }
    if (world->rotations > 0 &&
        memcmp(request->public_key.data, world->public_key, 32) != 0)
        return rpc_fail(call, ERR_NOT_ENROLLED);
    (void)snprintf(token, sizeof token, "token-%d", ++world->logins);
    response.access_token = token;
    response.expires_in_ms = 900000;
    response.grade = KINDRED__V1__GRADE__GRADE_MEMBER;
    response.pool = pool;
    return rpc_reply(call, &response);
}

/* rotations_lost: it is done, and its answers are not those of one done. */
static inline struct rpc_verdict
world_accounts_rotate_key(struct rpc_call *call,
                          const Kindred__V1__RotateKeyRequest *request)
{
    struct member_world *world = world_of(call);
    Kindred__V1__RotateKeyResponse response =
        KINDRED__V1__ROTATE_KEY_RESPONSE__INIT;
    struct seal_account_claim claim = {
        .call = SEAL_ACCOUNT_ROTATE,
        .origin = world_origin,
        .nonce = request->nonce.data,
        .rotate = {.idempotency_key = request->idempotency_key.data,
                   .old_key = request->public_key.data,
                   .new_key = request->new_public_key.data}};

    if (request->idempotency_key.len != 16 || request->nonce.len != 32 ||
        request->public_key.len != 32 || request->new_public_key.len != 32 ||
        request->signature.len != 64 || request->new_signature.len != 64)
        return rpc_fail(call, ERR_INVALID);
    if (seal_account_verify(request->signature.data, &claim,
                            request->public_key.data) ||
        seal_account_verify(request->new_signature.data, &claim,
                            request->new_public_key.data))
        return rpc_fail(call, ERR_BAD_SIGNATURE);
    if (world->stale_challenges > 0) {
        world->stale_challenges--;
        return rpc_fail(call, ERR_CHALLENGE);
    }
    if (world->rotations_refused)
        return rpc_fail(call, ERR_NOT_ENROLLED);
    world->rotations++;
    memcpy(world->public_key, request->new_public_key.data, 32);
    if (world->rotations_lost)
        return rpc_fail(call, ERR_NOT_ENROLLED);
    return rpc_reply(call, &response);
}

/* ERR_NONE: the call has the newest token, and its proof (seal/proof). */
static inline enum err world_token(struct rpc_call *call)
{
    struct member_world *world = world_of(call);
    const char *said = rpc_call_metadata(call, "authorization");
    char token[40];

    (void)snprintf(token, sizeof token, "Bearer token-%d", world->logins);
    if (!said || strcmp(said, token) != 0)
        return ERR_UNAUTHENTICATED;
    if (world->bound) {
        struct seal_proof_call asked = {.method = rpc_call_method(call)->path};

        asked.message = rpc_call_message(call, &asked.size);
        world->proofs++;
        if (seal_proof_check(rpc_call_metadata(call, "kindred-proof"), &asked,
                             world->proof_key))
            return ERR_PROOF;
    }
    if (world->expired > 0) {
        world->expired--;
        return ERR_TOKEN_EXPIRED;
    }
    return ERR_NONE;
}

/* ---- Support ---- */

static inline void world_ask_closed(struct rpc_call *call, enum err why)
{
    (void)why;
    world_of(call)->ask = NULL;
}

static const struct rpc_watch world_ask_watch = {world_ask_closed, NULL};

static inline void world_tell_ticket(struct rpc_call *call, int phase)
{
    Kindred__V1__AskResponse response = KINDRED__V1__ASK_RESPONSE__INIT;
    Kindred__V1__TicketState ticket = KINDRED__V1__TICKET_STATE__INIT;

    ticket.ticket_id = 77;
    ticket.phase = (Kindred__V1__TicketPhase)phase;
    response.event_case = KINDRED__V1__ASK_RESPONSE__EVENT_TICKET;
    response.ticket = &ticket;
    CHECK(rpc_send(call, &response) == ERR_NONE);
}

static inline void world_tell_crisis(struct rpc_call *call, char *country)
{
    Kindred__V1__AskResponse response = KINDRED__V1__ASK_RESPONSE__INIT;
    Kindred__V1__CrisisResources crisis = KINDRED__V1__CRISIS_RESOURCES__INIT;

    crisis.country = country;
    response.event_case = KINDRED__V1__ASK_RESPONSE__EVENT_CRISIS;
    response.crisis = &crisis;
    CHECK(rpc_send(call, &response) == ERR_NONE);
}

static inline struct rpc_verdict
world_support_ask(struct rpc_call *call, const Kindred__V1__AskRequest *request)
{
    struct member_world *world = world_of(call);
    enum err err = world_token(call);
    int n = world->asks;

    if (err != ERR_NONE)
        return rpc_fail(call, err);
    world->asks++;
    if (request->idempotency_key.len != 16 || request->talk_key.len != 32 ||
        request->mailbox.len != 32)
        return rpc_fail(call, ERR_INVALID);
    memcpy(world->ask_key[n > 0], request->idempotency_key.data, 16);
    if (request->danger)
        world_tell_crisis(call, request->country);
    world_tell_ticket(call, 1);
    if (n < 4 && world->ask_ends[n] != ERR_NONE) {
        rpc_end(call, world->ask_ends[n]);
    } else {
        world->ask = call;
        rpc_call_watch(call, &world_ask_watch);
    }
    return rpc_later(call);
}

static inline struct rpc_verdict
world_support_beat(struct rpc_call *call,
                   const Kindred__V1__SupportBeatRequest *request)
{
    Kindred__V1__SupportBeatResponse response =
        KINDRED__V1__SUPPORT_BEAT_RESPONSE__INIT;
    enum err err = world_token(call);

    if (err != ERR_NONE)
        return rpc_fail(call, err);
    CHECK(request->ticket_id == 77);
    world_of(call)->beats++;
    response.next_ms = world_of(call)->beat_ms;
    return rpc_reply(call, &response);
}

static inline struct rpc_verdict
world_support_raise_danger(struct rpc_call *call,
                           const Kindred__V1__RaiseDangerRequest *request)
{
    Kindred__V1__CrisisResources crisis = KINDRED__V1__CRISIS_RESOURCES__INIT;
    Kindred__V1__RaiseDangerResponse response =
        KINDRED__V1__RAISE_DANGER_RESPONSE__INIT;
    char no_text[] = "\xff"; /* is no UTF-8 */
    enum err err = world_token(call);

    if (err != ERR_NONE)
        return rpc_fail(call, err);
    crisis.country = request->ticket_id < 77 ? no_text : request->country;
    response.event_case = KINDRED__V1__RAISE_DANGER_RESPONSE__EVENT_CRISIS;
    response.crisis = &crisis;
    CHECK(rpc_send(call, &response) == ERR_NONE);
    if (request->ticket_id > 78)
        return rpc_fail(call, ERR_NO_TICKET);
    response.event_case = KINDRED__V1__RAISE_DANGER_RESPONSE__EVENT_OUTCOME;
    response.outcome =
        request->ticket_id == 77
            ? KINDRED__V1__DANGER_OUTCOME__DANGER_OUTCOME_FIRST
            : KINDRED__V1__DANGER_OUTCOME__DANGER_OUTCOME_MATCHED;
    CHECK(rpc_send(call, &response) == ERR_NONE);
    rpc_end(call, ERR_NONE);
    return rpc_later(call);
}

static inline struct rpc_verdict
world_support_withdraw(struct rpc_call *call,
                       const Kindred__V1__WithdrawRequest *request)
{
    Kindred__V1__WithdrawResponse response =
        KINDRED__V1__WITHDRAW_RESPONSE__INIT;
    struct member_world *world = world_of(call);
    enum err err = world_token(call);

    if (err != ERR_NONE || request->ticket_id != 77)
        return rpc_fail(call, err ? err : ERR_NO_TICKET);
    if (world->ask) {
        world_tell_ticket(world->ask, 3);
        rpc_end(world->ask, ERR_NONE);
        world->ask = NULL;
    }
    return rpc_reply(call, &response);
}

static inline struct rpc_verdict world_support_get_crisis_resources(
    struct rpc_call *call,
    const Kindred__V1__GetCrisisResourcesRequest *request)
{
    (void)request;
    return rpc_fail(call, ERR_METHOD);
}

/* ---- Talks: two mailboxes ---- */

static inline struct world_mailbox *
world_box(struct member_world *world, const ProtobufCBinaryData *capability,
          bool to_send)
{
    for (int i = 0; capability->len == 32 && i < 2; i++)
        if (memcmp(to_send ? world->box[i].send : world->box[i].receive,
                   capability->data, 32) == 0)
            return &world->box[i];
    return NULL;
}

static inline void world_reader_closed(struct rpc_call *call, enum err why)
{
    struct member_world *world = world_of(call);

    (void)why;
    for (int i = 0; i < 2; i++)
        if (world->box[i].reader == call)
            world->box[i].reader = NULL;
}

static const struct rpc_watch world_reader_watch = {world_reader_closed, NULL};

static inline void world_tell_phase(struct rpc_call *call, int phase)
{
    Kindred__V1__ReceiveResponse response = KINDRED__V1__RECEIVE_RESPONSE__INIT;
    Kindred__V1__TalkState state = KINDRED__V1__TALK_STATE__INIT;

    state.phase = (Kindred__V1__TalkPhase)phase;
    response.event_case = KINDRED__V1__RECEIVE_RESPONSE__EVENT_STATE;
    response.state = &state;
    CHECK(rpc_send(call, &response) == ERR_NONE);
}

static inline void world_deliver(struct world_mailbox *box, uint32_t index)
{
    Kindred__V1__ReceiveResponse response = KINDRED__V1__RECEIVE_RESPONSE__INIT;
    Kindred__V1__TalkMessage message = KINDRED__V1__TALK_MESSAGE__INIT;

    message.seq = index + 1;
    message.ciphertext.data = box->mail[index].ciphertext;
    message.ciphertext.len = box->mail[index].size;
    response.event_case = KINDRED__V1__RECEIVE_RESPONSE__EVENT_MESSAGE;
    response.message = &message;
    if (box->reader)
        CHECK(rpc_send(box->reader, &response) == ERR_NONE);
}

static inline struct rpc_verdict
world_talks_receive(struct rpc_call *call,
                    const Kindred__V1__ReceiveRequest *request)
{
    struct member_world *world = world_of(call);
    struct world_mailbox *box = world_box(world, &request->capability, false);
    enum err ends = world->receive_ends;

    world->receives++;
    if (!box)
        return rpc_fail(call, ERR_NO_TALK);
    if (box->reader)
        rpc_end(box->reader, ERR_REPLACED);
    world->after_seq = request->after_seq;
    box->reader = call;
    rpc_call_watch(call, &world_reader_watch);
    world_tell_phase(call, 2);
    for (uint32_t i = box->acked; i < box->count; i++)
        if (i >= request->after_seq || world->forgetful)
            world_deliver(box, i);
    world->receive_ends = ERR_NONE;
    if (ends != ERR_NONE) {
        box->reader = NULL;
        rpc_end(call, ends);
    }
    return rpc_later(call);
}

static inline struct rpc_verdict
world_talks_send(struct rpc_call *call, const Kindred__V1__SendRequest *request)
{
    struct member_world *world = world_of(call);
    struct world_mailbox *box = world_box(world, &request->capability, true);
    Kindred__V1__SendResponse response = KINDRED__V1__SEND_RESPONSE__INIT;
    const ProtobufCBinaryData *text = &request->ciphertext;

    world->sends++;
    if (!box || request->idempotency_key.len != 16)
        return rpc_fail(call, ERR_NO_TALK);
    for (uint32_t i = 0; i < box->count && response.seq == 0; i++)
        if (memcmp(box->mail[i].key, request->idempotency_key.data, 16) == 0) {
            response.seq = i + 1;
            world->other_bytes |=
                text->len != box->mail[i].size ||
                memcmp(text->data, box->mail[i].ciphertext, text->len) != 0;
        }
    if (response.seq == 0) {
        if (box->count == WORLD_MAIL ||
            text->len > sizeof box->mail->ciphertext)
            return rpc_fail(call, ERR_MAILBOX_FULL);
        memcpy(box->mail[box->count].key, request->idempotency_key.data, 16);
        memcpy(box->mail[box->count].ciphertext, text->data, text->len);
        box->mail[box->count].size = text->len;
        world_deliver(box, box->count++);
        response.seq = box->count;
    }
    if (world->sends_lost > 0) {
        world->sends_lost--;
        return rpc_fail(call, MEMBER_WORLD_AWAY);
    }
    return rpc_reply(call, &response);
}

static inline struct rpc_verdict
world_talks_acknowledge(struct rpc_call *call,
                        const Kindred__V1__AcknowledgeRequest *request)
{
    struct member_world *world = world_of(call);
    struct world_mailbox *box = world_box(world, &request->capability, false);
    Kindred__V1__AcknowledgeResponse response =
        KINDRED__V1__ACKNOWLEDGE_RESPONSE__INIT;

    world->acks++;
    if (!box || request->up_to_seq > box->count)
        return rpc_fail(call, box ? ERR_SEQUENCE : ERR_NO_TALK);
    if (box->acked < request->up_to_seq && !world->forgetful)
        box->acked = (uint32_t)request->up_to_seq;
    return rpc_reply(call, &response);
}

static inline struct rpc_verdict
world_talks_end(struct rpc_call *call, const Kindred__V1__EndRequest *request)
{
    struct member_world *world = world_of(call);
    Kindred__V1__EndResponse response = KINDRED__V1__END_RESPONSE__INIT;

    if (!world_box(world, &request->capability, false))
        return rpc_fail(call, ERR_NO_TALK);
    for (int i = 0; i < 2; i++) {
        struct rpc_call *reader = world->box[i].reader;

        world->box[i].reader = NULL;
        if (reader) {
            world_tell_phase(reader, 3);
            rpc_end(reader, ERR_NONE);
        }
    }
    return rpc_reply(call, &response);
}

static inline struct rpc_verdict
world_talks_reflect(struct rpc_call *call,
                    const Kindred__V1__ReflectRequest *request)
{
    (void)request;
    return rpc_fail(call, ERR_TALK_LIVES);
}

API_KINDRED_V1_ACCOUNTS(RPC_WRAP, world_accounts)
API_KINDRED_V1_SUPPORT(RPC_WRAP, world_support)
API_KINDRED_V1_TALKS(RPC_WRAP, world_talks)
static const struct rpc_binding world_accounts_bindings[] = {
    API_KINDRED_V1_ACCOUNTS(RPC_BIND, world_accounts)};
static const struct rpc_binding world_support_bindings[] = {
    API_KINDRED_V1_SUPPORT(RPC_BIND, world_support)};
static const struct rpc_binding world_talks_bindings[] = {
    API_KINDRED_V1_TALKS(RPC_BIND, world_talks)};

#define WORLD_BIND(world, list)                                                \
    rpc_server_bind(&(world)->server, list, sizeof list / sizeof *list, world)

/* ---- birth, time and death ---- */

static inline void member_world_listen(struct member_world *world)
{
    struct rpc_limits limits = {0};
    int fd;

    if (rpc_server_init(&world->server, 0, &kindred_api, &limits) ||
        net_address_parse(&world->address, "127.0.0.1:0") ||
        net_address_bind(&world->address, &fd, 1))
        abort();
    WORLD_BIND(world, world_accounts_bindings);
    WORLD_BIND(world, world_support_bindings);
    WORLD_BIND(world, world_talks_bindings);
    world->host.handler_of = rpc_server_handler();
    world->host.handler = &world->server;
    if (net_loop_host(&world->loop->net, &world->host) ||
        net_listener_start(&world->listener, &world->loop->net, &world->host,
                           fd, &world->address))
        abort();
    net_address_format(&world->address, world->where);
}

static inline void member_world_stop(void *loop)
{
    kindred_loop_stop(loop);
}

static inline struct member_world *member_world_open(void)
{
    struct member_world *world = calloc(1, sizeof *world);
    struct kindred_identity identity;
    struct kindred_error error;

    if (!world)
        abort();
    world->beat_ms = 20000;
    world->loop = kindred_loop_new();
    if (!world->loop)
        abort();
    member_world_listen(world);
    world->timer =
        kindred_timer_new(world->loop, member_world_stop, world->loop);
    world->client = kindred_client_new(world->loop, world->where, &error);
    kindred_identity_make(&identity);
    world->member = kindred_member_new(world->client, &identity);
    if (!world->timer || !world->client || !world->member)
        abort();
    return world;
}

/* Let at most ms pass; sooner if a callback stops the loop. */
static inline void member_world_run(struct member_world *world, uint64_t ms)
{
    kindred_timer_set(world->timer, ms);
    kindred_loop_run(world->loop);
    kindred_timer_set(world->timer, KINDRED_NEVER);
}

/* Whoever may free first: member, then client. */
static inline void member_world_close(struct member_world *world)
{
    kindred_member_free(world->member);
    kindred_client_free(world->client);
    kindred_timer_free(world->timer);
    net_loop_close(&world->loop->net);
    rpc_server_close(&world->server);
    http_session_host_close(&world->host);
    kindred_loop_free(world->loop);
    free(world);
}

#endif

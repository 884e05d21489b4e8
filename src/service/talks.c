/* service/talks -- the relay: mailboxes by capability, and nothing of who.
 *
 * Every call first finds the mailbox by the keyed hash of its capability; the
 * link sealed beside it says which side of which talk that is.  One that is not
 * there and one of another kind are answered alike (service/service law 2). */
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"
#include "pb/kindred.api.h"
#include "pb/kindred/v1/talks.pb-c.h"
#include "seal/mailbox.h"
#include "service/bindings.h"
#include "service/call.h"
#include "service/link.h"
#include "service/stream.h"

static struct rpc_verdict
talks_receive(struct rpc_call *call, const Kindred__V1__ReceiveRequest *request)
{
    enum err err = service_stream_open(call, request->after_seq);

    if (err == ERR_NONE)
        err = service_link_mailbox(call, request->capability,
                                   service_stream_mailbox);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

/* --- Send --- */

static void sent(struct service_request *request, struct rpc_call *call)
{
    const struct service *service = request->service;
    const struct store_result *result = &request->job.result;
    Kindred__V1__SendResponse response = KINDRED__V1__SEND_RESPONSE__INIT;
    struct seal_row_mailbox mailbox;
    enum err err = service_request_err(request);

    response.seq = result->sent.seq;
    if (result->outcome == OUTCOME_OK) { /* wake who receives, caller or not */
        log_event(LOG_MESSAGE_RELAYED, 1, ERR_NONE);
        err = seal_row_open_mailbox(&mailbox, result->sent.receive_hash,
                                    result->sent.link.data,
                                    result->sent.link.size, service->keys->row);
        if (err == ERR_NONE)
            service->port.wake(service->port.arg, mailbox.talk,
                               mailbox.side == 0 ? MATCH_SEEKER : MATCH_PEER);
    }
    if (call)
        service_call_answer(call, err, &response);
}

static struct rpc_verdict talks_send(struct rpc_call *call,
                                     const Kindred__V1__SendRequest *in)
{
    struct service *service = service_of(call);
    struct service_request *request;
    struct store_command *command;
    enum err err;

    if (in->capability.len != SEAL_MAILBOX_CAPABILITY ||
        in->ciphertext.len == 0)
        return rpc_fail(call, ERR_INVALID);
    if (in->ciphertext.len > service->config->limits.message_bytes_max)
        return rpc_fail(call, ERR_TOO_LARGE);
    request = service_request_new(service, rpc_call_id(call), STORE_SEND, sent);
    if (!request)
        return rpc_fail(call, ERR_FULL);
    command = &request->job.command;
    seal_mailbox_hash(command->send.send_hash, service->keys->mailbox,
                      in->capability.data);
    err = service_key(service, &command->key, in->idempotency_key, &in->base);
    if (err == ERR_NONE)
        err =
            service_request_keep(request, in->ciphertext.data,
                                 in->ciphertext.len, &command->send.ciphertext);
    if (err != ERR_NONE) {
        service_request_free(request);
        return rpc_fail(call, err);
    }
    err = service_request_send(request);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

/* --- Acknowledge --- */

static void acknowledged(struct service_request *request, struct rpc_call *call)
{
    const Kindred__V1__AcknowledgeResponse response =
        KINDRED__V1__ACKNOWLEDGE_RESPONSE__INIT;

    if (call)
        service_call_answer(call, service_request_err(request), &response);
}

static struct rpc_verdict
talks_acknowledge(struct rpc_call *call,
                  const Kindred__V1__AcknowledgeRequest *in)
{
    struct service *service = service_of(call);
    struct service_request *request;
    enum err err;

    if (in->capability.len != SEAL_MAILBOX_CAPABILITY)
        return rpc_fail(call, ERR_INVALID);
    request = service_request_new(service, rpc_call_id(call), STORE_ACKNOWLEDGE,
                                  acknowledged);
    if (!request)
        return rpc_fail(call, ERR_FULL);
    seal_mailbox_hash(request->job.command.acknowledge.receive_hash,
                      service->keys->mailbox, in->capability.data);
    request->job.command.acknowledge.up_to_seq = in->up_to_seq;
    err = service_request_send(request);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

/* --- End and Reflect: find the mailbox, then tell the engine --- */

static void order_mailbox(struct service_request *request,
                          struct rpc_call *call)
{
    struct service_order *order;
    struct seal_row_mailbox mailbox;
    enum match_role side;
    enum err err;

    if (!call)
        return;
    order = service_call_unhold(call, service_link_found(request, &mailbox));
    if (!order)
        return;
    side = mailbox.side == 0 ? MATCH_SEEKER : MATCH_PEER;
    if (order->event.kind == EVENT_END) {
        order->event.talk.talk = mailbox.talk;
        order->event.talk.side = side;
    } else {
        REQUIRE(order->event.kind == EVENT_REFLECT);
        order->event.reflect.talk = mailbox.talk;
        order->event.reflect.side = side;
    }
    err = service_order_send(request->service, order);
    if (err != ERR_NONE)
        rpc_end(call, err);
}

/* An order of this kind that waits for its mailbox. */
static enum err begin_order(struct rpc_call *call, enum match_event_kind kind,
                            const struct service_live *live,
                            struct service_held **out)
{
    struct service_held *held = rpc_call_alloc(call, sizeof *held);

    *out = held;
    if (!held)
        return ERR_NOMEM;
    *held = (struct service_held){.live = live};
    held->order =
        service_order_new(service_of(call), rpc_call_id(call), 0, kind);
    return held->order ? ERR_NONE : ERR_NOMEM;
}

static struct rpc_verdict finish_order(struct rpc_call *call,
                                       struct service_held *held, enum err err,
                                       ProtobufCBinaryData capability)
{
    if (err == ERR_NONE)
        err = service_link_mailbox(call, capability, order_mailbox);
    if (err != ERR_NONE)
        return service_call_fail(call, held ? held->order : NULL, err);
    service_call_hold(call, held);
    return rpc_later(call);
}

static void end_replied(struct rpc_call *call, enum err err, uint64_t reference)
{
    const Kindred__V1__EndResponse response = KINDRED__V1__END_RESPONSE__INIT;

    (void)reference;
    if (err == ERR_TALK_ENDED || err == ERR_NO_TALK)
        err = ERR_NONE; /* the mailbox was there, so it has ended */
    service_call_answer(call, err, &response);
}

static struct rpc_verdict talks_end(struct rpc_call *call,
                                    const Kindred__V1__EndRequest *request)
{
    static const struct service_live live = {.replied = end_replied};
    struct service_held *held;
    enum err err = begin_order(call, EVENT_END, &live, &held);

    if (err == ERR_NONE)
        err = service_key(service_of(call), &held->order->event.key,
                          request->idempotency_key, &request->base);
    return finish_order(call, held, err, request->capability);
}

/* Kept: is it mutual now? */
static void reflected(struct service_request *request, struct rpc_call *call)
{
    Kindred__V1__ReflectResponse response = KINDRED__V1__REFLECT_RESPONSE__INIT;
    enum err err = service_request_err(request);

    response.bond = request->job.result.talk.bond;
    if (call)
        service_call_answer(call, err, &response);
}

static void reflect_replied(struct rpc_call *call, enum err err,
                            uint64_t reference)
{
    if (err == ERR_NONE)
        err = service_link_ask(call, reference, 0, reflected);
    if (err != ERR_NONE)
        rpc_end(call, err);
}

static struct rpc_verdict
talks_reflect(struct rpc_call *call, const Kindred__V1__ReflectRequest *request)
{
    static const struct service_live live = {.replied = reflect_replied};
    Kindred__V1__Understood said = request->understood;
    struct service_held *held;
    enum err err = begin_order(call, EVENT_REFLECT, &live, &held);

    if (err == ERR_NONE && said != KINDRED__V1__UNDERSTOOD__UNDERSTOOD_YES &&
        said != KINDRED__V1__UNDERSTOOD__UNDERSTOOD_NO &&
        said != KINDRED__V1__UNDERSTOOD__UNDERSTOOD_UNSPECIFIED)
        err = ERR_INVALID;
    if (err == ERR_NONE)
        err = service_key(service_of(call), &held->order->event.key,
                          request->idempotency_key, &request->base);
    if (err == ERR_NONE) {
        held->order->event.reflect.said =
            said != KINDRED__V1__UNDERSTOOD__UNDERSTOOD_UNSPECIFIED;
        held->order->event.reflect.understood =
            said == KINDRED__V1__UNDERSTOOD__UNDERSTOOD_YES;
        held->order->event.reflect.again = request->again;
    }
    return finish_order(call, held, err, request->capability);
}

API_KINDRED_V1_TALKS(RPC_WRAP, talks)

const struct rpc_binding service_talks_bindings[] = {
    API_KINDRED_V1_TALKS(RPC_BIND, talks)};
const size_t service_talks_count =
    sizeof service_talks_bindings / sizeof service_talks_bindings[0];

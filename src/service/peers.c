/* service/peers -- being on duty: the calls of the peer beside the stream. */
#include <string.h>

#include "base/wipe.h"
#include "pb/kindred.api.h"
#include "pb/kindred/v1/peers.pb-c.h"
#include "service/attend.h"
#include "service/bindings.h"
#include "service/call.h"
#include "service/check.h"
#include "service/link.h"

static struct rpc_verdict
peers_attend(struct rpc_call *call, const Kindred__V1__AttendRequest *request)
{
    return service_attend_open(call, request);
}

static void beat_replied(struct rpc_call *call, enum err err,
                         uint64_t reference)
{
    Kindred__V1__PeersBeatResponse response =
        KINDRED__V1__PEERS_BEAT_RESPONSE__INIT;

    (void)reference;
    response.next_ms = (uint32_t)service_of(call)->config->limits.beat_ms;
    service_call_answer(call, err, &response);
}

static struct rpc_verdict
peers_beat(struct rpc_call *call, const Kindred__V1__PeersBeatRequest *request)
{
    static const struct service_live live = {.replied = beat_replied};
    struct service_order *order;
    enum err err =
        service_call_order(call, GRADE_PEER, EVENT_SEEN, &live, &order);

    (void)request;
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    order->event.stream.role = MATCH_PEER;
    return service_call_send(call, order);
}

static void accept_found(struct service_request *request, struct rpc_call *call)
{
    Kindred__V1__AnswerResponse response = KINDRED__V1__ANSWER_RESPONSE__INIT;
    struct service_link link;
    enum err err = service_request_err(request);

    if (!call)
        return;
    if (err == ERR_NONE)
        err = service_link_open(request->service, &request->job.result,
                                MATCH_PEER, &link);
    if (err == ERR_NONE)
        response.talk = &link.talk;
    service_call_answer(call, err, &response);
    wipe(&link, sizeof link);
}

/* Accepted: the reference is the talk. */
static void accept_replied(struct rpc_call *call, enum err err,
                           uint64_t reference)
{
    if (err == ERR_NONE)
        err = service_link_ask(call, reference, service_call_member(call),
                               accept_found);
    if (err != ERR_NONE)
        rpc_end(call, err);
}

static struct rpc_verdict
peers_answer(struct rpc_call *call, const Kindred__V1__AnswerRequest *request)
{
    static const struct service_live accept = {.replied = accept_replied};
    static const Kindred__V1__AnswerResponse empty =
        KINDRED__V1__ANSWER_RESPONSE__INIT;
    static const struct service_live decline = {.replied = service_call_replied,
                                                .empty = &empty.base};
    const struct service *service = service_of(call);
    bool accepts =
        request->answer_case == KINDRED__V1__ANSWER_REQUEST__ANSWER_ACCEPT;
    struct service_order *order;
    enum err err = service_call_order(call, GRADE_PEER, EVENT_ANSWER,
                                      accepts ? &accept : &decline, &order);

    if (err == ERR_NONE && !accepts &&
        request->answer_case != KINDRED__V1__ANSWER_REQUEST__ANSWER_DECLINE)
        err = ERR_INVALID;
    if (err == ERR_NONE && accepts)
        err = service_check_secrets(service, request->accept->talk_key,
                                    request->accept->mailbox, &order->secrets);
    if (err == ERR_NONE)
        err = service_key(service, &order->event.key, request->idempotency_key,
                          &request->base);
    if (err != ERR_NONE)
        return service_call_fail(call, order, err);
    order->event.answer.offer = request->offer_id;
    order->event.answer.accept = accepts;
    return service_call_send(call, order);
}

static struct rpc_verdict
peers_set_capacity(struct rpc_call *call,
                   const Kindred__V1__SetCapacityRequest *request)
{
    static const Kindred__V1__SetCapacityResponse empty =
        KINDRED__V1__SET_CAPACITY_RESPONSE__INIT;
    static const struct service_live live = {.replied = service_call_replied,
                                             .empty = &empty.base};
    struct service_order *order;
    enum err err =
        service_call_order(call, GRADE_PEER, EVENT_CAPACITY, &live, &order);

    if (err == ERR_NONE && request->capacity > MATCH_CAPACITY_MAX)
        err = ERR_CAPACITY;
    if (err == ERR_NONE)
        err = service_key(service_of(call), &order->event.key,
                          request->idempotency_key, &request->base);
    if (err != ERR_NONE)
        return service_call_fail(call, order, err);
    order->event.capacity.capacity = (uint8_t)request->capacity;
    return service_call_send(call, order);
}

/* Pause, Resume and Leave: a key and nothing else. */
static struct rpc_verdict keyed(struct rpc_call *call,
                                enum match_event_kind kind,
                                const struct service_live *live,
                                ProtobufCBinaryData key,
                                const ProtobufCMessage *request)
{
    struct service_order *order;
    enum err err = service_call_order(call, GRADE_PEER, kind, live, &order);

    if (err == ERR_NONE)
        err = service_key(service_of(call), &order->event.key, key, request);
    if (err != ERR_NONE)
        return service_call_fail(call, order, err);
    return service_call_send(call, order);
}

static struct rpc_verdict peers_pause(struct rpc_call *call,
                                      const Kindred__V1__PauseRequest *request)
{
    static const Kindred__V1__PauseResponse empty =
        KINDRED__V1__PAUSE_RESPONSE__INIT;
    static const struct service_live live = {.replied = service_call_replied,
                                             .empty = &empty.base};

    return keyed(call, EVENT_PAUSE, &live, request->idempotency_key,
                 &request->base);
}

static struct rpc_verdict
peers_resume(struct rpc_call *call, const Kindred__V1__ResumeRequest *request)
{
    static const Kindred__V1__ResumeResponse empty =
        KINDRED__V1__RESUME_RESPONSE__INIT;
    static const struct service_live live = {.replied = service_call_replied,
                                             .empty = &empty.base};

    return keyed(call, EVENT_RESUME, &live, request->idempotency_key,
                 &request->base);
}

static void leave_replied(struct rpc_call *call, enum err err,
                          uint64_t reference)
{
    const Kindred__V1__LeaveResponse response =
        KINDRED__V1__LEAVE_RESPONSE__INIT;

    (void)reference;
    service_call_answer(call, err == ERR_NOT_ON_DUTY ? ERR_NONE : err,
                        &response); /* to leave when off duty is OK */
}

static struct rpc_verdict peers_leave(struct rpc_call *call,
                                      const Kindred__V1__LeaveRequest *request)
{
    static const struct service_live live = {.replied = leave_replied};

    return keyed(call, EVENT_LEAVE, &live, request->idempotency_key,
                 &request->base);
}

API_KINDRED_V1_PEERS(RPC_WRAP, peers)

const struct rpc_binding service_peers_bindings[] = {
    API_KINDRED_V1_PEERS(RPC_BIND, peers)};
const size_t service_peers_count =
    sizeof service_peers_bindings / sizeof service_peers_bindings[0];

/* service/peers -- being on duty: the peer's stream and what belongs to it. */
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"
#include "pb/kindred.api.h"
#include "pb/kindred/v1/peers.pb-c.h"
#include "service/bindings.h"
#include "service/call.h"
#include "service/card.h"
#include "service/check.h"
#include "service/link.h"

enum { DAY_MS = 86400000 };

struct attend {                      /* the call's own state */
    const struct service_live *live; /* first */
    struct seal_token who;
    struct match_key key;
    uint64_t rest_ms, duration_ms;
    uint8_t capacity;
    bool opened, finding, seen;  /* finding: a talk is being fetched */
    struct match_duty_view view; /* the latest, if seen */
    struct service_link *link[MATCH_CAPACITY_MAX]; /* of talks it knows */
};

static void tell_lost(struct rpc_call *call)
{
    struct service *service = service_of(call);
    const struct attend *attend = rpc_call_user(call);
    struct service_order *order;

    if (!attend || !attend->opened)
        return;
    order = service_order_new(service, 0, attend->who.member, EVENT_LOST);
    if (!order)
        return; /* the engine misses the beats */
    order->event.stream.stream = rpc_call_id(call);
    order->event.stream.role = MATCH_PEER;
    if (service_order_send(service, order) != ERR_NONE)
        return;
}

static void attend_closed(struct rpc_call *call, enum err why)
{
    (void)why;
    tell_lost(call);
}

static const struct rpc_watch attend_watch = {.closed = attend_closed};

static Kindred__V1__DutyReason reason(enum match_duty_why why)
{
    switch (why) {
    case DUTY_WHY_LEFT:
    case DUTY_WHY_REQUEST:
        return KINDRED__V1__DUTY_REASON__DUTY_REASON_REQUESTED;
    case DUTY_WHY_LAPSES:
        return KINDRED__V1__DUTY_REASON__DUTY_REASON_LAPSES;
    case DUTY_WHY_ASK:
        return KINDRED__V1__DUTY_REASON__DUTY_REASON_OWN_ASK;
    case DUTY_WHY_UNTIL:
        return KINDRED__V1__DUTY_REASON__DUTY_REASON_DURATION;
    case DUTY_WHY_GRADE:
        return KINDRED__V1__DUTY_REASON__DUTY_REASON_GRADE_EXPIRED;
    case DUTY_WHY_LOST:
    case DUTY_WHY_CLAIM:
        return KINDRED__V1__DUTY_REASON__DUTY_REASON_LOST;
    case DUTY_WHY_HELD:
    case DUTY_WHY_ERASED:
        return KINDRED__V1__DUTY_REASON__DUTY_REASON_INACTIVE;
    case DUTY_WHY_NONE:
    case DUTY_WHYS:
        break;
    }
    return KINDRED__V1__DUTY_REASON__DUTY_REASON_UNSPECIFIED;
}

static Kindred__V1__DutyPhase phase(enum match_duty_state state)
{
    switch (state) {
    case DUTY_ON:
        return KINDRED__V1__DUTY_PHASE__DUTY_PHASE_ON;
    case DUTY_PAUSED:
        return KINDRED__V1__DUTY_PHASE__DUTY_PHASE_PAUSED;
    case DUTY_OFF:
    case DUTY_STATES:
        break;
    }
    return KINDRED__V1__DUTY_PHASE__DUTY_PHASE_OFF;
}

static uint32_t left_ms(uint64_t until_ms, uint64_t now_ms)
{
    uint64_t left = until_ms > now_ms ? until_ms - now_ms : 0;

    return left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

static struct service_link **find_link(struct attend *attend, uint64_t talk)
{
    for (int i = 0; i < MATCH_CAPACITY_MAX; i++)
        if (attend->link[i] && attend->link[i]->talk.talk_id == talk)
            return &attend->link[i];
    return NULL;
}

/* Send the latest view; every talk in it is known. */
static enum err send_view(struct rpc_call *call, struct attend *attend)
{
    const struct match_duty_view *view = &attend->view;
    uint64_t now_ms = service_now_ms(service_of(call));
    Kindred__V1__DutyState state = KINDRED__V1__DUTY_STATE__INIT;
    Kindred__V1__AttendResponse response = KINDRED__V1__ATTEND_RESPONSE__INIT;
    Kindred__V1__Offer offer[MATCH_CAPACITY_MAX];
    Kindred__V1__Offer *offers[MATCH_CAPACITY_MAX];
    Kindred__V1__Talk *talks[MATCH_CAPACITY_MAX];
    uint64_t shown[MATCH_CAPACITY_MAX][MATCH_SHOWN_MAX];

    REQUIRE(view->offers <= MATCH_CAPACITY_MAX);
    REQUIRE(view->talks <= MATCH_CAPACITY_MAX);
    for (uint8_t i = 0; i < view->offers; i++) {
        kindred__v1__offer__init(&offer[i]);
        memcpy(shown[i], view->offer[i].shown, sizeof shown[i]);
        offer[i].offer_id = view->offer[i].id;
        offer[i].expires_in_ms = left_ms(view->offer[i].deadline_ms, now_ms);
        offer[i].shown = shown[i];
        offer[i].n_shown = view->offer[i].showns;
        offer[i].danger = view->offer[i].danger;
        offers[i] = &offer[i];
    }
    for (uint8_t i = 0; i < view->talks; i++)
        talks[i] = &(*find_link(attend, view->talk[i]))->talk;
    state.phase = phase(view->state);
    state.reason = reason(view->why);
    state.capacity = view->capacity;
    state.rest_left_ms = left_ms(view->rest_until_ms, now_ms);
    state.offers = offers;
    state.n_offers = view->offers;
    state.talks = talks;
    state.n_talks = view->talks;
    response.duty = &state;
    return rpc_send_latest(call, &response);
}

static void give_up(struct rpc_call *call, enum err err)
{
    if (err != ERR_NONE)
        tell_lost(call);
    rpc_end(call, err);
}

static void show(struct rpc_call *call);

static bool in_view(const struct match_duty_view *view, uint64_t talk)
{
    for (uint8_t i = 0; i < view->talks; i++)
        if (view->talk[i] == talk)
            return true;
    return false;
}

/* Where a new link may go: an empty place, or that of a talk gone by. */
static struct service_link *make_link(struct rpc_call *call,
                                      struct attend *attend)
{
    for (int i = 0; i < MATCH_CAPACITY_MAX; i++) {
        struct service_link **link = &attend->link[i];

        if (*link && in_view(&attend->view, (*link)->talk.talk_id))
            continue;
        if (!*link)
            *link = rpc_call_alloc(call, sizeof **link);
        return *link;
    }
    return NULL;
}

static void talk_found(struct service_request *request, struct rpc_call *call)
{
    struct attend *attend = call ? rpc_call_user(call) : NULL;
    uint64_t talk = request->job.command.find_talk.talk;
    enum err err = service_request_err(request);
    struct service_link *link;

    if (!call)
        return;
    attend->finding = false;
    if (in_view(&attend->view, talk)) { /* else it ended meanwhile */
        link = make_link(call, attend);
        if (!link)
            err = ERR_NOMEM;
        if (err == ERR_NONE)
            err = service_link_open(request->service, &request->job.result,
                                    MATCH_PEER, link);
        if (err != ERR_NONE) {
            give_up(call, err);
            return;
        }
    }
    show(call);
}

/* Send the view, or fetch the first talk of it that is not known yet. */
static void show(struct rpc_call *call)
{
    struct attend *attend = rpc_call_user(call);
    struct service_request *request;
    enum err err = ERR_FULL;

    if (attend->finding || !attend->seen)
        return;
    for (uint8_t i = 0; i < attend->view.talks; i++) {
        if (find_link(attend, attend->view.talk[i]))
            continue;
        request = service_request_new(service_of(call), rpc_call_id(call),
                                      STORE_FIND_TALK, talk_found);
        if (request) {
            request->job.command.find_talk.talk = attend->view.talk[i];
            request->job.command.find_talk.member = attend->who.member;
            err = service_request_send(request);
        }
        if (err != ERR_NONE)
            give_up(call, err);
        else
            attend->finding = true;
        return;
    }
    err = send_view(call, attend);
    if (err != ERR_NONE || attend->view.state == DUTY_OFF)
        give_up(call, err);
}

static void attend_told(struct rpc_call *call,
                        const struct service_signal *signal)
{
    struct attend *attend = rpc_call_user(call);

    REQUIRE(signal->kind == SIGNAL_DUTY);
    attend->view = signal->duty;
    attend->seen = true;
    show(call);
}

static void attend_replied(struct rpc_call *call, enum err err,
                           uint64_t reference)
{
    (void)reference; /* the state follows */
    if (err != ERR_NONE)
        rpc_end(call, err);
}

static const struct service_live attend_live = {.replied = attend_replied,
                                                .told = attend_told};

static void attend_card(struct service_request *request, struct rpc_call *call)
{
    struct service *service = request->service;
    struct attend *attend = call ? rpc_call_user(call) : NULL;
    struct service_order *order;
    enum err err;

    if (!call)
        return;
    order = service_order_new(service, request->call, attend->who.member,
                              EVENT_ATTEND);
    if (!order) {
        rpc_end(call, ERR_NOMEM);
        return;
    }
    err = service_card_take(request, MATCH_PEER, &order->card);
    if (err != ERR_NONE) {
        service_order_free(order);
        rpc_end(call, err);
        return;
    }
    order->event.key = attend->key;
    order->event.pool = attend->who.pool;
    order->event.attend.card = &order->card;
    order->event.attend.grade = (enum match_grade)attend->who.grade;
    order->event.attend.grade_until_ms = attend->who.grade_until_ms;
    order->event.attend.capacity = attend->capacity;
    order->event.attend.rest_ms = attend->rest_ms;
    if (attend->duration_ms > 0)
        order->event.attend.until_ms =
            order->event.now_ms + attend->duration_ms;
    err = service_order_send(service, order);
    attend->opened = err == ERR_NONE;
    if (err != ERR_NONE)
        rpc_end(call, err);
}

static struct rpc_verdict
peers_attend(struct rpc_call *call, const Kindred__V1__AttendRequest *request)
{
    struct service *service = service_of(call);
    struct attend *attend = rpc_call_alloc(call, sizeof *attend);
    enum err err;

    if (!attend)
        return rpc_fail(call, ERR_NOMEM);
    *attend = (struct attend){.live = &attend_live,
                              .rest_ms = request->rest_ms
                                             ? request->rest_ms
                                             : service->config->limits.rest_ms,
                              .duration_ms = request->duration_ms};
    err = service_check_caller(call, GRADE_PEER, &attend->who);
    if (err == ERR_NONE && request->capacity > MATCH_CAPACITY_MAX)
        err = ERR_CAPACITY;
    if (err == ERR_NONE &&
        (request->rest_ms > DAY_MS || request->duration_ms > DAY_MS))
        err = ERR_INVALID;
    if (err == ERR_NONE)
        err = service_key(service, &attend->key, request->idempotency_key,
                          &request->base);
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    attend->capacity = (uint8_t)request->capacity;
    rpc_call_set_user(call, attend);
    rpc_call_watch(call, &attend_watch);
    err = service_card_ask(call, attend->who.member, MATCH_PEER, attend_card);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

/* --- unary calls --- */

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
    struct service_request *request;

    if (err == ERR_NONE) {
        request = service_request_new(service_of(call), rpc_call_id(call),
                                      STORE_FIND_TALK, accept_found);
        err = ERR_FULL;
        if (request) {
            request->job.command.find_talk.talk = reference;
            request->job.command.find_talk.member = service_call_member(call);
            err = service_request_send(request);
        }
        if (err == ERR_NONE)
            return;
    }
    rpc_end(call, err);
}

static void decline_replied(struct rpc_call *call, enum err err,
                            uint64_t reference)
{
    const Kindred__V1__AnswerResponse response =
        KINDRED__V1__ANSWER_RESPONSE__INIT;

    (void)reference;
    service_call_answer(call, err, &response);
}

static struct rpc_verdict
peers_answer(struct rpc_call *call, const Kindred__V1__AnswerRequest *request)
{
    static const struct service_live accept = {.replied = accept_replied};
    static const struct service_live decline = {.replied = decline_replied};
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

static void capacity_replied(struct rpc_call *call, enum err err,
                             uint64_t reference)
{
    const Kindred__V1__SetCapacityResponse response =
        KINDRED__V1__SET_CAPACITY_RESPONSE__INIT;

    (void)reference;
    service_call_answer(call, err, &response);
}

static struct rpc_verdict
peers_set_capacity(struct rpc_call *call,
                   const Kindred__V1__SetCapacityRequest *request)
{
    static const struct service_live live = {.replied = capacity_replied};
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

static void pause_replied(struct rpc_call *call, enum err err,
                          uint64_t reference)
{
    const Kindred__V1__PauseResponse response =
        KINDRED__V1__PAUSE_RESPONSE__INIT;

    (void)reference;
    service_call_answer(call, err, &response);
}

static struct rpc_verdict peers_pause(struct rpc_call *call,
                                      const Kindred__V1__PauseRequest *request)
{
    static const struct service_live live = {.replied = pause_replied};

    return keyed(call, EVENT_PAUSE, &live, request->idempotency_key,
                 &request->base);
}

static void resume_replied(struct rpc_call *call, enum err err,
                           uint64_t reference)
{
    const Kindred__V1__ResumeResponse response =
        KINDRED__V1__RESUME_RESPONSE__INIT;

    (void)reference;
    service_call_answer(call, err, &response);
}

static struct rpc_verdict
peers_resume(struct rpc_call *call, const Kindred__V1__ResumeRequest *request)
{
    static const struct service_live live = {.replied = resume_replied};

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

/* service/support -- asking: the seeker's stream and what belongs to it. */
#include "base/require.h"
#include "base/wipe.h"
#include "pb/kindred.api.h"
#include "pb/kindred/v1/support.pb-c.h"
#include "service/bindings.h"
#include "service/call.h"
#include "service/card.h"
#include "service/check.h"
#include "service/crisis.h"
#include "service/link.h"

enum { WISH_MS_MAX = 1800000 };

struct ask {                         /* the call's own state */
    const struct service_live *live; /* first */
    struct seal_token who;
    struct match_key key;
    struct seal_row_side secrets;
    struct match_ticket_view view; /* the latest */
    uint64_t after;                /* the talk whose age goes on, or 0 */
    uint64_t wish, wish_ms;
    bool danger, opened;
};

/* The seeker is gone, or we gave up on the stream: start the grace. */
static void tell_lost(struct rpc_call *call)
{
    const struct ask *ask = rpc_call_user(call);

    if (ask && ask->opened)
        service_call_lost(call, ask->who.member, MATCH_SEEKER);
}

static void ask_closed(struct rpc_call *call, enum err why)
{
    (void)why;
    tell_lost(call);
}

static const struct rpc_watch ask_watch = {.closed = ask_closed};

static Kindred__V1__WaitReason wait_reason(enum match_bound bound)
{
    switch (bound) {
    case BOUND_NOBODY_ON_DUTY:
        return KINDRED__V1__WAIT_REASON__WAIT_REASON_NOBODY_ON_DUTY;
    case BOUND_NONE_COMPATIBLE:
        return KINDRED__V1__WAIT_REASON__WAIT_REASON_NONE_COMPATIBLE;
    case BOUND_ALL_BUSY:
        return KINDRED__V1__WAIT_REASON__WAIT_REASON_ALL_BUSY;
    case BOUND_NONE:
    case BOUND_COUNT:
        break;
    }
    return KINDRED__V1__WAIT_REASON__WAIT_REASON_UNSPECIFIED;
}

static Kindred__V1__TicketEndReason end_reason(enum match_ticket_why why)
{
    switch (why) {
    case TICKET_WHY_WITHDRAWN:
        return KINDRED__V1__TICKET_END_REASON__TICKET_END_REASON_WITHDRAWN;
    case TICKET_WHY_EXPIRED:
        return KINDRED__V1__TICKET_END_REASON__TICKET_END_REASON_EXPIRED;
    case TICKET_WHY_LOST:
        return KINDRED__V1__TICKET_END_REASON__TICKET_END_REASON_LOST;
    case TICKET_WHY_HELD:
    case TICKET_WHY_ERASED:
        return KINDRED__V1__TICKET_END_REASON__TICKET_END_REASON_INACTIVE;
    case TICKET_WHY_NONE:
    case TICKET_WHY_MATCHED:
    case TICKET_WHYS:
        break;
    }
    return KINDRED__V1__TICKET_END_REASON__TICKET_END_REASON_UNSPECIFIED;
}

static Kindred__V1__TicketPhase phase(enum match_ticket_state state)
{
    switch (state) {
    case TICKET_MATCHED:
        return KINDRED__V1__TICKET_PHASE__TICKET_PHASE_MATCHED;
    case TICKET_ENDED:
        return KINDRED__V1__TICKET_PHASE__TICKET_PHASE_ENDED;
    case TICKET_WAITING:
    case TICKET_OFFERED:
    case TICKET_STATES:
        break;
    }
    return KINDRED__V1__TICKET_PHASE__TICKET_PHASE_SEARCHING;
}

/* Send the latest view, with the talk if there is one. */
static enum err send_view(struct rpc_call *call, Kindred__V1__Talk *talk)
{
    const struct match_ticket_view *view =
        &((const struct ask *)rpc_call_user(call))->view;
    Kindred__V1__TicketState state = KINDRED__V1__TICKET_STATE__INIT;
    Kindred__V1__AskResponse response = KINDRED__V1__ASK_RESPONSE__INIT;
    uint32_t binding[MATCH_MUST_MAX];

    state.binding_must = binding;
    for (uint32_t i = 0; i < MATCH_MUST_MAX; i++)
        if (view->binding >> i & 1)
            binding[state.n_binding_must++] = i;
    state.ticket_id = view->ticket;
    state.phase = phase(view->state);
    state.age_ms = view->waited_ms;
    state.bound_passed = view->bound != BOUND_NONE;
    if (!view->bound_few) /* else it could point at somebody */
        state.wait_reason = wait_reason(view->bound);
    state.estimate_minutes = view->estimate_min;
    state.meeting_again = view->wishes;
    state.danger = view->danger;
    state.end_reason = end_reason(view->why);
    state.talk = talk;
    response.event_case = KINDRED__V1__ASK_RESPONSE__EVENT_TICKET;
    response.ticket = &state;
    return rpc_send_latest(call, &response);
}

static void ask_matched(struct service_request *request, struct rpc_call *call)
{
    struct service_link link;
    enum err err;

    if (!call)
        return;
    err = service_request_err(request);
    if (err == ERR_NONE)
        err = service_link_open(request->service, &request->job.result,
                                MATCH_SEEKER, &link);
    if (err == ERR_NONE)
        err = send_view(call, &link.talk);
    wipe(&link, sizeof link);
    rpc_end(call, err);
}

static void find_match(struct rpc_call *call)
{
    const struct ask *ask = rpc_call_user(call);
    enum err err =
        service_link_ask(call, ask->view.talk, ask->who.member, ask_matched);

    if (err != ERR_NONE)
        rpc_end(call, err); /* asking again with the key tells it once more */
}

static void ask_told(struct rpc_call *call, const struct service_signal *signal)
{
    struct ask *ask = rpc_call_user(call);
    enum err err;

    REQUIRE(signal->kind == SIGNAL_TICKET);
    ask->view = signal->ticket;
    if (ask->view.state == TICKET_MATCHED) {
        find_match(call);
        return;
    }
    err = send_view(call, NULL);
    if (err != ERR_NONE) {
        tell_lost(call);
        rpc_end(call, err);
    } else if (ask->view.state == TICKET_ENDED) {
        rpc_end(call, ERR_NONE);
    }
}

static void ask_replied(struct rpc_call *call, enum err err, uint64_t reference)
{
    (void)reference; /* the state follows */
    if (err != ERR_NONE)
        rpc_end(call, err);
}

static const struct seal_token *ask_who(const struct rpc_call *call)
{
    return &((const struct ask *)rpc_call_user(call))->who;
}

static const struct service_live ask_live = {
    .replied = ask_replied, .told = ask_told, .who = ask_who};

/* The card is there: on to the engine. */
static void ask_card(struct service_request *request, struct rpc_call *call)
{
    struct service *service = request->service;
    struct ask *ask = call ? rpc_call_user(call) : NULL;
    struct service_order *order;
    enum err err;

    if (!call)
        return;
    order =
        service_order_new(service, request->call, ask->who.member, EVENT_ASK);
    if (!order) {
        rpc_end(call, ERR_NOMEM);
        return;
    }
    err = service_card_take(request, MATCH_SEEKER, order->card);
    if (err != ERR_NONE) {
        service_order_free(order);
        rpc_end(call, err);
        return;
    }
    order->event.key = ask->key;
    order->event.pool = ask->who.pool;
    order->event.ask.card = order->card;
    order->event.ask.danger = ask->danger;
    order->event.generation = ask->who.generation;
    order->event.ask.after = ask->after;
    order->event.ask.wish = ask->wish;
    order->event.ask.wish_ms = ask->wish_ms;
    order->secrets = ask->secrets;
    wipe(&ask->secrets, sizeof ask->secrets);
    err = service_order_send(service, order);
    ask->opened = err == ERR_NONE;
    if (err != ERR_NONE)
        rpc_end(call, err);
}

/* The mailbox of the talk whose age is to go on was looked for: then the card.
 * Where it is gone the key comes first all the same, which may resume a ticket
 * that has the age already; if it resumes none, the store finds no such talk. */
static void ask_after(struct service_request *request, struct rpc_call *call)
{
    struct ask *ask = call ? rpc_call_user(call) : NULL;
    struct seal_row_mailbox mailbox = {0};
    enum err err;

    if (!call)
        return;
    err = service_link_found(request, &mailbox);
    if (err == ERR_NO_TALK) {
        mailbox.talk = service_random_id(request->service); /* nobody's */
        err = ERR_NONE;
    }
    if (err == ERR_NONE) {
        ask->after = mailbox.talk; /* whose seeker it was, the store knows */
        err = service_card_ask(call, ask->who.member, MATCH_SEEKER, ask_card);
    }
    if (err != ERR_NONE)
        rpc_end(call, err);
}

static struct rpc_verdict support_ask(struct rpc_call *call,
                                      const Kindred__V1__AskRequest *request)
{
    struct service *service = service_of(call);
    struct ask *ask = rpc_call_alloc(call, sizeof *ask);
    enum err err;

    if (!ask)
        return rpc_fail(call, ERR_NOMEM);
    *ask = (struct ask){.live = &ask_live,
                        .danger = request->danger,
                        .wish = request->meet_again,
                        .wish_ms = request->meet_again_ms};
    err = service_check_caller(call, GRADE_MEMBER, &ask->who);
    if (err == ERR_NONE && (!service_check_country(request->country) ||
                            !service_check_language(request->language) ||
                            request->meet_again_ms > WISH_MS_MAX))
        err = ERR_INVALID;
    if (err == ERR_NONE)
        err = service_check_secrets(service, request->talk_key,
                                    request->mailbox, &ask->secrets);
    if (err == ERR_NONE)
        err = service_key(service, &ask->key, request->idempotency_key,
                          &request->base);
    if (err == ERR_NONE && request->danger) /* before anything is stored */
        err = service_crisis_send(call, request->country, request->language);
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    rpc_call_set_user(call, ask);
    rpc_call_watch(call, &ask_watch);
    err = request->after_talk.len > 0
              ? service_link_mailbox(call, request->after_talk, ask_after)
              : service_card_ask(call, ask->who.member, MATCH_SEEKER, ask_card);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

/* --- unary calls --- */

static void beat_replied(struct rpc_call *call, enum err err,
                         uint64_t reference)
{
    Kindred__V1__SupportBeatResponse response =
        KINDRED__V1__SUPPORT_BEAT_RESPONSE__INIT;

    (void)reference;
    response.next_ms = (uint32_t)service_of(call)->config->limits.beat_ms;
    service_call_answer(call, err, &response);
}

static struct rpc_verdict
support_beat(struct rpc_call *call,
             const Kindred__V1__SupportBeatRequest *request)
{
    static const struct service_live beat_live = {.replied = beat_replied};
    struct service_order *order = NULL;
    enum err err =
        service_call_order(call, GRADE_MEMBER, EVENT_SEEN, &beat_live, &order);

    if (err != ERR_NONE)
        return rpc_fail(call, err);
    order->event.stream.ticket = request->ticket_id;
    order->event.stream.role = MATCH_SEEKER;
    return service_call_send(call, order);
}

static struct rpc_verdict
support_withdraw(struct rpc_call *call,
                 const Kindred__V1__WithdrawRequest *request)
{
    static const Kindred__V1__WithdrawResponse empty =
        KINDRED__V1__WITHDRAW_RESPONSE__INIT;
    static const struct service_live live = {.replied = service_call_replied,
                                             .empty = &empty.base};
    struct service_order *order = NULL;
    enum err err =
        service_call_order(call, GRADE_MEMBER, EVENT_WITHDRAW, &live, &order);

    if (err == ERR_NONE)
        err = service_key(service_of(call), &order->event.key,
                          request->idempotency_key, &request->base);
    if (err != ERR_NONE)
        return service_call_fail(call, order, err);
    order->event.withdraw.ticket = request->ticket_id;
    return service_call_send(call, order);
}

/* Where somebody is there already it is theirs to be told, not ours to tell. */
static void danger_replied(struct rpc_call *call, enum err err,
                           uint64_t reference)
{
    Kindred__V1__RaiseDangerResponse response =
        KINDRED__V1__RAISE_DANGER_RESPONSE__INIT;

    (void)reference;
    response.event_case = KINDRED__V1__RAISE_DANGER_RESPONSE__EVENT_OUTCOME;
    response.outcome = err == ERR_ALREADY_MATCHED
                           ? KINDRED__V1__DANGER_OUTCOME__DANGER_OUTCOME_MATCHED
                           : KINDRED__V1__DANGER_OUTCOME__DANGER_OUTCOME_FIRST;
    if (err == ERR_NONE || err == ERR_ALREADY_MATCHED)
        err = rpc_send(call, &response);
    rpc_end(call, err);
}

static struct rpc_verdict
support_raise_danger(struct rpc_call *call,
                     const Kindred__V1__RaiseDangerRequest *request)
{
    static const struct service_live live = {.replied = danger_replied};
    struct service_order *order = NULL;
    enum err err =
        service_call_order(call, GRADE_MEMBER, EVENT_DANGER, &live, &order);

    if (err == ERR_NONE && (!service_check_country(request->country) ||
                            !service_check_language(request->language)))
        err = ERR_INVALID;
    if (err == ERR_NONE)
        err = service_key(service_of(call), &order->event.key,
                          request->idempotency_key, &request->base);
    if (err == ERR_NONE) /* before anything is stored */
        err = service_crisis_raise(call, request->country, request->language);
    if (err != ERR_NONE)
        return service_call_fail(call, order, err);
    order->event.withdraw.ticket = request->ticket_id;
    return service_call_send(call, order);
}

static struct rpc_verdict support_get_crisis_resources(
    struct rpc_call *call,
    const Kindred__V1__GetCrisisResourcesRequest *request)
{
    if (!service_check_country(request->country) ||
        !service_check_language(request->language))
        return rpc_fail(call, ERR_INVALID);
    return service_crisis_reply(call, request->country, request->language);
}

API_KINDRED_V1_SUPPORT(RPC_WRAP, support)

const struct rpc_binding service_support_bindings[] = {
    API_KINDRED_V1_SUPPORT(RPC_BIND, support)};
const size_t service_support_count =
    sizeof service_support_bindings / sizeof service_support_bindings[0];

#include "service/attend.h"

#include <string.h>

#include "base/require.h"
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
    uint8_t capacity, day_max;
    bool opened, finding, seen;  /* finding: a talk is being fetched */
    struct match_duty_view view; /* the latest, if seen */
    struct service_link *link[MATCH_CAPACITY_MAX]; /* of talks it knows */
    bool current[MATCH_CAPACITY_MAX]; /* looked up since the view came */
};

static void tell_lost(struct rpc_call *call)
{
    const struct attend *attend = rpc_call_user(call);

    if (attend && attend->opened)
        service_call_lost(call, attend->who.member, MATCH_PEER);
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

/* Where the talk is kept, or MATCH_CAPACITY_MAX. */
static int find_link(const struct attend *attend, uint64_t talk)
{
    int i = 0;

    while (i < MATCH_CAPACITY_MAX &&
           !(attend->link[i] && attend->link[i]->talk.talk_id == talk))
        i++;
    return i;
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
    char met[MATCH_CAPACITY_MAX][SEAL_NAME];

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
        if (view->offer[i].met != 0) { /* its seeker, as now */
            seal_name(met[i], service_of(call)->keys->name, view->offer[i].met,
                      0);
            offer[i].met_name = met[i];
        }
        offers[i] = &offer[i];
    }
    for (uint8_t i = 0; i < view->talks; i++)
        talks[i] = &attend->link[find_link(attend, view->talk[i])]->talk;
    state.phase = phase(view->state);
    state.reason = reason(view->why);
    state.capacity = view->capacity;
    state.rest_left_ms = left_ms(view->rest_until_ms, now_ms);
    state.day_left_ms = left_ms(view->day_until_ms, now_ms);
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

/* Where the link of a talk may go: where it is, an empty place, or that of a
 * talk gone by.  MATCH_CAPACITY_MAX: out of memory. */
static int place_link(struct rpc_call *call, struct attend *attend,
                      uint64_t talk)
{
    int at = find_link(attend, talk);

    if (at < MATCH_CAPACITY_MAX)
        return at;
    for (at = 0; at < MATCH_CAPACITY_MAX; at++) {
        struct service_link **link = &attend->link[at];

        if (*link && in_view(&attend->view, (*link)->talk.talk_id))
            continue;
        if (!*link)
            *link = rpc_call_alloc(call, sizeof **link);
        return *link ? at : MATCH_CAPACITY_MAX;
    }
    return at;
}

static void talk_found(struct service_request *request, struct rpc_call *call)
{
    struct attend *attend = call ? rpc_call_user(call) : NULL;
    uint64_t talk = request->job.command.find_talk.talk;
    enum err err = service_request_err(request);
    int at;

    if (!call)
        return;
    attend->finding = false;
    if (in_view(&attend->view, talk)) { /* else it ended meanwhile */
        at = place_link(call, attend, talk);
        if (err == ERR_NONE && at == MATCH_CAPACITY_MAX)
            err = ERR_NOMEM;
        if (err == ERR_NONE)
            err = service_link_open(request->service, &request->job.result,
                                    MATCH_PEER, attend->link[at]);
        if (err != ERR_NONE) {
            give_up(call, err);
            return;
        }
        attend->current[at] = true;
    }
    show(call);
}

/* Send the view, or look the first talk of it up that was not since it came. */
static void show(struct rpc_call *call)
{
    struct attend *attend = rpc_call_user(call);
    enum err err;

    if (attend->finding || !attend->seen)
        return;
    for (uint8_t i = 0; i < attend->view.talks; i++) {
        int at = find_link(attend, attend->view.talk[i]);

        if (at < MATCH_CAPACITY_MAX && attend->current[at])
            continue;
        err = service_link_ask(call, attend->view.talk[i], attend->who.member,
                               talk_found);
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
    memset(attend->current, 0, sizeof attend->current);
    show(call);
}

static void attend_replied(struct rpc_call *call, enum err err,
                           uint64_t reference)
{
    (void)reference; /* the state follows */
    if (err != ERR_NONE)
        rpc_end(call, err);
}

static const struct seal_token *attend_who(const struct rpc_call *call)
{
    return &((const struct attend *)rpc_call_user(call))->who;
}

static const struct service_live attend_live = {
    .replied = attend_replied, .told = attend_told, .who = attend_who};

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
    err = service_card_take(request, MATCH_PEER, order->card);
    if (err != ERR_NONE) {
        service_order_free(order);
        rpc_end(call, err);
        return;
    }
    order->event.key = attend->key;
    order->event.pool = attend->who.pool;
    order->event.attend.card = order->card;
    order->event.attend.grade = (enum match_grade)attend->who.grade;
    order->event.attend.grade_until_ms = attend->who.grade_until_ms;
    order->event.generation = attend->who.generation;
    order->event.attend.capacity = attend->capacity;
    order->event.attend.day_max = attend->day_max;
    order->event.attend.rest_ms = attend->rest_ms;
    if (attend->duration_ms > 0)
        order->event.attend.until_ms =
            order->event.now_ms + attend->duration_ms;
    err = service_order_send(service, order);
    attend->opened = err == ERR_NONE;
    if (err != ERR_NONE)
        rpc_end(call, err);
}

struct rpc_verdict
service_attend_open(struct rpc_call *call,
                    const Kindred__V1__AttendRequest *request)
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
        (request->rest_ms > DAY_MS || request->duration_ms > DAY_MS ||
         request->talks_per_day > MATCH_DAY_MAX))
        err = ERR_INVALID;
    if (err == ERR_NONE)
        err = service_key(service, &attend->key, request->idempotency_key,
                          &request->base);
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    attend->capacity = (uint8_t)request->capacity;
    attend->day_max = (uint8_t)request->talks_per_day;
    rpc_call_set_user(call, attend);
    rpc_call_watch(call, &attend_watch);
    err = service_card_ask(call, attend->who.member, MATCH_PEER, attend_card);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

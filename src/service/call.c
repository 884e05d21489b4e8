#include "service/call.h"

#include "service/check.h"

struct live_state {                  /* the call's own state */
    const struct service_live *live; /* first */
    uint64_t member;
};

enum err service_call_order(struct rpc_call *call, enum match_grade least,
                            enum match_event_kind kind,
                            const struct service_live *live,
                            struct service_order **order)
{
    struct live_state *state = rpc_call_alloc(call, sizeof *state);
    struct seal_token who;
    enum err err = service_check_caller(call, least, &who);

    *order = NULL;
    if (err != ERR_NONE)
        return err;
    if (!state)
        return ERR_NOMEM;
    *state = (struct live_state){.live = live, .member = who.member};
    *order = service_order_new(service_of(call), rpc_call_id(call), who.member,
                               kind);
    if (!*order)
        return ERR_NOMEM;
    (*order)->event.pool = who.pool;
    rpc_call_set_user(call, state);
    return ERR_NONE;
}

uint64_t service_call_member(const struct rpc_call *call)
{
    return ((const struct live_state *)rpc_call_user(call))->member;
}

struct rpc_verdict service_call_send(struct rpc_call *call,
                                     struct service_order *order)
{
    enum err err = service_order_send(service_of(call), order);

    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

struct rpc_verdict service_call_fail(struct rpc_call *call,
                                     struct service_order *order, enum err err)
{
    if (order)
        service_order_free(order);
    return rpc_fail(call, err);
}

static void held_closed(struct rpc_call *call, enum err why)
{
    struct service_held *held = rpc_call_user(call);

    (void)why;
    if (held->order)
        service_order_free(held->order);
    held->order = NULL;
}

void service_call_hold(struct rpc_call *call, struct service_held *held)
{
    static const struct rpc_watch watch = {.closed = held_closed};

    rpc_call_set_user(call, held);
    rpc_call_watch(call, &watch);
}

struct service_order *service_call_unhold(struct rpc_call *call, enum err err)
{
    struct service_held *held = rpc_call_user(call);
    struct service_order *order = held->order;

    held->order = NULL;
    if (err == ERR_NONE)
        return order;
    service_order_free(order);
    rpc_end(call, err);
    return NULL;
}

void service_call_lost(struct rpc_call *call, uint64_t member,
                       enum match_role role)
{
    struct service *service = service_of(call);
    struct service_order *order =
        service_order_new(service, 0, member, EVENT_LOST);

    if (!order)
        return; /* the engine misses the beats */
    order->event.stream.stream = rpc_call_id(call);
    order->event.stream.role = role;
    if (service_order_send(service, order) != ERR_NONE)
        return; /* and so here */
}

void service_call_answer(struct rpc_call *call, enum err err,
                         const void *response)
{
    if (err == ERR_NONE)
        err = rpc_send(call, response);
    rpc_end(call, err);
}

void service_call_replied(struct rpc_call *call, enum err err,
                          uint64_t reference)
{
    const struct service_live *const *live = rpc_call_user(call);

    (void)reference;
    service_call_answer(call, err, (*live)->empty);
}

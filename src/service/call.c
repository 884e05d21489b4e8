#include "service/call.h"

#include "service/check.h"

struct live_state { /* the call's own state */
    const struct service_live *live;
};

enum err service_call_anonymous(struct rpc_call *call,
                                enum match_event_kind kind,
                                const struct service_live *live,
                                struct service_order **order)
{
    struct live_state *state = rpc_call_alloc(call, sizeof *state);

    *order = NULL;
    if (!state)
        return ERR_NOMEM;
    state->live = live;
    rpc_call_set_user(call, state);
    *order = service_order_new(service_of(call), rpc_call_id(call), 0, kind);
    return *order ? ERR_NONE : ERR_NOMEM;
}

enum err service_call_order(struct rpc_call *call, enum match_grade least,
                            enum match_event_kind kind,
                            const struct service_live *live,
                            struct service_order **order)
{
    struct seal_token who;
    enum err err;

    *order = NULL;
    err = service_check_caller(call, least, &who);
    if (err == ERR_NONE)
        err = service_call_anonymous(call, kind, live, order);
    if (err != ERR_NONE)
        return err;
    (*order)->event.member = who.member;
    (*order)->event.pool = who.pool;
    return ERR_NONE;
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

void service_call_answer(struct rpc_call *call, enum err err,
                         const void *response)
{
    if (err == ERR_NONE)
        err = rpc_send(call, response);
    rpc_end(call, err);
}

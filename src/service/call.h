/* service/call -- a unary call that is one order: checked, sent, answered by
 * the engine's reply. */
#ifndef SERVICE_CALL_H
#define SERVICE_CALL_H

#include "service/service.h"

/* Check the caller's token and make an order of this kind for the call; `live`
 * (static) hears the reply.  *order is NULL on an error. */
MUST_USE enum err service_call_order(struct rpc_call *call,
                                     enum match_grade least,
                                     enum match_event_kind kind,
                                     const struct service_live *live,
                                     struct service_order **order);

/* Whose call it is, for its reply. */
uint64_t service_call_member(const struct rpc_call *call);

/* Send it and wait; or drop it (order may be NULL) and fail. */
struct rpc_verdict service_call_send(struct rpc_call *call,
                                     struct service_order *order);
struct rpc_verdict service_call_fail(struct rpc_call *call,
                                     struct service_order *order, enum err err);

/* An order that waits for what the store finds: first in the call's own state,
 * and freed with the call if it ends before. */
struct service_held {
    const struct service_live *live; /* first; hears the reply */
    struct service_order *order;
};
void service_call_hold(struct rpc_call *call, struct service_held *held);

/* The store found it, or err: then the call ends, and the order is NULL. */
struct service_order *service_call_unhold(struct rpc_call *call, enum err err);

/* The Ask or Attend of a member is gone, or given up: their grace begins. */
void service_call_lost(struct rpc_call *call, uint64_t member,
                       enum match_role role);

/* The end of a unary call: the response if err is ERR_NONE. */
void service_call_answer(struct rpc_call *call, enum err err,
                         const void *response);

/* The `replied` of a call whose answer says nothing: `empty` of its live. */
void service_call_replied(struct rpc_call *call, enum err err,
                          uint64_t reference);

#endif

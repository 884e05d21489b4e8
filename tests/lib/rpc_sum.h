/* rpc_sum -- grpc.testing.TestService/StreamingInputCall, for every server of
 * the tests: how many bytes came. */
#ifndef RPC_SUM_H
#define RPC_SUM_H

#include "echo.pb-c.h"
#include "rpc/call.h"

static inline struct rpc_verdict
rpc_sum(struct rpc_call *call,
        const Grpc__Testing__StreamingInputCallRequest *request)
{
    Grpc__Testing__StreamingInputCallResponse response =
        GRPC__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;
    int32_t *sum = rpc_call_user(call);

    if (!sum) {
        sum = rpc_call_alloc(call, sizeof *sum);
        if (!sum)
            return rpc_fail(call, ERR_NOMEM);
        *sum = 0;
        rpc_call_set_user(call, sum);
    }
    if (request) {
        if (request->payload)
            *sum += (int32_t)request->payload->body.len;
        return rpc_later(call);
    }
    response.aggregated_payload_size = *sum;
    return rpc_reply(call, &response);
}

#endif

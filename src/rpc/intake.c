#include "rpc/intake.h"

#include "base/require.h"
#include "rpc/frame.h"
#include "rpc/scan.h"
#include "rpc/state.h"

void rpc_intake_give_up(struct rpc_call *call, enum err err)
{
    if (call->answered)
        return;
    call->answered = true;
    if (call->watch && call->watch->closed)
        call->watch->closed(call, err);
    rpc_call_finish(call, err);
}

static void run(struct rpc_call *call, const void *request)
{
    struct rpc_verdict verdict;

    call->in_handler = true;
    verdict = call->bound->handler(call, request);
    REQUIRE(verdict.call == call); /* call.h Law 1 */
    REQUIRE(verdict.answer != RPC_NO_ANSWER);
    REQUIRE(verdict.answer == RPC_LATER || call->answered);
    call->in_handler = false;
}

/* Decompress, scan, unpack, take it from the exchange, handle. */
static enum err dispatch(struct rpc_call *call, const struct rpc_frame *frame)
{
    struct rpc_server *server = call->server;
    const struct api_method *method = call->method;
    const uint8_t *bytes = frame->message;
    size_t size = frame->size;
    ProtobufCMessage *request;
    enum err err = ERR_NONE;

    if (frame->compressed && !call->gzip_in)
        return ERR_COMPRESSED;
    if (frame->compressed)
        err = rpc_gzip_unpack(server->gzip, bytes, size,
                              method->request_bytes_max, &bytes, &size);
    if (err == ERR_NONE)
        err =
            rpc_scan(method->request, bytes, size, server->limits.elements_max);
    if (err != ERR_NONE)
        return err;
    request = protobuf_c_message_unpack(
        method->request, rpc_scratch_allocator(server->scratch), size, bytes);
    if (request) {
        http_exchange_consume(call->exchange, RPC_FRAME_HEAD + frame->size);
        run(call, request);
    } else {
        err = rpc_scratch_spent(server->scratch) ? ERR_BUDGET : ERR_PROTO;
    }
    rpc_scratch_reset(server->scratch);
    return err;
}

/* A call of one request waits for the end, to know that it is the only one. */
static enum err one_request(struct rpc_call *call,
                            const struct rpc_frame *frame)
{
    const struct http_exchange *exchange = call->exchange;
    size_t held = buf_size(&exchange->in);

    if (!frame->whole)
        return exchange->in_ended && held == 0 ? ERR_CARDINALITY : ERR_NONE;
    if (held > RPC_FRAME_HEAD + frame->size)
        return ERR_CARDINALITY;
    if (!exchange->in_ended)
        return ERR_NONE;
    call->got = call->requests_ended = true; /* Law 1 */
    return dispatch(call, frame);
}

/* Handle what is there; *again: there may be more. */
static enum err take(struct rpc_call *call, bool *again)
{
    struct http_exchange *exchange = call->exchange;
    const size_t held = buf_size(&exchange->in);
    struct rpc_frame frame;
    enum err err = rpc_frame_peek(buf_head(&exchange->in), held,
                                  call->method->request_bytes_max, &frame);

    *again = false;
    if (err != ERR_NONE)
        return err;
    if (!frame.whole && held > 0) {
        if (exchange->in_ended)
            return ERR_FRAME;
        if (held >= RPC_FRAME_HEAD)
            http_exchange_want(exchange, RPC_FRAME_HEAD + frame.size);
        return ERR_NONE;
    }
    if (!call->method->client_streams)
        return one_request(call, &frame);
    if (frame.whole) {
        *again = true;
        return dispatch(call, &frame);
    }
    if (exchange->in_ended) {
        call->requests_ended = true;
        run(call, NULL);
    }
    return ERR_NONE;
}

/* Law 2 */
void rpc_intake_all(struct rpc_call *call)
{
    bool again = true;

    while (again && !call->answered && !call->requests_ended &&
           http_exchange_writable(call->exchange)) {
        enum err err = take(call, &again);

        if (err != ERR_NONE)
            rpc_intake_give_up(call, err);
    }
    if (!call->answered && !call->requests_ended &&
        !http_exchange_writable(call->exchange))
        http_exchange_notify(call->exchange);
}

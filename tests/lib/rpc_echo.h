/* rpc_echo -- grpc.testing.TestService as the tests of rpc/ need it.
 *
 * CacheableUnaryCall answers later, StreamingOutputCall with a payload stays
 * open: both leave the call in `kept` for the test to go on with.  It is long
 * because there are seven methods. */
#ifndef RPC_ECHO_H
#define RPC_ECHO_H

#include "check.h"
#include "rpc_sum.h"
#include "rpc_world.h"

static struct rpc_call *kept; /* by a handler that answers later */
static uint64_t kept_id;
static int closed_count, handled;
static enum err closed_why;

static void on_closed(struct rpc_call *call, enum err why)
{
    CHECK(!kept || call == kept);
    closed_count++;
    closed_why = why;
    kept = NULL;
}

static const struct rpc_watch WATCH = {on_closed, NULL};

static struct rpc_verdict test_empty_call(struct rpc_call *call,
                                          const Grpc__Testing__Empty *request)
{
    Grpc__Testing__Empty empty = GRPC__TESTING__EMPTY__INIT;

    (void)request;
    handled++;
    return rpc_reply(call, &empty);
}

static uint8_t filler[1 << 20];

static inline size_t fill_size(int32_t size)
{
    return size < 0 || (size_t)size > sizeof filler ? 0 : (size_t)size;
}

/* The bytes of a request are there for its handler, however they came: read
 * once more they are what it was given. */
static void check_message(const struct rpc_call *call,
                          const ProtobufCMessage *request)
{
    static uint8_t packed[2][RPC_MESSAGE_MAX];
    ProtobufCMessage *again;
    size_t size = 0;
    const uint8_t *bytes = rpc_call_message(call, &size);

    if (size > 0 && bytes[0] == '{') { /* no field of ours begins so: JSON */
        CHECK(bytes[size - 1] == '}');
        return;
    }
    again = protobuf_c_message_unpack(request->descriptor, NULL, size, bytes);
    CHECK(again != NULL);
    if (!again)
        return;
    size = protobuf_c_message_get_packed_size(request);
    CHECK(size == protobuf_c_message_get_packed_size(again));
    if (size <= sizeof packed[0]) {
        (void)protobuf_c_message_pack(request, packed[0]);
        (void)protobuf_c_message_pack(again, packed[1]);
        CHECK(memcmp(packed[0], packed[1], size) == 0);
    }
    protobuf_c_message_free_unpacked(again, NULL);
}

static struct rpc_verdict
test_unary_call(struct rpc_call *call,
                const Grpc__Testing__SimpleRequest *request)
{
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;

    handled++;
    check_message(call, &request->base);
    if (request->response_status && request->response_status->code > 0 &&
        request->response_status->code < ERR_COUNT)
        return rpc_fail(call, (enum err)request->response_status->code);
    payload.body.data = filler;
    payload.body.len = fill_size(request->response_size);
    response.payload = &payload;
    return rpc_reply(call, &response);
}

/* Answers later: the test does it. */
static struct rpc_verdict
test_cacheable_unary_call(struct rpc_call *call,
                          const Grpc__Testing__SimpleRequest *request)
{
    (void)request;
    handled++;
    kept = call;
    kept_id = rpc_call_id(call);
    rpc_call_watch(call, &WATCH);
    return rpc_later(call);
}

static struct rpc_verdict test_streaming_output_call(
    struct rpc_call *call,
    const Grpc__Testing__StreamingOutputCallRequest *request)
{
    Grpc__Testing__StreamingOutputCallResponse response =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;

    handled++;
    response.payload = &payload;
    payload.body.data = filler;
    for (size_t i = 0; i < request->n_response_parameters; i++) {
        enum err err;

        payload.body.len = fill_size(request->response_parameters[i]->size);
        err = rpc_send(call, &response);
        if (err != ERR_NONE)
            return rpc_fail(call, err);
    }
    if (request->payload) { /* stay open */
        kept = call;
        kept_id = rpc_call_id(call);
        rpc_call_watch(call, &WATCH);
        return rpc_later(call);
    }
    rpc_end(call, ERR_NONE);
    return rpc_later(call);
}

static struct rpc_verdict test_streaming_input_call(
    struct rpc_call *call,
    const Grpc__Testing__StreamingInputCallRequest *request)
{
    handled++;
    return rpc_sum(call, request);
}

static struct rpc_verdict
test_full_duplex_call(struct rpc_call *call,
                      const Grpc__Testing__StreamingOutputCallRequest *request)
{
    Grpc__Testing__StreamingOutputCallResponse response =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;

    handled++;
    response.payload = &payload;
    payload.body.data = filler;
    if (!request)
        rpc_end(call, ERR_NONE);
    for (size_t i = 0; request && i < request->n_response_parameters; i++) {
        enum err err;

        payload.body.len = fill_size(request->response_parameters[i]->size);
        err = rpc_send(call, &response);
        if (err != ERR_NONE)
            return rpc_fail(call, err);
    }
    return rpc_later(call);
}

static struct rpc_verdict test_count_tree(struct rpc_call *call,
                                          const Grpc__Testing__Tree *request)
{
    Grpc__Testing__StreamingInputCallResponse response =
        GRPC__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;

    handled++;
    response.aggregated_payload_size = (int32_t)request->n_child + 1;
    return rpc_reply(call, &response);
}

API_GRPC_TESTING_TEST_SERVICE(RPC_WRAP, test)
static const struct rpc_binding BINDINGS[] = {
    API_GRPC_TESTING_TEST_SERVICE(RPC_BIND, test)};

static inline void world_open(struct rpc_world *world)
{
    rpc_world_open(world, NULL);
    rpc_server_bind(&world->server, BINDINGS,
                    sizeof BINDINGS / sizeof *BINDINGS, NULL);
    handled = closed_count = 0;
    closed_why = ERR_NONE;
    kept = NULL;
}

#define SERVICE "/grpc.testing.TestService/"

static const Grpc__Testing__Empty EMPTY = GRPC__TESTING__EMPTY__INIT;

static inline void expect(const struct result *result, enum err err)
{
    if (result->status.err != err)
        (void)fprintf(stderr, "expected %s, got %d %s\n", err_reason(err),
                      result->status.code, result->status.reason);
    CHECK(result->status.err == err);
    CHECK(result->status.code == err_status(err));
    CHECK(strcmp(result->status.reason, err_reason(err)) == 0);
    CHECK(strcmp(result->status.message, err_text(err)) == 0);
    CHECK(result->status.retry_ms == err_retry_ms(err));
    CHECK(result->http == 200);
}

#endif

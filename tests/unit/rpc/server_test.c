#include "rpc/server.h"

#include "base/chance.h"
#include "check.h"
#include "rpc_world.h"

/* ---- the service under test ---- */

static struct rpc_call *kept; /* by a handler that answers later */
static uint64_t kept_id;
static int closed_count, handled;
static enum err closed_why;

static void on_closed(struct rpc_call *call, enum err why)
{
    CHECK(call == kept);
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

static struct rpc_verdict
test_unary_call(struct rpc_call *call,
                const Grpc__Testing__SimpleRequest *request)
{
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;

    handled++;
    if (request->response_status)
        return rpc_fail(call, (enum err)request->response_status->code);
    payload.body.data = filler;
    payload.body.len = (size_t)request->response_size;
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
        payload.body.len = (size_t)request->response_parameters[i]->size;
        CHECK(rpc_send(call, &response) == ERR_NONE);
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
    Grpc__Testing__StreamingInputCallResponse response =
        GRPC__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;
    int32_t *sum = rpc_call_user(call);

    handled++;
    if (!sum) {
        sum = rpc_call_alloc(call, sizeof *sum);
        CHECK(sum);
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
        payload.body.len = (size_t)request->response_parameters[i]->size;
        CHECK(rpc_send(call, &response) == ERR_NONE);
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

static void world_open(struct rpc_world *world)
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

/* ---- the shapes ---- */

static void unary(size_t piece)
{
    struct rpc_world world = {.wire = {.piece = piece}};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__SimpleResponse *response;
    struct result result;

    world_open(&world);
    rpc_world_unary(&world, &result, SERVICE "EmptyCall", &EMPTY);
    CHECK(result.closed && result.messages == 1 && result.last_size == 0);
    CHECK(result.status.code == STATUS_OK && result.status.err == ERR_NONE);
    rpc_world_forget(&result);

    request.response_size = 100000;
    rpc_world_unary(&world, &result, SERVICE "UnaryCall", &request);
    CHECK(result.closed && result.messages == 1);
    response = grpc__testing__simple_response__unpack(NULL, result.last_size,
                                                      result.last);
    CHECK(response && response->payload->body.len == 100000);
    grpc__testing__simple_response__free_unpacked(response, NULL);
    rpc_world_forget(&result);
    CHECK(handled == 2 && rpc_server_calls(&world.server) == 0);
    rpc_world_close(&world);
}

static void streams(size_t piece)
{
    struct rpc_world world = {.wire = {.piece = piece}};
    Grpc__Testing__StreamingOutputCallRequest request =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    Grpc__Testing__ResponseParameters
        parameter = GRPC__TESTING__RESPONSE_PARAMETERS__INIT,
        *parameters[] = {&parameter, &parameter, &parameter};
    Grpc__Testing__StreamingInputCallRequest input =
        GRPC__TESTING__STREAMING_INPUT_CALL_REQUEST__INIT;
    Grpc__Testing__StreamingInputCallResponse *sum;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    struct http_exchange *exchange;
    struct result result;

    world_open(&world);
    parameter.size = 10000;
    request.response_parameters = parameters;
    request.n_response_parameters = 3;
    rpc_world_unary(&world, &result, SERVICE "StreamingOutputCall", &request);
    CHECK(result.closed && result.messages == 3);
    CHECK(result.status.code == STATUS_OK);
    rpc_world_forget(&result);

    payload.body.data = filler;
    payload.body.len = 777;
    input.payload = &payload;
    exchange =
        rpc_world_call(&world, &result, SERVICE "StreamingInputCall", NULL, 0);
    for (int i = 0; i < 5; i++) {
        rpc_world_send(exchange, &input);
        if (i % 2)
            wire_run(&world.wire);
    }
    rpc_world_end(exchange);
    wire_run(&world.wire);
    CHECK(result.closed && result.messages == 1);
    sum = grpc__testing__streaming_input_call_response__unpack(
        NULL, result.last_size, result.last);
    CHECK(sum && sum->aggregated_payload_size == 5 * 777);
    grpc__testing__streaming_input_call_response__free_unpacked(sum, NULL);
    rpc_world_forget(&result);

    exchange =
        rpc_world_call(&world, &result, SERVICE "FullDuplexCall", NULL, 0);
    for (int i = 0; i < 4; i++) {
        rpc_world_send(exchange, &request);
        wire_run(&world.wire);
        CHECK(result.messages == 3 * (i + 1) && !result.closed);
    }
    rpc_world_end(exchange);
    wire_run(&world.wire);
    CHECK(result.closed && result.status.code == STATUS_OK);
    rpc_world_forget(&result);
    rpc_world_close(&world);
}

int main(void)
{
    unary(0);
    unary(1);
    streams(0);
    streams(7);
    return check_report("rpc/server");
}

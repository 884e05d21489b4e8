#include "rpc/server.h"

#include "base/chance.h"
#include "check.h"
#include "rpc/state.h"
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

/* ---- what goes wrong ---- */

/* Send raw body bytes; how it ended is in *result. */
static void raw(struct rpc_world *world, struct result *result,
                const char *path, const struct http_field *more, size_t count,
                const void *bytes, size_t size)
{
    struct http_exchange *exchange =
        rpc_world_call(world, result, path, more, count);

    CHECK(http_exchange_write(exchange, bytes, size) == ERR_NONE);
    rpc_world_end(exchange);
    wire_run(&world->wire);
    CHECK(result->closed);
}

static void expect(const struct result *result, enum err err)
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

static void statuses(void)
{
    static const struct http_field snappy[] = {
        HTTP_FIELD("grpc-encoding", "snappy")};
    static const struct http_field bad_time[] = {
        HTTP_FIELD("grpc-timeout", "1x")};
    static const struct http_field no_time[] = {
        HTTP_FIELD("grpc-timeout", "0m")};
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__EchoStatus status = GRPC__TESTING__ECHO_STATUS__INIT;
    struct result result;
    int before;

    world_open(&world);
    rpc_world_unary(&world, &result, SERVICE "NoSuchCall", &EMPTY);
    expect(&result, ERR_METHOD);
    rpc_world_unary(&world, &result, "/x", &EMPTY);
    expect(&result, ERR_METHOD);
    rpc_world_unary(&world, &result, "/grpc.health.v1.Health/Check", &EMPTY);
    expect(&result, ERR_METHOD); /* known, but not bound */
    raw(&world, &result, SERVICE "EmptyCall", NULL, 0, "", 0);
    expect(&result, ERR_CARDINALITY);
    raw(&world, &result, SERVICE "EmptyCall", NULL, 0, "\0\0\0\0\0\0\0\0\0",
        10);
    expect(&result, ERR_CARDINALITY);
    raw(&world, &result, SERVICE "StreamingOutputCall", NULL, 0, "", 0);
    expect(&result, ERR_CARDINALITY);
    raw(&world, &result, SERVICE "EmptyCall", snappy, 1, "\0\0\0\0", 5);
    expect(&result, ERR_ENCODING);
    CHECK(result.said_encodings);
    raw(&world, &result, SERVICE "EmptyCall", NULL, 0, "\1\0\0\0", 5);
    expect(&result, ERR_COMPRESSED);
    raw(&world, &result, SERVICE "EmptyCall", NULL, 0, "\2\0\0\0", 5);
    expect(&result, ERR_FRAME);
    raw(&world, &result, SERVICE "EmptyCall", NULL, 0, "\0\0", 3);
    expect(&result, ERR_FRAME);
    raw(&world, &result, SERVICE "EmptyCall", NULL, 0, "\0\0\0\0\5abc", 8);
    expect(&result, ERR_FRAME);
    raw(&world, &result, SERVICE "StreamingInputCall", NULL, 0, "\0\0", 3);
    expect(&result, ERR_FRAME);
    raw(&world, &result, SERVICE "EmptyCall", NULL, 0, "\0\0\1\0\1", 5);
    expect(&result, ERR_TOO_LARGE);
    raw(&world, &result, SERVICE "UnaryCall", NULL, 0, "\0\0\0\0\2\xff\xff", 7);
    expect(&result, ERR_PROTO);
    raw(&world, &result, SERVICE "CountTree", NULL, 0, "\0\0\0\0\3\x12\1\xff",
        8);
    expect(&result, ERR_PROTO); /* not UTF-8 */
    raw(&world, &result, SERVICE "EmptyCall", bad_time, 1, "\0\0\0\0", 5);
    expect(&result, ERR_INVALID);
    raw(&world, &result, SERVICE "EmptyCall", no_time, 1, "\0\0\0\0", 5);
    expect(&result, ERR_DEADLINE);
    CHECK(handled == 0);

    status.code = ERR_MAILBOX_FULL; /* one that says when to retry */
    request.response_status = &status;
    rpc_world_unary(&world, &result, SERVICE "UnaryCall", &request);
    expect(&result, ERR_MAILBOX_FULL);
    CHECK(result.messages == 0 && result.status.retry_ms == 1000);
    for (int err = ERR_NONE + 1; err < ERR_COUNT; err++) {
        status.code = err;
        rpc_world_unary(&world, &result, SERVICE "UnaryCall", &request);
        expect(&result, (enum err)err);
    }
    before = handled;
    rpc_server_drain(&world.server);
    rpc_world_unary(&world, &result, SERVICE "EmptyCall", &EMPTY);
    expect(&result, ERR_DRAINING);
    CHECK(handled == before);
    rpc_world_close(&world);
}

/* Requests that are not gRPC get plain HTTP (server.h Law 1). */
static void plain_http(void)
{
    static const struct {
        const char *method, *path, *type;
        int status;
    } cases[] = {{"GET", "/", NULL, 200},
                 {"POST", "/", NULL, 200},
                 {"POST", SERVICE "EmptyCall", "application/json", 415},
                 {"POST", SERVICE "EmptyCall", "application/grpc-web", 415},
                 {"POST", SERVICE "EmptyCall", "application/grpc+json", 415},
                 {"GET", SERVICE "EmptyCall", "application/grpc", 405},
                 {"GET", "/etc/passwd", NULL, 415}};
    struct rpc_world world = {0};

    world_open(&world);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_field type = {"content-type", cases[i].type, 12,
                                  cases[i].type ? strlen(cases[i].type) : 0};
        struct http_request request = {cases[i].method, "http",
                                       "test",          cases[i].path,
                                       &type,           cases[i].type != NULL};
        struct result result = {0};
        enum err err;

        result.still = true;
        result.exchange =
            http_session_request(&world.wire.client, &request, &result, &err);
        rpc_world_end(result.exchange);
        wire_run(&world.wire);
        CHECK(result.closed && result.http == cases[i].status);
    }
    rpc_world_close(&world);
}

/* Law 3: the deadline is answered, whatever the handler does. */
static void deadlines(void)
{
    static const struct http_field timeout[] = {
        HTTP_FIELD("grpc-timeout", "250m")};
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    struct http_exchange *exchange;
    struct result result;

    world_open(&world);
    CHECK(rpc_server_deadline_ms(&world.server) == RPC_NEVER);
    exchange = rpc_world_call(&world, &result, SERVICE "CacheableUnaryCall",
                              timeout, 1);
    rpc_world_send(exchange, &request);
    rpc_world_end(exchange);
    wire_run(&world.wire);
    CHECK(kept && !result.closed);
    CHECK(rpc_call_deadline_ms(kept) == world.wire.now_ms + 250);
    CHECK(rpc_server_deadline_ms(&world.server) == world.wire.now_ms + 250);
    rpc_server_tick(&world.server, world.wire.now_ms + 249);
    CHECK(kept);
    world.wire.now_ms += 250;
    rpc_server_tick(&world.server, world.wire.now_ms);
    CHECK(!kept && closed_count == 1 && closed_why == ERR_DEADLINE);
    CHECK(!rpc_server_find(&world.server, kept_id));
    wire_run(&world.wire);
    CHECK(result.closed);
    expect(&result, ERR_DEADLINE);
    CHECK(rpc_server_deadline_ms(&world.server) == RPC_NEVER);

    /* A request that never comes whole. */
    exchange = rpc_world_call(&world, &result, SERVICE "EmptyCall", NULL, 0);
    wire_run(&world.wire);
    CHECK(rpc_server_deadline_ms(&world.server) == world.wire.now_ms + 30000);
    world.wire.now_ms += 30000;
    rpc_server_tick(&world.server, world.wire.now_ms);
    wire_run(&world.wire);
    CHECK(result.closed);
    expect(&result, ERR_DEADLINE);
    CHECK(handled == 1 && rpc_server_calls(&world.server) == 0);
    rpc_world_close(&world);
}

/* call.h Laws 1 and 3: later answers by id, and what ends a call first. */
static void later(void)
{
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    struct result result;
    struct rpc_call *call;
    uint64_t first;

    world_open(&world);
    rpc_world_unary(&world, &result, SERVICE "CacheableUnaryCall", &request);
    CHECK(kept && !result.closed);
    first = kept_id;
    CHECK(first != 0 && rpc_call_loop(first) == 3);
    call = rpc_server_find(&world.server, first);
    CHECK(call == kept);
    CHECK(rpc_send(call, &response) == ERR_NONE);
    rpc_end(call, ERR_NONE);
    CHECK(!rpc_server_find(&world.server, first));
    wire_run(&world.wire);
    CHECK(result.closed && result.messages == 1);
    CHECK(result.status.code == STATUS_OK && closed_count == 0);
    rpc_world_forget(&result);

    /* The client cancels. */
    rpc_world_unary(&world, &result, SERVICE "CacheableUnaryCall", &request);
    CHECK(kept_id != first);
    http_exchange_reset(result.exchange, ERR_CANCELED);
    wire_run(&world.wire);
    CHECK(closed_count == 1 && closed_why == ERR_CANCELED);
    CHECK(!rpc_server_find(&world.server, kept_id));

    /* A failure later. */
    rpc_world_unary(&world, &result, SERVICE "CacheableUnaryCall", &request);
    rpc_end(kept, ERR_STORE);
    wire_run(&world.wire);
    expect(&result, ERR_STORE);
    CHECK(closed_count == 1);

    /* The answer crosses a cancel that is not yet told. */
    rpc_world_unary(&world, &result, SERVICE "CacheableUnaryCall", &request);
    http_exchange_reset(kept->exchange, ERR_CANCELED);
    CHECK(rpc_send(kept, &response) == ERR_NONE);
    rpc_end(kept, ERR_NONE);
    wire_run(&world.wire);
    CHECK(closed_count == 1 && rpc_server_calls(&world.server) == 0);

    /* The connection is lost. */
    rpc_world_unary(&world, &result, SERVICE "CacheableUnaryCall", &request);
    CHECK(rpc_server_calls(&world.server) == 1);
    http_session_close(&world.wire.server);
    CHECK(closed_count == 2 && closed_why == ERR_CONNECTION);
    CHECK(rpc_server_calls(&world.server) == 0);
    rpc_world_close(&world);
}

/* ---- readers that stand still ---- */

static void respond_with(Grpc__Testing__StreamingOutputCallResponse *response,
                         Grpc__Testing__Payload *payload, size_t size)
{
    grpc__testing__streaming_output_call_response__init(response);
    grpc__testing__payload__init(payload);
    payload->body.data = filler;
    payload->body.len = size;
    response->payload = payload;
}

static struct rpc_call *open_stream(struct rpc_world *world,
                                    struct result *result)
{
    Grpc__Testing__StreamingOutputCallRequest request =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;

    request.payload = &payload;
    rpc_world_unary(world, result, SERVICE "StreamingOutputCall", &request);
    CHECK(kept && !result->closed);
    return kept;
}

/* call.h Law 4: the latest state replaces the older, and memory is bounded. */
static void latest(void)
{
    struct rpc_world world = {0};
    Grpc__Testing__StreamingOutputCallResponse response, *got;
    Grpc__Testing__Payload payload;
    struct result result;
    struct rpc_call *call;
    uint8_t *zero;

    world_open(&world);
    call = open_stream(&world, &result);
    result.still = true;
    for (size_t i = 1; i <= 10000; i++) {
        respond_with(&response, &payload, 5000 + i);
        CHECK(rpc_send_latest(call, &response) == ERR_NONE);
        if (i % 3 == 0)
            wire_run(&world.wire);
        CHECK(buf_size(&call->exchange->out) + buf_size(&call->latest) < 40000);
    }
    CHECK(buf_size(&result.exchange->in) <= HTTP_WINDOW);
    /* It reads again: what comes last is the last state. */
    result.still = false;
    rpc_world_readable(NULL, result.exchange);
    wire_run(&world.wire);
    got = grpc__testing__streaming_output_call_response__unpack(
        NULL, result.last_size, result.last);
    CHECK(got && got->payload->body.len == 15000);
    CHECK(result.messages < 30);
    grpc__testing__streaming_output_call_response__free_unpacked(got, NULL);

    /* The end waits for the latest. */
    result.still = true;
    respond_with(&response, &payload, 200000);
    CHECK(rpc_send_latest(call, &response) == ERR_NONE);
    wire_run(&world.wire);
    respond_with(&response, &payload, 42);
    CHECK(rpc_send_latest(call, &response) == ERR_NONE);
    rpc_end(call, ERR_NONE);
    CHECK(!rpc_server_find(&world.server, kept_id));
    CHECK(rpc_server_calls(&world.server) == 1);
    result.still = false;
    rpc_world_readable(NULL, result.exchange);
    wire_run(&world.wire);
    CHECK(result.closed && result.status.code == STATUS_OK);
    CHECK(result.last_size == 46 && closed_count == 0);
    CHECK(rpc_server_calls(&world.server) == 0);
    zero = result.last;
    result.last = NULL;
    free(zero);
    rpc_world_close(&world);
}

static int writable_count;

static void on_writable(struct rpc_call *call)
{
    CHECK(call == kept);
    writable_count++;
}

/* Queue mode: rpc_send() says ERR_FULL, writable() says go on; in order. */
static void queued(void)
{
    static const struct rpc_watch watch = {on_closed, on_writable};
    struct rpc_world world = {0};
    Grpc__Testing__StreamingOutputCallResponse response;
    Grpc__Testing__Payload payload;
    struct result result;
    struct rpc_call *call;
    int sent = 0;

    world_open(&world);
    writable_count = 0;
    call = open_stream(&world, &result);
    rpc_call_watch(call, &watch);
    result.still = true;
    respond_with(&response, &payload, 1000);
    for (;;) {
        enum err err = rpc_send(call, &response);

        if (err != ERR_NONE) {
            size_t before = buf_size(&call->exchange->out);

            CHECK(err == ERR_FULL);
            wire_run(&world.wire);
            if (buf_size(&call->exchange->out) == before)
                break; /* the window is used up as well */
            continue;
        }
        sent++;
    }
    CHECK(sent > 100 && sent < 140);
    CHECK(buf_size(&call->exchange->out) <= HTTP_OUT_HIGH + 1100);
    writable_count = 0;
    result.still = false;
    rpc_world_readable(NULL, result.exchange);
    wire_run(&world.wire);
    CHECK(writable_count == 1);
    CHECK(rpc_send(call, &response) == ERR_NONE);
    sent++;
    wire_run(&world.wire);
    CHECK(result.messages == sent);
    rpc_world_forget(&result);
    rpc_end(call, ERR_REPLACED);
    rpc_world_close(&world);
}

/* A reader that stalls for ever: its stream ends, others are served. */
static void slow_reader(void)
{
    struct rpc_world world = {0};
    Grpc__Testing__StreamingOutputCallResponse response;
    Grpc__Testing__Payload payload;
    struct result slow, other;
    struct rpc_call *call;

    world_open(&world);
    call = open_stream(&world, &slow);
    slow.still = true;
    respond_with(&response, &payload, 100000);
    CHECK(rpc_send(call, &response) == ERR_NONE);
    wire_run(&world.wire);
    rpc_world_unary(&world, &other, SERVICE "EmptyCall", &EMPTY);
    CHECK(other.closed && other.status.code == STATUS_OK);
    CHECK(http_session_deadline_ms(&world.wire.server) ==
          world.wire.now_ms + 30000);
    world.wire.now_ms += 30000;
    CHECK(http_session_tick(&world.wire.server, world.wire.now_ms) == ERR_NONE);
    wire_run(&world.wire);
    CHECK(closed_count == 1 && closed_why == ERR_SLOW_READER);
    CHECK(slow.closed && rpc_server_calls(&world.server) == 0);
    rpc_world_forget(&other);
    rpc_world_unary(&world, &other, SERVICE "EmptyCall", &EMPTY);
    CHECK(other.closed && other.status.code == STATUS_OK);
    rpc_world_forget(&other);
    rpc_world_close(&world);
}

int main(void)
{
    unary(0);
    unary(1);
    streams(0);
    streams(7);
    statuses();
    plain_http();
    deadlines();
    later();
    latest();
    queued();
    slow_reader();
    return check_report("rpc/server");
}

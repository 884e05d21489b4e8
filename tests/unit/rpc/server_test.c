#include "rpc/server.h"

#include "base/chance.h"
#include "check.h"
#include "rpc_echo.h"

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

/* Send raw body bytes, with one more header or none; how it ended is in
 * *result. */
static void raw(struct rpc_world *world, struct result *result,
                const char *path, const struct http_field *more,
                const void *bytes, size_t size)
{
    struct http_exchange *exchange =
        rpc_world_call(world, result, path, more, more != NULL);

    CHECK(http_exchange_write(exchange, bytes, size) == ERR_NONE);
    rpc_world_end(exchange);
    wire_run(&world->wire);
    CHECK(result->closed);
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
    raw(&world, &result, SERVICE "EmptyCall", NULL, "", 0);
    expect(&result, ERR_CARDINALITY);
    raw(&world, &result, SERVICE "EmptyCall", NULL, "\0\0\0\0\0\0\0\0\0", 10);
    expect(&result, ERR_CARDINALITY);
    raw(&world, &result, SERVICE "StreamingOutputCall", NULL, "", 0);
    expect(&result, ERR_CARDINALITY);
    raw(&world, &result, SERVICE "EmptyCall", snappy, "\0\0\0\0", 5);
    expect(&result, ERR_ENCODING);
    CHECK(result.said_encodings);
    raw(&world, &result, SERVICE "EmptyCall", NULL, "\1\0\0\0", 5);
    expect(&result, ERR_COMPRESSED);
    raw(&world, &result, SERVICE "EmptyCall", NULL, "\2\0\0\0", 5);
    expect(&result, ERR_FRAME);
    raw(&world, &result, SERVICE "EmptyCall", NULL, "\0\0", 3);
    expect(&result, ERR_FRAME);
    raw(&world, &result, SERVICE "EmptyCall", NULL, "\0\0\0\0\5abc", 8);
    expect(&result, ERR_FRAME);
    raw(&world, &result, SERVICE "StreamingInputCall", NULL, "\0\0", 3);
    expect(&result, ERR_FRAME);
    raw(&world, &result, SERVICE "EmptyCall", NULL, "\0\0\1\0\1", 5);
    expect(&result, ERR_TOO_LARGE);
    raw(&world, &result, SERVICE "UnaryCall", NULL, "\0\0\0\0\2\xff\xff", 7);
    expect(&result, ERR_PROTO);
    raw(&world, &result, SERVICE "CountTree", NULL, "\0\0\0\0\3\x12\1\xff", 8);
    expect(&result, ERR_PROTO); /* not UTF-8 */
    raw(&world, &result, SERVICE "EmptyCall", bad_time, "\0\0\0\0", 5);
    expect(&result, ERR_INVALID);
    raw(&world, &result, SERVICE "EmptyCall", no_time, "\0\0\0\0", 5);
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

/* Requests that are not gRPC get plain HTTP (Law 1): when they end, after
 * request_ms, or at once if their address has had its share. */
static void plain_http(bool ends, bool denied)
{
    static const struct {
        const char *method, *path, *type;
        int status;
    } cases[] = {
        {"GET", "/", NULL, 200},
        {"POST", "/", NULL, 200},
        {"POST", SERVICE "EmptyCall", "application/grpc+xml", 415},
        {"POST", SERVICE "EmptyCall", "application/grpc-webs", 415},
        {"POST", SERVICE "EmptyCall", "application/connect", 415},
        {"POST", SERVICE "EmptyCall", "application/connect+json", 415},
        {"POST", SERVICE "StreamingOutputCall", "application/json", 415},
        {"GET", SERVICE "EmptyCall", "application/grpc", 405},
        {"GET", SERVICE "EmptyCall?encoding=json&message=", NULL, 405},
        {"GET", SERVICE "StreamingOutputCall?encoding=proto&message=", NULL,
         405},
        {"DELETE", SERVICE "EmptyCall", "application/proto", 405},
        {"OPTIONS", SERVICE "EmptyCall", NULL, 405},
        {"GET", SERVICE "CacheableUnaryCall?message=", NULL, 415},
        {"DELETE", SERVICE "CacheableUnaryCall?encoding=json&message=", NULL,
         405},
        {"GET", "/etc/passwd", NULL, 404},
        {"HEAD", "/etc/passwd", NULL, 404}}; /* with a body it is broken off */
    static const struct http_share_limits one = {1, 1000};
    struct http_share share = {.limits = &one, .open = 1};
    struct rpc_world world = {0};

    world_open(&world);
    world.wire.server.share = denied ? &share : NULL;
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
        if (ends)
            rpc_world_end(result.exchange);
        wire_run(&world.wire);
        if (!ends && !denied) {
            CHECK(!result.closed);
            world.wire.now_ms += world.server.limits.request_ms - 1;
            CHECK(rpc_server_deadline_ms(&world.server) ==
                  world.wire.now_ms + 1);
            rpc_server_tick(&world.server, world.wire.now_ms++);
            wire_run(&world.wire);
            CHECK(!result.closed);
            rpc_server_tick(&world.server, world.wire.now_ms);
            wire_run(&world.wire);
        }
        CHECK(rpc_server_deadline_ms(&world.server) == RPC_NEVER);
        CHECK(result.closed && result.http == (denied ? 429 : cases[i].status));
        CHECK(result.why == ERR_NONE);
        CHECK(world.wire.server.exchanges == 0);
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
    CHECK(rpc_server_deadline_ms(&(struct rpc_server){0}) == RPC_NEVER);
    exchange = rpc_world_call(&world, &result, SERVICE "CacheableUnaryCall",
                              timeout, 1);
    rpc_world_send(exchange, &request);
    rpc_world_end(exchange);
    wire_run(&world.wire);
    CHECK(kept && !result.closed);
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

/* Law 3 for many: each ends in the millisecond it is due, whatever came and
 * went meanwhile. */
static void many_deadlines(void)
{
    enum { CALLS = 90 };
    static struct result results[CALLS];
    static uint64_t due_ms[CALLS];
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    uint64_t chance = 4;

    world_open(&world);
    for (int i = 0; i < CALLS; i++) {
        uint64_t after_ms = 1 + chance_below(&chance, 300);
        char text[RPC_STATUS_TIMEOUT];
        struct http_field timeout = {"grpc-timeout", text, 12, 0};
        struct http_exchange *exchange;

        rpc_status_write_timeout(after_ms, text);
        timeout.value_size = strlen(text);
        due_ms[i] = world.wire.now_ms + after_ms;
        exchange = rpc_world_call(&world, &results[i],
                                  SERVICE "CacheableUnaryCall", &timeout, 1);
        rpc_world_send(exchange, &request);
        rpc_world_end(exchange);
        wire_run(&world.wire);
        kept = NULL;
    }
    for (int i = 0; i < CALLS; i += 3)
        http_exchange_reset(results[i].exchange, ERR_CANCELED);
    wire_run(&world.wire);
    while (rpc_server_deadline_ms(&world.server) != RPC_NEVER) {
        world.wire.now_ms = rpc_server_deadline_ms(&world.server);
        rpc_server_tick(&world.server, world.wire.now_ms);
        wire_run(&world.wire);
        for (int i = 0; i < CALLS; i++)
            CHECK(results[i].closed ==
                  (i % 3 == 0 || due_ms[i] <= world.wire.now_ms));
    }
    CHECK(closed_count == CALLS && rpc_server_calls(&world.server) == 0);
    rpc_world_close(&world);
}

int main(void)
{
    unary(0);
    unary(1);
    streams(0);
    streams(7);
    statuses();
    plain_http(true, false);
    plain_http(false, false);
    plain_http(false, true);
    deadlines();
    many_deadlines();
    return check_report("rpc/server");
}

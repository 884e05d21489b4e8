#include "rpc/call.h"

#include "check.h"
#include "rpc/state.h"
#include "rpc_echo.h"

/* Laws 1 and 3: later answers by id, and what ends a call first. */
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
    CHECK(kept_id != first); /* Law 3, in the same slot */
    CHECK(!rpc_server_find(&world.server, first));
    CHECK(!rpc_server_find(&world.server, first ^ ((uint64_t)1 << 60)));
    CHECK(!rpc_server_find(&world.server, 0));
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

    /* Law 2: the answer crosses a cancel that is not yet told. */
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

/* Law 4: the latest state replaces the older, and memory is bounded. */
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

    /* The client goes while the end waits: Law 1, the owner had its answer. */
    call = open_stream(&world, &result);
    result.still = true;
    respond_with(&response, &payload, 200000);
    CHECK(rpc_send_latest(call, &response) == ERR_NONE);
    wire_run(&world.wire);
    CHECK(rpc_send_latest(call, &response) == ERR_NONE);
    rpc_end(call, ERR_NONE);
    CHECK(rpc_server_calls(&world.server) == 1);
    http_exchange_reset(result.exchange, ERR_CANCELED);
    wire_run(&world.wire);
    CHECK(closed_count == 0 && rpc_server_calls(&world.server) == 0);
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
    call->json = true; /* nothing of what was not sent is kept */
    CHECK(rpc_send(call, &response) == ERR_FULL);
    CHECK(buf_size(&world.server.work) == 0);
    call->json = false;
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

/* A drain ends open streams and refuses new calls; unary calls go on. */
static void drained(void)
{
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    struct result stream, unary, refused;

    world_open(&world);
    (void)open_stream(&world, &stream);
    rpc_world_unary(&world, &unary, SERVICE "CacheableUnaryCall", &request);
    kept = NULL;
    rpc_server_drain(&world.server);
    wire_run(&world.wire);
    CHECK(closed_count == 1 && closed_why == ERR_DRAINING);
    CHECK(stream.closed && !unary.closed);
    expect(&stream, ERR_DRAINING);
    rpc_world_unary(&world, &refused, SERVICE "EmptyCall", &EMPTY);
    expect(&refused, ERR_DRAINING);
    CHECK(rpc_server_calls(&world.server) == 1);
    CHECK(rpc_send(rpc_server_find(&world.server, kept_id), &response) ==
          ERR_NONE);
    rpc_end(rpc_server_find(&world.server, kept_id), ERR_NONE);
    wire_run(&world.wire);
    CHECK(unary.closed && unary.status.code == STATUS_OK);
    rpc_world_forget(&unary);
    rpc_world_close(&world);
}

static bool is_that(const struct rpc_call *call, void *arg)
{
    return call == arg;
}

/* Of two streams the one that is meant ends; the other and a unary call go on,
 * and new ones are taken. */
static void cut(void)
{
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    struct result meant, other, unary, after;
    struct rpc_call *call;

    world_open(&world);
    call = open_stream(&world, &meant);
    (void)open_stream(&world, &other);
    rpc_world_unary(&world, &unary, SERVICE "CacheableUnaryCall", &request);
    kept = NULL;
    rpc_server_cut(&world.server, ERR_TOKEN_EXPIRED, is_that,
                   rpc_server_find(&world.server, kept_id));
    wire_run(&world.wire);
    CHECK(!unary.closed && closed_count == 0); /* no stream */
    rpc_server_cut(&world.server, ERR_TOKEN_EXPIRED, is_that, call);
    wire_run(&world.wire);
    CHECK(closed_count == 1 && closed_why == ERR_TOKEN_EXPIRED);
    expect(&meant, ERR_TOKEN_EXPIRED);
    CHECK(!other.closed && !unary.closed);
    rpc_world_unary(&world, &after, SERVICE "EmptyCall", &EMPTY);
    CHECK(after.closed && after.status.code == STATUS_OK);
    rpc_world_forget(&after);
    rpc_world_close(&world);
}

int main(void)
{
    later();
    latest();
    queued();
    slow_reader();
    drained();
    cut();
    return check_report("rpc/call");
}

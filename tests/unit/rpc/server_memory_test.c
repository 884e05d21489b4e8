#include "fail_malloc.h"
#include "rpc_echo.h"

/* Every allocation of the server's side fails in turn: nothing crashes, every
 * call is closed on both ends (rpc/server laws 1 and 2), and what the client
 * is told is out of memory or success. */

static size_t countdown; /* allocations until the one that fails; 0: none */
static bool struck;
static size_t large; /* instead: all of that size fail, for long */

static void before(void)
{
    fail_malloc_start(struck ? 0 : countdown);
    if (large > 0)
        fail_malloc_large(large, 1000);
}

static void after(void)
{
    size_t seen = fail_malloc_seen();

    if (fail_malloc_stop())
        struck = true;
    else if (!struck)
        countdown -= seen;
}

/* As wire_run(), but only the server is short of memory. */
static void run(struct wire *wire)
{
    static uint8_t bytes[65536];
    size_t up, down;

    do {
        up =
            http_session_send(&wire->client, bytes, sizeof bytes, wire->now_ms);
        before();
        if (up > 0 && wire->server_err == ERR_NONE)
            wire->server_err =
                http_session_receive(&wire->server, bytes, up, wire->now_ms);
        down =
            http_session_send(&wire->server, bytes, sizeof bytes, wire->now_ms);
        after();
        if (down > 0 && wire->client_err == ERR_NONE)
            wire->client_err =
                http_session_receive(&wire->client, bytes, down, wire->now_ms);
    } while (up + down > 0);
}

static void plausible(const struct result *result, bool lost)
{
    if (!result->closed) {
        CHECK(lost); /* the connection ended: closed() comes with it */
        return;
    }
    CHECK(result->status.code == STATUS_OK ||
          result->status.code == STATUS_RESOURCE_EXHAUSTED ||
          result->status.code == STATUS_INTERNAL ||
          result->status.code == STATUS_CANCELLED ||
          result->status.code == STATUS_UNAVAILABLE);
}

static void begin(struct rpc_world *world, struct result *result,
                  const char *path, const void *message, bool end)
{
    static const struct http_field gzip[] = {
        HTTP_FIELD("grpc-accept-encoding", "gzip")};
    struct http_exchange *exchange =
        rpc_world_call(world, result, path, gzip, 1);

    if (!exchange)
        return;
    rpc_world_send(exchange, message);
    if (end)
        rpc_world_end(exchange);
}

/* One of each shape; true if the failure was reached. */
static bool story(size_t at)
{
    struct rpc_world world = {0};
    struct result results[4];
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__StreamingInputCallRequest input =
        GRPC__TESTING__STREAMING_INPUT_CALL_REQUEST__INIT;
    bool lost;

    countdown = at;
    struck = false;
    world_open(&world);
    request.response_size = 3000;
    begin(&world, &results[0], SERVICE "UnaryCall", &request, true);
    run(&world.wire);
    begin(&world, &results[1], SERVICE "CacheableUnaryCall", &request, true);
    begin(&world, &results[2], SERVICE "FullDuplexCall", &EMPTY, false);
    begin(&world, &results[3], SERVICE "StreamingInputCall", &input, true);
    run(&world.wire);
    if (kept) {
        before();
        rpc_end(kept, ERR_STORE);
        after();
    }
    run(&world.wire);
    lost = world.wire.server_err != ERR_NONE ||
           http_session_finished(&world.wire.server);
    if (!struck)
        CHECK(results[0].messages == 1 && results[0].last_compressed);
    plausible(&results[0], lost);
    plausible(&results[2], true);
    plausible(&results[3], lost);
    rpc_world_close(&world);
    for (int i = 0; i < 4; i++) {
        CHECK(results[i].closed);
        rpc_world_forget(&results[i]);
    }
    return struck;
}

/* For the latest of a stream there is no memory, and does not come to be: the
 * call ends, instead of being tried again and again. */
static void latest(bool ends)
{
    struct rpc_world world = {0};
    Grpc__Testing__StreamingOutputCallRequest request =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    Grpc__Testing__StreamingOutputCallResponse response =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    struct result result;

    countdown = 0;
    world_open(&world);
    request.payload = response.payload = &payload;
    rpc_world_unary(&world, &result, SERVICE "StreamingOutputCall", &request);
    CHECK(kept && !result.closed);
    payload.body.data = filler;
    payload.body.len = 100000; /* above a window */
    result.still = true;
    CHECK(rpc_send_latest(kept, &response) == ERR_NONE);
    run(&world.wire);
    payload.body.len = 110000;
    CHECK(rpc_send_latest(kept, &response) == ERR_NONE);
    large = payload.body.len;
    if (ends) {
        before();
        rpc_end(kept, ERR_NONE);
        after();
    }
    result.still = false;
    rpc_world_readable(NULL, result.exchange);
    run(&world.wire);
    large = 0;
    CHECK(result.closed && result.messages == 1);
    CHECK(ends ? result.status.code == err_status(ERR_NOMEM)
               : result.why != ERR_NONE);
    CHECK(rpc_server_calls(&world.server) == 0);
    rpc_world_forget(&result);
    rpc_world_close(&world);
}

static void birth(void)
{
    for (size_t at = 1;; at++) {
        struct rpc_server server;
        enum err err;

        fail_malloc_start(at);
        err = rpc_server_init(&server, 0, &testing_api, NULL);
        if (!fail_malloc_stop()) {
            CHECK(err == ERR_NONE);
            rpc_server_close(&server);
            return;
        }
        CHECK(err == ERR_NOMEM);
    }
}

int main(void)
{
    size_t at = 1;

    birth();
    latest(false);
    latest(true);
    while (story(at))
        at++;
    CHECK(at > 40);
    return check_report("rpc/server without memory");
}

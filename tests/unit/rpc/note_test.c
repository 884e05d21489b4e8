/* Whole calls, through a server: what they came to is in the meter, once. */
#include "rpc/note.h"

#include "base/chance.h"
#include "check.h"
#include "rpc/state.h"
#include "rpc_echo.h"

static size_t place(const char *path)
{
    for (size_t m = 0; m < testing_api.methods_count; m++)
        if (strcmp(testing_api.methods[m].path, path) == 0)
            return m;
    return testing_api.methods_count; /* of all others */
}

static uint64_t count_of(const struct rpc_world *world, const char *path,
                         int status)
{
    return tally_read(
        &world->server.meter.row[place(path)].calls[RPC_METER_GRPC][status]);
}

/* All that were counted; each of them timed (rpc/meter law 1). */
static uint64_t all(const struct rpc_world *world)
{
    uint64_t sum = 0;

    for (size_t m = 0; m <= testing_api.methods_count; m++) {
        const struct rpc_meter_row *row = &world->server.meter.row[m];
        struct tally_sum lasted = {.count = 0};
        uint64_t calls = 0;

        for (int p = 0; p < RPC_METER_PROTOCOLS; p++)
            for (int status = 0; status < STATUS_COUNT; status++)
                calls += tally_read(&row->calls[p][status]);
        tally_spread_read(&row->lasted, &lasted);
        CHECK(lasted.count == calls);
        sum += calls;
    }
    return sum;
}

static uint64_t open_now(const struct rpc_world *world)
{
    uint64_t sum = 0;

    for (size_t m = 0; m <= testing_api.methods_count; m++)
        sum += tally_read(&world->server.meter.row[m].open);
    CHECK(sum == rpc_server_calls(&world->server)); /* rpc/meter law 2 */
    return sum;
}

/* Law 1: what the caller is told is what is counted, for every error. */
static void told(void)
{
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__EchoStatus status = GRPC__TESTING__ECHO_STATUS__INIT;
    uint64_t expected[STATUS_COUNT] = {0};
    struct result result;

    world_open(&world);
    request.response_status = &status;
    for (int err = ERR_NONE; err < ERR_COUNT; err++) {
        status.code = err;
        rpc_world_unary(&world, &result, SERVICE "UnaryCall", &request);
        CHECK(result.closed);
        expected[result.status.code]++;
        rpc_world_forget(&result);
    }
    for (int s = 0; s < STATUS_COUNT; s++)
        CHECK(count_of(&world, SERVICE "UnaryCall", s) == expected[s]);
    CHECK(all(&world) == ERR_COUNT && open_now(&world) == 0);
    rpc_world_unary(&world, &result, "/no.such/Method", &EMPTY);
    rpc_world_unary(&world, &result, "/no.such/Other", &EMPTY);
    CHECK(count_of(&world, "", STATUS_UNIMPLEMENTED) == 2);
    rpc_world_unary(&world, &result, "/grpc.health.v1.Health/Check", &EMPTY);
    CHECK(count_of(&world, "/grpc.health.v1.Health/Check",
                   STATUS_UNIMPLEMENTED) == 1);
    rpc_server_drain(&world.server);
    rpc_world_unary(&world, &result, SERVICE "EmptyCall", &EMPTY);
    CHECK(count_of(&world, SERVICE "EmptyCall", STATUS_UNAVAILABLE) == 1);
    CHECK(all(&world) == ERR_COUNT + 4);
    rpc_world_close(&world);
}

/* How long: from the head to the answer, by the times that come in. */
static void timed(void)
{
    static const char path[] = SERVICE "CacheableUnaryCall";
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    const struct rpc_meter_row *row;
    struct tally_sum sum = {.count = 0};
    struct result result;

    world_open(&world);
    row = &world.server.meter.row[place(path)];
    request.response_size = 7; /* two bytes of message */
    rpc_world_unary(&world, &result, path, &request);
    CHECK(kept && open_now(&world) == 1 && all(&world) == 0);
    world.wire.now_ms += 70;
    rpc_server_tick(&world.server, world.wire.now_ms); /* no session says it */
    CHECK(rpc_send(kept, &response) == ERR_NONE);
    rpc_end(kept, ERR_NONE);
    wire_run(&world.wire);
    tally_spread_read(&row->lasted, &sum);
    CHECK(sum.count == 1 && sum.sum == 70 && open_now(&world) == 0);
    CHECK(tally_read(&row->in) == 7); /* frame and message */
    CHECK(tally_read(&row->out) == 5);
    rpc_world_forget(&result);
    rpc_world_close(&world);
}

/* A stream's first message, once, when it goes out. */
static void first(void)
{
    static const char path[] = SERVICE "StreamingOutputCall";
    struct rpc_world world = {0};
    Grpc__Testing__StreamingOutputCallRequest request =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    Grpc__Testing__StreamingOutputCallResponse response =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    struct tally_sum sum = {.count = 0};
    struct result result;

    world_open(&world);
    request.payload = &payload; /* stay open */
    rpc_world_unary(&world, &result, path, &request);
    CHECK(kept != NULL);
    world.wire.now_ms += 40;
    rpc_server_tick(&world.server, world.wire.now_ms);
    for (int i = 0; i < 3; i++) {
        CHECK(rpc_send_latest(kept, &response) == ERR_NONE);
        world.wire.now_ms += 10;
        wire_run(&world.wire);
    }
    tally_spread_read(&world.server.meter.row[place(path)].first, &sum);
    CHECK(sum.count == 1 && sum.sum == 40);
    rpc_end(kept, ERR_REPLACED);
    wire_run(&world.wire);
    CHECK(count_of(&world, path, STATUS_ABORTED) == 1 && all(&world) == 1);
    rpc_world_forget(&result);
    rpc_world_close(&world);
}

/* Law 2: who is gone was told nothing. */
static void gone(void)
{
    static const char path[] = SERVICE "CacheableUnaryCall";
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    struct result result;

    world_open(&world);
    rpc_world_unary(&world, &result, path, &request);
    http_exchange_reset(result.exchange, ERR_CANCELED);
    wire_run(&world.wire);
    CHECK(count_of(&world, path, STATUS_CANCELLED) == 1);
    /* An answer that crosses a cancel does not reach anybody. */
    rpc_world_unary(&world, &result, path, &request);
    http_exchange_reset(kept->exchange, ERR_CANCELED);
    CHECK(rpc_send(kept, &response) == ERR_NONE);
    rpc_end(kept, ERR_NONE);
    wire_run(&world.wire);
    CHECK(count_of(&world, path, STATUS_CANCELLED) == 2);
    rpc_world_unary(&world, &result, path, &request);
    http_session_close(&world.wire.server);
    CHECK(count_of(&world, path, STATUS_CANCELLED) == 3);
    CHECK(all(&world) == 3 && open_now(&world) == 0);
    rpc_world_close(&world);
}

/* Law 1: an end that waits for a reader who never comes is one end. */
static void late_reader(void)
{
    static const char path[] = SERVICE "StreamingOutputCall";
    static const struct http_field timeout[] = {
        HTTP_FIELD("grpc-timeout", "250m")};
    struct rpc_world world = {0};
    Grpc__Testing__StreamingOutputCallRequest request =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    Grpc__Testing__StreamingOutputCallResponse response =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    struct http_exchange *exchange;
    struct result result;

    world_open(&world);
    request.payload = &payload;
    exchange = rpc_world_call(&world, &result, path, timeout, 1);
    result.still = true; /* reads nothing: the windows fill */
    rpc_world_send(exchange, &request);
    rpc_world_end(exchange);
    wire_run(&world.wire);
    response.payload = &payload;
    payload.body.data = filler;
    payload.body.len = 60000;
    while (rpc_send(kept, &response) == ERR_NONE)
        wire_run(&world.wire);
    CHECK(rpc_send_latest(kept, &response) == ERR_NONE);
    rpc_end(kept, ERR_NONE); /* OK, but the latest still waits */
    CHECK(open_now(&world) == 1 && all(&world) == 0);
    world.wire.now_ms += 250;
    rpc_server_tick(&world.server, world.wire.now_ms);
    CHECK(open_now(&world) == 0 && all(&world) == 1);
    CHECK(count_of(&world, path, STATUS_RESOURCE_EXHAUSTED) == 1);
    wire_run(&world.wire);
    CHECK(all(&world) == 1);
    rpc_world_forget(&result);
    rpc_world_close(&world);
}

/* Law 1, whatever happens: as many counts as calls, and none is open. */
static void history(void)
{
    enum { MANY = 3000 };
    static struct result results[MANY];
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    uint64_t chance = 9;
    uint64_t begun = 0;

    world_open(&world);
    for (int i = 0; i < MANY; i++) {
        char text[RPC_STATUS_TIMEOUT];
        struct http_field timeout = {"grpc-timeout", text, 12, 0};
        struct http_exchange *exchange;
        uint64_t ms = chance_below(&chance, 40);
        uint64_t id;

        rpc_status_write_timeout(ms, text);
        timeout.value_size = strlen(text);
        exchange =
            rpc_world_call(&world, &results[i], SERVICE "CacheableUnaryCall",
                           &timeout, chance_below(&chance, 2));
        if (!exchange)
            continue; /* as many as may be are open */
        begun++;
        kept_id = 0;
        if (chance_below(&chance, 8) > 0)
            rpc_world_send(exchange, &request);
        if (chance_below(&chance, 8) > 0)
            rpc_world_end(exchange);
        wire_run(&world.wire);
        id = kept_id;
        kept = NULL;
        if (chance_below(&chance, 3) == 0 && results[i].exchange)
            http_exchange_reset(results[i].exchange, ERR_CANCELED);
        if (chance_below(&chance, 2) == 0 && id != 0) {
            struct rpc_call *call = rpc_server_find(&world.server, id);

            if (call && chance_below(&chance, 2) == 0)
                rpc_end(call, ERR_STORE);
            else if (call && rpc_send(call, &response) == ERR_NONE)
                rpc_end(call, ERR_NONE);
        }
        world.wire.now_ms += chance_below(&chance, 5);
        if (chance_below(&chance, 2) == 0)
            rpc_server_tick(&world.server, world.wire.now_ms);
        wire_run(&world.wire);
        CHECK(all(&world) + open_now(&world) == begun);
    }
    http_session_close(&world.wire.server);
    CHECK(all(&world) == begun && open_now(&world) == 0);
    for (int status = 0; status < STATUS_COUNT; status++) {
        uint64_t n = count_of(&world, SERVICE "CacheableUnaryCall", status);

        CHECK((n > 0) == (status == STATUS_OK || status == STATUS_CANCELLED ||
                          status == STATUS_DEADLINE_EXCEEDED ||
                          status == STATUS_UNAVAILABLE ||
                          status == STATUS_UNIMPLEMENTED));
    }
    rpc_world_close(&world);
    for (int i = 0; i < MANY; i++)
        rpc_world_forget(&results[i]);
}

int main(void)
{
    told();
    timed();
    first();
    gone();
    late_reader();
    history();
    return check_report("rpc/note");
}

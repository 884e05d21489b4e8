#include "rpc/intake.h"

#include "rpc/state.h"
#include "rpc_echo.h"

/* Law 1: not before the end of the request is known, and once. */
static void only_one(void)
{
    struct rpc_world world = {0};
    struct http_exchange *exchange;
    struct result result;

    world_open(&world);
    exchange = rpc_world_call(&world, &result, SERVICE "EmptyCall", NULL, 0);
    rpc_world_send(exchange, &EMPTY);
    wire_run(&world.wire);
    CHECK(handled == 0 && rpc_server_calls(&world.server) == 1);
    rpc_world_end(exchange);
    wire_run(&world.wire);
    CHECK(handled == 1 && result.closed && result.messages == 1);
    rpc_world_forget(&result);

    exchange = rpc_world_call(&world, &result, SERVICE "EmptyCall", NULL, 0);
    rpc_world_send(exchange, &EMPTY);
    wire_run(&world.wire);
    rpc_world_send(exchange, &EMPTY);
    wire_run(&world.wire);
    CHECK(handled == 1 && result.closed);
    expect(&result, ERR_CARDINALITY);
    rpc_world_close(&world);
}

/* Law 2: a client that asks and does not read is not heard any further; and
 * nothing is lost when it reads at last. */
static void backpressure(void)
{
    struct rpc_world world = {0};
    Grpc__Testing__StreamingOutputCallRequest request =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    Grpc__Testing__ResponseParameters
        parameter = GRPC__TESTING__RESPONSE_PARAMETERS__INIT,
        *parameters[] = {&parameter};
    struct http_exchange *exchange;
    struct result result;
    int asked = 0, stopped;

    world_open(&world);
    parameter.size = 20000;
    request.response_parameters = parameters;
    request.n_response_parameters = 1;
    exchange =
        rpc_world_call(&world, &result, SERVICE "FullDuplexCall", NULL, 0);
    result.still = true;
    for (; asked < 5000; asked++) {
        if (rpc_world_offer(exchange, &request.base) != ERR_NONE)
            break;
        if (asked % 10 == 0)
            wire_run(&world.wire);
    }
    wire_run(&world.wire);
    stopped = handled;
    CHECK(asked == 5000 && stopped < 12);
    CHECK(world.wire.server.in_bytes <= HTTP_WINDOW);
    rpc_world_end(exchange);
    result.still = false;
    rpc_world_readable(NULL, exchange);
    wire_run(&world.wire);
    CHECK(result.closed && result.status.code == STATUS_OK);
    CHECK(handled == asked + 1 && result.messages == asked);
    rpc_world_forget(&result);
    rpc_world_close(&world);
}

/* The longest request, longer than the window; and many, one after another, on
 * the same scratch memory. */
static void long_ones(void)
{
    static uint8_t body[65536 - 8];
    struct rpc_world world = {0};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    struct result result;

    world_open(&world);
    payload.body.data = body;
    payload.body.len = sizeof body;
    request.payload = &payload;
    CHECK(grpc__testing__simple_request__get_packed_size(&request) == 65536);
    for (int i = 0; i < 40; i++) {
        rpc_world_unary(&world, &result, SERVICE "UnaryCall", &request);
        CHECK(result.closed && result.status.code == STATUS_OK);
        rpc_world_forget(&result);
    }
    CHECK(handled == 40);
    rpc_world_close(&world);
}

/* Compressed requests: the limit holds after decompression, and equal passes. */
static void compressed(void)
{
    static const struct http_field gzip_field[] = {
        HTTP_FIELD("grpc-encoding", "gzip"),
        HTTP_FIELD("grpc-accept-encoding", "identity, gzip")};
    static uint8_t bytes[65537];
    struct rpc_world world = {0};
    struct rpc_gzip gzip = {0};
    struct result result;

    world_open(&world);
    for (size_t over = 0; over < 2; over++) {
        size_t size = 65536 + over, packed_size;
        const uint8_t *packed;
        uint8_t head[RPC_FRAME_HEAD];
        struct http_exchange *exchange;

        /* SimpleRequest.payload.body of all the rest. */
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes, "\x1a\xfc\xff\x03\x12\xf8\xff\x03", 8);
        bytes[1] = (uint8_t)(0xfc + over);
        bytes[5] = (uint8_t)(0xf8 + over);
        CHECK(rpc_gzip_pack(&gzip, bytes, size, &packed, &packed_size) ==
              ERR_NONE);
        exchange =
            rpc_world_call(&world, &result, SERVICE "UnaryCall", gzip_field, 2);
        rpc_frame_head(head, true, packed_size);
        CHECK(http_exchange_write(exchange, head, sizeof head) == ERR_NONE);
        CHECK(http_exchange_write(exchange, packed, packed_size) == ERR_NONE);
        rpc_world_end(exchange);
        wire_run(&world.wire);
        CHECK(result.closed);
        if (over)
            expect(&result, ERR_TOO_LARGE);
        else
            CHECK(result.status.code == STATUS_OK && handled == 1);
        rpc_world_forget(&result);
    }
    rpc_gzip_close(&gzip);
    rpc_world_close(&world);
}

/* With an encoding named, a frame may be a little longer than the message that
 * is in it; the message may not. */
static void not_compressed(void)
{
    static const struct http_field gzip[] = {
        HTTP_FIELD("grpc-encoding", "gzip")};
    Grpc__Testing__SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    struct rpc_world world = {0};
    struct result result;

    request.payload = &payload;
    payload.body.data = filler;
    world_open(&world);
    for (int over = 0; over < 2; over++) {
        struct http_exchange *exchange =
            rpc_world_call(&world, &result, SERVICE "UnaryCall", gzip, 1);

        payload.body.len = RPC_MESSAGE_MAX - 8;
        while (protobuf_c_message_get_packed_size(&request.base) <
               (size_t)RPC_MESSAGE_MAX + (size_t)over)
            payload.body.len++;
        rpc_world_send(exchange, &request);
        rpc_world_end(exchange);
        wire_run(&world.wire);
        if (over)
            expect(&result, ERR_TOO_LARGE);
        else
            CHECK(result.status.code == STATUS_OK && handled == 1);
        rpc_world_forget(&result);
    }
    rpc_world_close(&world);
}

int main(void)
{
    not_compressed();
    only_one();
    backpressure();
    long_ones();
    compressed();
    return check_report("rpc/intake");
}

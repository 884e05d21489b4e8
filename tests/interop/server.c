/* interop/server -- grpc.testing.TestService, health and reflection on TCP.
 *
 * For the suites that are not ours (h2spec, h2load, the interop clients) and
 * for measuring the cost of a call without a service behind it.
 *   interop_server HOST:PORT */
#include "rpc/server.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/address.h"
#include "net/listener.h"
#include "net/loop.h"
#include "pb/interop.api.h"
#include "rpc/health.h"
#include "rpc/reflection.h"

enum { PAYLOAD_MAX = 8 << 20 };

static uint8_t *zeros;

static struct rpc_verdict test_empty_call(struct rpc_call *call,
                                          const Grpc__Testing__Empty *request)
{
    Grpc__Testing__Empty response = GRPC__TESTING__EMPTY__INIT;

    (void)request;
    return rpc_reply(call, &response);
}

static bool fill(Grpc__Testing__Payload *payload, int32_t size)
{
    grpc__testing__payload__init(payload);
    if (size < 0 || size > PAYLOAD_MAX)
        return false;
    payload->body.data = zeros;
    payload->body.len = (size_t)size;
    return true;
}

static struct rpc_verdict
test_unary_call(struct rpc_call *call,
                const Grpc__Testing__SimpleRequest *request)
{
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    Grpc__Testing__Payload payload;

    if (!fill(&payload, request->response_size))
        return rpc_fail(call, ERR_INVALID);
    response.payload = &payload;
    return rpc_reply(call, &response);
}

static struct rpc_verdict
test_cacheable_unary_call(struct rpc_call *call,
                          const Grpc__Testing__SimpleRequest *request)
{
    return test_unary_call(call, request);
}

static enum err send_all(struct rpc_call *call,
                         const Grpc__Testing__StreamingOutputCallRequest *in)
{
    Grpc__Testing__StreamingOutputCallResponse response =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    Grpc__Testing__Payload payload;
    enum err err = ERR_NONE;

    response.payload = &payload;
    for (size_t i = 0; i < in->n_response_parameters && err == ERR_NONE; i++)
        err = fill(&payload, in->response_parameters[i]->size)
                  ? rpc_send(call, &response)
                  : ERR_INVALID;
    return err;
}

static struct rpc_verdict test_streaming_output_call(
    struct rpc_call *call,
    const Grpc__Testing__StreamingOutputCallRequest *request)
{
    enum err err = send_all(call, request);

    if (err != ERR_NONE)
        return rpc_fail(call, err);
    if (!request->payload) /* with one, the stream stays open */
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

    if (!sum) {
        sum = rpc_call_alloc(call, sizeof *sum);
        if (!sum)
            return rpc_fail(call, ERR_NOMEM);
        *sum = 0;
        rpc_call_set_user(call, sum);
    }
    if (request) {
        *sum += request->payload ? (int32_t)request->payload->body.len : 0;
        return rpc_later(call);
    }
    response.aggregated_payload_size = *sum;
    return rpc_reply(call, &response);
}

static struct rpc_verdict
test_full_duplex_call(struct rpc_call *call,
                      const Grpc__Testing__StreamingOutputCallRequest *request)
{
    enum err err = request ? send_all(call, request) : ERR_NONE;

    if (err != ERR_NONE)
        return rpc_fail(call, err);
    if (!request)
        rpc_end(call, ERR_NONE);
    return rpc_later(call);
}

static struct rpc_verdict test_count_tree(struct rpc_call *call,
                                          const Grpc__Testing__Tree *request)
{
    (void)request;
    return rpc_fail(call, ERR_METHOD);
}

API_GRPC_TESTING_TEST_SERVICE(RPC_WRAP, test)
static const struct rpc_binding BINDINGS[] = {
    API_GRPC_TESTING_TEST_SERVICE(RPC_BIND, test)};

static uint64_t deadline_ms(void *above)
{
    return rpc_server_deadline_ms(above);
}

static void tick(void *above, uint64_t now_ms)
{
    rpc_server_tick(above, now_ms);
}

static int failed(const char *what, enum err err)
{
    (void)fprintf(stderr, "%s: %s\n", what, err_text(err));
    return 1;
}

int main(int argc, char **argv)
{
    static struct rpc_server server;
    static struct rpc_health health;
    static struct net_loop loop;
    static struct net_listener listener;
    static struct http_host host;
    struct net_loop_config config = {
        .port = {NULL, deadline_ms, tick, &server}};
    struct net_address address;
    enum err err;
    int fd;

    zeros = calloc(1, PAYLOAD_MAX);
    if (argc != 2 || !zeros)
        return failed("usage: interop_server HOST:PORT", ERR_INVALID);
    err = rpc_server_init(&server, 0, &interop_api, NULL);
    if (err != ERR_NONE)
        return failed("rpc", err);
    rpc_server_bind(&server, BINDINGS, sizeof BINDINGS / sizeof *BINDINGS,
                    NULL);
    rpc_health_init(&health, &server);
    rpc_health_set(&health, true);
    rpc_reflection_init(&server);
    host.handler_of = rpc_server_handler();
    host.handler = &server;
    err = net_address_parse(&address, argv[1]);
    if (err == ERR_NONE)
        err = net_address_bind(&address, &fd, 1);
    if (err == ERR_NONE)
        err = net_loop_init(&loop, &config);
    if (err == ERR_NONE)
        err = net_loop_host(&loop, &host);
    if (err == ERR_NONE)
        err = net_listener_start(&listener, &loop, &host, fd, &address);
    if (err != ERR_NONE)
        return failed("listen", err);
    net_loop_run(&loop);
    net_loop_close(&loop);
    http_session_host_close(&host);
    rpc_server_close(&server);
    return 0;
}

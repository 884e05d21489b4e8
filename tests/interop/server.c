/* interop/server -- grpc.testing.TestService, health and reflection on TCP.
 *
 * For the suites that are not ours (h2spec, h2load, the interop clients, npm's
 * packages, a browser) and for measuring the cost of a call without a service
 * behind it.
 *   interop_server --port N [--tls-cert F --tls-key F] [--origin ORIGIN]
 * Port 0 takes any, and says which; pages of the origin may call it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "pb/interop.api.h"
#include "rpc/extra.h"
#include "rpc/health.h"
#include "rpc/reflection.h"
#include "rpc_sum.h"
#include "served.h"

enum { PAYLOAD_MAX = 8 << 20 };

static uint8_t *zeros;
static char server_id[32];
static const char *origins[2]; /* NULL-ended */

/* The suites want some request headers back. */
static enum err echo_metadata(struct rpc_call *call)
{
    const char *head = rpc_call_metadata(call, "x-grpc-test-echo-initial");
    const char *tail = rpc_call_metadata(call, "x-grpc-test-echo-trailing-bin");
    enum err err = ERR_NONE;

    if (head)
        err = rpc_extra_head(call, "x-grpc-test-echo-initial", head);
    if (tail && err == ERR_NONE)
        err = rpc_extra_trailer(call, "x-grpc-test-echo-trailing-bin", tail);
    return err;
}

/* And the status they name, word for word. */
static enum err wanted(struct rpc_call *call,
                       const Grpc__Testing__EchoStatus *status)
{
    enum err err = ERR_NONE;

    if (status && status->code != STATUS_OK)
        err = rpc_extra_words(call, status->code, status->message, NULL, 0);
    if (status && status->code != STATUS_OK && err == ERR_NONE)
        err = ERR_INTERNAL;
    return err;
}

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
    enum err err = echo_metadata(call);

    if (err == ERR_NONE)
        err = wanted(call, request->response_status);
    if (err == ERR_NONE && !fill(&payload, request->response_size))
        err = ERR_INVALID;
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    response.payload = &payload;
    if (request->fill_server_id)
        response.server_id = server_id;
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
    return rpc_sum(call, request);
}

static struct rpc_verdict
test_full_duplex_call(struct rpc_call *call,
                      const Grpc__Testing__StreamingOutputCallRequest *request)
{
    enum err err = ERR_NONE;

    if (!rpc_call_user(call)) { /* the first */
        rpc_call_set_user(call, call);
        err = echo_metadata(call);
    }
    if (request && err == ERR_NONE)
        err = wanted(call, request->response_status);
    if (request && err == ERR_NONE)
        err = send_all(call, request);

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

int main(int argc, char **argv)
{
    static struct served served;
    static struct rpc_health health;
    struct net_credentials_config files = {.protocols = NET_PROTOCOL_H2 |
                                                        NET_PROTOCOL_HTTP_1_1};
    unsigned port = 0;
    int known = 0;
    enum err err;

    log_open(2, LOG_WARN);
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "--port") == 0)
            known += sscanf(argv[i + 1], "%u", &port) == 1;
        else if (strcmp(argv[i], "--origin") == 0)
            known += (origins[0] = argv[i + 1]) != NULL;
        else if (strcmp(argv[i], "--tls-cert") == 0)
            known += (files.certificate = argv[i + 1]) != NULL;
        else if (strcmp(argv[i], "--tls-key") == 0)
            known += (files.key = argv[i + 1]) != NULL;
    if (known == 0 || argc != 1 + 2 * known ||
        !files.certificate != !files.key) {
        (void)fprintf(stderr, "usage: interop_server --port N [--tls-cert F "
                              "--tls-key F] [--origin ORIGIN]\n");
        return 2;
    }
    (void)snprintf(server_id, sizeof server_id, "%p", (void *)&port);
    zeros = calloc(1, PAYLOAD_MAX);
    err = zeros ? served_init(&served, &interop_api) : ERR_NOMEM;
    if (!err) {
        rpc_server_bind(&served.rpc, BINDINGS,
                        sizeof BINDINGS / sizeof *BINDINGS, NULL);
        rpc_server_origins(&served.rpc, origins);
        rpc_health_init(&health, &served.rpc);
        rpc_health_set(&health, true);
        rpc_reflection_init(&served.rpc);
        err = served_listen(&served, &port, &files);
    }
    if (err) {
        (void)fprintf(stderr, "interop_server: %s\n", err_text(err));
        return 1;
    }
    (void)printf("listening on 127.0.0.1:%u\n", port);
    (void)fflush(stdout);
    served_run(&served);
    free(zeros);
    return 0;
}

/* conformance/server -- the server that the Connect conformance suite starts.
 *
 * Reads one ServerCompatRequest on standard input and writes a
 * ServerCompatResponse on standard output, each behind its size in four bytes,
 * big-endian; then it serves until SIGTERM. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/require.h"
#include "rpc/extra.h"
#include "rpc/reflection.h"
#include "story.h"

enum { REQUEST_MAX = 1 << 20, MESSAGE_MAX = 16 << 20 };

#define STORY(name, Request)                                                   \
    static struct rpc_verdict conformance_##name(                              \
        struct rpc_call *call,                                                 \
        const Connectrpc__Conformance__V1__##Request *request)                 \
    {                                                                          \
        return story_hear(call, request);                                      \
    }
STORY(unary, UnaryRequest)
STORY(idempotent_unary, IdempotentUnaryRequest)
STORY(server_stream, ServerStreamRequest)
STORY(client_stream, ClientStreamRequest)
STORY(bidi_stream, BidiStreamRequest)

static struct rpc_verdict conformance_unimplemented(
    struct rpc_call *call,
    const Connectrpc__Conformance__V1__UnimplementedRequest *request)
{
    (void)request;
    return rpc_fail(call, ERR_METHOD);
}

API_CONNECTRPC_CONFORMANCE_V1_CONFORMANCE_SERVICE(RPC_WRAP, conformance)
static const struct rpc_binding BINDINGS[] = {
    API_CONNECTRPC_CONFORMANCE_V1_CONFORMANCE_SERVICE(RPC_BIND, conformance)};

static Connectrpc__Conformance__V1__ServerCompatRequest *read_request(void)
{
    static uint8_t bytes[REQUEST_MAX];
    uint8_t head[4];
    size_t size;

    if (fread(head, 1, sizeof head, stdin) != sizeof head)
        return NULL;
    size = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
           (size_t)head[2] << 8 | head[3];
    if (size > sizeof bytes || fread(bytes, 1, size, stdin) != size)
        return NULL;
    return connectrpc__conformance__v1__server_compat_request__unpack(
        NULL, size, bytes);
}

/* The suite gives PEM, net/credentials reads files: the path of one that holds
 * it, which nobody else may read; NULL for none. */
static char *file_of(const ProtobufCBinaryData *pem, char path[static 64])
{
    int fd;

    if (pem->len == 0)
        return NULL;
    (void)snprintf(path, 64, "/tmp/conformance-XXXXXX");
    fd = mkstemp(path);
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, pem->data, pem->len) == (ssize_t)pem->len);
    (void)close(fd);
    return path;
}

struct files {
    char certificate[64], key[64], authorities[64];
    struct net_credentials_config config;
};

static void
make_files(struct files *files,
           const Connectrpc__Conformance__V1__ServerCompatRequest *wanted)
{
    files->config.protocols = NET_PROTOCOL_H2 | NET_PROTOCOL_HTTP_1_1;
    if (!wanted->use_tls)
        return;
    files->config.certificate =
        file_of(&wanted->server_creds->cert, files->certificate);
    files->config.key = file_of(&wanted->server_creds->key, files->key);
    files->config.authorities =
        file_of(&wanted->client_tls_cert, files->authorities);
}

static void remove_files(const struct files *files)
{
    (void)unlink(files->certificate);
    (void)unlink(files->key);
    (void)unlink(files->authorities);
}

static void
write_response(unsigned port,
               const Connectrpc__Conformance__V1__ServerCompatRequest *wanted)
{
    Connectrpc__Conformance__V1__ServerCompatResponse response =
        CONNECTRPC__CONFORMANCE__V1__SERVER_COMPAT_RESPONSE__INIT;
    char host[] = "127.0.0.1";
    static uint8_t bytes[REQUEST_MAX];
    size_t size;

    response.host = host;
    response.port = port;
    if (wanted->use_tls)
        response.pem_cert = wanted->server_creds->cert;
    size = connectrpc__conformance__v1__server_compat_response__pack(&response,
                                                                     bytes + 4);
    bytes[2] = (uint8_t)(size >> 8);
    bytes[3] = (uint8_t)size;
    (void)fwrite(bytes, 1, 4 + size, stdout);
    (void)fflush(stdout);
}

/* The generated tables with the limit of this run. */
static struct api_method *methods;

static const struct api_set *limited(uint32_t bytes_max)
{
    static struct api_set set;

    methods = calloc(conformance_api.methods_count, sizeof *methods);
    REQUIRE(methods);
    memcpy(methods, conformance_api.methods,
           conformance_api.methods_count * sizeof *methods);
    for (size_t i = 0; i < conformance_api.methods_count; i++)
        methods[i].request_bytes_max = bytes_max > 0 ? bytes_max : MESSAGE_MAX;
    set = conformance_api;
    set.methods = methods;
    return &set;
}

int main(void)
{
    static struct served served = {.due = story_due};
    Connectrpc__Conformance__V1__ServerCompatRequest *wanted = read_request();
    struct files files = {.config = {0}};
    unsigned port = 0;
    enum err err;

    log_open(2, LOG_WARN);
    if (!wanted || (wanted->use_tls && !wanted->server_creds)) {
        (void)fprintf(stderr, "conformance_server: no request, or TLS without "
                              "a certificate\n");
        return 2;
    }
    make_files(&files, wanted);
    err = served_init(&served, limited(wanted->message_receive_limit));
    if (!err)
        err = rpc_extra_bare(&served.rpc);
    if (!err) {
        rpc_server_bind(&served.rpc, BINDINGS,
                        sizeof BINDINGS / sizeof *BINDINGS, &served);
        rpc_reflection_init(&served.rpc);
        err = served_listen(&served, &port, &files.config);
    }
    remove_files(&files);
    if (err) {
        (void)fprintf(stderr, "conformance_server: %s\n", err_text(err));
        return 1;
    }
    write_response(port, wanted);
    served_run(&served);
    connectrpc__conformance__v1__server_compat_request__free_unpacked(wanted,
                                                                      NULL);
    free(methods);
    return 0;
}

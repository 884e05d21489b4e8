/* fuzz/rpc_body -- any bytes as the body of a call, in every protocol.
 *
 * The first byte says how (of what type and encoding, to which method, in what
 * pieces): envelopes of Connect and gRPC-Web, base64, JSON, gzip, and with the
 * highest bit a GET whose query it is.  Whatever it is, there is one answer, in
 * the caller's protocol, and the connection goes on or says that it does not. */
#include "base/require.h"
#include "fuzz.h"
#include "rpc_text.h"

static const char *const types[] = {
    "grpc-web+proto", "grpc-web+json", "grpc-web-text", "grpc-web-text+json",
    "proto",          "json",          "connect+proto", "connect+json"};
static const char *const paths[] = {"UnaryCall", "StreamingOutputCall",
                                    "CountTree", "FullDuplexCall"};

/* A query cannot have white space or controls: what is not plain is escaped. */
static void say_query(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char escaped[4] = {(char)data[i]};

        if (data[i] <= ' ' || data[i] >= 0x7f)
            (void)snprintf(escaped, sizeof escaped, "%%%02x", data[i]);
        text_say(&text, escaped);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char head[160];
    bool get;

    if (size < 2 || size > 4000)
        return 0;
    get = data[0] & 0x80;
    rpc_text_open(BINDINGS, sizeof BINDINGS / sizeof *BINDINGS);
    if (get) {
        text_say(&text, "GET " SERVICE "CacheableUnaryCall?");
        say_query(data + 1, size - 1);
        text_say(&text, " HTTP/1.1\r\nhost: a\r\n\r\n");
    } else {
        text.piece = data[1];
        (void)snprintf(head, sizeof head,
                       "POST " SERVICE "%s HTTP/1.1\r\nhost: a\r\n"
                       "content-type: application/%s\r\n"
                       "content-length: %zu\r\n",
                       paths[data[0] >> 3 & 3], types[data[0] & 7], size - 2);
        text_say(&text, head);
        if (data[0] & 0x20)
            text_say(&text, "content-encoding: gzip\r\ngrpc-encoding: gzip\r\n"
                            "connect-content-encoding: gzip\r\n");
        if (data[0] & 0x40)
            text_say(&text, "accept-encoding: gzip\r\nconnect-accept-encoding: "
                            "gzip\r\ngrpc-accept-encoding: gzip\r\n");
        text_say(&text, "\r\n");
        text_give(&text, (const char *)data + 2, size - 2);
    }
    if (kept && rpc_server_find(&text_server, kept_id))
        rpc_end(kept, ERR_STORE);
    kept = NULL;
    text_hear(&text);
    REQUIRE(text.err == ERR_NONE);
    REQUIRE(strncmp(text.said, "HTTP/1.1 ", 9) == 0);
    REQUIRE(text_count(&text, "HTTP/1.1 ") == 1 || text.said_size > 60000);
    REQUIRE(rpc_server_calls(&text_server) == 0);
    rpc_text_close();
    return 0;
}

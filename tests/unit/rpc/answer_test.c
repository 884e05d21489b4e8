#include "rpc/answer.h"

#include "rpc/base64.h"
#include "rpc_text.h"

#define JSON   "content-type: application/json\r\n"
#define PROTO  "content-type: application/proto\r\n"
#define WEB    "content-type: application/grpc-web+json\r\n"
#define STREAM "content-type: application/connect+json\r\n"

static void begin(void)
{
    rpc_text_open(BINDINGS, sizeof BINDINGS / sizeof *BINDINGS);
}

/* Law 1: OK and an error in each protocol, and what it begins with. */
static void shapes(void)
{
    begin();
    RPC_TEXT_ASK("POST " SERVICE "UnaryCall", JSON, "{\"responseSize\":1}");
    CHECK(strcmp(text.said, "HTTP/1.1 200 OK\r\ncontent-type: application/json"
                            "\r\ncontent-length: 27\r\n\r\n"
                            "{\"payload\":{\"body\":\"AA==\"}}") == 0);
    RPC_TEXT_ASK("POST " SERVICE "UnaryCall", PROTO, "\x10\x01");
    CHECK(rpc_text_has("content-type: application/proto\r\n"));
    CHECK(RPC_TEXT_SAID("\r\n\r\n\x0a\x03\x12\x01\0"));
    RPC_TEXT_ASK("POST " SERVICE "UnaryCall", JSON,
                 "{\"responseStatus\":{\"code\":5}}");
    CHECK(rpc_text_has("content-type: application/json\r\n"));
    CHECK(strncmp(rpc_text_body(), "{\"code\":\"", 9) == 0);
    RPC_TEXT_ASK("POST " SERVICE "UnaryCall", WEB,
                 "\0\0\0\0\x12{\"responseSize\":1}");
    CHECK(rpc_text_has("content-type: application/grpc-web+json\r\n"));
    CHECK(RPC_TEXT_SAID("\0\0\0\0\x1b{\"payload\":"));
    CHECK(RPC_TEXT_SAID("\x80\0\0\0\x10grpc-status: 0\r\n"));
    RPC_TEXT_ASK("POST " SERVICE "StreamingOutputCall", STREAM,
                 "\0\0\0\0\x23{\"responseParameters\":[{\"size\":0}]}");
    CHECK(rpc_text_has("content-type: application/connect+json\r\n"));
    CHECK(RPC_TEXT_SAID("\0\0\0\0\x0e{\"payload\":{}}") &&
          RPC_TEXT_SAID("\2\0\0\0\2{}"));
    RPC_TEXT_ASK("POST " SERVICE "StreamingOutputCall", STREAM, "\0\0\0\0\1[");
    CHECK(rpc_text_has("HTTP/1.1 200 ")); /* streams are always 200 */
    CHECK(RPC_TEXT_SAID("{\"error\":{\"code\":\"invalid_argument\""));
    rpc_text_close();
}

/* No call: also in the caller's protocol, with what may be asked for. */
static void refused(void)
{
    begin();
    RPC_TEXT_ASK("POST /no/such", JSON, "{}");
    CHECK(rpc_text_has("HTTP/1.1 404 "));
    CHECK(rpc_text_has("accept-encoding: identity,gzip\r\n"));
    RPC_TEXT_ASK("POST /no/such", WEB, "");
    CHECK(rpc_text_has("grpc-accept-encoding: identity,gzip\r\n"));
    CHECK(RPC_TEXT_SAID("grpc-status: 12\r\n") &&
          rpc_text_has("HTTP/1.1 200 "));
    RPC_TEXT_ASK("POST /no/such", STREAM, "");
    CHECK(rpc_text_has("connect-accept-encoding: identity,gzip\r\n"));
    CHECK(RPC_TEXT_SAID("{\"error\":{\"code\":\"unimplemented\""));
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall", JSON "content-encoding: br\r\n",
                 "{}");
    CHECK(rpc_text_has("HTTP/1.1 501 ")); /* the path is there */
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall", JSON "connect-timeout-ms: 0\r\n",
                 "{}");
    CHECK(rpc_text_has("HTTP/1.1 504 ") && handled == 0);
    rpc_text_close();
}

/* An address that asks too much hears so in its own protocol, when to come
 * back, and no handler hears of it (http/share). */
static void denied(void)
{
    static const struct http_share_limits none = {1, 1};
    struct http_share share = {.limits = &none, .open = 1};

    begin();
    text.session.share = &share;
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall", JSON, "{}");
    CHECK(rpc_text_has("HTTP/1.1 429 ") && RPC_TEXT_SAID("a limit is reached"));
    CHECK(RPC_TEXT_SAID("google.rpc.RetryInfo"));
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall", WEB, "");
    CHECK(RPC_TEXT_SAID("grpc-status: 8\r\n"));
    RPC_TEXT_ASK("POST " SERVICE "StreamingOutputCall", STREAM, "");
    CHECK(RPC_TEXT_SAID("{\"error\":{\"code\":\"resource_exhausted\""));
    RPC_TEXT_ASK("GET /", "", "");
    CHECK(rpc_text_has("HTTP/1.1 429 "));
    CHECK(handled == 0 && atomic_load(&share.open) == 1);
    share.open = 0;
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall", JSON, "{}");
    CHECK(rpc_text_has("HTTP/1.1 200 ") && handled == 1);
    CHECK(atomic_load(&share.open) == 0);
    rpc_text_close();
}

/* An answer that comes later, and fails after it sent: what was sent goes. */
static void one_message_later(void)
{
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;

    begin();
    for (int good = 0; good < 2; good++) {
        RPC_TEXT_ASK("POST " SERVICE "CacheableUnaryCall", JSON, "{}");
        CHECK(kept && text.said_size == 0);
        CHECK(rpc_send(kept, &response) == ERR_NONE);
        text_hear(&text);
        CHECK(text.said_size == 0); /* it may still fail */
        rpc_end(kept, good ? ERR_NONE : ERR_STORE);
        kept = NULL;
        text_hear(&text);
        CHECK(rpc_text_has(good ? "HTTP/1.1 200 " : "HTTP/1.1 503 "));
        CHECK((strcmp(rpc_text_body(), "{}") == 0) == good);
        CHECK(text_count(&text, "HTTP/1.1 ") == 1);
    }
    rpc_text_close();
}

/* gzip: in the head and in every frame, if asked for, and if it pays. */
static void packed(void)
{
    static const char *const head[] = {"accept-encoding: gzip\r\n", ""};

    begin();
    for (int i = 0; i < 2; i++) {
        char lines[256];

        (void)snprintf(lines, sizeof lines, PROTO "%s", head[i]);
        RPC_TEXT_ASK("POST " SERVICE "UnaryCall", lines, "\x10\x88\x27");
        CHECK(rpc_text_has("\r\ncontent-encoding: gzip\r\n") == (i == 0));
        CHECK((text.said_size < 1000) == (i == 0)); /* 5,000 zeros */
        CHECK(RPC_TEXT_SAID("\x1f\x8b") == (i == 0));
        RPC_TEXT_ASK("POST " SERVICE "UnaryCall", lines, "\x10\x08");
        CHECK(!rpc_text_has("gzip")); /* 8 zeros */
    }
    rpc_text_close();
}

/* Base64 both ways, each frame padded by itself. */
static void in_text(void)
{
    char frames[64], want[64];
    size_t size;

    begin();
    size = rpc_base64_encode((const uint8_t *)"\0\0\0\0\2\x10\x01", 7, true,
                             frames);
    rpc_text_ask("POST " SERVICE "UnaryCall",
                 "content-type: application/grpc-web-text\r\n", frames, size);
    CHECK(rpc_text_has("content-type: application/grpc-web-text+proto\r\n"));
    size = rpc_base64_encode((const uint8_t *)"\0\0\0\0\5\x0a\3\x12\1\0", 10,
                             true, want);
    CHECK(rpc_text_said(want, size));
    size = rpc_base64_encode(
        (const uint8_t *)"\x80\0\0\0\x10grpc-status: 0\r\n", 21, true, want);
    CHECK(rpc_text_said(want, size));
    rpc_text_close();
}

/* RFC 9110, 15.5.6: a 405 names all that this path can be asked by; what is
 * among them is refused for another reason. */
static void other_verbs(void)
{
    static const char *const none[] = {
        "DELETE " SERVICE "EmptyCall", "GET " SERVICE "EmptyCall",
        "GET " SERVICE "EmptyCall?encoding=json&message={}",
        "GET " SERVICE "StreamingOutputCall?encoding=json&message={}"};
    static const char *const get[] = {
        "GET " SERVICE "CacheableUnaryCall",
        "GET " SERVICE "CacheableUnaryCall?encoding=xml&message="};

    begin();
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        RPC_TEXT_ASK(none[i], "", "");
        CHECK(rpc_text_has("HTTP/1.1 405 ") &&
              rpc_text_has("\r\nallow: POST\r\n"));
    }
    RPC_TEXT_ASK("DELETE " SERVICE "CacheableUnaryCall", "", "");
    CHECK(rpc_text_has("HTTP/1.1 405 ") &&
          rpc_text_has("\r\nallow: GET, POST\r\n"));
    for (size_t i = 0; i < sizeof get / sizeof *get; i++) {
        RPC_TEXT_ASK(get[i], "", "");
        CHECK(rpc_text_has("HTTP/1.1 415 ") && !rpc_text_has("allow: "));
    }
    RPC_TEXT_ASK("GET /no/such", "", "");
    CHECK(rpc_text_has("HTTP/1.1 404 ") && handled == 0);
    rpc_text_close();
}

int main(void)
{
    shapes();
    refused();
    other_verbs();
    denied();
    one_message_later();
    packed();
    in_text();
    return check_report("rpc/answer");
}

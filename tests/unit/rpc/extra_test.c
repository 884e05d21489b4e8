#include "rpc/extra.h"

#include "rpc_text.h"

/* Says what its request's headers tell it to. */
static int fields;

static struct rpc_verdict say_words(struct rpc_call *call, const void *request)
{
    const struct rpc_detail detail = {"a.B", (const uint8_t *)"xyz", 3};
    const char *words = rpc_call_metadata(call, "x-words");

    (void)request;
    for (int i = 0; i < fields; i++) {
        bool room = i < RPC_EXTRA_FIELDS;

        CHECK(rpc_extra_head(call, "X-Head", "h") ==
              (room ? ERR_NONE : ERR_FULL)); /* Law 1 */
        CHECK(rpc_extra_trailer(call, "x-tail-bin", "dA") ==
              (room ? ERR_NONE : ERR_FULL));
    }
    CHECK(strncmp(rpc_extra_request(call)->path, SERVICE, 10) == 0);
    if (words)
        CHECK(rpc_extra_words(call, STATUS_DATA_LOSS, words, &detail, 1) ==
              ERR_NONE);
    if (rpc_call_metadata(call, "x-early"))
        CHECK(rpc_extra_send_head(call) == ERR_NONE);
    if (rpc_call_metadata(call, "x-late")) {
        kept = call;
        kept_id = rpc_call_id(call);
        rpc_call_watch(call, &WATCH);
        return rpc_later(call);
    }
    if (words)
        return rpc_fail(call, ERR_INTERNAL);
    if (rpc_call_method(call)->server_streams) {
        rpc_end(call, ERR_NONE);
        return rpc_later(call);
    }
    return rpc_reply(call, &EMPTY);
}

static void begin(void)
{
    static const char *const names[] = {
        "EmptyCall",          "UnaryCall",      "CacheableUnaryCall",
        "StreamingInputCall", "FullDuplexCall", "StreamingOutputCall",
        "CountTree"};
    static char path[7][64];
    struct rpc_binding bindings[7];

    for (int i = 0; i < 7; i++) {
        (void)snprintf(path[i], sizeof path[i], SERVICE "%s", names[i]);
        bindings[i] = (struct rpc_binding){path[i], say_words};
    }
    rpc_text_open(bindings, 7);
}

#define JSON   "content-type: application/json\r\n"
#define WEB    "content-type: application/grpc-web\r\n"
#define STREAM "content-type: application/connect+json\r\n"

/* Words and metadata, in the place each protocol has for them. */
static void everywhere(void)
{
    begin();
    fields = 1;
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall", JSON, "{}");
    CHECK(rpc_text_has("HTTP/1.1 200 ") && rpc_text_has("\r\nx-head: h\r\n"));
    CHECK(rpc_text_has("\r\ntrailer-x-tail-bin: dA\r\n"));
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall", JSON "x-words: a \xc3\xa9%\r\n",
                 "{}");
    CHECK(rpc_text_has("HTTP/1.1 500 ") && rpc_text_has("\r\nx-head: h\r\n"));
    CHECK(rpc_text_has("\r\ntrailer-x-tail-bin: dA\r\n"));
    CHECK(strcmp(rpc_text_body(),
                 "{\"code\":\"data_loss\",\"message\":\"a \xc3\xa9%\","
                 "\"details\":[{\"type\":\"a.B\",\"value\":\"eHl6\"}]}") == 0);
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall", WEB "x-words: a \xc3\xa9%\r\n",
                 "\0\0\0\0\0");
    CHECK(rpc_text_has("\r\nx-head: h\r\n"));
    CHECK(RPC_TEXT_SAID("grpc-status: 15\r\ngrpc-message: a %C3%A9%25\r\n"
                        "grpc-status-details-bin: "));
    CHECK(RPC_TEXT_SAID("\r\nx-tail-bin: dA\r\n"));
    RPC_TEXT_ASK("POST " SERVICE "StreamingOutputCall",
                 STREAM "x-words: why\r\nx-early: 1\r\n", "\0\0\0\0\2{}");
    CHECK(rpc_text_has("HTTP/1.1 200 ") && rpc_text_has("\r\nx-head: h\r\n"));
    CHECK(RPC_TEXT_SAID(
        "{\"error\":{\"code\":\"data_loss\",\"message\":\"why\""));
    CHECK(RPC_TEXT_SAID("\"metadata\":{\"x-tail-bin\":[\"dA\"]}}"));
    rpc_text_close();
}

/* Only ERR_INTERNAL says them: a deadline is a deadline. */
static void deadlines(void)
{
    begin();
    fields = 0;
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall",
                 JSON "x-words: why\r\nx-late: 1\r\nconnect-timeout-ms: 50\r\n",
                 "{}");
    CHECK(text.said_size == 0);
    text.now_ms += 50;
    rpc_server_tick(&text_server, text.now_ms);
    text_hear(&text);
    CHECK(rpc_text_has("HTTP/1.1 504 ") && !rpc_text_has("why"));
    CHECK(closed_count == 1 && closed_why == ERR_DEADLINE);
    rpc_text_close();
}

static void bounded(void)
{
    begin();
    fields = RPC_EXTRA_FIELDS + 1;
    RPC_TEXT_ASK("POST " SERVICE "EmptyCall", JSON "x-words: why\r\n", "{}");
    CHECK(text_count(&text, "\r\nx-head: h") == RPC_EXTRA_FIELDS);
    CHECK(text_count(&text, "\r\ntrailer-x-tail-bin: dA") == RPC_EXTRA_FIELDS);
    rpc_text_close();
}

/* Without details, for who wants none. */
static void bare(void)
{
    rpc_text_open(BINDINGS, sizeof BINDINGS / sizeof *BINDINGS);
    CHECK(rpc_extra_bare(&text_server) == ERR_NONE);
    RPC_TEXT_ASK("POST /no/such", JSON, "{}");
    CHECK(strcmp(rpc_text_body(), "{\"code\":\"unimplemented\",\"message\":"
                                  "\"there is no such method\"}") == 0);
    rpc_text_close();
}

int main(void)
{
    everywhere();
    deadlines();
    bounded();
    bare();
    return check_report("rpc/extra");
}

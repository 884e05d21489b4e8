#include "rpc/asked.h"

#include <string.h>

#include "check.h"
#include "http/head.h"
#include "pb/api.h"
#include "rpc/call.h"

static struct rpc_asked ask(const char *method, const char *path,
                            const struct http_field *fields, size_t count)
{
    struct http_exchange exchange = {.method = method, .path = path};
    struct rpc_asked asked;

    buf_init(&exchange.head, 4096);
    for (size_t i = 0; i < count; i++)
        CHECK(http_head_add(&exchange.head, &fields[i]) == ERR_NONE);
    rpc_asked_read(&exchange, &asked);
    buf_close(&exchange.head);
    return asked;
}

static void tongues(void)
{
    static const struct http_field fields[] = {
        HTTP_FIELD("content-type", "application/grpc"),
        HTTP_FIELD("accept-language", "es-MX, en;q=0.5")};

    CHECK(ask("POST", "/a.B/C", fields, 1).tongue == RPC_ENGLISH);
    CHECK(ask("POST", "/a.B/C", fields, 2).tongue == RPC_SPANISH);
}

/* Law 1 */
static void protocols(void)
{
    static const struct {
        const char *type;
        enum rpc_protocol protocol;
        bool json;
    } cases[] = {{"application/grpc", RPC_GRPC, false},
                 {"application/grpc+proto", RPC_GRPC, false},
                 {"application/grpc;charset=x", RPC_GRPC, false},
                 {"application/grpc+json", RPC_GRPC, true},
                 {"application/grpc-web", RPC_WEB, false},
                 {"application/grpc-web+proto", RPC_WEB, false},
                 {"application/grpc-web+json; a=b", RPC_WEB, true},
                 {"application/grpc-web-text", RPC_WEB_TEXT, false},
                 {"application/grpc-web-text+proto", RPC_WEB_TEXT, false},
                 {"application/proto", RPC_CONNECT, false},
                 {"application/json", RPC_CONNECT, true},
                 {"application/json; charset=utf-8", RPC_CONNECT, true},
                 {"application/connect+proto", RPC_CONNECT_STREAM, false},
                 {"application/connect+json", RPC_CONNECT_STREAM, true},
                 {"application/connect", RPC_PLAIN, false},
                 {"application/grpc+xml", RPC_PLAIN, false},
                 {"application/grpc-web-text+prot", RPC_PLAIN, false},
                 {"application/grpc-webs", RPC_PLAIN, false},
                 {"application/jsons", RPC_PLAIN, false},
                 {"application/json+proto", RPC_PLAIN, false},
                 {"application/", RPC_PLAIN, false},
                 {"text/json", RPC_PLAIN, false},
                 {"json", RPC_PLAIN, false},
                 {"", RPC_PLAIN, false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_field type = {"content-type", cases[i].type, 12,
                                  strlen(cases[i].type)};
        struct rpc_asked asked = ask("POST", "/a.B/C", &type, 1);

        CHECK(asked.protocol == cases[i].protocol);
        CHECK(asked.json == cases[i].json && !asked.get);
        CHECK(asked.err == ERR_NONE && asked.timeout_ms == RPC_NEVER);
    }
    CHECK(ask("POST", "/a.B/C", NULL, 0).protocol == RPC_PLAIN);
}

static void gets(void)
{
    struct rpc_asked asked = ask("GET", "/a.B/C?encoding=json", NULL, 0);

    CHECK(asked.get && asked.json && asked.protocol == RPC_CONNECT);
    CHECK(asked.path_size == 6);
    asked = ask("GET", "/a.B/C?message=x&encoding=proto&connect=v1", NULL, 0);
    CHECK(asked.get && !asked.json && asked.protocol == RPC_CONNECT);
    CHECK(ask("GET", "/a.B/C?encoding=xml", NULL, 0).protocol == RPC_PLAIN);
    CHECK(ask("GET", "/a.B/C", NULL, 0).protocol == RPC_PLAIN);
    CHECK(ask("POST", "/a.B/C?encoding=json", NULL, 0).protocol == RPC_PLAIN);
}

/* Law 2; each protocol has fields of its own, and those of others count for
 * nothing. */
static void encodings(void)
{
    static const struct {
        const char *type, *encoding, *accept;
    } protocols[] = {
        {"application/grpc", "grpc-encoding", "grpc-accept-encoding"},
        {"application/grpc-web-text", "grpc-encoding", "grpc-accept-encoding"},
        {"application/json", "content-encoding", "accept-encoding"},
        {"application/connect+json", "connect-content-encoding",
         "connect-accept-encoding"}};
    static const struct {
        const char *accept;
        bool gzip;
    } accepts[] = {{"gzip", true},          {"identity, gzip", true},
                   {"br,gzip;q=0.5", true}, {"gzip;q=0.01", true},
                   {"gzip;q=0", false},     {"gzip;q=0.000, br", false},
                   {"xgzip", false},        {"gzipx", false},
                   {"identity", false},     {"", false}};

    for (size_t p = 0; p < 4; p++) {
        struct http_field fields[3] = {
            {"content-type", protocols[p].type, 12, strlen(protocols[p].type)},
            {protocols[p].encoding, "gzip", strlen(protocols[p].encoding), 4},
            {protocols[p].accept, "", strlen(protocols[p].accept), 0}};

        for (size_t a = 0; a < sizeof accepts / sizeof *accepts; a++) {
            fields[2].value = accepts[a].accept;
            fields[2].value_size = strlen(accepts[a].accept);
            CHECK(ask("POST", "/", fields, 3).gzip_out == accepts[a].gzip);
        }
        CHECK(ask("POST", "/", fields, 2).gzip_in);
        CHECK(!ask("POST", "/", fields, 2).gzip_out);
        fields[1].value = "zstd";
        CHECK(ask("POST", "/", fields, 2).err == ERR_ENCODING);
        fields[1].value = "identity";
        fields[1].value_size = 8;
        CHECK(!ask("POST", "/", fields, 2).gzip_in);
        for (size_t other = 0; other < 4; other++) {
            fields[1].name = protocols[other].encoding;
            fields[1].name_size = strlen(protocols[other].encoding);
            fields[1].value = "gzip";
            fields[1].value_size = 4;
            CHECK(ask("POST", "/", fields, 2).gzip_in ==
                  (strcmp(protocols[p].encoding, protocols[other].encoding) ==
                   0));
        }
    }
}

static void timeouts(void)
{
    struct http_field fields[] = {
        HTTP_FIELD("content-type", "application/grpc-web"),
        HTTP_FIELD("grpc-timeout", "5S"),
        HTTP_FIELD("connect-timeout-ms", "70"),
        HTTP_FIELD("connect-protocol-version", "1")};
    const struct http_field json =
        HTTP_FIELD("content-type", "application/json");

    CHECK(ask("POST", "/", fields, 4).timeout_ms == 5000);
    fields[0] = json;
    CHECK(ask("POST", "/", fields, 4).timeout_ms == 70);
    CHECK(ask("POST", "/", fields, 4).err == ERR_NONE);
    fields[2].value = "7s";
    CHECK(ask("POST", "/", fields, 4).err == ERR_INVALID);
    fields[2].value = "70";
    fields[3].value = "2";
    CHECK(ask("POST", "/", fields, 4).err == ERR_INVALID);
}

/* Law 3 */
static void credentials(void)
{
    static const char *const types[] = {
        "application/grpc", "application/grpc-web", "application/grpc-web-text",
        "application/json", "application/connect+proto"};
    struct http_field fields[] = {
        HTTP_FIELD("content-type", ""), HTTP_FIELD("authorization", "Bearer a"),
        HTTP_FIELD("kindred-proof", "p"), HTTP_FIELD("x-other", ""),
        HTTP_FIELD("x-other", "")};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        fields[0].value = types[i];
        fields[0].value_size = strlen(types[i]);
        CHECK(ask("POST", "/", fields, 5).err == ERR_NONE);
        for (size_t twice = 1; twice < 3; twice++) {
            fields[4] = fields[twice]; /* the same again, or another */
            CHECK(ask("POST", "/", fields, 5).err == ERR_CREDENTIAL_TWICE);
            fields[4].value = "";
            fields[4].value_size = 0;
            CHECK(ask("POST", "/", fields, 5).err == ERR_CREDENTIAL_TWICE);
            CHECK(ask("GET", "/a.B/C?encoding=json&message=", fields, 5).err ==
                  ERR_CREDENTIAL_TWICE);
        }
        fields[4] = fields[3];
    }
}

/* What changes nothing, asked once and answered once. */
static void by_get(void)
{
    for (int i = 0; i < 4; i++)
        for (int level = API_IDEMPOTENCY_UNKNOWN; level <= API_IDEMPOTENT;
             level++) {
            const struct api_method method = {.client_streams = i & 1,
                                              .server_streams = i & 2,
                                              .idempotency =
                                                  (enum api_idempotency)level};

            CHECK(rpc_asked_by_get(&method) ==
                  (i == 0 && level == API_NO_SIDE_EFFECTS));
        }
}

int main(void)
{
    by_get();
    credentials();
    protocols();
    tongues();
    gets();
    encodings();
    timeouts();
    return check_report("rpc/asked");
}

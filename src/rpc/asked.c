#include "rpc/asked.h"

#include <string.h>

#include "pb/api.h"
#include "rpc/call.h"
#include "rpc/connect.h"
#include "rpc/query.h"
#include "rpc/status.h"

struct heard { /* the fields that matter to some protocol; NULL: not there */
    struct http_field type, encoding, connect_encoding, content_encoding;
    struct http_field accept, connect_accept, accept_encoding;
    struct http_field timeout, connect_timeout, version, language;
    struct http_field token, proof;
    bool twice; /* one of those two is */
};

static const struct http_field nothing = {0};

/* Where a field of that name is noted.  Every call passes here: sizes first. */
static struct http_field *place_of(struct heard *heard,
                                   const struct http_field *field)
{
#define IS(word) (memcmp(field->name, word, sizeof(word) - 1) == 0)
    switch (field->name_size) {
    case 12:
        return IS("content-type")   ? &heard->type
               : IS("grpc-timeout") ? &heard->timeout
                                    : NULL;
    case 13:
        return IS("grpc-encoding")   ? &heard->encoding
               : IS("authorization") ? &heard->token
               : IS("kindred-proof") ? &heard->proof
                                     : NULL;
    case 15:
        return IS("accept-encoding")   ? &heard->accept_encoding
               : IS("accept-language") ? &heard->language
                                       : NULL;
    case 16:
        return IS("content-encoding") ? &heard->content_encoding : NULL;
    case 18:
        return IS("connect-timeout-ms") ? &heard->connect_timeout : NULL;
    case 20:
        return IS("grpc-accept-encoding") ? &heard->accept : NULL;
    case 23:
        return IS("connect-accept-encoding") ? &heard->connect_accept : NULL;
    case 24:
        return IS("connect-protocol-version")   ? &heard->version
               : IS("connect-content-encoding") ? &heard->connect_encoding
                                                : NULL;
    default:
        return NULL;
    }
#undef IS
}

/* Law 3 is for what says who calls; of the others the last counts. */
static void note(struct heard *heard, const struct http_field *field)
{
    struct http_field *place = place_of(heard, field);

    if (!place)
        return;
    heard->twice |=
        place->value && (place == &heard->token || place == &heard->proof);
    *place = *field;
}

static bool is(const char *text, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(text, word, size) == 0;
}

/* "application/BASE" or "application/BASE+CODEC", with parameters or not. */
static enum rpc_protocol protocol_of(const struct http_field *type, bool *json)
{
    static const struct {
        const char *base, *codec;
        enum rpc_protocol protocol;
        bool json;
    } types[] = {{"grpc", "", RPC_GRPC, false},
                 {"grpc", "proto", RPC_GRPC, false},
                 {"grpc", "json", RPC_GRPC, true},
                 {"grpc-web", "", RPC_WEB, false},
                 {"grpc-web", "proto", RPC_WEB, false},
                 {"grpc-web", "json", RPC_WEB, true},
                 {"grpc-web-text", "", RPC_WEB_TEXT, false},
                 {"grpc-web-text", "proto", RPC_WEB_TEXT, false},
                 {"grpc-web-text", "json", RPC_WEB_TEXT, true},
                 {"proto", "", RPC_CONNECT, false},
                 {"json", "", RPC_CONNECT, true},
                 {"connect", "proto", RPC_CONNECT_STREAM, false},
                 {"connect", "json", RPC_CONNECT_STREAM, true}};
    static const char application[] = "application/";
    static const char grpc[] = "application/grpc";
    const char *base = type->value, *codec;
    size_t size, base_size;

    *json = false;
    if (type->value_size == sizeof grpc - 1 &&
        memcmp(base, grpc, sizeof grpc - 1) == 0)
        return RPC_GRPC; /* as most do */
    if (!base || strncmp(base, application, sizeof application - 1) != 0)
        return RPC_PLAIN;
    base += sizeof application - 1;
    size = strcspn(base, "; ");
    base_size = strcspn(base, "+; ");
    codec = base_size < size ? base + base_size + 1 : "";
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!is(base, base_size, types[i].base) ||
            !is(codec, base_size < size ? size - base_size - 1 : 0,
                types[i].codec))
            continue;
        *json = types[i].json;
        return types[i].protocol;
    }
    return RPC_PLAIN; /* Law 1 */
}

/* Does a list of codings, "gzip;q=0.5, br", have gzip? */
static bool has_gzip(const struct http_field *list)
{
    const char *at = list->value;

    while (at && *at) {
        size_t size = strcspn(at, ",");
        const char *word = at + strspn(at, " \t");
        size_t word_size = strcspn(word, ",; \t");

        if (is(word, word_size, "gzip")) {
            const char *weight = strstr(word, "q=0");
            bool none = weight && weight < at + size &&
                        strspn(weight + 2, "0.") == strcspn(weight + 2, ", \t");

            return !none; /* Law 2 */
        }
        at += size;
        at += *at == ',';
    }
    return false;
}

static void read_encoding(const struct http_field *encoding,
                          struct rpc_asked *asked)
{
    if (!encoding->value)
        return;
    asked->gzip_in = is(encoding->value, encoding->value_size, "gzip");
    if (!asked->gzip_in &&
        !is(encoding->value, encoding->value_size, "identity"))
        asked->err = ERR_ENCODING;
}

static void read_connect(const struct heard *heard, struct rpc_asked *asked)
{
    bool stream = asked->protocol == RPC_CONNECT_STREAM;
    const struct http_field *timeout = &heard->connect_timeout;

    read_encoding(stream ? &heard->connect_encoding : &heard->content_encoding,
                  asked);
    asked->gzip_out =
        has_gzip(stream ? &heard->connect_accept : &heard->accept_encoding);
    if (timeout->value &&
        !rpc_connect_timeout(timeout->value, timeout->value_size,
                             &asked->timeout_ms))
        asked->err = ERR_INVALID;
    if (heard->version.value &&
        !is(heard->version.value, heard->version.value_size, "1"))
        asked->err = ERR_INVALID;
}

static void read_grpc(const struct heard *heard, struct rpc_asked *asked)
{
    const struct http_field *timeout = &heard->timeout;

    read_encoding(&heard->encoding, asked);
    asked->gzip_out = has_gzip(&heard->accept);
    if (timeout->value &&
        !rpc_status_timeout(timeout->value, timeout->value_size,
                            &asked->timeout_ms))
        asked->err = ERR_INVALID;
}

void rpc_asked_read(const struct http_exchange *exchange,
                    struct rpc_asked *asked)
{
    struct heard heard = {.type = nothing};
    struct http_field field;
    const char *query = strchr(exchange->path, '?');
    size_t at = 0;

    *asked =
        (struct rpc_asked){.timeout_ms = RPC_NEVER,
                           .path_size = query ? (size_t)(query - exchange->path)
                                              : strlen(exchange->path)};
    while (http_exchange_field(exchange, &at, &field))
        note(&heard, &field);
    asked->protocol = protocol_of(&heard.type, &asked->json);
    asked->tongue =
        rpc_words_choose(heard.language.value, heard.language.value_size);
    if (strcmp(exchange->method, "GET") == 0) {
        asked->get =
            rpc_query_is_call(exchange->path + asked->path_size, &asked->json);
        asked->protocol = asked->get ? RPC_CONNECT : RPC_PLAIN;
        heard.content_encoding = nothing; /* it is in the query */
    }
    if (asked->protocol == RPC_CONNECT || asked->protocol == RPC_CONNECT_STREAM)
        read_connect(&heard, asked);
    else if (asked->protocol != RPC_PLAIN)
        read_grpc(&heard, asked);
    if (heard.twice)
        asked->err = ERR_CREDENTIAL_TWICE;
}

bool rpc_asked_by_get(const struct api_method *method)
{
    return method->idempotency == API_NO_SIDE_EFFECTS &&
           !method->client_streams && !method->server_streams;
}

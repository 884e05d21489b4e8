#include "rpc/answer.h"

#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "http/head.h"
#include "rpc/base64.h"
#include "rpc/connect.h"
#include "rpc/cors.h"
#include "rpc/extra.h"
#include "rpc/frame.h"
#include "rpc/note.h"
#include "rpc/state.h"

enum {
    WEB_TRAILERS = 0x80, /* the flags of last frames */
    CONNECT_END = 0x02,
    TRAILER_NAME = 136,
    WORK_MAX = 256 * 1024
};

struct answer { /* what is known of one, call or not */
    struct rpc_server *server;
    struct http_exchange *exchange;
    enum rpc_protocol protocol;
    enum rpc_tongue tongue;
    bool json, refused, head_sent, gzip;
    const struct rpc_extra *extra; /* or NULL */
    const struct buf *body;        /* of RPC_CONNECT */
};

struct fields {
    size_t count;
    struct http_field at[RPC_CORS_FIELDS];
};

static const struct http_field types[RPC_PROTOCOLS][2] = {
    [RPC_GRPC] = {HTTP_FIELD("content-type", "application/grpc"),
                  HTTP_FIELD("content-type", "application/grpc+json")},
    [RPC_WEB] = {HTTP_FIELD("content-type", "application/grpc-web+proto"),
                 HTTP_FIELD("content-type", "application/grpc-web+json")},
    [RPC_WEB_TEXT] = {HTTP_FIELD("content-type",
                                 "application/grpc-web-text+proto"),
                      HTTP_FIELD("content-type",
                                 "application/grpc-web-text+json")},
    [RPC_CONNECT] = {HTTP_FIELD("content-type", "application/proto"),
                     HTTP_FIELD("content-type", "application/json")},
    [RPC_CONNECT_STREAM] = {
        HTTP_FIELD("content-type", "application/connect+proto"),
        HTTP_FIELD("content-type", "application/connect+json")}};
static const struct http_field gzip_field[RPC_PROTOCOLS] = {
    [RPC_GRPC] = HTTP_FIELD("grpc-encoding", "gzip"),
    [RPC_WEB] = HTTP_FIELD("grpc-encoding", "gzip"),
    [RPC_WEB_TEXT] = HTTP_FIELD("grpc-encoding", "gzip"),
    [RPC_CONNECT] = HTTP_FIELD("content-encoding", "gzip"),
    [RPC_CONNECT_STREAM] = HTTP_FIELD("connect-content-encoding", "gzip")};
static const struct http_field accept_field[RPC_PROTOCOLS] = {
    [RPC_GRPC] = HTTP_FIELD("grpc-accept-encoding", "identity,gzip"),
    [RPC_WEB] = HTTP_FIELD("grpc-accept-encoding", "identity,gzip"),
    [RPC_WEB_TEXT] = HTTP_FIELD("grpc-accept-encoding", "identity,gzip"),
    [RPC_CONNECT] = HTTP_FIELD("accept-encoding", "identity,gzip"),
    [RPC_CONNECT_STREAM] =
        HTTP_FIELD("connect-accept-encoding", "identity,gzip")};

/* ---- heads ---- */

static void add(struct fields *fields, struct http_field field)
{
    REQUIRE(fields->count < RPC_CORS_FIELDS); /* rpc/extra law 1 */
    fields->at[fields->count++] = field;
}

static void add_packed(struct fields *fields, const struct buf *packed)
{
    struct http_field field;
    size_t at = 0;

    while (http_head_next(packed, &at, &field))
        add(fields, field);
}

static void begin_fields(const struct answer *answer, struct fields *fields)
{
    fields->count = 0;
    add(fields, types[answer->protocol][answer->json]);
    if (answer->gzip)
        add(fields, gzip_field[answer->protocol]);
    if (answer->refused)
        add(fields, accept_field[answer->protocol]);
    if (answer->extra)
        add_packed(fields, &answer->extra->head);
}

static enum err send_head(struct answer *answer)
{
    struct fields fields;
    enum err err;

    if (answer->head_sent)
        return ERR_NONE;
    begin_fields(answer, &fields);
    err = rpc_cors_respond(answer->server, answer->exchange, 200, fields.at,
                           fields.count);
    answer->head_sent = err == ERR_NONE;
    return err;
}

/* ---- ends ---- */

static enum err end_grpc(struct answer *answer, const struct rpc_said *said)
{
    struct fields fields; /* large: not cleared */
    enum err err = ERR_NONE;

    fields.count = 0;
    if (answer->extra && answer->extra->head_fields > 0)
        err = send_head(answer);
    if (err != ERR_NONE)
        return err;
    if (!answer->head_sent) /* trailers only: one block of headers */
        begin_fields(answer, &fields);
    fields.count += rpc_said_fields(said, fields.at + fields.count);
    if (answer->extra)
        add_packed(&fields, &answer->extra->trailer);
    if (answer->head_sent)
        return http_exchange_end(answer->exchange, fields.at, fields.count);
    err = rpc_cors_respond(answer->server, answer->exchange, 200, fields.at,
                           fields.count);
    return err == ERR_NONE ? http_exchange_end(answer->exchange, NULL, 0) : err;
}

static struct buf *start_work(struct rpc_server *server)
{
    if (server->work.cap > WORK_MAX)
        buf_close(&server->work);
    buf_truncate(&server->work, 0);
    server->work.max = RPC_RESPONSE_MAX + WORK_MAX;
    return &server->work;
}

/* Send what is in `work` behind room for its head as the last frame. */
static enum err last_frame(struct answer *answer, uint8_t flag)
{
    struct buf *work = &answer->server->work;
    size_t size = buf_size(work);
    uint8_t *bytes = buf_head(work);
    char *text;

    rpc_frame_head(bytes, false, size - RPC_FRAME_HEAD);
    bytes[0] = flag;
    if (answer->protocol != RPC_WEB_TEXT)
        return http_exchange_finish(answer->exchange, bytes, size);
    text = (char *)buf_reserve(work, RPC_BASE64_SIZE(size));
    if (!text)
        return ERR_NOMEM;
    return http_exchange_finish(
        answer->exchange, text,
        rpc_base64_encode(buf_head(work), size, true, text));
}

/* "name: value" and CRLF for each. */
static enum err put_lines(struct buf *to, const struct fields *fields)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; i < fields->count && err == ERR_NONE; i++) {
        const struct http_field *field = &fields->at[i];

        err = buf_append(to, field->name, field->name_size);
        if (err == ERR_NONE)
            err = buf_append(to, ": ", 2);
        if (err == ERR_NONE)
            err = buf_append(to, field->value, field->value_size);
        if (err == ERR_NONE)
            err = buf_append(to, "\r\n", 2);
    }
    return err;
}

static enum err end_web(struct answer *answer, const struct rpc_said *said)
{
    static const uint8_t room[RPC_FRAME_HEAD];
    struct fields fields;
    enum err err = send_head(answer);
    struct buf *work = start_work(answer->server);

    if (err == ERR_NONE)
        err = buf_append(work, room, sizeof room);
    fields.count = rpc_said_fields(said, fields.at);
    if (answer->extra)
        add_packed(&fields, &answer->extra->trailer);
    if (err == ERR_NONE)
        err = put_lines(work, &fields);
    return err == ERR_NONE ? last_frame(answer, WEB_TRAILERS) : err;
}

static enum err end_stream(struct answer *answer, const struct rpc_said *said)
{
    static const uint8_t room[RPC_FRAME_HEAD];
    enum err err = send_head(answer);
    struct buf *work = start_work(answer->server);
    size_t size;
    const char *json = rpc_said_json(said, &size);

    if (err == ERR_NONE)
        err = buf_append(work, room, sizeof room);
    if (err == ERR_NONE)
        err = rpc_connect_end(work, json, said->code == STATUS_OK ? 0 : size,
                              answer->extra ? &answer->extra->trailer : NULL);
    return err == ERR_NONE ? last_frame(answer, CONNECT_END) : err;
}

/* Trailers of Connect are headers that begin so. */
static void add_trailers(struct fields *fields, const struct buf *packed,
                         char names[RPC_EXTRA_FIELDS][TRAILER_NAME])
{
    static const char prefix[] = "trailer-";
    struct http_field field;
    size_t at = 0;

    for (size_t i = 0; http_head_next(packed, &at, &field); i++) {
        memcpy(names[i], prefix, sizeof prefix - 1);
        memcpy(names[i] + sizeof prefix - 1, field.name, field.name_size + 1);
        field.name = names[i];
        field.name_size += sizeof prefix - 1;
        add(fields, field);
    }
}

static enum err end_connect(struct answer *answer, const struct rpc_said *said)
{
    char names[RPC_EXTRA_FIELDS][TRAILER_NAME];
    struct fields fields;
    int http = 200;
    const void *body = answer->body ? buf_head(answer->body) : NULL;
    size_t size = answer->body ? buf_size(answer->body) : 0;
    enum err err;

    if (said->code != STATUS_OK) {
        http = rpc_connect_http(said->code);
        if (answer->refused && said->code == STATUS_UNIMPLEMENTED &&
            said == rpc_status_said(answer->server->rows, ERR_METHOD,
                                    answer->tongue))
            http = 404; /* no such path */
        body = rpc_said_json(said, &size);
        answer->json = true;
        answer->gzip = false;
    }
    begin_fields(answer, &fields);
    if (answer->extra)
        add_trailers(&fields, &answer->extra->trailer, names);
    err = rpc_cors_respond(answer->server, answer->exchange, http, fields.at,
                           fields.count);
    return err == ERR_NONE ? http_exchange_finish(answer->exchange, body, size)
                           : err;
}

/* Law 1.  An error: nothing was said, and the exchange is going away. */
static enum err end(struct answer *answer, const struct rpc_said *said)
{
    enum err err = ERR_INTERNAL;

    switch (answer->protocol) {
    case RPC_GRPC:
        err = end_grpc(answer, said);
        break;
    case RPC_WEB:
    case RPC_WEB_TEXT:
        err = end_web(answer, said);
        break;
    case RPC_CONNECT:
        err = end_connect(answer, said);
        break;
    case RPC_CONNECT_STREAM:
        err = end_stream(answer, said);
        break;
    case RPC_PLAIN:
    case RPC_PROTOCOLS:
        REQUIRE(!"no protocol of calls");
    }
    if (err != ERR_NONE)
        http_exchange_reset(answer->exchange, err);
    return err;
}

static struct answer answer_of(struct rpc_call *call)
{
    return (struct answer){.server = call->server,
                           .exchange = call->exchange,
                           .protocol = call->protocol,
                           .tongue = call->tongue,
                           .json = call->json,
                           .head_sent = call->head_sent,
                           .extra = call->extra,
                           .body = &call->latest,
                           .gzip = call->gzip_said};
}

enum err rpc_answer_begin(struct rpc_call *call, bool gzip)
{
    struct answer answer = answer_of(call);
    enum err err;

    if (call->head_sent || call->protocol == RPC_CONNECT)
        return ERR_NONE;
    answer.gzip = gzip;
    err = send_head(&answer);
    if (err != ERR_NONE)
        return err;
    call->head_sent = true;
    call->gzip_said = gzip;
    return ERR_NONE;
}

void rpc_answer_end(struct rpc_call *call, enum err err)
{
    struct answer answer = answer_of(call);
    const struct rpc_said *said =
        rpc_status_said(call->server->rows, err, call->tongue);
    enum err lost;

    REQUIRE(!call->over);
    call->answered = call->over = true;
    log_event(LOG_CALL_ENDED, 1, err);
    if (err == ERR_INTERNAL && call->extra && call->extra->failed)
        said = &call->extra->said;
    lost = end(&answer, said);
    if (lost == ERR_NONE)
        rpc_note_end(call, err, said->code);
    else
        rpc_note_gone(call, lost);
}

enum err rpc_answer_refuse(struct rpc_server *server,
                           struct http_exchange *exchange,
                           const struct rpc_asked *asked, enum err err)
{
    struct answer answer = {.server = server,
                            .exchange = exchange,
                            .protocol = asked->protocol,
                            .tongue = asked->tongue,
                            .json = asked->json,
                            .refused = true};
    enum err lost;

    lost = end(&answer, rpc_status_said(server->rows, err, asked->tongue));
    return lost == ERR_NONE ? err : lost;
}

/* ---- plain ---- */

struct plain {
    int status;
    const char *words;
};

/* What is asked for is no call of ours: why? */
static struct plain plain_of(const struct http_exchange *exchange, bool known,
                             bool by_get)
{
    struct rpc_asked asked;
    bool post = strcmp(exchange->method, "POST") == 0;

    if (exchange->denied)
        return (struct plain){
            429, "Too much is asked from your address; wait a moment.\n"};
    rpc_asked_read(exchange, &asked);
    if (asked.protocol == RPC_GRPC && post)
        return (struct plain){505, "gRPC needs HTTP/2.\n"};
    if (asked.protocol != RPC_PLAIN && post)
        return (struct plain){
            415, "This content-type is not for methods of this shape.\n"};
    if (by_get && strcmp(exchange->method, "GET") == 0)
        return (struct plain){415, "To GET it, name ?encoding=json or proto, "
                                   "and a message.\n"};
    if (known && !post)
        return (struct plain){405, by_get ? "Call it with GET or POST.\n"
                                          : "Call it with POST.\n"};
    if (strcmp(exchange->path, "/") == 0)
        return (struct plain){
            200, "Kindred: call it with gRPC, gRPC-Web or Connect.\n"};
    if (post)
        return (struct plain){
            415, "content-type: application/json or proto, or what gRPC, "
                 "gRPC-Web and streams of Connect use.\n"};
    return (struct plain){404, "There is no page here.\n"};
}

void rpc_answer_plain(struct rpc_server *server, struct http_exchange *exchange,
                      const struct api_method *method)
{
    static const struct http_field allow[] = {HTTP_FIELD("allow", "POST"),
                                              HTTP_FIELD("allow", "GET, POST")};
    bool by_get = method && rpc_asked_by_get(method);
    const struct http_field fields[] = {
        HTTP_FIELD("content-type", "text/plain; charset=utf-8"), allow[by_get]};
    struct plain plain = plain_of(exchange, method != NULL, by_get);
    enum err err = rpc_cors_respond(server, exchange, plain.status, fields,
                                    plain.status == 405 ? 2 : 1);

    if (err == ERR_NONE)
        err = http_exchange_finish(exchange, plain.words, strlen(plain.words));
    if (err != ERR_NONE)
        http_exchange_reset(exchange, err);
}

static enum err send_page(struct rpc_server *server,
                          struct http_exchange *exchange, struct buf *body)
{
    const struct rpc_page *page = server->page;
    const struct http_field fields[] = {
        {"content-type", page->type, 12, strlen(page->type)},
        HTTP_FIELD("cache-control", "no-store")};
    enum err err = page->make(page->arg, exchange->session->caller, body);

    if (err != ERR_NONE)
        return err;
    err = rpc_cors_respond(server, exchange, 200, fields,
                           sizeof fields / sizeof *fields);
    if (err == ERR_NONE)
        err = http_exchange_finish(exchange, buf_head(body), buf_size(body));
    return err;
}

void rpc_answer_page(struct rpc_server *server, struct http_exchange *exchange)
{
    static const struct http_field fields[] = {
        HTTP_FIELD("content-type", "text/plain; charset=utf-8"),
        HTTP_FIELD("allow", "GET")};
    bool get = strcmp(exchange->method, "GET") == 0;
    const char *words = "There is nothing here but to GET.\n";
    int status = 405;
    struct buf body;
    enum err err;

    buf_init(&body, RPC_RESPONSE_MAX);
    err = get ? send_page(server, exchange, &body) : ERR_INVALID;
    buf_close(&body);
    if (err == ERR_NONE)
        return;
    if (get) {
        status = rpc_connect_http(err_status(err));
        words = err_text(err);
    }
    if (!exchange->responded)
        err = rpc_cors_respond(server, exchange, status, fields, get ? 1 : 2);
    if (err == ERR_NONE)
        err = http_exchange_finish(exchange, words, strlen(words));
    if (err != ERR_NONE)
        http_exchange_reset(exchange, err);
}

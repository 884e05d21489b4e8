#include "rpc/call.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "rpc/frame.h"
#include "rpc/state.h"

enum { WORTH_PACKING = 1024 }; /* a smaller message is not compressed */

static const struct http_field head_fields[] = {
    HTTP_FIELD("content-type", "application/grpc"),
    HTTP_FIELD("grpc-encoding", "gzip")};

/* ---- the end ---- */

void rpc_call_empty(struct rpc_call *call)
{
    while (call->pieces) {
        struct rpc_piece *below = call->pieces->below;

        free(call->pieces);
        call->pieces = below;
    }
    buf_close(&call->latest);
}

void rpc_call_finish(struct rpc_call *call, enum err err)
{
    struct http_field fields[1 + RPC_STATUS_FIELDS] = {head_fields[0]};
    struct http_exchange *exchange = call->exchange;
    size_t count = rpc_status_fields(call->server->rows, err, fields + 1);
    enum err bad;

    REQUIRE(!call->over);
    call->answered = call->over = true;
    log_event(LOG_CALL_ENDED, 1, err);
    if (call->head_sent) {
        bad = http_exchange_end(exchange, fields + 1, count);
    } else { /* trailers only: one block of headers */
        bad = http_exchange_respond(exchange, 200, fields, count + 1);
        if (bad == ERR_NONE)
            bad = http_exchange_end(exchange, NULL, 0);
    }
    if (bad != ERR_NONE)
        http_exchange_reset(exchange, bad);
}

/* ---- messages ---- */

static enum err send_head(struct rpc_call *call, bool gzip)
{
    enum err err;

    if (call->head_sent)
        return ERR_NONE;
    err = http_exchange_respond(call->exchange, 200, head_fields, gzip ? 2 : 1);
    if (err != ERR_NONE)
        return err;
    call->head_sent = true;
    call->gzip_said = gzip;
    return ERR_NONE;
}

/* Frame the message into to[RPC_FRAME_HEAD + size], compressed if that may
 * be and pays; how many bytes it took. */
static size_t frame(struct rpc_call *call, const ProtobufCMessage *message,
                    size_t size, uint8_t *to)
{
    const uint8_t *packed;
    size_t packed_size;

    (void)protobuf_c_message_pack(message, to + RPC_FRAME_HEAD);
    if (call->gzip_said && size >= WORTH_PACKING &&
        rpc_gzip_pack(call->server->gzip, to + RPC_FRAME_HEAD, size, &packed,
                      &packed_size) == ERR_NONE) {
        memcpy(to + RPC_FRAME_HEAD, packed, packed_size);
        rpc_frame_head(to, true, packed_size);
        return RPC_FRAME_HEAD + packed_size;
    }
    rpc_frame_head(to, false, size);
    return RPC_FRAME_HEAD + size;
}

static const ProtobufCMessage *checked(const struct rpc_call *call,
                                       const void *response)
{
    const ProtobufCMessage *message = response;

    REQUIRE(message);
    REQUIRE(message->descriptor == call->method->response);
    return message;
}

static enum err send_now(struct rpc_call *call, const ProtobufCMessage *message,
                         size_t size)
{
    bool gzip = call->gzip_out &&
                (call->method->server_streams || size >= WORTH_PACKING);
    uint8_t *to;
    enum err err;

    err = send_head(call, gzip);
    if (err != ERR_NONE)
        return err;
    err = http_exchange_write(call->exchange, "", 0); /* is there room? */
    if (err != ERR_NONE)
        return err;
    to = http_exchange_reserve(call->exchange, RPC_FRAME_HEAD + size);
    if (!to)
        return ERR_NOMEM;
    http_exchange_commit(call->exchange, frame(call, message, size, to));
    call->sent = true;
    return ERR_NONE;
}

enum err rpc_call_send(struct rpc_call *call, const void *response)
{
    const ProtobufCMessage *message = checked(call, response);
    size_t size = protobuf_c_message_get_packed_size(message);
    enum err err;

    REQUIRE(!call->answered);                             /* Law 1 */
    REQUIRE(call->method->server_streams || !call->sent); /* one only */
    if (size > RPC_RESPONSE_MAX)
        return ERR_TOO_LARGE;
    err = send_now(call, message, size);
    if (err == ERR_FULL)
        call->refused = true;
    if (err != ERR_CANCELED)
        return err;
    call->sent = true; /* into the void: closed() tells, soon (Law 2) */
    return ERR_NONE;
}

enum err rpc_call_send_latest(struct rpc_call *call, const void *response)
{
    const ProtobufCMessage *message = checked(call, response);
    size_t size = protobuf_c_message_get_packed_size(message);
    struct buf fresh;
    enum err err;
    uint8_t *to;

    REQUIRE(!call->answered); /* Law 1 */
    REQUIRE(call->method->server_streams);
    if (size > RPC_RESPONSE_MAX)
        return ERR_TOO_LARGE;
    if (buf_size(&call->exchange->out) == 0 && buf_size(&call->latest) == 0) {
        err = send_now(call, message, size);
        return err == ERR_CANCELED ? ERR_NONE : err;
    }
    buf_init(&fresh, RPC_FRAME_HEAD + size);
    to = buf_reserve(&fresh, RPC_FRAME_HEAD + size);
    if (!to)
        return ERR_NOMEM;
    buf_commit(&fresh, frame(call, message, size, to));
    buf_close(&call->latest);
    call->latest = fresh;
    http_exchange_notify(call->exchange);
    return ERR_NONE;
}

void rpc_call_catch_up(struct rpc_call *call)
{
    if (buf_size(&call->latest) > 0) {
        enum err err = ERR_FULL;

        if (buf_size(&call->exchange->out) == 0)
            err = http_exchange_write(call->exchange, buf_head(&call->latest),
                                      buf_size(&call->latest));
        if (err != ERR_NONE) { /* later; if it is going away, never */
            http_exchange_notify(call->exchange);
            return;
        }
        call->sent = true;
        buf_close(&call->latest);
    }
    if (call->ending)
        rpc_call_finish(call, ERR_NONE);
}

/* ---- answers ---- */

struct rpc_verdict rpc_call_reply(struct rpc_call *call, const void *response)
{
    const ProtobufCMessage *message = checked(call, response);
    size_t size = protobuf_c_message_get_packed_size(message);
    enum err err = ERR_TOO_LARGE;

    REQUIRE(!call->answered); /* Law 1 */
    REQUIRE(call->in_handler);
    REQUIRE(!call->sent || call->method->server_streams);
    if (size <= RPC_RESPONSE_MAX)
        err = send_now(call, message, size);
    rpc_call_finish(call, err);
    return (struct rpc_verdict){call, RPC_REPLIED};
}

struct rpc_verdict rpc_call_fail(struct rpc_call *call, enum err err)
{
    REQUIRE(!call->answered); /* Law 1 */
    REQUIRE(call->in_handler);
    REQUIRE(err != ERR_NONE);
    rpc_call_finish(call, err);
    return (struct rpc_verdict){call, RPC_FAILED};
}

struct rpc_verdict rpc_call_later(struct rpc_call *call)
{
    REQUIRE(call->in_handler);
    return (struct rpc_verdict){call, RPC_LATER};
}

void rpc_call_end(struct rpc_call *call, enum err err)
{
    struct http_exchange *exchange = call->exchange;

    REQUIRE(!call->answered); /* Law 1 */
    REQUIRE(err != ERR_NONE || call->sent || call->method->server_streams);
    call->answered = true;
    if (err == ERR_NONE && buf_size(&call->latest) > 0 &&
        http_exchange_write(exchange, buf_head(&call->latest),
                            buf_size(&call->latest)) != ERR_NONE) {
        call->ending = true; /* rpc_call_catch_up() ends it */
        rpc_roster_leave(call);
        http_exchange_notify(exchange);
        return;
    }
    if (err == ERR_NONE && !call->head_sent &&
        send_head(call, false) != ERR_NONE)
        err = ERR_NOMEM;
    rpc_call_finish(call, err);
    if (!call->in_handler)
        rpc_server_release(call);
}

/* ---- what it knows ---- */

uint64_t rpc_call_id(struct rpc_call *call)
{
    return call->id;
}

uint32_t rpc_call_loop(uint64_t id)
{
    return (uint32_t)(id >> 56);
}

const struct api_method *rpc_call_method(const struct rpc_call *call)
{
    return call->method;
}

void *rpc_call_context(const struct rpc_call *call)
{
    return call->bound->context;
}

void *rpc_call_user(const struct rpc_call *call)
{
    return call->user;
}

void rpc_call_set_user(struct rpc_call *call, void *user)
{
    call->user = user;
}

void rpc_call_watch(struct rpc_call *call, const struct rpc_watch *watch)
{
    call->watch = watch;
}

void *rpc_call_alloc(struct rpc_call *call, size_t size)
{
    struct rpc_piece *piece;

    if (size > RPC_CALL_BYTES - call->pieces_bytes)
        return NULL; /* Law 4 */
    piece = malloc(sizeof *piece + size);
    if (!piece)
        return NULL;
    piece->below = call->pieces;
    call->pieces = piece;
    call->pieces_bytes += (uint32_t)size;
    return piece->data;
}

const char *rpc_call_metadata(const struct rpc_call *call, const char *name)
{
    return http_exchange_header(call->exchange, name);
}

enum role rpc_call_caller(const struct rpc_call *call)
{
    return call->exchange->session->caller;
}

uint64_t rpc_call_deadline_ms(const struct rpc_call *call)
{
    return call->deadline_ms;
}

#include "rpc/call.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "base/wipe.h"
#include "rpc/answer.h"
#include "rpc/base64.h"
#include "rpc/extra.h"
#include "rpc/frame.h"
#include "rpc/note.h"
#include "rpc/state.h"

enum {
    WORTH_PACKING = 1024, /* a smaller message is not compressed */
    WORK_KEEP = 256 * 1024
};

/* ---- the end ---- */

void rpc_call_empty(struct rpc_call *call)
{
    while (call->pieces) {
        struct rpc_piece *below = call->pieces->below;

        wipe_free(call->pieces);
        call->pieces = below;
    }
    buf_close(&call->latest);
    buf_close(&call->text);
    rpc_extra_free(call->extra);
}

/* ---- messages ---- */

static const ProtobufCMessage *checked(const struct rpc_call *call,
                                       const void *response)
{
    const ProtobufCMessage *message = response;

    REQUIRE(message);
    REQUIRE(message->descriptor == call->method->response);
    return message;
}

/* How long it is in the caller's codec; its JSON is in `work` then. */
static enum err measure(struct rpc_call *call, const ProtobufCMessage *message,
                        size_t *size)
{
    struct buf *work = &call->server->work;
    enum err err;

    if (call->json) {
        if (work->cap > WORK_KEEP)
            buf_close(work);
        buf_truncate(work, 0);
        work->max = RPC_RESPONSE_MAX;
        err = rpc_json_print(call->server->json, message, work);
        *size = buf_size(work);
        return err;
    }
    *size = protobuf_c_message_get_packed_size(message);
    return *size <= RPC_RESPONSE_MAX ? ERR_NONE : ERR_TOO_LARGE;
}

/* Put the message, of that size, in its codec to `to`, compressed if `gzip`
 * and if it pays; how many bytes it took. */
static size_t encode(struct rpc_call *call, const ProtobufCMessage *message,
                     size_t size, uint8_t *to, bool *gzip)
{
    const uint8_t *packed;
    size_t packed_size;

    if (call->json)
        memcpy(to, buf_head(&call->server->work), size);
    else
        (void)protobuf_c_message_pack(message, to);
    *gzip = *gzip && size >= WORTH_PACKING &&
            rpc_gzip_pack(call->server->gzip, to, size, &packed,
                          &packed_size) == ERR_NONE;
    if (*gzip) {
        memcpy(to, packed, packed_size);
        size = packed_size;
    }
    rpc_gzip_done(call->server->gzip);
    return size;
}

/* The same as a frame into to[RPC_FRAME_HEAD + size]. */
static size_t frame(struct rpc_call *call, const ProtobufCMessage *message,
                    size_t size, uint8_t *to)
{
    bool gzip = call->gzip_said;
    size_t made = encode(call, message, size, to + RPC_FRAME_HEAD, &gzip);

    rpc_frame_head(to, gzip, made);
    return RPC_FRAME_HEAD + made;
}

/* A fresh buffer with the frame as it goes over the wire. */
static enum err make_frame(struct rpc_call *call,
                           const ProtobufCMessage *message, size_t size,
                           struct buf *fresh)
{
    struct buf text;
    uint8_t *to;

    buf_init(fresh, RPC_FRAME_HEAD + size);
    to = buf_reserve(fresh, RPC_FRAME_HEAD + size);
    if (!to)
        return ERR_NOMEM;
    buf_commit(fresh, frame(call, message, size, to));
    if (call->protocol != RPC_WEB_TEXT)
        return ERR_NONE;
    buf_init(&text, RPC_BASE64_SIZE(buf_size(fresh)));
    to = buf_reserve(&text, text.max);
    if (to)
        buf_commit(&text, rpc_base64_encode(buf_head(fresh), buf_size(fresh),
                                            true, (char *)to));
    buf_close(fresh);
    *fresh = text;
    return to ? ERR_NONE : ERR_NOMEM;
}

/* One message without a frame, which waits for the end of the call. */
static enum err keep(struct rpc_call *call, const ProtobufCMessage *message,
                     size_t size)
{
    uint8_t *to;

    buf_close(&call->latest);
    buf_init(&call->latest, size + 1);
    to = buf_reserve(&call->latest, size + 1);
    if (!to)
        return ERR_NOMEM;
    call->gzip_said = call->gzip_out;
    buf_commit(&call->latest,
               encode(call, message, size, to, &call->gzip_said));
    call->sent = true;
    return ERR_NONE;
}

static enum err send_now(struct rpc_call *call, const ProtobufCMessage *message,
                         size_t size)
{
    bool gzip = call->gzip_out &&
                (call->method->server_streams || size >= WORTH_PACKING);
    struct buf fresh;
    uint8_t *to;
    enum err err;

    if (call->protocol == RPC_CONNECT)
        return keep(call, message, size);
    err = rpc_answer_begin(call, gzip);
    if (err != ERR_NONE)
        return err;
    err = http_exchange_write(call->exchange, "", 0); /* is there room? */
    if (err != ERR_NONE)
        return err;
    if (call->protocol == RPC_WEB_TEXT) {
        err = make_frame(call, message, size, &fresh);
        if (err == ERR_NONE)
            err = http_exchange_write(call->exchange, buf_head(&fresh),
                                      buf_size(&fresh));
        buf_close(&fresh);
        if (err == ERR_NONE)
            rpc_note_sent(call);
        return err;
    }
    to = http_exchange_reserve(call->exchange, RPC_FRAME_HEAD + size);
    if (!to)
        return ERR_NOMEM;
    http_exchange_commit(call->exchange, frame(call, message, size, to));
    rpc_note_sent(call);
    return ERR_NONE;
}

/* Now if nothing waits, else in the place of what waits. */
static enum err send_or_replace(struct rpc_call *call,
                                const ProtobufCMessage *message, size_t size)
{
    struct buf fresh;
    enum err err;

    if (buf_size(&call->exchange->out) == 0 && buf_size(&call->latest) == 0) {
        err = send_now(call, message, size);
        return err == ERR_CANCELED ? ERR_NONE : err;
    }
    err = make_frame(call, message, size, &fresh);
    if (err != ERR_NONE) {
        buf_close(&fresh);
        return err;
    }
    buf_close(&call->latest);
    call->latest = fresh;
    http_exchange_notify(call->exchange);
    return ERR_NONE;
}

typedef enum err put_message(struct rpc_call *call,
                             const ProtobufCMessage *message, size_t size);

/* Measure and put it; however that ends, its JSON does not stay in `work`. */
static enum err deliver(struct rpc_call *call, const ProtobufCMessage *message,
                        put_message *put)
{
    size_t size;
    enum err err = measure(call, message, &size);

    if (err == ERR_NONE)
        err = put(call, message, size);
    buf_truncate(&call->server->work, 0);
    return err;
}

enum err rpc_call_send(struct rpc_call *call, const void *response)
{
    const ProtobufCMessage *message = checked(call, response);
    enum err err;

    REQUIRE(!call->answered);                             /* Law 1 */
    REQUIRE(call->method->server_streams || !call->sent); /* one only */
    err = deliver(call, message, send_now);
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

    REQUIRE(!call->answered); /* Law 1 */
    REQUIRE(call->method->server_streams);
    return deliver(call, message, send_or_replace);
}

/* Of a stream: of one answer (RPC_CONNECT) it waits for the end. */
static bool latest_waits(const struct rpc_call *call)
{
    return call->protocol != RPC_CONNECT && buf_size(&call->latest) > 0;
}

void rpc_call_catch_up(struct rpc_call *call)
{
    if (latest_waits(call)) {
        enum err err = ERR_FULL;

        if (buf_size(&call->exchange->out) == 0)
            err = http_exchange_write(call->exchange, buf_head(&call->latest),
                                      buf_size(&call->latest));
        if (err == ERR_NOMEM) { /* or it would be tried again at once */
            http_exchange_reset(call->exchange, err);
            return;
        }
        if (err != ERR_NONE) { /* later; if it is going away, never */
            http_exchange_notify(call->exchange);
            return;
        }
        rpc_note_sent(call);
        buf_close(&call->latest);
    }
    if (call->ending)
        rpc_answer_end(call, ERR_NONE);
}

/* ---- answers ---- */

struct rpc_verdict rpc_call_reply(struct rpc_call *call, const void *response)
{
    const ProtobufCMessage *message = checked(call, response);

    REQUIRE(!call->answered); /* Law 1 */
    REQUIRE(call->in_handler);
    REQUIRE(!call->sent || call->method->server_streams);
    rpc_answer_end(call, deliver(call, message, send_now));
    return (struct rpc_verdict){call, RPC_REPLIED};
}

struct rpc_verdict rpc_call_fail(struct rpc_call *call, enum err err)
{
    REQUIRE(!call->answered); /* Law 1 */
    REQUIRE(call->in_handler);
    REQUIRE(err != ERR_NONE);
    rpc_answer_end(call, err);
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
    if (err == ERR_NONE && latest_waits(call)) {
        err = http_exchange_write(exchange, buf_head(&call->latest),
                                  buf_size(&call->latest));
        if (err != ERR_NONE && err != ERR_NOMEM) {
            call->ending = true; /* rpc_call_catch_up() ends it */
            rpc_roster_leave(call);
            http_exchange_notify(exchange);
            return;
        }
    }
    if (err == ERR_NONE && !call->head_sent &&
        rpc_answer_begin(call, false) != ERR_NONE)
        err = ERR_NOMEM;
    rpc_answer_end(call, err);
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

const uint8_t *rpc_call_message(const struct rpc_call *call, size_t *size)
{
    REQUIRE(call->in_handler && call->message);
    *size = call->message_size;
    return call->message;
}

void *rpc_call_memo(const struct rpc_call *call, size_t size)
{
    return http_exchange_memo(call->exchange, size);
}

enum role rpc_call_caller(const struct rpc_call *call)
{
    return call->exchange->session->caller;
}

#include "http/out.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "http/guard.h"
#include "http/head.h"
#include "http/pool.h"
#include "http/tell.h"

enum { NV_MAX = 64 }; /* fields of a head of ours */

/* As nghttp2 wants them, and not copied: they stay where they are. */
static size_t fields(const struct buf *buf, nghttp2_nv nv[static NV_MAX])
{
    struct http_field field;
    size_t at = 0, count = 0;

    while (http_head_next(buf, &at, &field)) {
        REQUIRE(count < NV_MAX);
        nv[count++] = (nghttp2_nv){
            (uint8_t *)(uintptr_t)field.name, (uint8_t *)(uintptr_t)field.value,
            field.name_size, field.value_size,
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
    }
    return count;
}

/* An open stream that falls silent, as most do for most of their life, keeps
 * no buffer: its head is sent, its body as well. */
static void slim(struct http_exchange *exchange)
{
    buf_close(&exchange->out);
    buf_close(&exchange->out_head);
    if (exchange->in_ended && buf_size(&exchange->in) == 0)
        buf_close(&exchange->in);
}

void http_out_take(struct http_exchange *exchange, uint8_t *to, size_t size)
{
    struct http_session *session = exchange->session;

    memcpy(to, buf_head(&exchange->out), size);
    buf_consume(&exchange->out, size);
    http_pool_paid(session, size);
    list_unlink(&exchange->by_stall);
    exchange->moved_ms = session->now_ms;
    if (buf_size(&exchange->out) > 0)
        list_push_back(&session->stalls, &exchange->by_stall);
    if (exchange->choked && buf_size(&exchange->out) <= HTTP_OUT_LOW) {
        exchange->choked = false;
        http_tell_note(exchange, HTTP_TELL_WRITABLE);
    }
}

/* nghttp2 pulls body bytes into its frame; the signature is its own.
 * NOLINTNEXTLINE(readability-function-size) */
static ssize_t on_pull(nghttp2_session *h2, int32_t stream_id, uint8_t *to,
                       size_t room, uint32_t *flags,
                       nghttp2_data_source *source, void *user)
{
    struct http_exchange *exchange = source->ptr;
    size_t size = buf_size(&exchange->out);
    nghttp2_nv nv[NV_MAX];
    size_t count;

    (void)user;
    if (size > room)
        size = room;
    if (size > 0)
        http_out_take(exchange, to, size);
    if (buf_size(&exchange->out) > 0)
        return (ssize_t)size;
    if (exchange->out.cap > HTTP_POOL_KEEP)
        buf_close(&exchange->out);
    if (!exchange->out_ended && size == 0) {
        exchange->deferred = true;
        slim(exchange);
        return NGHTTP2_ERR_DEFERRED;
    }
    if (!exchange->out_ended)
        return (ssize_t)size;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    count = fields(&exchange->out_trailer, nv);
    if (count > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (nghttp2_submit_trailer(h2, stream_id, nv, count) != 0)
            return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return (ssize_t)size;
}

void http_out_doom(struct http_exchange *exchange, enum err why)
{
    exchange->why = why;
    exchange->out_ended = true;
    exchange->choked = false;
    list_unlink(&exchange->by_stall);
    list_unlink(&exchange->by_submit);
}

/* To HEAD goes the head of an answer alone (RFC 9110, 9.3.2). */
static void drop_body(struct http_exchange *exchange)
{
    http_pool_paid(exchange->session, buf_size(&exchange->out));
    buf_truncate(&exchange->out, 0);
    buf_truncate(&exchange->out_trailer, 0);
    list_unlink(&exchange->by_stall);
}

static int submit_one(struct http_exchange *exchange)
{
    struct http_session *session = exchange->session;
    nghttp2_data_provider body = {.source = {.ptr = exchange},
                                  .read_callback = on_pull};
    nghttp2_nv nv[NV_MAX];
    size_t count;
    bool bare;
    int rv;

    if (!exchange->client && exchange->out_ended &&
        strcmp(exchange->method, "HEAD") == 0)
        drop_body(exchange);
    bare = exchange->out_ended && buf_size(&exchange->out) == 0 &&
           buf_size(&exchange->out_trailer) == 0;
    count = fields(&exchange->out_head, nv);
    exchange->submitted = true;
    if (!exchange->client)
        return nghttp2_submit_response(session->h2, exchange->stream_id, nv,
                                       count, bare ? NULL : &body);
    rv = nghttp2_submit_request(session->h2, NULL, nv, count,
                                bare ? NULL : &body, exchange);
    if (rv < 0)
        return rv;
    exchange->stream_id = rv;
    return 0;
}

void http_out_submit(struct http_session *session)
{
    struct list *node;

    while ((node = list_pop_front(&session->submits))) {
        struct http_exchange *exchange =
            LIST_ENTRY(node, struct http_exchange, by_submit);

        if (submit_one(exchange) == 0)
            continue;
        http_out_doom(exchange, ERR_NOMEM);
        if (exchange->stream_id < 0)
            http_tell_note(exchange, HTTP_TELL_CLOSED);
        else if (nghttp2_submit_rst_stream(session->h2, NGHTTP2_FLAG_NONE,
                                           exchange->stream_id,
                                           NGHTTP2_INTERNAL_ERROR) != 0)
            session->failed = ERR_NOMEM;
    }
}

int http_out_sent(nghttp2_session *h2, const nghttp2_frame *frame, void *user)
{
    struct http_session *session = user;
    struct http_exchange *exchange;
    bool paid;

    if (frame->hd.type == NGHTTP2_GOAWAY) {
        if (frame->goaway.error_code != NGHTTP2_NO_ERROR &&
            frame->goaway.error_code != NGHTTP2_ENHANCE_YOUR_CALM)
            log_event(LOG_PROTOCOL_BROKEN, 1, ERR_PROTOCOL);
        return 0;
    }
    if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS &&
        frame->hd.type != NGHTTP2_RST_STREAM)
        return 0;
    exchange = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
        /* Ours on purpose, or because the peer broke a rule (MadeYouReset)? */
        if (frame->rst_stream.error_code == NGHTTP2_NO_ERROR ||
            (exchange && exchange->why != ERR_NONE))
            return 0;
        /* Past the budget what is queued still leaves, the GOAWAY behind it. */
        paid = http_guard_reset(session);
        (void)paid;
        return 0;
    }
    http_guard_sent(session);
    if (!exchange || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    exchange->out_done = true;
    if (!exchange->client && !exchange->in_ended &&
        nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_NO_ERROR) != 0)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return 0;
}

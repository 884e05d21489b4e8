#include "http/h2.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#include "base/require.h"
#include "http/guard.h"
#include "http/head.h"
#include "http/out.h"
#include "http/patience.h"
#include "http/pool.h"
#include "http/tell.h"

enum { FRAME_HEAD = 9 };
enum { HEAD_ABUSE = 4 }; /* times the limit of a head: no longer answered */

/* ---- what comes in ---- */

static int on_begin_frame(nghttp2_session *h2, const nghttp2_frame_hd *hd,
                          void *user)
{
    struct http_session *session = user;

    if (hd->type != NGHTTP2_CONTINUATION)
        session->head_open = false; /* the one before came to its end */
    /* A stream id that went by (RFC 9113 §5.1.1); the library lets some pass. */
    if (session->role == HTTP_SERVER && hd->type == NGHTTP2_HEADERS &&
        hd->stream_id > 0 && hd->stream_id <= session->highest &&
        !nghttp2_session_find_stream(h2, hd->stream_id)) {
        session->failed = ERR_PROTOCOL;
        (void)nghttp2_session_terminate_session(h2, NGHTTP2_PROTOCOL_ERROR);
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (hd->type == NGHTTP2_HEADERS || hd->type == NGHTTP2_CONTINUATION ||
        hd->type == NGHTTP2_RST_STREAM || hd->type == NGHTTP2_DATA)
        return 0;
    return http_guard_control(session) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* A frame of a type that nobody knows: paid for above, and not looked at. */
static int on_unknown(nghttp2_session *h2, void **payload,
                      const nghttp2_frame_hd *hd, void *user)
{
    (void)h2;
    (void)payload;
    http_guard_heard(user, FRAME_HEAD + hd->length);
    return NGHTTP2_ERR_CANCEL;
}

/* DATA that brings neither body nor end, but perhaps padding. */
static bool is_idle_data(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_DATA &&
           frame->hd.length == frame->data.padlen &&
           !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
}

/* What is left of this head nobody tells of: it is waited for only where
 * another frame of it is to come.  The answer to a ping, which may not stand
 * between them, shows that it came. */
static void leave_head(struct http_session *session, const nghttp2_frame *frame)
{
    if (frame->hd.flags & NGHTTP2_FLAG_END_HEADERS)
        session->head_open = false;
    else if (http_patience_ask(session) != ERR_NONE)
        session->failed = ERR_NOMEM;
}

static int on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame,
                            void *user)
{
    struct http_session *session = user;
    struct http_exchange *exchange;

    session->head_open = true;
    session->head_ms = session->now_ms;
    if (session->role == HTTP_CLIENT ||
        frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    session->highest = frame->hd.stream_id;
    exchange = http_pool_take(session);
    if (!exchange) {
        leave_head(session, frame);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    exchange->stream_id = frame->hd.stream_id;
    (void)nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id,
                                               exchange);
    return 0;
}

static int keep_field(struct http_exchange *exchange,
                      const nghttp2_frame *frame,
                      const struct http_field *field)
{
    struct buf *buf =
        exchange->head_done ? &exchange->trailer : &exchange->head;
    enum err err = http_head_add(buf, field);

    if (err == ERR_NONE)
        return 0;
    leave_head(exchange->session, frame);
    http_out_doom(exchange, err); /* it is ours, whatever the other is told */
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* The sum of name + value + 32 is advertised but not enforced by nghttp2. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are theirs */
static int on_header(nghttp2_session *h2, const nghttp2_frame *frame,
                     nghttp2_rcbuf *name_of, nghttp2_rcbuf *value_of,
                     uint8_t flags, void *user)
{
    const nghttp2_vec name = nghttp2_rcbuf_get_buf(name_of);
    const nghttp2_vec value = nghttp2_rcbuf_get_buf(value_of);
    struct http_session *session = user;
    const uint64_t max = session->host->limits.head_bytes_max;
    struct http_exchange *exchange;
    struct http_field field = {(const char *)name.base,
                               (const char *)value.base, name.len, value.len};
    bool status = name.len == 7 && memcmp(name.base, ":status", 7) == 0;

    (void)flags;
    exchange = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (!exchange)
        return 0;
    if (exchange->client && frame->headers.cat == NGHTTP2_HCAT_HEADERS &&
        !exchange->head_done && status)
        buf_truncate(&exchange->head, 0); /* after a 1xx */
    exchange->fields++;
    exchange->head_bytes += (uint32_t)(name.len + value.len + 32);
    if (exchange->head_bytes > HEAD_ABUSE * max ||
        exchange->fields > HEAD_ABUSE * HTTP_FIELDS_MAX) {
        http_guard_expel(session, LOG_EXPELLED_HEAD, "header_list_too_large");
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (exchange->head_bytes > max || exchange->fields > HTTP_FIELDS_MAX)
        exchange->head_bad = true;
    if (exchange->head_bad)
        return 0;
    if (exchange->client && !exchange->head_done && status && value.len == 3)
        exchange->status = (value.base[0] - '0') * 100 +
                           (value.base[1] - '0') * 10 + (value.base[2] - '0');
    return keep_field(exchange, frame, &field);
}

static int on_head_end(struct http_exchange *exchange)
{
    static const struct http_field plain[] = {
        HTTP_FIELD("content-length", "0")};

    if (exchange->head_done) {
        exchange->head_bad = false; /* a trailer too large is cut, not told */
        return 0;
    }
    if (exchange->client && exchange->status < 200)
        return 0; /* 1xx */
    exchange->head_done = true;
    exchange->head_bytes = 0;
    exchange->fields = 0;
    if (exchange->client && exchange->head_bad) {
        http_exchange_reset(exchange, ERR_TOO_LARGE);
        return 0;
    }
    if (exchange->client) {
        http_tell_note(exchange, HTTP_TELL_READABLE);
        return 0;
    }
    if (exchange->head_bad) {
        log_event(LOG_HEAD_REFUSED, 1, ERR_TOO_LARGE);
        if (http_exchange_respond(exchange, 431, plain, 1) != ERR_NONE ||
            http_exchange_end(exchange, NULL, 0) != ERR_NONE)
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        return 0;
    }
    exchange->method = http_head_value(&exchange->head, ":method", "");
    exchange->path = http_head_value(&exchange->head, ":path", "");
    http_tell_note(exchange, HTTP_TELL_BEGIN);
    return 0;
}

static int on_ping(struct http_session *session, const nghttp2_frame *frame)
{
    if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
        return http_guard_ping(session) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    if (frame->ping.opaque_data[0] == 0)
        session->pinged = false;
    else if (session->draining && http_patience_goaway(session) != ERR_NONE)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return 0;
}

static int on_frame_recv(nghttp2_session *h2, const nghttp2_frame *frame,
                         void *user)
{
    struct http_session *session = user;
    struct http_exchange *exchange;
    int rv = 0;

    http_guard_heard(session, /* the body of DATA is told of as it comes */
                     FRAME_HEAD + (frame->hd.type == NGHTTP2_DATA
                                       ? frame->data.padlen
                                       : frame->hd.length));
    switch (frame->hd.type) {
    case NGHTTP2_SETTINGS:
        session->greeted = true;
        return 0;
    case NGHTTP2_PING:
        return on_ping(session, frame);
    case NGHTTP2_GOAWAY:
        session->draining |= session->role == HTTP_CLIENT;
        return 0;
    case NGHTTP2_RST_STREAM:
        return http_guard_reset(session) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        break;
    default:
        return 0;
    }
    if (is_idle_data(frame))
        return http_guard_control(session) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    exchange = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_HEADERS) {
        session->head_open = false;
        if (exchange)
            rv = on_head_end(exchange);
    }
    if (exchange && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        exchange->in_ended = true;
        if (exchange->head_done && !exchange->head_bad)
            http_tell_note(exchange, HTTP_TELL_READABLE);
    }
    return rv;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t stream_id,
                   const uint8_t *bytes, size_t size, void *user)
{
    struct http_session *session = user;
    struct http_exchange *exchange =
        nghttp2_session_get_stream_user_data(h2, stream_id);
    bool wanted = exchange && exchange->why == ERR_NONE &&
                  (exchange->client || !exchange->out_ended);

    (void)flags;
    http_guard_heard(session, size);
    if (wanted && buf_append(&exchange->in, bytes, size) != ERR_NONE) {
        http_exchange_reset(exchange, ERR_NOMEM);
        wanted = false;
    }
    if (wanted) {
        exchange->in_lent -=
            size < exchange->in_lent ? size : exchange->in_lent;
        exchange->received += size;
        session->in_bytes += size;
        session->host->in_bytes += size;
        http_tell_note(exchange, HTTP_TELL_READABLE);
        if (session->in_bytes >= http_pool_max(session)) {
            session->in_owed += size;
            http_pool_wait(session);
            return 0;
        }
    }
    return nghttp2_session_consume_connection(h2, size) == 0
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static enum err why_closed(const struct http_exchange *exchange, uint32_t code)
{
    if (exchange->why != ERR_NONE)
        return exchange->why;
    switch (code) {
    case NGHTTP2_NO_ERROR:
        if (exchange->client)
            return exchange->in_ended ? ERR_NONE : ERR_CONNECTION;
        return exchange->out_done ? ERR_NONE : ERR_CANCELED;
    case NGHTTP2_REFUSED_STREAM:
        return exchange->client ? ERR_DRAINING : ERR_CANCELED;
    case NGHTTP2_ENHANCE_YOUR_CALM:
        return exchange->client ? ERR_ABUSE : ERR_CANCELED;
    case NGHTTP2_CANCEL:
        return ERR_CANCELED;
    default:
        return exchange->client ? ERR_INTERNAL : ERR_CANCELED;
    }
}

static int on_stream_close(nghttp2_session *h2, int32_t stream_id,
                           uint32_t code, void *user)
{
    struct http_exchange *exchange =
        nghttp2_session_get_stream_user_data(h2, stream_id);

    if (!exchange)
        return 0;
    (void)nghttp2_session_set_stream_user_data(h2, stream_id, NULL);
    http_out_doom(exchange, why_closed(exchange, code));
    if (exchange->why == ERR_NONE)
        http_guard_done(user);
    http_tell_note(exchange, HTTP_TELL_CLOSED);
    return 0;
}

static int on_invalid_frame(nghttp2_session *h2, const nghttp2_frame *frame,
                            int code, void *user)
{
    struct http_session *session = user;

    (void)h2;
    (void)code;
    if (frame->hd.type == NGHTTP2_HEADERS)
        leave_head(session, frame);
    http_guard_heard(session, FRAME_HEAD + frame->hd.length);
    return http_guard_reset(session) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

enum err http_h2_setup(struct http_host *host)
{
    if (nghttp2_option_new(&host->options) != 0)
        return ERR_NOMEM;
    if (nghttp2_session_callbacks_new(&host->callbacks) != 0) {
        nghttp2_option_del(host->options);
        host->options = NULL;
        return ERR_NOMEM;
    }
    nghttp2_option_set_no_auto_window_update(host->options, 1);
    /* Its own limit of resets hits honest clients; guard.c has ours. */
    nghttp2_option_set_stream_reset_rate_limit(host->options, 1u << 30,
                                               1u << 30);
    for (unsigned type = NGHTTP2_CONTINUATION + 1; type <= UINT8_MAX; type++)
        nghttp2_option_set_user_recv_extension_type(host->options,
                                                    (uint8_t)type);
    nghttp2_session_callbacks_set_unpack_extension_callback(host->callbacks,
                                                            on_unknown);
    nghttp2_session_callbacks_set_on_begin_frame_callback(host->callbacks,
                                                          on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(host->callbacks,
                                                            on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(host->callbacks,
                                                      on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(host->callbacks,
                                                         on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(host->callbacks,
                                                              on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(host->callbacks,
                                                         http_out_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(host->callbacks,
                                                           on_stream_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        host->callbacks, on_invalid_frame);
    return ERR_NONE;
}

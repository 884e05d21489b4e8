#include "http/h2.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "http/guard.h"
#include "http/head.h"

enum {
    SPARES_MAX = 256,  /* exchanges a host keeps for reuse */
    KEEP_BYTES = 2048, /* a buffer above it is given back */
    HEAD_ABUSE = 4,    /* times the limit of a head: no longer answered */
    NV_MAX = 64        /* fields of a head of ours */
};

void http_h2_note(struct http_exchange *exchange, unsigned event)
{
    exchange->pending |= (uint8_t)event;
    if (!list_linked(&exchange->by_event))
        list_push_back(&exchange->session->events, &exchange->by_event);
}

void http_h2_wake(struct http_session *session)
{
    if (session->woken)
        return;
    session->woken = true;
    session->stuck_ms = 0;
    session->host->wake(session->host->waker, session);
}

/* ---- exchanges: made, reused, given back ---- */

static void recycle(struct buf *buf)
{
    if (buf->cap > KEEP_BYTES)
        buf_close(buf);
    buf->head = buf->tail = 0;
}

struct http_exchange *http_h2_open(struct http_session *session)
{
    struct http_host *host = session->host;
    struct list *spare = list_pop_front(&host->spare);
    struct http_exchange *exchange, kept;
    const size_t head_max = host->limits.head_bytes_max;

    if (spare) {
        host->spares--;
        exchange = LIST_ENTRY(spare, struct http_exchange, by_session);
        kept = *exchange;
        *exchange = (struct http_exchange){.head = kept.head,
                                           .in = kept.in,
                                           .out = kept.out,
                                           .out_head = kept.out_head,
                                           .out_trailer = kept.out_trailer};
    } else {
        exchange = calloc(1, sizeof *exchange);
        if (!exchange)
            return NULL;
        buf_init(&exchange->in, HTTP_WINDOW);
        buf_init(&exchange->out, SIZE_MAX / 2);
        buf_init(&exchange->out_head, head_max);
        buf_init(&exchange->out_trailer, head_max);
        buf_init(&exchange->head, head_max);
    }
    exchange->in.max = HTTP_WINDOW;
    buf_init(&exchange->trailer, head_max);
    exchange->session = session;
    exchange->in_lent = HTTP_WINDOW;
    exchange->stream_id = -1;
    list_push_back(&session->all, &exchange->by_session);
    session->exchanges++;
    return exchange;
}

void http_h2_release(struct http_exchange *exchange)
{
    struct http_session *session = exchange->session;
    struct http_host *host = session->host;

    REQUIRE(session->exchanges > 0);
    session->exchanges--;
    if (session->exchanges == 0)
        session->idle_ms = session->now_ms;
    http_h2_credit(exchange, buf_size(&exchange->in));
    list_unlink(&exchange->by_session);
    list_unlink(&exchange->by_event);
    list_unlink(&exchange->by_submit);
    list_unlink(&exchange->by_stall);
    buf_close(&exchange->trailer);
    if (host->spares < SPARES_MAX) {
        recycle(&exchange->head);
        recycle(&exchange->in);
        recycle(&exchange->out);
        recycle(&exchange->out_head);
        recycle(&exchange->out_trailer);
        host->spares++;
        list_push_back(&host->spare, &exchange->by_session);
        return;
    }
    buf_close(&exchange->head);
    buf_close(&exchange->in);
    buf_close(&exchange->out);
    buf_close(&exchange->out_head);
    buf_close(&exchange->out_trailer);
    free(exchange);
}

/* Law 1: called between, never inside, nghttp2's own functions. */
bool http_h2_tell(struct http_session *session)
{
    const struct http_handler *handler = session->host->handler_of;
    void *self = session->host->handler;
    struct list *node;
    bool told = false;

    while ((node = list_pop_front(&session->events))) {
        struct http_exchange *exchange =
            LIST_ENTRY(node, struct http_exchange, by_event);
        unsigned pending = exchange->pending;
        bool dead = (pending & HTTP_H2_CLOSED) && !exchange->client &&
                    exchange->why != ERR_NONE;

        exchange->pending = 0;
        told = true;
        if ((pending & HTTP_H2_BEGIN) && !dead) {
            exchange->began = true;
            handler->begin(self, exchange);
        }
        if ((pending & HTTP_H2_READABLE) && exchange->began && !dead)
            handler->readable(self, exchange);
        if (pending & HTTP_H2_CLOSED) {
            if (exchange->began)
                handler->closed(self, exchange, exchange->why);
            http_h2_release(exchange);
            continue;
        }
        if ((pending & HTTP_H2_WRITABLE) && exchange->began &&
            !exchange->out_ended)
            handler->writable(self, exchange);
    }
    return told;
}

/* What the windows of all streams may bring at once is always taken: were it
 * refused, every message could wait half received for the others to end. */
static size_t in_max(const struct http_session *session)
{
    return (size_t)session->host->limits.streams_max * HTTP_WINDOW +
           HTTP_IN_MAX;
}

void http_h2_credit(struct http_exchange *exchange, size_t size)
{
    struct http_session *session = exchange->session;
    size_t give = session->in_owed;

    REQUIRE(size <= session->in_bytes);
    session->in_bytes -= size;
    if (!session->h2 || give == 0 || session->in_bytes >= in_max(session))
        return;
    session->in_owed = 0;
    if (nghttp2_session_consume_connection(session->h2, give) != 0)
        session->failed = session->failed ? session->failed : ERR_NOMEM;
    http_h2_wake(session);
}

/* ---- what goes out ---- */

/* nghttp2 pulls body bytes into its frame. */
static ssize_t on_pull(nghttp2_session *h2, int32_t stream_id, uint8_t *to,
                       size_t room, uint32_t *flags,
                       nghttp2_data_source *source, void *user)
{
    struct http_exchange *exchange = source->ptr;
    struct http_session *session = user;
    size_t size = buf_size(&exchange->out);
    struct http_field field;
    nghttp2_nv nv[NV_MAX];
    size_t at = 0, count = 0;

    if (size > room)
        size = room;
    if (size > 0) {
        memcpy(to, buf_head(&exchange->out), size);
        buf_consume(&exchange->out, size);
        list_unlink(&exchange->by_stall);
        exchange->moved_ms = session->now_ms;
        if (buf_size(&exchange->out) > 0)
            list_push_back(&session->stalls, &exchange->by_stall);
        if (exchange->choked && buf_size(&exchange->out) <= HTTP_OUT_LOW) {
            exchange->choked = false;
            http_h2_note(exchange, HTTP_H2_WRITABLE);
        }
    }
    if (buf_size(&exchange->out) > 0)
        return (ssize_t)size;
    if (exchange->out.cap > KEEP_BYTES)
        buf_close(&exchange->out);
    if (!exchange->out_ended) {
        exchange->deferred = size == 0;
        return size ? (ssize_t)size : NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    while (http_head_next(&exchange->out_trailer, &at, &field))
        nv[count++] = (nghttp2_nv){
            (uint8_t *)(uintptr_t)field.name, (uint8_t *)(uintptr_t)field.value,
            field.name_size, field.value_size,
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
    if (count > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (nghttp2_submit_trailer(h2, stream_id, nv, count) != 0)
            return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return (ssize_t)size;
}

static int submit_one(struct http_exchange *exchange)
{
    struct http_session *session = exchange->session;
    nghttp2_data_provider body = {.source = {.ptr = exchange},
                                  .read_callback = on_pull};
    bool bare = exchange->out_ended && buf_size(&exchange->out) == 0 &&
                buf_size(&exchange->out_trailer) == 0;
    struct http_field field;
    nghttp2_nv nv[NV_MAX];
    size_t at = 0, count = 0;
    int rv;

    while (http_head_next(&exchange->out_head, &at, &field))
        nv[count++] = (nghttp2_nv){
            (uint8_t *)(uintptr_t)field.name, (uint8_t *)(uintptr_t)field.value,
            field.name_size, field.value_size,
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
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

void http_h2_submit(struct http_session *session)
{
    struct list *node;

    while ((node = list_pop_front(&session->submits))) {
        struct http_exchange *exchange =
            LIST_ENTRY(node, struct http_exchange, by_submit);

        if (submit_one(exchange) == 0)
            continue;
        exchange->why = ERR_NOMEM;
        if (exchange->stream_id < 0)
            http_h2_note(exchange, HTTP_H2_CLOSED);
        else if (nghttp2_submit_rst_stream(session->h2, NGHTTP2_FLAG_NONE,
                                           exchange->stream_id,
                                           NGHTTP2_INTERNAL_ERROR) != 0)
            session->failed = ERR_NOMEM;
    }
}

static int on_frame_send(nghttp2_session *h2, const nghttp2_frame *frame,
                         void *user)
{
    struct http_session *session = user;
    struct http_exchange *exchange;

    if (frame->hd.type == NGHTTP2_GOAWAY)
        return 0;
    if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS &&
        frame->hd.type != NGHTTP2_RST_STREAM)
        return 0;
    exchange = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
        /* Ours on purpose, or because the peer broke a rule (MadeYouReset)? */
        if (frame->rst_stream.error_code == NGHTTP2_NO_ERROR ||
            (exchange && exchange->why != ERR_NONE))
            return 0;
        return http_guard_reset(session) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
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

/* ---- what comes in ---- */

static int on_begin_frame(nghttp2_session *h2, const nghttp2_frame_hd *hd,
                          void *user)
{
    struct http_session *session = user;

    /* A stream id that went by (RFC 9113 §5.1.1); the library lets some pass. */
    if (session->role == HTTP_SERVER && hd->type == NGHTTP2_HEADERS &&
        hd->stream_id > 0 && hd->stream_id <= session->highest &&
        !nghttp2_session_find_stream(h2, hd->stream_id)) {
        session->failed = ERR_PROTOCOL;
        (void)nghttp2_session_terminate_session(h2, NGHTTP2_PROTOCOL_ERROR);
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (hd->type == NGHTTP2_HEADERS || hd->type == NGHTTP2_CONTINUATION ||
        hd->type == NGHTTP2_RST_STREAM)
        return 0;
    if (hd->type == NGHTTP2_DATA &&
        (hd->length > 0 || (hd->flags & NGHTTP2_FLAG_END_STREAM)))
        return 0;
    return http_guard_control(session) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
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
    exchange = http_h2_open(session);
    if (!exchange)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    exchange->stream_id = frame->hd.stream_id;
    (void)nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id,
                                               exchange);
    return 0;
}

static int keep_field(struct http_exchange *exchange,
                      const struct http_field *field, bool trailer)
{
    struct buf *buf = trailer ? &exchange->trailer : &exchange->head;

    if (!trailer && field->name[0] == ':') {
        if (strcmp(field->name, ":path") == 0)
            exchange->path_at = buf_size(buf);
        else if (strcmp(field->name, ":method") == 0)
            exchange->method_at = buf_size(buf);
    }
    return http_head_add(buf, field) == ERR_NONE
               ? 0
               : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* The sum of name + value + 32 is advertised but not enforced by nghttp2. */
static int on_header(nghttp2_session *h2, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_size,
                     const uint8_t *value, size_t value_size, uint8_t flags,
                     void *user)
{
    struct http_session *session = user;
    const uint64_t max = session->host->limits.head_bytes_max;
    struct http_exchange *exchange;
    struct http_field field = {(const char *)name, (const char *)value,
                               name_size, value_size};

    (void)flags;
    exchange = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (!exchange)
        return 0;
    if (exchange->client && frame->headers.cat == NGHTTP2_HCAT_HEADERS &&
        !exchange->head_done && name_size == 7 &&
        memcmp(name, ":status", 7) == 0)
        exchange->head.head = exchange->head.tail = 0; /* after a 1xx */
    exchange->fields++;
    exchange->head_bytes += (uint32_t)(name_size + value_size + 32);
    if (exchange->head_bytes > HEAD_ABUSE * max ||
        exchange->fields > HEAD_ABUSE * HTTP_FIELDS_MAX) {
        http_guard_expel(session, "header_list_too_large");
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (exchange->head_bytes > max || exchange->fields > HTTP_FIELDS_MAX)
        exchange->head_bad = true;
    if (exchange->head_bad)
        return 0;
    if (exchange->client && !exchange->head_done && name_size == 7 &&
        value_size == 3 && memcmp(name, ":status", 7) == 0)
        exchange->status =
            (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
    return keep_field(exchange, &field, exchange->head_done);
}

static const char *value_at(const struct http_exchange *exchange, size_t at)
{
    struct http_field field;

    return http_head_next(&exchange->head, &at, &field) ? field.value : "";
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
        http_h2_note(exchange, HTTP_H2_READABLE);
        return 0;
    }
    if (exchange->head_bad) {
        if (http_exchange_respond(exchange, 431, plain, 1) != ERR_NONE ||
            http_exchange_end(exchange, NULL, 0) != ERR_NONE)
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        return 0;
    }
    exchange->method = value_at(exchange, exchange->method_at);
    exchange->path = value_at(exchange, exchange->path_at);
    http_h2_note(exchange, HTTP_H2_BEGIN);
    return 0;
}

static int on_ping(struct http_session *session, const nghttp2_frame *frame)
{
    if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
        return http_guard_ping(session) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    if (frame->ping.opaque_data[0] == 0)
        session->pinged = false;
    else if (session->draining && http_guard_goaway(session) != ERR_NONE)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return 0;
}

static int on_frame_recv(nghttp2_session *h2, const nghttp2_frame *frame,
                         void *user)
{
    struct http_session *session = user;
    struct http_exchange *exchange;
    int rv = 0;

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
    exchange = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_HEADERS) {
        session->head_open = false;
        if (exchange)
            rv = on_head_end(exchange);
    }
    if (exchange && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
        exchange->in_ended = true;
        if (exchange->head_done && !exchange->head_bad)
            http_h2_note(exchange, HTTP_H2_READABLE);
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
    if (wanted && buf_append(&exchange->in, bytes, size) != ERR_NONE) {
        http_exchange_reset(exchange, ERR_NOMEM);
        wanted = false;
    }
    if (wanted) {
        exchange->in_lent -=
            size < exchange->in_lent ? size : exchange->in_lent;
        session->in_bytes += size;
        http_h2_note(exchange, HTTP_H2_READABLE);
        if (session->in_bytes >= in_max(session)) {
            session->in_owed += size;
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
    exchange->why = why_closed(exchange, code);
    exchange->out_ended = true;
    list_unlink(&exchange->by_submit);
    list_unlink(&exchange->by_stall);
    if (exchange->why == ERR_NONE)
        http_guard_done(user);
    http_h2_note(exchange, HTTP_H2_CLOSED);
    return 0;
}

static int on_invalid_frame(nghttp2_session *h2, const nghttp2_frame *frame,
                            int code, void *user)
{
    (void)h2;
    (void)frame;
    (void)code;
    return http_guard_reset(user) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
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
    nghttp2_session_callbacks_set_on_begin_frame_callback(host->callbacks,
                                                          on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(host->callbacks,
                                                            on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(host->callbacks,
                                                     on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(host->callbacks,
                                                         on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(host->callbacks,
                                                              on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(host->callbacks,
                                                         on_frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(host->callbacks,
                                                           on_stream_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        host->callbacks, on_invalid_frame);
    return ERR_NONE;
}

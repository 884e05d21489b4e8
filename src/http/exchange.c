#include "http/exchange.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "http/h1_end.h"
#include "http/head.h"
#include "http/out.h"
#include "http/pool.h"
#include "http/tell.h"

static bool going(const struct http_exchange *exchange)
{
    return exchange->why != ERR_NONE ||
           (exchange->pending & HTTP_TELL_CLOSED) ||
           exchange->session->failed != ERR_NONE || !exchange->session->open;
}

static bool next_plain(const struct buf *buf, size_t *at,
                       struct http_field *field)
{
    while (http_head_next(buf, at, field))
        if (field->name[0] != ':')
            return true;
    return false;
}

bool http_exchange_field(const struct http_exchange *exchange, size_t *at,
                         struct http_field *field)
{
    return next_plain(&exchange->head, at, field);
}

bool http_exchange_trailer(const struct http_exchange *exchange, size_t *at,
                           struct http_field *field)
{
    return next_plain(&exchange->trailer, at, field);
}

const char *http_exchange_header(const struct http_exchange *exchange,
                                 const char *name)
{
    REQUIRE(name[0] != ':');
    return http_head_value(&exchange->head, name, NULL);
}

/* Let the peer send until `in` and what is under way make up target. */
static void lend(struct http_exchange *exchange, size_t target)
{
    size_t have = exchange->in_lent + buf_size(&exchange->in);

    if (have >= target || exchange->in_ended || going(exchange) ||
        (!exchange->client && exchange->out_ended) ||
        (exchange->stream_id < 0 && !exchange->http1))
        return;
    if (exchange->http1) {
        exchange->in_lent += target - have; /* http/h1 reads on */
        http_tell_wake(exchange->session);
        return;
    }
    if (nghttp2_submit_window_update(exchange->session->h2, NGHTTP2_FLAG_NONE,
                                     exchange->stream_id,
                                     (int32_t)(target - have)) != 0) {
        http_exchange_reset(exchange, ERR_NOMEM);
        return;
    }
    exchange->in_lent += target - have;
    http_tell_wake(exchange->session);
}

void http_exchange_consume(struct http_exchange *exchange, size_t size)
{
    size_t have;

    REQUIRE(size <= buf_size(&exchange->in));
    buf_consume(&exchange->in, size);
    if (buf_size(&exchange->in) == 0 && exchange->in.cap > 4096)
        buf_close(&exchange->in); /* an idle stream holds no large buffer */
    http_pool_credit(exchange, size);
    have = exchange->in_lent + buf_size(&exchange->in);
    if (have <= HTTP_WINDOW / 2)
        lend(exchange, HTTP_WINDOW);
}

void http_exchange_want(struct http_exchange *exchange, size_t size)
{
    REQUIRE(size <= INT32_MAX);
    if (size > exchange->in.max)
        exchange->in.max = size; /* Law 1 */
    lend(exchange, size);
}

static enum err pack(struct buf *buf, const struct http_field *fields,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum err err = http_head_add(buf, &fields[i]);

        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

enum err http_exchange_respond(struct http_exchange *exchange, int status,
                               const struct http_field *fields, size_t count)
{
    const char digits[] = {(char)('0' + status / 100 % 10),
                           (char)('0' + status / 10 % 10),
                           (char)('0' + status % 10), '\0'};
    struct http_field first = {":status", digits, 7, 3};
    enum err err;

    REQUIRE(!exchange->client);
    REQUIRE(status >= 200);
    REQUIRE(status <= 599);
    if (going(exchange))
        return ERR_CANCELED;
    REQUIRE(!exchange->responded); /* Law 3 */
    err = http_head_add(&exchange->out_head, &first);
    if (err == ERR_NONE)
        err = pack(&exchange->out_head, fields, count);
    if (err != ERR_NONE) {
        buf_truncate(&exchange->out_head, 0);
        return err;
    }
    exchange->responded = true;
    list_push_back(&exchange->session->submits, &exchange->by_submit);
    http_tell_wake(exchange->session);
    return ERR_NONE;
}

bool http_exchange_writable(const struct http_exchange *exchange)
{
    return buf_size(&exchange->out) < HTTP_OUT_HIGH && !exchange->out_ended;
}

uint8_t *http_exchange_reserve(struct http_exchange *exchange, size_t size)
{
    if (going(exchange) || !http_exchange_writable(exchange))
        return NULL;
    return buf_reserve(&exchange->out, size);
}

/* nghttp2 was told "no more for now": tell it otherwise. */
static void resume(struct http_exchange *exchange)
{
    if (exchange->deferred) {
        exchange->deferred = false;
        if (nghttp2_session_resume_data(exchange->session->h2,
                                        exchange->stream_id) ==
            NGHTTP2_ERR_NOMEM)
            http_exchange_reset(exchange, ERR_NOMEM);
    }
    http_tell_wake(exchange->session);
}

void http_exchange_commit(struct http_exchange *exchange, size_t size)
{
    REQUIRE(exchange->responded);
    REQUIRE(!exchange->out_ended); /* Law 3 */
    buf_commit(&exchange->out, size);
    http_pool_owe(exchange->session, size);
    exchange->written += size;
    if (buf_size(&exchange->out) >= HTTP_OUT_HIGH)
        exchange->choked = true; /* Law 2 */
    if (!list_linked(&exchange->by_stall) && size > 0) {
        exchange->moved_ms = 0;
        list_push_back(&exchange->session->stalls, &exchange->by_stall);
    }
    resume(exchange);
}

enum err http_exchange_write(struct http_exchange *exchange, const void *bytes,
                             size_t size)
{
    uint8_t *to;

    if (going(exchange))
        return ERR_CANCELED;
    if (!http_exchange_writable(exchange)) {
        exchange->choked = true;
        return ERR_FULL;
    }
    if (size == 0)
        return ERR_NONE;
    to = buf_reserve(&exchange->out, size);
    if (!to)
        return ERR_NOMEM;
    memcpy(to, bytes, size);
    http_exchange_commit(exchange, size);
    return ERR_NONE;
}

/* Law 4: noted, told later. */
void http_exchange_notify(struct http_exchange *exchange)
{
    if (going(exchange))
        return;
    exchange->choked = true;
    if (buf_size(&exchange->out) > 0)
        return; /* when nghttp2 takes of it */
    exchange->choked = false;
    http_tell_note(exchange, HTTP_TELL_WRITABLE);
    http_tell_wake(exchange->session);
}

enum err http_exchange_end(struct http_exchange *exchange,
                           const struct http_field *fields, size_t count)
{
    enum err err;

    if (going(exchange))
        return ERR_CANCELED;
    REQUIRE(exchange->responded);
    REQUIRE(!exchange->out_ended); /* Law 3 */
    err = pack(&exchange->out_trailer, fields, count);
    if (err != ERR_NONE) {
        buf_truncate(&exchange->out_trailer, 0);
        return err;
    }
    exchange->out_ended = true;
    if (!exchange->client) /* what still comes in is not looked at */
        http_exchange_consume(exchange, buf_size(&exchange->in));
    resume(exchange);
    return ERR_NONE;
}

enum err http_exchange_finish(struct http_exchange *exchange, const void *bytes,
                              size_t size)
{
    if (going(exchange))
        return ERR_CANCELED;
    if (size > 0) {
        uint8_t *to = buf_reserve(&exchange->out, size);

        if (!to)
            return ERR_NOMEM;
        memcpy(to, bytes, size);
        http_exchange_commit(exchange, size);
    }
    return http_exchange_end(exchange, NULL, 0);
}

void http_exchange_reset(struct http_exchange *exchange, enum err why)
{
    struct http_session *session = exchange->session;

    REQUIRE(why != ERR_NONE);
    if (exchange->why != ERR_NONE || (exchange->pending & HTTP_TELL_CLOSED) ||
        !session->open)
        return;
    if (why == ERR_SLOW_READER)
        log_event(LOG_SLOW_READER, 1, why);
    http_out_doom(exchange, why);
    http_pool_paid(session, buf_size(&exchange->out));
    buf_close(&exchange->out);
    http_tell_wake(session);
    if (exchange->client && !exchange->submitted) {
        http_tell_note(exchange, HTTP_TELL_CLOSED);
        return;
    }
    if (exchange->http1) {
        http_h1_end_abort(exchange);
        return;
    }
    if (nghttp2_submit_rst_stream(session->h2, NGHTTP2_FLAG_NONE,
                                  exchange->stream_id,
                                  why == ERR_CANCELED || why == ERR_SLOW_READER
                                      ? NGHTTP2_CANCEL
                                      : NGHTTP2_INTERNAL_ERROR) != 0)
        session->failed = ERR_NOMEM;
}

void *http_exchange_memo(struct http_exchange *exchange, size_t size)
{
    struct http_session *session = exchange->session;

    REQUIRE(!session->memo || session->memo_size == size);
    if (!session->memo)
        session->memo = calloc(1, size);
    session->memo_size = size;
    return session->memo;
}

uint64_t http_exchange_now_ms(const struct http_exchange *exchange)
{
    return exchange->session->now_ms;
}

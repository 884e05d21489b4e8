#include "http/pool.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "base/require.h"
#include "http/tell.h"

enum { SPARES_MAX = 1024 }; /* exchanges a host keeps for reuse */

/* http/session law 3.  What the windows of all streams may bring at once is
 * taken: were it refused, every message could wait half received for the
 * others to end.  Not so when all sessions together hold too much: then each
 * gets credit when it holds nothing. */
size_t http_pool_max(const struct http_session *session)
{
    if (session->host->in_bytes >= session->host->limits.in_bytes_max)
        return 1;
    return (size_t)session->host->limits.streams_max * HTTP_WINDOW +
           HTTP_IN_MAX;
}

void http_pool_wait(struct http_session *session)
{
    struct http_host *host = session->host;

    if (host->in_bytes >= host->limits.in_bytes_max &&
        !list_linked(&session->by_owed))
        list_push_back(&host->owed, &session->by_owed);
}

/* Nobody waits any more, if they hold less than the bound. */
static void relieve(struct http_host *host)
{
    struct list *node;

    while (host->in_bytes < host->limits.in_bytes_max &&
           (node = list_pop_front(&host->owed))) {
        struct http_session *session =
            LIST_ENTRY(node, struct http_session, by_owed);

        http_pool_settle(session);
        http_tell_wake(session);
    }
}

void http_pool_credit(struct http_exchange *exchange, size_t size)
{
    struct http_session *session = exchange->session;

    REQUIRE(size <= session->in_bytes); /* Law 1 */
    REQUIRE(size <= session->host->in_bytes);
    session->in_bytes -= size;
    session->host->in_bytes -= size;
    http_pool_settle(session);
    relieve(session->host);
}

void http_pool_settle(struct http_session *session)
{
    size_t give = session->in_owed;

    if (!session->h2 || give == 0)
        return;
    if (session->in_bytes >= http_pool_max(session)) {
        http_pool_wait(session);
        return;
    }
    session->in_owed = 0;
    if (nghttp2_session_consume_connection(session->h2, give) != 0)
        session->failed = session->failed ? session->failed : ERR_NOMEM;
    http_tell_wake(session);
}

/* Law 1 */
void http_pool_owe(struct http_session *session, size_t size)
{
    session->out_bytes += size;
    session->host->out_bytes += size;
    if (session->out_bytes > 0 && !list_linked(&session->by_holder))
        list_push_back(&session->host->holders, &session->by_holder);
}

void http_pool_paid(struct http_session *session, size_t size)
{
    REQUIRE(size <= session->out_bytes);
    REQUIRE(size <= session->host->out_bytes);
    session->out_bytes -= size;
    session->host->out_bytes -= size;
    if (session->out_bytes == 0)
        list_unlink(&session->by_holder);
}

/* Law 2 */
static void recycle(struct buf *buf)
{
    if (buf->cap > HTTP_POOL_KEEP)
        buf_close(buf);
    else
        buf_truncate(buf, 0);
}

struct http_exchange *http_pool_take(struct http_session *session)
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
    exchange->method = exchange->path = "";
    list_push_back(&session->all, &exchange->by_session);
    session->exchanges++;
    return exchange;
}

static void discard(struct http_exchange *exchange)
{
    buf_close(&exchange->head);
    buf_close(&exchange->in);
    buf_close(&exchange->out);
    buf_close(&exchange->out_head);
    buf_close(&exchange->out_trailer);
    free(exchange);
}

void http_pool_give(struct http_exchange *exchange)
{
    struct http_session *session = exchange->session;
    struct http_host *host = session->host;

    REQUIRE(session->exchanges > 0);
    session->exchanges--;
    if (session->exchanges == 0)
        session->idle_ms = session->now_ms;
    http_pool_credit(exchange, buf_size(&exchange->in));
    http_pool_paid(session, buf_size(&exchange->out));
    if (exchange->shared)
        http_share_give(session->share);
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
        list_push_front(&host->spare,
                        &exchange->by_session); /* still in cache */
        return;
    }
    discard(exchange);
}

void http_pool_close(struct http_host *host)
{
    struct list *node;

    while ((node = list_pop_front(&host->spare)))
        discard(LIST_ENTRY(node, struct http_exchange, by_session));
    host->spares = 0;
}

#include "http/tell.h"

#include "http/pool.h"
#include "http/share.h"

void http_tell_note(struct http_exchange *exchange, enum http_tell what)
{
    exchange->pending |= (uint8_t)what; /* Law 2 */
    if (what == HTTP_TELL_CLOSED)
        list_unlink(&exchange->by_event); /* it may be in `waits` */
    if (!list_linked(&exchange->by_event))
        list_push_back(&exchange->session->events, &exchange->by_event);
}

void http_tell_wake(struct http_session *session)
{
    if (session->woken)
        return;
    session->woken = true;
    session->stuck_ms = 0;
    session->host->wake(session->host->waker, session);
}

/* http/session law 5 */
static bool is_full(const struct http_session *session)
{
    const struct http_host *host = session->host;

    return session->h2 && session->role == HTTP_SERVER &&
           (session->out_bytes >= HTTP_OUT_MAX ||
            (session->out_bytes > 0 &&
             host->out_bytes > host->limits.out_bytes_max));
}

/* Law 1: called between, never inside, the functions of a parser. */
bool http_tell_all(struct http_session *session)
{
    const struct http_handler *handler = session->host->handler_of;
    void *self = session->host->handler;
    struct list *node;
    bool told = false;

    while (!is_full(session) && (node = list_pop_front(&session->waits)))
        list_push_back(&session->events, node);
    while ((node = list_pop_front(&session->events))) {
        struct http_exchange *exchange =
            LIST_ENTRY(node, struct http_exchange, by_event);
        unsigned pending = exchange->pending;
        /* Reset in the same read, or the connection is at its end. */
        bool dead = session->failed != ERR_NONE ||
                    ((pending & HTTP_TELL_CLOSED) && !exchange->client &&
                     exchange->why != ERR_NONE);

        if (is_full(session) && !(pending & HTTP_TELL_CLOSED)) {
            list_push_back(&session->waits, node);
            continue;
        }
        exchange->pending = 0;
        told = true;
        if ((pending & HTTP_TELL_BEGIN) && !dead) {
            exchange->began = true;
            exchange->shared =
                http_share_take(session->share, session->now_ms) == ERR_NONE;
            exchange->denied = !exchange->shared;
            handler->begin(self, exchange);
        }
        if ((pending & HTTP_TELL_READABLE) && exchange->began && !dead)
            handler->readable(self, exchange);
        if (pending & HTTP_TELL_CLOSED) {
            if (exchange->began)
                handler->closed(self, exchange, exchange->why);
            http_pool_give(exchange);
            continue;
        }
        if ((pending & HTTP_TELL_WRITABLE) && exchange->began && !dead &&
            !exchange->out_ended)
            handler->writable(self, exchange);
    }
    return told;
}

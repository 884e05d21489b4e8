#include "http/h1_end.h"

#include "base/log.h"
#include "base/require.h"
#include "http/h1_out.h"
#include "http/tell.h"

/* http/h1 law 3 */
void http_h1_end_refuse(struct http_session *session, int status)
{
    struct http_h1 *h1 = session->h1;

    if (h1->over)
        return;
    if (status == 431)
        log_event(LOG_HEAD_REFUSED, 1, ERR_TOO_LARGE);
    else if (status < 500 &&
             status != 408) /* which is counted as what it was */
        log_event(LOG_REQUEST_REFUSED, 1, ERR_PROTOCOL);
    h1->refusal = status;
    session->head_open = false;
    if (h1->exchange) {
        http_exchange_reset(h1->exchange, ERR_PROTOCOL);
        return;
    }
    h1->over = true;
    buf_close(&h1->held);
    http_h1_out_refusal(session, status);
    http_tell_wake(session);
}

void http_h1_end_abort(struct http_exchange *exchange)
{
    struct http_session *session = exchange->session;
    struct http_h1 *h1 = session->h1;

    REQUIRE(h1->exchange == exchange);
    h1->exchange = NULL;
    h1->over = true;
    buf_close(&h1->held);
    if (!exchange->submitted)
        http_h1_out_refusal(session, h1->refusal ? h1->refusal : 500);
    http_tell_note(exchange, HTTP_TELL_CLOSED);
    http_tell_wake(session);
}

void http_h1_end_late(struct http_session *session)
{
    bool ours = session->goaway_last && !session->head_open; /* our drain */

    http_h1_end_refuse(session, ours ? 503 : 408);
}

static bool streams(const struct http_exchange *exchange)
{
    return exchange->submitted && !exchange->out_ended;
}

/* A whole request gets its answer, whoever sends no more behind it (RFC 9112,
 * section 9.5).  A stream in the middle is another thing: who reads one would
 * not say so, but who has gone away does. */
bool http_h1_end_eof(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    const struct http_exchange *exchange = h1->exchange;

    if (exchange && (!exchange->in_ended || streams(exchange)))
        return false;
    session->deaf = true;
    if (!exchange && !h1->over) {
        h1->over = true;
        http_tell_wake(session);
    }
    return exchange || buf_size(&h1->out) > 0 || session->unsent > 0;
}

/* That it is a stream may show only after its end of input came. */
void http_h1_end_sent(struct http_session *session)
{
    struct http_exchange *exchange = session->h1->exchange;

    if (session->deaf && exchange && streams(exchange))
        http_exchange_reset(exchange, ERR_CONNECTION);
}

void http_h1_end_drain(struct http_session *session)
{
    session->h1->keep = false;
    if (!session->h1->exchange)
        session->h1->over = true;
}

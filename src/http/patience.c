#include "http/patience.h"

#include <nghttp2/nghttp2.h>

#include "base/log.h"
#include "base/require.h"
#include "http/h1.h"
#include "http/tell.h"

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Does it ask whether the peer is there?  A client only while it waits for
 * something: servers count what it pings beside that. */
static bool keeps(const struct http_session *session)
{
    return session->h2 && session->greeted &&
           (session->exchanges > 0 || session->role == HTTP_SERVER);
}

/* Of a session that stays, and has nothing unfinished. */
static uint64_t quiet_ms(const struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    uint64_t at_ms = session->leave_ms;

    if (session->exchanges == 0 && session->role == HTTP_SERVER)
        at_ms = sooner(at_ms, session->idle_ms + limits->idle_ms);
    if (http_h1_timed(session))
        at_ms = sooner(at_ms, session->body_ms + limits->slow_ms);
    if (session->pinged)
        return sooner(at_ms, session->ping_ms + limits->pong_ms);
    if (keeps(session))
        at_ms = sooner(at_ms, session->heard_ms + limits->ping_ms);
    return at_ms;
}

/* Law 1: every `if` here has its counterpart in http_patience_tick(). */
uint64_t http_patience_deadline_ms(const struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    uint64_t at_ms = HTTP_NEVER;

    if (!session->greeted)
        at_ms = sooner(at_ms, session->born_ms + limits->hello_ms);
    if (session->head_open)
        at_ms = sooner(at_ms, session->head_ms + limits->head_ms);
    if (session->woken)
        at_ms = sooner(
            at_ms, (session->stuck_ms ? session->stuck_ms : session->now_ms) +
                       limits->slow_ms);
    if (!list_empty(&session->stalls))
        at_ms = sooner(at_ms, LIST_ENTRY(session->stalls.next,
                                         struct http_exchange, by_stall)
                                      ->moved_ms +
                                  limits->slow_ms);
    if (session->told)
        return sooner(at_ms, session->drain_ms + limits->drain_ms);
    if (session->goaway_last)
        return sooner(at_ms, session->drain_ms + limits->grace_ms);
    if (session->draining)
        return sooner(at_ms, session->drain_ms + limits->drain_ms);
    return sooner(at_ms, quiet_ms(session));
}

/* End every exchange whose reader stands still; its bytes go with it. */
static void drop_slow(struct http_session *session)
{
    const uint64_t slow_ms = session->host->limits.slow_ms;

    while (!list_empty(&session->stalls)) {
        struct http_exchange *exchange =
            LIST_ENTRY(session->stalls.next, struct http_exchange, by_stall);

        if (exchange->moved_ms == 0)
            exchange->moved_ms = session->now_ms;
        if (exchange->moved_ms + slow_ms > session->now_ms)
            return;
        http_exchange_reset(exchange, ERR_SLOW_READER);
        REQUIRE(!list_linked(&exchange->by_stall));
    }
}

enum err http_patience_goaway(struct http_session *session)
{
    if (session->goaway_last)
        return ERR_NONE;
    session->goaway_last = true;
    session->drain_ms = session->now_ms;
    if (nghttp2_submit_goaway(
            session->h2, NGHTTP2_FLAG_NONE,
            nghttp2_session_get_last_proc_stream_id(session->h2),
            NGHTTP2_NO_ERROR, NULL, 0) != 0)
        return ERR_NOMEM;
    http_tell_wake(session);
    return ERR_NONE;
}

/* Exchanges that outlast the grace are told to come back elsewhere. */
static void tell_to_leave(struct http_session *session)
{
    struct http_host *host = session->host;

    session->told = true;
    session->drain_ms = session->now_ms;
    LIST_EACH (node, &session->all) {
        struct http_exchange *exchange =
            LIST_ENTRY(node, struct http_exchange, by_session);

        if (exchange->began && exchange->why == ERR_NONE &&
            !(exchange->pending & HTTP_TELL_CLOSED))
            host->leave(host->handler, exchange);
    }
    http_tell_wake(session);
}

static enum err drain_on(struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    const uint64_t since_ms = session->now_ms - session->drain_ms;

    if (!session->goaway_last)
        return since_ms >= limits->drain_ms ? http_patience_goaway(session)
                                            : ERR_NONE;
    if (since_ms < (session->told ? limits->drain_ms : limits->grace_ms))
        return ERR_NONE;
    if (!session->told && session->host->leave && session->exchanges > 0) {
        tell_to_leave(session);
        return ERR_NONE;
    }
    log_event(LOG_DRAIN_LATE, 1, ERR_DEADLINE);
    return ERR_DEADLINE;
}

/* A body of HTTP/1.1 that stands still, or only drips; or a connection that is
 * not read, so that nobody would hear of its end. */
static bool body_late(struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    const uint64_t now_ms = session->now_ms, slow_ms = limits->slow_ms;

    if (!http_h1_timed(session) || now_ms < session->body_ms + slow_ms)
        return false;
    if (session->body_bytes < limits->body_per_s * slow_ms / 1000)
        return true;
    session->body_ms = now_ms;
    session->body_bytes = 0;
    return false;
}

enum err http_patience_ask(struct http_session *session)
{
    if (session->pinged)
        return ERR_NONE;
    session->pinged = true;
    session->ping_ms = session->now_ms;
    if (nghttp2_submit_ping(session->h2, NGHTTP2_FLAG_NONE, NULL) != 0)
        return ERR_NOMEM;
    http_tell_wake(session);
    return ERR_NONE;
}

static enum err keep_alive(struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    const uint64_t now_ms = session->now_ms;

    if (session->pinged) {
        if (now_ms < session->ping_ms + limits->pong_ms)
            return ERR_NONE;
        log_event(LOG_PING_UNANSWERED, 1, ERR_DEADLINE);
        return ERR_DEADLINE;
    }
    if (!keeps(session) || now_ms < session->heard_ms + limits->ping_ms)
        return ERR_NONE;
    return http_patience_ask(session);
}

/* A session that nothing is wrong with: is it its time? */
static enum err stay(struct http_session *session)
{
    const uint64_t now_ms = session->now_ms;
    enum log_code code = LOG_AGED;

    if (body_late(session)) {
        log_event(LOG_SLOW_BODY, 1, ERR_DEADLINE);
        return ERR_DEADLINE;
    }
    if (now_ms < session->leave_ms) {
        if (session->role == HTTP_CLIENT || session->exchanges > 0 ||
            now_ms < session->idle_ms + session->host->limits.idle_ms)
            return keep_alive(session);
        code = LOG_IDLE;
    }
    log_event(code, 1, ERR_NONE);
    http_session_drain(session, now_ms);
    return ERR_NONE;
}

/* Something that was to come at at_ms did not. */
static enum err late(const struct http_session *session, uint64_t at_ms,
                     enum log_code code)
{
    if (session->now_ms < at_ms)
        return ERR_NONE;
    log_event(code, 1, ERR_DEADLINE); /* Law 2 */
    return ERR_DEADLINE;
}

enum err http_patience_tick(struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    const uint64_t now_ms = session->now_ms;
    enum err err = ERR_NONE;

    if (session->failed != ERR_NONE)
        return session->failed;
    if (!session->greeted)
        err = late(session, session->born_ms + limits->hello_ms,
                   session->head_open ? LOG_SLOW_HEAD : LOG_SLOW_HELLO);
    if (err == ERR_NONE && session->head_open)
        err = late(session, session->head_ms + limits->head_ms, LOG_SLOW_HEAD);
    if (err != ERR_NONE)
        return err;
    if (session->woken) {
        if (session->stuck_ms == 0)
            session->stuck_ms = now_ms;
        if (late(session, session->stuck_ms + limits->slow_ms, LOG_SLOW_WRITE))
            return ERR_SLOW_READER;
    }
    drop_slow(session);
    return session->draining ? drain_on(session) : stay(session);
}

#include "http/guard.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#include "base/require.h"
#include "http/h1.h"
#include "http/tell.h"

enum {
    STRIKES_MAX = 2,
    UNHEARD_MAX = 128 * 1024, /* above a window, and a read not looked at yet */
    UNHEARD_EACH = 1024
};

void http_guard_defaults(struct http_limits *limits)
{
    const struct http_limits standard = {
        .streams_max = 100,
        .head_bytes_max = 16384,
        .in_bytes_max = 64 << 20,
        .out_bytes_max = 64 << 20,
        .reset_burst = 500,
        .reset_per_s = 50,
        .control_burst = 2000,
        .control_per_s = 500,
        .hello_ms = 10000,
        .head_ms = 10000,
        .idle_ms = 600000,
        .slow_ms = 30000,
        .body_per_s = 64,
        .ping_ms = 60000,
        .pong_ms = 20000,
        .ping_min_ms = 5000,
        .drain_ms = 5000,
        .grace_ms = 30000,
    };
    uint32_t given[sizeof standard / sizeof(uint32_t)];
    uint32_t usual[sizeof standard / sizeof(uint32_t)];

    memcpy(given, limits, sizeof given);
    memcpy(usual, &standard, sizeof usual);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i] == 0)
            given[i] = usual[i];
    memcpy(limits, given, sizeof given);
}

static uint32_t add(uint32_t tokens, uint64_t more, uint32_t burst)
{
    REQUIRE(tokens <= burst); /* Law 1 */
    return more >= burst - tokens ? burst : tokens + (uint32_t)more;
}

static void refill(struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    uint64_t since_ms = session->now_ms - session->refill_ms;

    if (since_ms < 100)
        return;
    session->refill_ms = session->now_ms;
    session->resets =
        add(session->resets, limits->reset_per_s * since_ms / 1000,
            limits->reset_burst);
    session->controls =
        add(session->controls, limits->control_per_s * since_ms / 1000,
            limits->control_burst);
}

void http_guard_expel(struct http_session *session, enum log_code code,
                      const char *words)
{
    int rv;

    if (session->failed != ERR_NONE)
        return;
    session->failed = ERR_ABUSE;
    log_event(code, 1, ERR_ABUSE); /* Law 4 */
    if (!session->h2)
        return;
    rv = nghttp2_submit_goaway(
        session->h2, NGHTTP2_FLAG_NONE,
        nghttp2_session_get_last_proc_stream_id(session->h2),
        NGHTTP2_ENHANCE_YOUR_CALM, (const uint8_t *)words, strlen(words));
    (void)rv; /* out of memory: the connection ends without the words */
}

/* http/session law 4 */
static bool pay(struct http_session *session, uint32_t *tokens,
                enum log_code code)
{
    refill(session);
    if (*tokens == 0) {
        http_guard_expel(session, code, "too_much");
        return false;
    }
    --*tokens;
    return true;
}

bool http_guard_reset(struct http_session *session)
{
    return pay(session, &session->resets, LOG_EXPELLED_RESETS);
}

bool http_guard_control(struct http_session *session)
{
    return pay(session, &session->controls, LOG_EXPELLED_CONTROLS);
}

void http_guard_heard(struct http_session *session, size_t size)
{
    session->unheard -= size < session->unheard ? size : session->unheard;
}

void http_guard_unheard(struct http_session *session)
{
    while (session->unheard > UNHEARD_MAX) {
        session->unheard -= UNHEARD_EACH;
        if (!http_guard_control(session))
            return;
    }
}

bool http_guard_ping(struct http_session *session)
{
    uint64_t last_ms = session->peer_ping_ms;

    session->peer_ping_ms = session->now_ms;
    if (session->role == HTTP_CLIENT || last_ms == 0 ||
        session->now_ms - last_ms >= session->host->limits.ping_min_ms)
        return true;
    if (++session->strikes <= STRIKES_MAX)
        return true;
    http_guard_expel(session, LOG_EXPELLED_PINGS, "too_many_pings");
    return false;
}

void http_guard_sent(struct http_session *session)
{
    session->strikes = 0;
    session->peer_ping_ms = 0;
    session->controls =
        add(session->controls, 1, session->host->limits.control_burst);
}

void http_guard_done(struct http_session *session)
{
    session->resets =
        add(session->resets, 1, session->host->limits.reset_burst);
}

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

/* Law 2: every `if` here has its counterpart in http_guard_tick(). */
uint64_t http_guard_deadline_ms(const struct http_session *session)
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

enum err http_guard_goaway(struct http_session *session)
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
        return since_ms >= limits->drain_ms ? http_guard_goaway(session)
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

enum err http_guard_ask(struct http_session *session)
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
    return http_guard_ask(session);
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
    log_event(code, 1, ERR_DEADLINE); /* Law 4 */
    return ERR_DEADLINE;
}

enum err http_guard_tick(struct http_session *session)
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

/* ---- answers that wait ---- */

/* Nothing more is read of it or written to it: its answers go now, and its
 * socket as soon as its owner looks (http_session_finished()). */
static void cut(struct http_session *session)
{
    http_guard_expel(session, LOG_EXPELLED_UNREAD, "unread");
    session->cut = true;
    LIST_EACH (node, &session->all)
        http_exchange_reset(LIST_ENTRY(node, struct http_exchange, by_session),
                            ERR_ABUSE);
    http_session_unsent(session, 0);
    session->woken = false; /* what it had to say before no longer counts */
    http_tell_wake(session);
}

/* Law 3.  All are walked a few times, but then an eighth of the bound has to be
 * filled before they are walked again. */
void http_guard_relieve(struct http_host *host)
{
    const size_t max = host->limits.out_bytes_max;

    if (host->out_bytes <= max)
        return;
    for (size_t least = HTTP_OUT_MAX; least > 0; least /= 2) {
        struct list *node = host->holders.next, *next;

        for (; node != &host->holders; node = next) {
            struct http_session *session =
                LIST_ENTRY(node, struct http_session, by_holder);

            next = node->next;
            if (host->out_bytes <= max - max / 8)
                return;
            if (session->out_bytes >= least && session->role == HTTP_SERVER)
                cut(session);
        }
    }
}

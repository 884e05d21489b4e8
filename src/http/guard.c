#include "http/guard.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "http/h1.h"
#include "http/h2.h"

enum { STRIKES_MAX = 2 };

void http_guard_defaults(struct http_limits *limits)
{
    const struct http_limits standard = {
        .streams_max = 100,
        .head_bytes_max = 16384,
        .in_bytes_max = 64 << 20,
        .reset_burst = 500,
        .reset_per_s = 50,
        .control_burst = 2000,
        .control_per_s = 500,
        .hello_ms = 10000,
        .head_ms = 10000,
        .idle_ms = 600000,
        .slow_ms = 30000,
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

void http_guard_expel(struct http_session *session, const char *words)
{
    int rv;

    if (session->failed != ERR_NONE)
        return;
    session->failed = ERR_ABUSE;
    log_event(LOG_SESSION_ABUSED, 1, ERR_ABUSE);
    rv = nghttp2_submit_goaway(
        session->h2, NGHTTP2_FLAG_NONE,
        nghttp2_session_get_last_proc_stream_id(session->h2),
        NGHTTP2_ENHANCE_YOUR_CALM, (const uint8_t *)words, strlen(words));
    (void)rv; /* out of memory: the connection ends without the words */
}

/* http/session law 4 */
static bool pay(struct http_session *session, uint32_t *tokens)
{
    refill(session);
    if (*tokens == 0) {
        http_guard_expel(session, "too_much");
        return false;
    }
    --*tokens;
    return true;
}

bool http_guard_reset(struct http_session *session)
{
    return pay(session, &session->resets);
}

bool http_guard_control(struct http_session *session)
{
    return pay(session, &session->controls);
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
    http_guard_expel(session, "too_many_pings");
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
    if (session->goaway_last)
        return sooner(at_ms, session->drain_ms + limits->grace_ms);
    if (session->draining)
        return sooner(at_ms, session->drain_ms + limits->drain_ms);
    if (session->exchanges == 0 && session->role == HTTP_SERVER)
        return sooner(at_ms, session->idle_ms + limits->idle_ms);
    if (session->h1)
        return http_h1_in_body(session)
                   ? sooner(at_ms, session->heard_ms + limits->slow_ms)
                   : at_ms;
    if (session->pinged)
        return sooner(at_ms, session->ping_ms + limits->pong_ms);
    if (session->exchanges > 0)
        at_ms = sooner(at_ms, session->heard_ms + limits->ping_ms);
    return at_ms;
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
    http_h2_wake(session);
    return ERR_NONE;
}

static enum err drain_on(struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    const uint64_t since_ms = session->now_ms - session->drain_ms;

    if (session->goaway_last)
        return since_ms >= limits->grace_ms ? ERR_DEADLINE : ERR_NONE;
    return since_ms >= limits->drain_ms ? http_guard_goaway(session) : ERR_NONE;
}

static enum err keep_alive(struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    const uint64_t now_ms = session->now_ms;

    if (session->exchanges == 0) {
        if (session->role == HTTP_SERVER &&
            now_ms >= session->idle_ms + limits->idle_ms)
            http_session_drain(session, now_ms);
        return ERR_NONE;
    }
    if (session->h1)
        return http_h1_in_body(session) &&
                       now_ms >= session->heard_ms + limits->slow_ms
                   ? ERR_DEADLINE
                   : ERR_NONE;
    if (session->pinged)
        return now_ms >= session->ping_ms + limits->pong_ms ? ERR_DEADLINE
                                                            : ERR_NONE;
    if (now_ms >= session->heard_ms + limits->ping_ms) {
        session->pinged = true;
        session->ping_ms = now_ms;
        if (nghttp2_submit_ping(session->h2, NGHTTP2_FLAG_NONE, NULL) != 0)
            return ERR_NOMEM;
        http_h2_wake(session);
    }
    return ERR_NONE;
}

enum err http_guard_tick(struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    const uint64_t now_ms = session->now_ms;

    if (!session->greeted && now_ms >= session->born_ms + limits->hello_ms)
        return ERR_DEADLINE;
    if (session->head_open && now_ms >= session->head_ms + limits->head_ms)
        return ERR_DEADLINE;
    if (session->woken) {
        if (session->stuck_ms == 0)
            session->stuck_ms = now_ms;
        if (now_ms >= session->stuck_ms + limits->slow_ms)
            return ERR_SLOW_READER;
    }
    drop_slow(session);
    if (session->draining)
        return drain_on(session);
    return keep_alive(session);
}

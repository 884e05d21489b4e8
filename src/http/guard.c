#include "http/guard.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#include "base/require.h"
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
    log_event(code, 1, ERR_ABUSE); /* Law 3 */
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

/* Law 2.  All are walked a few times, but then an eighth of the bound has to be
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

/* sessions -- a host with several, and what came of their exchanges. */
#ifndef SESSIONS_H
#define SESSIONS_H

#include "check.h"
#include "frames.h"

enum { NOW = 1000000, SESSIONS = 12 };

static struct http_session session[SESSIONS];
static struct http_exchange *of[SESSIONS]; /* open, of each */
static struct http_host host;
static struct frames frames;
static int began, closed[ERR_COUNT], woken, left;

static inline void on_begin(void *self, struct http_exchange *exchange)
{
    (void)self;
    of[exchange->session - session] = exchange;
    began++;
}

static inline void on_closed(void *self, struct http_exchange *exchange,
                             enum err why)
{
    (void)self;
    of[exchange->session - session] = NULL;
    closed[why]++;
}

static inline void on_wake(void *waker, struct http_session *of_whom)
{
    (void)waker;
    (void)of_whom;
    woken++;
}

static inline void on_leave(void *handler, struct http_exchange *exchange)
{
    (void)handler;
    left++;
    if (!exchange->responded)
        CHECK(http_exchange_respond(exchange, 503, NULL, 0) == ERR_NONE);
    CHECK(http_exchange_end(exchange, NULL, 0) == ERR_NONE);
}

static const struct http_handler HANDLER = {on_begin, frames_swallow,
                                            frames_swallow, on_closed};

static inline void open_all(const struct http_limits *limits, int n)
{
    memset(session, 0, sizeof session);
    memset(of, 0, sizeof of);
    memset(closed, 0, sizeof closed);
    began = left = 0;
    host = (struct http_host){.handler_of = &HANDLER,
                              .wake = on_wake,
                              .leave = on_leave,
                              .limits = *limits};
    CHECK(http_session_host_init(&host) == ERR_NONE);
    for (int i = 0; i < n; i++) {
        CHECK(http_session_init(&session[i], &host, HTTP_SERVER, NULL, NOW) ==
              ERR_NONE);
        frames_hello(&frames);
        CHECK(frames_send(&frames, &session[i], NOW) == ERR_NONE);
    }
}

static inline void close_all(void)
{
    int ended = 0;

    for (int i = 0; i < SESSIONS; i++)
        http_session_close(&session[i]);
    for (int i = 0; i < ERR_COUNT; i++)
        ended += closed[i];
    CHECK(ended == began);
    CHECK(host.out_bytes == 0 && list_empty(&host.holders));
    http_session_host_close(&host);
}

/* Let it make an answer of size bytes that nobody reads. */
static inline void make(int i, size_t size)
{
    static uint8_t bytes[1 << 16];

    if (!of[i]) {
        frames_request(&frames, (uint32_t)session[i].highest / 2 * 2 + 1, 1);
        (void)frames_send(&frames, &session[i], NOW);
    }
    if (!of[i])
        return;
    if (!of[i]->responded)
        CHECK(http_exchange_respond(of[i], 200, NULL, 0) == ERR_NONE);
    while (size > 0 && of[i]->why == ERR_NONE) {
        size_t some = size < sizeof bytes ? size : sizeof bytes;
        uint8_t *to = buf_reserve(&of[i]->out, some); /* whatever it holds */

        memset(to, 1, some);
        http_exchange_commit(of[i], some);
        size -= some;
    }
}

#endif

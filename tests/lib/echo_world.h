/* echo_world -- a loop that echoes, on a thread of its own, and raw callers.
 *
 * The world is the net layer with a handler that gives every body back;
 * "/pour" instead never stops writing.  A caller is a blocking socket with a
 * client session driven by hand, so that a test decides which bytes leave
 * when, and can stop anywhere.
 *
 * Long because all of it is inline: a unit test links its layer and nothing
 * else of ours. */
#ifndef ECHO_WORLD_H
#define ECHO_WORLD_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "net/address.h"
#include "net/clock.h"
#include "net/connection.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/thread.h"

enum { ECHO_PATIENCE_MS = 20000, ECHO_PIECE = 16384 };

struct echo_world {
    struct net_loop loop;
    struct http_host host;
    struct net_listener listener;
    struct net_address address;
    struct net_thread thread;
    atomic_uint begun, ended, ended_for[ERR_COUNT];
    atomic_ulong poured;
};

static inline void echo_go_on(struct http_exchange *exchange)
{
    struct echo_world *world = exchange->user;
    static const uint8_t zeros[ECHO_PIECE];

    if (strcmp(exchange->path, "/pour") == 0) {
        while (!http_exchange_write(exchange, zeros, sizeof zeros))
            atomic_fetch_add(&world->poured, sizeof zeros);
        return;
    }
    while (buf_size(&exchange->in) > 0) {
        size_t size = buf_size(&exchange->in);

        size = size < ECHO_PIECE ? size : ECHO_PIECE;
        if (http_exchange_write(exchange, buf_head(&exchange->in), size))
            return;
        http_exchange_consume(exchange, size);
    }
    if (exchange->in_ended && http_exchange_end(exchange, NULL, 0))
        http_exchange_reset(exchange, ERR_NOMEM);
}

static inline void echo_begin(void *handler, struct http_exchange *exchange)
{
    struct echo_world *world = handler;

    atomic_fetch_add(&world->begun, 1);
    exchange->user = world;
    if (http_exchange_respond(exchange, 200, NULL, 0))
        http_exchange_reset(exchange, ERR_NOMEM);
    else if (strcmp(exchange->path, "/pour") == 0)
        echo_go_on(exchange);
}

static inline void echo_more(void *handler, struct http_exchange *exchange)
{
    (void)handler;
    echo_go_on(exchange);
}

static inline void echo_ended(void *handler, struct http_exchange *exchange,
                              enum err why)
{
    struct echo_world *world = handler;

    (void)exchange;
    atomic_fetch_add(&world->ended, 1);
    atomic_fetch_add(&world->ended_for[why], 1);
}

static inline const struct http_handler *echo_handler(void)
{
    static const struct http_handler handler = {.begin = echo_begin,
                                                .readable = echo_more,
                                                .writable = echo_more,
                                                .closed = echo_ended};

    return &handler;
}

static inline void echo_world_run(void *arg)
{
    struct echo_world *world = arg;

    net_loop_run(&world->loop);
}

/* On 127.0.0.1, a port of the kernel's choice, or on the path of `where`;
 * `limits` are those of http. */
static inline void echo_world_make(struct echo_world *world, const char *where,
                                   const struct net_loop_config *config,
                                   const struct http_limits *limits)
{
    int fd;

    *world = (struct echo_world){.host = {.handler_of = echo_handler()}};
    world->host.handler = world;
    world->host.limits = *limits;
    CHECK(!net_loop_init(&world->loop, config));
    CHECK(!net_loop_host(&world->loop, &world->host));
    CHECK(!net_address_parse(&world->address, where ? where : "127.0.0.1:0"));
    CHECK(!net_address_bind(&world->address, &fd, 1));
    CHECK(!net_listener_start(&world->listener, &world->loop, &world->host, fd,
                              &world->address));
}

static inline void echo_world_start(struct echo_world *world)
{
    CHECK(!net_thread_start(&world->thread, "echo", echo_world_run, world));
}

static inline void echo_world_open(struct echo_world *world, const char *where,
                                   const struct net_loop_config *config,
                                   const struct http_limits *limits)
{
    echo_world_make(world, where, config, limits);
    echo_world_start(world);
}

static inline void echo_world_close(struct echo_world *world)
{
    net_loop_stop(&world->loop);
    net_thread_join(&world->thread);
    net_loop_close(&world->loop);
    http_session_host_close(&world->host);
    CHECK(world->begun == world->ended);
}

/* So many turns of a loop that has no thread. */
static inline void echo_world_turn(struct echo_world *world, int n)
{
    const struct timespec a_while = {.tv_nsec = 200000};

    while (n-- > 0) {
        (void)uv_run(&world->loop.uv, UV_RUN_NOWAIT);
        (void)nanosleep(&a_while, NULL);
    }
}

/* Wait until *counter is at least n; false: patience is over. */
static inline bool echo_wait(const atomic_uint *counter, unsigned n)
{
    uint64_t until_ms = net_clock_mono_ms() + ECHO_PATIENCE_MS;
    struct timespec a_while = {.tv_nsec = 500000};

    while (atomic_load(counter) < n) {
        if (net_clock_mono_ms() > until_ms)
            return false;
        (void)nanosleep(&a_while, NULL);
    }
    return true;
}

/* ---- a caller ---- */

struct echo_caller {
    int fd;
    struct http_host host;
    struct http_session session;
    size_t received, answered; /* bytes of body; exchanges ended in order */
    size_t failed;
    uint8_t unsent[ECHO_PIECE];
};

static inline void echo_caller_begin(void *handler,
                                     struct http_exchange *exchange)
{
    (void)handler;
    (void)exchange;
}

static inline void echo_caller_readable(void *handler,
                                        struct http_exchange *exchange)
{
    struct echo_caller *caller = handler;

    caller->received += buf_size(&exchange->in);
    http_exchange_consume(exchange, buf_size(&exchange->in));
}

static inline void
echo_caller_closed(void *handler, struct http_exchange *exchange, enum err why)
{
    struct echo_caller *caller = handler;

    if (why == ERR_NONE && exchange->status == 200)
        caller->answered++;
    else
        caller->failed++;
}

static inline void echo_caller_wake(void *waker, struct http_session *session)
{
    (void)waker;
    (void)session;
}

static inline const struct http_handler *echo_caller_handler(void)
{
    static const struct http_handler handler = {.begin = echo_caller_begin,
                                                .readable =
                                                    echo_caller_readable,
                                                .writable = echo_caller_begin,
                                                .closed = echo_caller_closed};

    return &handler;
}

static inline void echo_caller_open(struct echo_caller *caller,
                                    const struct echo_world *world)
{
    struct timeval patience = {.tv_sec = ECHO_PATIENCE_MS / 1000};
    int yes = 1;

    *caller = (struct echo_caller){.host = {.handler_of = echo_caller_handler(),
                                            .wake = echo_caller_wake}};
    caller->host.handler = caller;
    caller->fd = socket(world->address.to.ss_family, SOCK_STREAM, 0);
    CHECK(caller->fd >= 0);
    CHECK(!setsockopt(caller->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
                      sizeof patience));
    if (world->address.to.ss_family != AF_UNIX)
        CHECK(!setsockopt(caller->fd, IPPROTO_TCP, TCP_NODELAY, &yes,
                          sizeof yes));
    CHECK(!connect(caller->fd, (const void *)&world->address.to,
                   world->address.size));
    CHECK(!http_session_host_init(&caller->host));
    CHECK(!http_session_init(&caller->session, &caller->host, HTTP_CLIENT, NULL,
                             net_clock_mono_ms()));
}

static inline void echo_caller_close(struct echo_caller *caller)
{
    http_session_close(&caller->session);
    http_session_host_close(&caller->host);
    if (caller->fd >= 0)
        (void)close(caller->fd);
    caller->fd = -1;
}

/* Close so that the peer gets a reset instead of an end. */
static inline void echo_caller_vanish(struct echo_caller *caller)
{
    struct linger at_once = {.l_onoff = 1};

    CHECK(!setsockopt(caller->fd, SOL_SOCKET, SO_LINGER, &at_once,
                      sizeof at_once));
    echo_caller_close(caller);
}

/* Ask for path with a body of size bytes. */
static inline void echo_caller_ask(struct echo_caller *caller, const char *path,
                                   size_t size)
{
    struct http_request request = {
        .method = "POST", .scheme = "http", .authority = "test", .path = path};
    enum err err = ERR_NONE;
    struct http_exchange *exchange =
        http_session_request(&caller->session, &request, NULL, &err);
    uint8_t *body;

    CHECK(exchange != NULL);
    if (!exchange)
        return;
    body = size > 0 ? http_exchange_reserve(exchange, size) : NULL;
    CHECK(body || size == 0);
    if (body) {
        memset(body, 'x', size);
        http_exchange_commit(exchange, size);
    }
    CHECK(!http_exchange_end(exchange, NULL, 0));
}

/* What the session has to say now, at most room bytes. */
static inline size_t echo_caller_say(struct echo_caller *caller, uint8_t *bytes,
                                     size_t room)
{
    return http_session_send(&caller->session, bytes, room,
                             net_clock_mono_ms());
}

/* Send everything the session has to say, `step` bytes at a time. */
static inline bool echo_caller_push(struct echo_caller *caller, size_t step)
{
    size_t size;

    CHECK(step <= ECHO_PIECE);
    while ((size = echo_caller_say(caller, caller->unsent, step)) > 0)
        if (send(caller->fd, caller->unsent, size, MSG_NOSIGNAL) !=
            (ssize_t)size)
            return false;
    return true;
}

/* Let the peer send as much as it likes, as far as HTTP goes: two frames the
 * session does not know of, so it must not be driven any more. */
static inline void echo_caller_widen(struct echo_caller *caller)
{
    static const uint8_t frames[] = {
        0,    0, 6, 4, 0, 0, 0, 0, 0, 0, 4,    0x7f, 0xff, 0xff,
        0xff, 0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7f, 0xff, 0,    0};

    CHECK(send(caller->fd, frames, sizeof frames, MSG_NOSIGNAL) ==
          (ssize_t)sizeof frames);
}

/* Take what came, at least a byte; false: the end. */
static inline bool echo_caller_pull(struct echo_caller *caller)
{
    uint8_t bytes[ECHO_PIECE];
    ssize_t size = recv(caller->fd, bytes, sizeof bytes, 0);

    return size > 0 && !http_session_receive(&caller->session, bytes,
                                             (size_t)size, net_clock_mono_ms());
}

/* Go on until `answered` exchanges are; false: the connection ended. */
static inline bool echo_caller_finish(struct echo_caller *caller,
                                      size_t answered)
{
    while (caller->answered < answered)
        if (!echo_caller_push(caller, ECHO_PIECE) || !echo_caller_pull(caller))
            return false;
    return true;
}

#endif

/* wire -- a client session and a server session joined by memory.
 *
 * Bytes travel in pieces of `piece` (0: as they come), so that a test can
 * dribble; either direction can be held to play a reader that stands still. */
#ifndef WIRE_H
#define WIRE_H

#include <stdlib.h>
#include <string.h>

#include "http/session.h"

struct wire {
    struct http_host client_host, server_host;
    struct http_session client, server;
    uint64_t now_ms;
    size_t piece;
    int woken;
    enum err client_err, server_err;
    uint64_t to_client, to_server; /* bytes carried */
};

static inline void wire_wake(void *waker, struct http_session *session)
{
    (void)session;
    ++*(int *)waker;
}

static inline void wire_open(struct wire *wire,
                             const struct http_handler *client, void *client_at,
                             const struct http_handler *server, void *server_at)
{
    wire->client_host.handler_of = client;
    wire->client_host.handler = client_at;
    wire->server_host.handler_of = server;
    wire->server_host.handler = server_at;
    wire->client_host.wake = wire->server_host.wake = wire_wake;
    wire->client_host.waker = wire->server_host.waker = &wire->woken;
    if (wire->now_ms == 0)
        wire->now_ms = 1000000;
    if (http_session_host_init(&wire->client_host) != ERR_NONE ||
        http_session_host_init(&wire->server_host) != ERR_NONE ||
        http_session_init(&wire->client, &wire->client_host, HTTP_CLIENT, wire,
                          wire->now_ms) != ERR_NONE ||
        http_session_init(&wire->server, &wire->server_host, HTTP_SERVER, wire,
                          wire->now_ms) != ERR_NONE)
        abort();
}

static inline void wire_close(struct wire *wire)
{
    http_session_close(&wire->client);
    http_session_close(&wire->server);
    http_session_host_close(&wire->client_host);
    http_session_host_close(&wire->server_host);
}

/* Carry what `from` has to say to `to`; how many bytes that was. */
static inline size_t wire_carry(struct wire *wire, struct http_session *from,
                                struct http_session *to, enum err *err)
{
    static uint8_t bytes[65536];
    size_t size = http_session_send(
        from, bytes, wire->piece ? wire->piece : sizeof bytes, wire->now_ms);

    if (size > 0 && *err == ERR_NONE)
        *err = http_session_receive(to, bytes, size, wire->now_ms);
    return size;
}

/* Both ways until nobody has anything to say. */
static inline void wire_run(struct wire *wire)
{
    size_t moved;

    do {
        size_t up =
            wire_carry(wire, &wire->client, &wire->server, &wire->server_err);
        size_t down =
            wire_carry(wire, &wire->server, &wire->client, &wire->client_err);

        wire->to_server += up;
        wire->to_client += down;
        moved = up + down;
    } while (moved > 0);
}

#endif

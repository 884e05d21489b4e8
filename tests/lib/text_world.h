/* text_world -- a server's session that is spoken to in text: HTTP/1.1 as it
 * is on the wire, in pieces of any size, and all that it answers. */
#ifndef TEXT_WORLD_H
#define TEXT_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "http/session.h"

struct text_world {
    struct http_host host;
    struct http_session session;
    uint64_t now_ms;
    int woken;
    size_t piece; /* what is given at once; 0: all */
    size_t room;  /* what is taken at once; 0: much */
    enum err err;
    size_t said_size;
    char said[1 << 20]; /* ends with a zero byte */
};

static inline void text_wake(void *waker, struct http_session *session)
{
    (void)session;
    ++*(int *)waker;
}

static inline void text_open(struct text_world *world,
                             const struct http_handler *handler, void *self)
{
    world->host.handler_of = handler;
    world->host.handler = self;
    world->host.wake = text_wake;
    world->host.waker = &world->woken;
    if (world->now_ms == 0)
        world->now_ms = 1000000;
    if (http_session_host_init(&world->host) != ERR_NONE ||
        http_session_init(&world->session, &world->host, HTTP_SERVER, world,
                          world->now_ms) != ERR_NONE)
        abort();
}

static inline void text_close(struct text_world *world)
{
    http_session_close(&world->session);
    http_session_host_close(&world->host);
}

/* Take what it has to say. */
static inline void text_hear(struct text_world *world)
{
    size_t room = world->room ? world->room : 65536, size;

    do {
        if (room > sizeof world->said - 1 - world->said_size)
            world->said_size = 0; /* too much to remember */
        size = http_session_send(&world->session,
                                 (uint8_t *)world->said + world->said_size,
                                 room, world->now_ms);
        world->said_size += size;
        world->said[world->said_size] = '\0';
    } while (size == room);
}

static inline void text_give(struct text_world *world, const char *bytes,
                             size_t size)
{
    while (size > 0 && world->err == ERR_NONE) {
        size_t part = world->piece && world->piece < size ? world->piece : size;

        world->err = http_session_receive(
            &world->session, (const uint8_t *)bytes, part, world->now_ms);
        text_hear(world);
        bytes += part;
        size -= part;
    }
}

static inline void text_say(struct text_world *world, const char *text)
{
    text_give(world, text, strlen(text));
}

static inline void text_tick(struct text_world *world, uint64_t after_ms)
{
    world->now_ms += after_ms;
    if (world->err == ERR_NONE &&
        http_session_deadline_ms(&world->session) <= world->now_ms)
        world->err = http_session_tick(&world->session, world->now_ms);
    text_hear(world);
}

/* How often it stands in the answers. */
static inline int text_count(const struct text_world *world, const char *what)
{
    int count = 0;

    for (const char *at = world->said; (at = strstr(at, what)); at++)
        count++;
    return count;
}

#endif

/* frames -- HTTP/2 frames made by hand, as a peer that means no good would. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/session.h"

enum {
    FRAMES_DATA,
    FRAMES_HEADERS,
    FRAMES_PRIORITY,
    FRAMES_RST,
    FRAMES_SETTINGS,
    FRAMES_PUSH,
    FRAMES_PING,
    FRAMES_GOAWAY,
    FRAMES_WINDOW,
    FRAMES_CONTINUATION
};

/* Of a handler that lets all it gets go. */
static inline void frames_swallow(void *handler, struct http_exchange *exchange)
{
    (void)handler;
    http_exchange_consume(exchange, buf_size(&exchange->in));
}

/* A session that is driven by hand need not be woken. */
static inline void frames_woken(void *waker, struct http_session *session)
{
    (void)waker;
    (void)session;
}

struct frames {
    uint8_t bytes[1 << 20];
    size_t size;
};

static inline void frames_add(struct frames *frames, int type, int flags,
                              uint32_t stream, const void *payload, size_t size)
{
    uint8_t *to = frames->bytes + frames->size;

    if (size + 9 > sizeof frames->bytes - frames->size)
        abort();
    to[0] = (uint8_t)(size >> 16);
    to[1] = (uint8_t)(size >> 8);
    to[2] = (uint8_t)size;
    to[3] = (uint8_t)type;
    to[4] = (uint8_t)flags;
    to[5] = (uint8_t)(stream >> 24);
    to[6] = (uint8_t)(stream >> 16);
    to[7] = (uint8_t)(stream >> 8);
    to[8] = (uint8_t)stream;
    if (size > 0)
        memcpy(to + 9, payload, size);
    frames->size += size + 9;
}

static inline void frames_hello(struct frames *frames)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    memcpy(frames->bytes + frames->size, preface, sizeof preface - 1);
    frames->size += sizeof preface - 1;
    frames_add(frames, FRAMES_SETTINGS, 0, 0, NULL, 0);
}

/* POST /echo with x-one: 1, not indexed. */
static inline void frames_request(struct frames *frames, uint32_t stream,
                                  int flags)
{
    static const char block[] = "\x83\x86\x04\x05/echo\x01\x04here"
                                "\x00\x05x-one\x01"
                                "1";

    frames_add(frames, FRAMES_HEADERS, 4 | flags, stream, block,
               sizeof block - 1);
}

/* Give all of it to session and forget it. */
static inline enum err frames_send(struct frames *frames,
                                   struct http_session *session,
                                   uint64_t now_ms)
{
    enum err err =
        http_session_receive(session, frames->bytes, frames->size, now_ms);

    frames->size = 0;
    return err;
}

/* Take what session has to say; how many frames of that type, and the error
 * code of the last GOAWAY in *goaway (-1: none). */
static inline int frames_drain(struct http_session *session, int type,
                               int *goaway, uint64_t now_ms)
{
    static uint8_t bytes[1 << 20];
    size_t size = http_session_send(session, bytes, sizeof bytes, now_ms);
    int count = 0;

    *goaway = -1;
    for (size_t at = 0; at + 9 <= size;) {
        size_t length = (size_t)bytes[at] << 16 | (size_t)bytes[at + 1] << 8 |
                        bytes[at + 2];

        count += bytes[at + 3] == type;
        if (bytes[at + 3] == FRAMES_GOAWAY)
            *goaway = bytes[at + 16];
        at += 9 + length;
    }
    return count;
}

#endif

/* http/exchange -- one request and its answer, whatever protocol carries it.
 *
 * The session owns every exchange; a handler borrows it from begin() (server)
 * or http_session_request() (client) until closed(), and not an instant longer.
 * Bodies are queues of bytes: what the peer sends waits in `in` until the
 * handler consumes it, and only then may the peer send more; what the handler
 * writes waits in `out` until the peer's window and the socket take it.
 * It knows no message, no status of gRPC, no clock.  The header is long because
 * it is all that a handler may do, and the struct every protocol fills.
 *
 * Laws
 *   1. `in` never holds more than the credit given: HTTP_WINDOW, or what
 *      http_exchange_want() asked for.
 *   2. `out` takes a write only while it holds less than HTTP_OUT_HIGH, so it
 *      never holds more than HTTP_OUT_HIGH plus one write plus the last.
 *   3. Nothing is written after the end; the head goes out once, first.
 *   4. No function here calls the handler back.
 * On an exchange that is going away (closed() is to come) all functions are
 * harmless, and those that return an error say ERR_CANCELED. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

struct http_session;

enum {
    HTTP_WINDOW = 65535,       /* bytes of body a peer may send unasked */
    HTTP_OUT_HIGH = 64 * 1024, /* above it, writable() waits … */
    HTTP_OUT_LOW = 16 * 1024,  /* … until `out` falls to this */
    HTTP_FIELDS_MAX = 128      /* of one head, counted */
};

struct http_field { /* names in lower case; both also end with a zero byte */
    const char *name, *value;
    size_t name_size, value_size;
};

#define HTTP_FIELD(name_, value_)                                              \
    {                                                                          \
        .name = name_, .value = value_, .name_size = sizeof(name_) - 1,        \
        .value_size = sizeof(value_) - 1                                       \
    }

struct http_exchange {
    /* The handler's own: not touched here, all zero at first. */
    void *user;
    struct list by_user;
    uint64_t user_ms;

    /* Read-only outside. */
    struct http_session *session;
    struct buf in;             /* body received and not yet consumed */
    const char *method, *path; /* server: of the request; never NULL */
    int status;                /* client: of the response; 0 until its head */
    bool head_done;            /* the peer's head is complete */
    bool responded;            /* the head of ours is given */
    bool in_ended;             /* the peer sends no more; trailers are there */
    bool http1;                /* it came by HTTP/1.1 */
    bool denied;               /* http/share: answer ERR_FULL, do no more */

    uint64_t received, written; /* bytes of body so far, each way */

    /* Private. */
    bool client, began, head_bad, submitted;
    bool out_ended, out_done, deferred, choked, shared;
    uint8_t pending;   /* HTTP_TELL_…: what the handler is to be told */
    int32_t stream_id; /* -1: a request not yet submitted */
    enum err why;      /* set: the reason for closed() */
    uint32_t head_bytes, fields;
    size_t in_lent; /* what the peer may still send unasked */
    struct buf head, trailer, out_head, out_trailer; /* packed by head.c */
    struct buf out;
    uint64_t moved_ms; /* when `out` last moved; 0: not known yet */
    struct list by_session, by_event, by_submit, by_stall;
};

/* Walk the fields of the peer's head (or its trailer), pseudo-headers left
 * out.  Start with *at = 0; false at the end.  What *field points to lives as
 * long as the exchange. */
bool http_exchange_field(const struct http_exchange *exchange, size_t *at,
                         struct http_field *field);
bool http_exchange_trailer(const struct http_exchange *exchange, size_t *at,
                           struct http_field *field);

/* The value of the first field of that (lower-case) name, or NULL. */
const char *http_exchange_header(const struct http_exchange *exchange,
                                 const char *name);

/* Take size (≤ buf_size(&in)) bytes from `in`; the peer may send as many. */
void http_exchange_consume(struct http_exchange *exchange, size_t size);

/* Let `in` grow to hold size bytes at once, for one long message. */
void http_exchange_want(struct http_exchange *exchange, size_t size);

/* Server: send the head.  `fields` are copied.  ERR_NOMEM: nothing was sent;
 * reset. */
MUST_USE enum err http_exchange_respond(struct http_exchange *exchange,
                                        int status,
                                        const struct http_field *fields,
                                        size_t count);

/* Append to the outgoing body.  ERR_FULL: `out` is above HTTP_OUT_HIGH; wait
 * for writable().  ERR_NOMEM.  Nothing was written then. */
MUST_USE enum err http_exchange_write(struct http_exchange *exchange,
                                      const void *bytes, size_t size);

/* The same in place: room for size bytes, then commit what was filled. */
uint8_t *http_exchange_reserve(struct http_exchange *exchange, size_t size);
void http_exchange_commit(struct http_exchange *exchange, size_t size);

/* True while a write would be taken (Law 2). */
bool http_exchange_writable(const struct http_exchange *exchange);

/* Tell writable() once more of `out` left, even if it is not above the mark:
 * for who wants to send the newest of something, and not early. */
void http_exchange_notify(struct http_exchange *exchange);

/* End the outgoing side, with trailers if count > 0.  A server that has not
 * read the whole request then tells the peer to stop sending, without error.
 * ERR_NOMEM: nothing changed; reset. */
MUST_USE enum err http_exchange_end(struct http_exchange *exchange,
                                    const struct http_field *fields,
                                    size_t count);

/* The last bytes of the body, taken whatever `out` holds, and the end. */
MUST_USE enum err http_exchange_finish(struct http_exchange *exchange,
                                       const void *bytes, size_t size);

/* Drop the exchange both ways: what is in `out` is lost, closed() comes soon.
 * ERR_CANCELED tells the peer CANCEL, any other INTERNAL_ERROR. */
void http_exchange_reset(struct http_exchange *exchange, enum err why);

/* Memory that all exchanges of one connection share: one piece, of the same
 * size whoever asks, all zero at first and wiped when the connection ends.
 * NULL: there is none. */
void *http_exchange_memo(struct http_exchange *exchange, size_t size);

/* Now, as last told to the session. */
uint64_t http_exchange_now_ms(const struct http_exchange *exchange);

#endif

/* http/session -- one connection: bytes in, bytes out, exchanges.
 *
 * A client's is HTTP/2.  A server's is HTTP/2 if it begins with the preface of
 * HTTP/2 (RFC 9113, section 3.4), whatever TLS agreed on, else HTTP/1.1; until
 * that is known it says nothing.
 *
 * Sans I/O: it meets no socket, no clock and no thread.  Whoever owns the
 * socket tells it what came and when, asks what to send, and asks when it
 * wants to be woken.  All sessions of one I/O loop share a host: limits, the
 * handler, and spare exchanges.  A session is abused, not trusted: whatever a
 * stranger makes it hold or do is bounded by the host's limits.  The header is
 * long because each limit is said.
 *
 * How to drive it (one loop turn):
 *   read    → http_session_receive(bytes)
 *   tick    → http_session_tick(), at or after http_session_deadline_ms()
 *   flush   → while no write waits for the socket: http_session_send() into
 *             one buffer, then one write
 *   after any of them: ERR_… → send what it still gives, then close the socket;
 *             http_session_finished() → the same; in the end
 *             http_session_close(), from outside of all calls here.
 * Between turns the handler may act on exchanges (an answer came from another
 * thread): then the host's wake() says which session has something to send.
 *
 * Laws
 *   1. The handler is called from receive, tick, send and close only, never
 *      from inside one of its own calls down here, and never concurrently.
 *   2. Every exchange that began is closed() exactly once, and last.
 *   3. A session holds at most streams_max exchanges of the peer's making, and
 *      body bytes of all of them below streams_max + 1 times HTTP_WINDOW plus
 *      HTTP_IN_MAX; all sessions of a host together below in_bytes_max, plus
 *      one HTTP_WINDOW for each.
 *   4. What the peer can make us do without sending a request is paid from a
 *      budget that refills with time; past it the connection ends with
 *      ENHANCE_YOUR_CALM.
 *   5. Who does not read gets no new answers: while HTTP_OUT_MAX body bytes or
 *      more wait for the peer of an HTTP/2 server's session, or any do and all
 *      of the host hold more than out_bytes_max, the handler is told of nothing
 *      but what is closed.
 *   6. All answers that wait at a host, in exchanges and at sockets, are at most
 *      out_bytes_max and what one turn of one session makes: past that the
 *      sessions with most of them are closed (http/guard law 2). */
#ifndef HTTP_SESSION_H
#define HTTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "base/role.h"
#include "base/tally.h"
#include "http/exchange.h"
#include "http/share.h"

struct http_h1;
struct http_memory;
struct http_piece;
struct nghttp2_session;
struct nghttp2_session_callbacks;
struct nghttp2_option;

enum {
    HTTP_IN_MAX = 1024 * 1024,  /* body bytes held beyond all windows */
    HTTP_OUT_MAX = 1024 * 1024, /* body bytes made and not yet sent */
    HTTP_PIECES = 65            /* sizes of small memory, 16 bytes apart */
};
#define HTTP_NEVER UINT64_MAX

enum http_role { HTTP_SERVER, HTTP_CLIENT };

/* What is above: rpc on a server, the call core on a client.  All functions
 * are needed.  `handler` is the host's. */
struct http_handler {
    /* Server: the head of a request is complete; `in` may hold body already
     * (readable() follows then). */
    void (*begin)(void *handler, struct http_exchange *exchange);
    /* Something arrived: head (client), body, or the end with trailers. */
    void (*readable)(void *handler, struct http_exchange *exchange);
    /* `out` had been above HTTP_OUT_HIGH and is below HTTP_OUT_LOW again. */
    void (*writable)(void *handler, struct http_exchange *exchange);
    /* It is over; last call, and the last time that `in` can be read.
     * ERR_NONE: both sides ended and all was sent.
     * ERR_CANCELED: the peer cancelled.  ERR_SLOW_READER: the peer did not
     * read for slow_ms.  ERR_DRAINING (client): the server refused it unseen;
     * a retry elsewhere is safe.  ERR_CONNECTION: the connection is lost. */
    void (*closed)(void *handler, struct http_exchange *exchange, enum err why);
};

struct http_limits {         /* a zero takes the default in brackets */
    uint32_t streams_max;    /* concurrent exchanges per connection [100] */
    uint32_t head_bytes_max; /* sum of name + value + 32 per head [16384] */
    uint32_t in_bytes_max;   /* body held by all sessions of the host, beyond
                                which each holds one window [67108864] */
    uint32_t out_bytes_max;  /* answers that wait, of all sessions of the host
                                [67108864] */
    uint32_t reset_burst;    /* resets and broken frames … [500] */
    uint32_t reset_per_s;    /* … and their refill [50] */
    uint32_t control_burst;  /* PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown
                                and empty or only padded DATA frames … [2000] */
    uint32_t control_per_s;  /* … and their refill [500] */
    uint32_t hello_ms;       /* to preface and SETTINGS [10000] */
    uint32_t head_ms;        /* to complete a begun head [10000] */
    uint32_t idle_ms;        /* without an exchange: drained [600000] */
    uint32_t slow_ms;        /* `out` not moving: exchange ends [30000] */
    uint32_t body_per_s;     /* bytes that a body of HTTP/1.1 must bring, over
                                each slow_ms [64] */
    uint32_t ping_ms;        /* quiet: a server, and a client with an exchange
                                open, asks whether the peer is there [60000] */
    uint32_t pong_ms;        /* … and wait this long for the answer [20000] */
    uint32_t ping_min_ms;    /* peers may ping this often [5000]; 2 strikes */
    uint32_t drain_ms;       /* from GOAWAY(2^31-1) to GOAWAY(last) [5000] */
    uint32_t grace_ms;       /* from there to leave(), then drain_ms to the end
                                of all [30000] */
    uint32_t age_ms;         /* drained when that old, more or less a tenth
                                [0: never] */
};

struct http_traffic {          /* of one host's connections, for who watches */
    struct tally http1, http2; /* sessions that speak it now */
    struct tally secure;       /* connections through TLS now */
    struct tally in, out;      /* bytes of the sockets so far */
};

struct http_host { /* one per I/O loop; set the first four, then init */
    const struct http_handler *handler_of; /* functions */
    void *handler;                         /* their first argument */
    void (*wake)(void *waker, struct http_session *session);
    void *waker;
    /* What is in there nobody needs any more: it is zero from here on, and
     * whole pages of it may be the system's.  NULL: it is wiped. */
    void (*forget)(void *bytes, size_t size);
    /* The exchange outlasted the grace of a drain: answer it now.  From tick;
     * may be NULL. */
    void (*leave)(void *handler, struct http_exchange *exchange);
    uint64_t chance; /* seed of ages (base/chance) */
    struct http_limits limits;
    struct http_traffic traffic; /* moved by the loop's thread alone */
    /* private */
    struct list spare;
    uint32_t spares;
    size_t in_bytes, out_bytes; /* body held by all its sessions, each way */
    struct list holders;        /* sessions with out_bytes */
    struct list owed;           /* those told to wait: http_pool_wait() */
    struct http_piece *pieces[HTTP_PIECES]; /* http/memory */
    size_t pieces_bytes;
    struct nghttp2_option *options;
    struct nghttp2_session_callbacks *callbacks;
};

struct http_session { /* read-only outside; all zero is closed */
    struct http_host *host;
    void *user;               /* the socket owner's own */
    enum role caller;         /* who is there; set by the socket owner */
    struct http_share *share; /* of its address; the same; NULL: no limit */
    enum http_role role;
    uint32_t exchanges; /* open now */
    bool cut;           /* it is over at once, whatever waits at the socket */

    /* private */
    struct nghttp2_session *h2; /* or … */
    struct http_memory *memory; /* where it lives */
    struct http_h1 *h1;         /* … or neither yet */
    void *memo;                 /* http_exchange_memo(); NULL: not yet */
    size_t memo_size;
    const uint8_t *left; /* made by nghttp2, not yet given out */
    size_t left_size;
    size_t in_bytes, in_owed; /* body held; credit of the connection owed */
    size_t out_bytes;         /* body made and not yet sent; of it at the */
    size_t unsent;            /* … socket */
    size_t unheard;           /* bytes that came and nghttp2 did not tell of */
    struct list by_holder, by_owed;
    struct list all, events, waits, submits, stalls; /* waits: events, Law 5 */
    enum err failed;
    bool open, inside, woken, greeted, draining, goaway_last, pinged;
    bool head_open, told, deaf; /* told: host->leave(); deaf: eof came */
    uint8_t strikes, preface;   /* bytes of it that came, up to its "PRI" */
    int32_t highest;            /* stream id the peer opened last */
    uint32_t resets, controls;  /* tokens left, and when they were refilled */
    uint64_t refill_ms, now_ms, born_ms, heard_ms, idle_ms, head_ms;
    uint64_t ping_ms, peer_ping_ms, drain_ms, stuck_ms, leave_ms;
    uint64_t body_ms, body_bytes; /* what a body brought, since when */
};

/* ERR_NOMEM.  close: after all its sessions. */
MUST_USE enum err http_session_host_init(struct http_host *host);
void http_session_host_close(struct http_host *host);

/* A new connection.  `user` is the socket owner's.  ERR_NOMEM: nothing made. */
MUST_USE enum err http_session_init(struct http_session *session,
                                    struct http_host *host, enum http_role role,
                                    void *user, uint64_t now_ms);

/* The connection is gone: every exchange is closed(ERR_CONNECTION), all
 * memory given back.  Harmless twice. */
void http_session_close(struct http_session *session);

/* Take all of bytes[size].  An error ends the connection: ERR_ABUSE (a limit
 * was passed), ERR_PROTOCOL (not HTTP/2), ERR_NOMEM. */
MUST_USE enum err http_session_receive(struct http_session *session,
                                       const uint8_t *bytes, size_t size,
                                       uint64_t now_ms);

/* Fill out[room] with what is to be sent and say how much; 0 = nothing now.
 * Less than room means there is no more.  room ≥ 1. */
size_t http_session_send(struct http_session *session, uint8_t *out,
                         size_t room, uint64_t now_ms);

/* The peer sends no more.  True: it may still be owed answers, which are to be
 * sent; false: nothing can be done for it. */
bool http_session_eof(struct http_session *session, uint64_t now_ms);

/* So many bytes of it wait at the socket now. */
void http_session_unsent(struct http_session *session, size_t size);

/* Does it want more bytes now?  If not, leave them in the socket: what it was
 * given waits for an answer to leave, or for the handler to read. */
bool http_session_hungry(const struct http_session *session);

/* When http_session_tick() wants to be called next; HTTP_NEVER = not. */
uint64_t http_session_deadline_ms(const struct http_session *session);

/* Look at the limits of time.  Errors as of receive, and ERR_SLOW_READER,
 * ERR_DEADLINE (hello, head, pong or drain took too long). */
MUST_USE enum err http_session_tick(struct http_session *session,
                                    uint64_t now_ms);

/* Take no new exchange, finish the open ones: GOAWAY, a round trip, GOAWAY,
 * grace.  Harmless twice. */
void http_session_drain(struct http_session *session, uint64_t now_ms);

/* Nothing more will be read or sent: close the socket. */
bool http_session_finished(const struct http_session *session);

/* Client: begin a request; `fields` go out after method, scheme, authority
 * and path, all copied.  NULL: draining, too many (ERR_FULL in *err), or
 * ERR_NOMEM. */
struct http_request {
    const char *method, *scheme, *authority, *path;
    const struct http_field *fields;
    size_t count;
};
struct http_exchange *http_session_request(struct http_session *session,
                                           const struct http_request *request,
                                           void *user, enum err *err);

#endif

/* http/h2 -- what the session, the exchanges and nghttp2 say to each other.
 *
 * Internal to http/.  nghttp2 calls back into h2.c; nothing there calls the
 * handler: it notes on the exchange what is to be told, and http_h2_tell()
 * tells it once nghttp2 has returned.  So a handler may do anything, and a
 * request that is reset in the same read costs no handler at all.
 *
 * Laws
 *   1. The handler never runs inside an nghttp2 callback.
 *   2. An exchange is in `submits` exactly while its head waits to be given
 *      to nghttp2, in `events` exactly while pending is not 0, in `stalls`
 *      only while `out` is not empty. */
#ifndef HTTP_H2_H
#define HTTP_H2_H

#include <stdint.h>

#include "http/session.h"

enum { /* struct http_exchange.pending */
       HTTP_H2_BEGIN = 1,
       HTTP_H2_READABLE = 2,
       HTTP_H2_WRITABLE = 4,
       HTTP_H2_CLOSED = 8
};

/* Make host->options and host->callbacks.  ERR_NOMEM: neither. */
MUST_USE enum err http_h2_setup(struct http_host *host);

/* Note that the handler is to be told. */
void http_h2_note(struct http_exchange *exchange, unsigned event);

/* Tell all that is noted; true if anything was. */
bool http_h2_tell(struct http_session *session);

/* Say to the socket's owner that there is something to send. */
void http_h2_wake(struct http_session *session);

#endif

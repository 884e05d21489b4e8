/* http/tell -- what the handler is to be told, and when.
 *
 * Internal to http/.  The parsers call back in the middle of their work, and
 * nothing there calls the handler: it is noted on the exchange, and
 * http_tell_all() tells it once they have returned.  So a handler may do
 * anything, and a request that is reset in the same read costs no handler at
 * all.  Who holds too many answers back hears of no new requests.
 *
 * Laws
 *   1. The handler never runs inside a parser's callback.
 *   2. An exchange is in `submits` exactly while its head waits to be given
 *      to nghttp2, in `events` exactly while pending is not 0, in `stalls`
 *      only while `out` is not empty. */
#ifndef HTTP_TELL_H
#define HTTP_TELL_H

#include <stdbool.h>

#include "http/session.h"

enum http_tell { /* bits of struct http_exchange.pending */
                 HTTP_TELL_BEGIN = 1,
                 HTTP_TELL_READABLE = 2,
                 HTTP_TELL_WRITABLE = 4,
                 HTTP_TELL_CLOSED = 8
};

/* Note that the handler is to be told. */
void http_tell_note(struct http_exchange *exchange, enum http_tell what);

/* Tell all that is noted; true if anything was. */
bool http_tell_all(struct http_session *session);

/* Say to the socket's owner that there is something to send. */
void http_tell_wake(struct http_session *session);

#endif

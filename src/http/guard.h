/* http/guard -- what a peer may cost.  (How long it may take: http/patience.)
 *
 * Internal to http/.  Tokens are spent for what a peer makes us do without a
 * request of its own: resets and broken frames (rapid reset, and the resets it
 * tricks us into sending), control and empty frames.  They come back with
 * time, and with honest work: an exchange that ends well, a frame we send.
 *
 * Laws
 *   1. Tokens never exceed their burst.
 *   2. When the answers that wait at a host pass out_bytes_max, the sessions
 *      with most of them are closed, largest first but for a factor of two,
 *      until an eighth is free; smaller ones go on.
 *   3. Whoever is refused or closed here is counted, by reason. */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "base/log.h"
#include "http/session.h"

/* Fill in the defaults where a limit is 0. */
void http_guard_defaults(struct http_limits *limits);

/* Pay for one; false: the connection is to end (and says so to the peer). */
MUST_USE bool http_guard_reset(struct http_session *session);
MUST_USE bool http_guard_control(struct http_session *session);
/* Of the bytes that came nghttp2 told us so many.  It says nothing of DATA of a
 * stream that is over: what it does not tell of is paid by its size. */
void http_guard_heard(struct http_session *session, size_t size);
void http_guard_unheard(struct http_session *session);
MUST_USE bool http_guard_ping(struct http_session *session);

/* Honest work. */
void http_guard_sent(struct http_session *session);
void http_guard_done(struct http_session *session);

/* End the connection with ENHANCE_YOUR_CALM and these words, counted as code. */
void http_guard_expel(struct http_session *session, enum log_code code,
                      const char *words);

/* Law 2: to be asked after each turn of a session, outside of it. */
void http_guard_relieve(struct http_host *host);

#endif

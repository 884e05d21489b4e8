/* http/h1 -- HTTP/1.1 of one connection: one exchange after another.
 *
 * Internal to http/.  http-parser takes apart what http/lines let through.  A
 * request that comes while another is open waits: its bytes are held.  The
 * socket is read on meanwhile, else nobody heard that the peer is gone; not
 * beyond HTTP_H1_AHEAD, but then only for slow_ms.  Whatever is not plainly one
 * request is answered with a fixed text, and the connection ends.
 *
 * Laws
 *   1. One exchange is open at a time; the next begins when it is answered.
 *   2. What is held never exceeds HTTP_H1_HELD.
 *   3. After a request that broke a rule, or whose body was not read to its
 *      end, nothing more of the connection is looked at.
 *   4. A message ends where RFC 9112, section 6.3 says, and it says so in one
 *      way: Content-Length once, or Transfer-Encoding "chunked" once, or
 *      neither; with two ways the request is refused. */
#ifndef HTTP_H1_H
#define HTTP_H1_H

#include "http/session.h"

enum { HTTP_H1_HELD = 256 * 1024, HTTP_H1_AHEAD = 64 * 1024 };

/* Speak HTTP/1.1 from here on.  ERR_NOMEM. */
MUST_USE enum err http_h1_begin(struct http_session *session);
void http_h1_close(struct http_session *session);

/* Take bytes; look at what is held.  ERR_ABUSE: Law 2.  ERR_NOMEM. */
MUST_USE enum err http_h1_receive(struct http_session *session,
                                  const uint8_t *bytes, size_t size);
void http_h1_eat(struct http_session *session);

/* Does it wait for bytes of the peer? */
bool http_h1_hungry(const struct http_session *session);
/* Does session.body_ms run: is a body coming, or is it not read for all that
 * was sent ahead? */
bool http_h1_timed(const struct http_session *session);

#endif

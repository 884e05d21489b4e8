/* http/patience -- how long a peer may take, and what is done when it took it.
 *
 * Internal to http/.  For its first words, a head, a body, to read what we
 * say, to answer a ping, to leave when it is asked to; and how long a
 * connection may be idle, or old.
 *
 * Laws
 *   1. http_patience_deadline_ms() is never later than the next thing
 *      http_patience_tick() would do.
 *   2. Whoever is closed here is counted, by reason. */
#ifndef HTTP_PATIENCE_H
#define HTTP_PATIENCE_H

#include "http/session.h"

/* The last GOAWAY of a drain; its round trip is over. */
MUST_USE enum err http_patience_goaway(struct http_session *session);

/* Ask the peer, by a ping, whether it is there; unless it is asked already.
 * ERR_NOMEM. */
MUST_USE enum err http_patience_ask(struct http_session *session);

uint64_t http_patience_deadline_ms(const struct http_session *session);
MUST_USE enum err http_patience_tick(struct http_session *session);

#endif

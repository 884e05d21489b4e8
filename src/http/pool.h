/* http/pool -- exchanges made, reused and given back, and what they hold.
 *
 * Internal to http/.  A host keeps some exchanges with their small buffers, so
 * that a request costs no malloc.
 *
 * Laws
 *   1. session->in_bytes is the sum of what all `in` of the session hold,
 *      host->in_bytes that of all its sessions; out_bytes the same for `out`
 *      and what waits at sockets.
 *   2. A spare holds no byte of the exchange before, and no large buffer. */
#ifndef HTTP_POOL_H
#define HTTP_POOL_H

#include "http/session.h"

enum { HTTP_POOL_KEEP = 2048 }; /* a buffer above it is given back */

/* A fresh exchange of the session, or NULL. */
struct http_exchange *http_pool_take(struct http_session *session);
void http_pool_give(struct http_exchange *exchange);

/* An `out` (or the socket) holds so many bytes more; or less. */
void http_pool_owe(struct http_session *session, size_t size);
void http_pool_paid(struct http_session *session, size_t size);

/* The host closes. */
void http_pool_close(struct http_host *host);

/* Body bytes a session may hold before the credit of its connection is held
 * back. */
size_t http_pool_max(const struct http_session *session);

/* `in` gave size bytes away: credit of the connection that was held back is
 * given when there is room again. */
void http_pool_credit(struct http_exchange *exchange, size_t size);

/* The same without a change: other sessions may hold less by now. */
void http_pool_settle(struct http_session *session);

/* It was refused credit, or is not read: if that is for what all sessions
 * hold, it is settled and woken when they hold less. */
void http_pool_wait(struct http_session *session);

#endif

/* http/h1_end -- how a connection of HTTP/1.1 comes to its end.
 *
 * Internal to http/.  There is no word for it as in HTTP/2: the last answer says
 * "connection: close", or nothing more is answered. */
#ifndef HTTP_H1_END_H
#define HTTP_H1_END_H

#include "http/session.h"

/* Answer what was begun with a status of its own, and end. */
void http_h1_end_refuse(struct http_session *session, int status);

/* The exchange ends unanswered, or half answered: so does the connection. */
void http_h1_end_abort(struct http_exchange *exchange);

/* A head or a body, or our own answer in a drain, took too long: say so, and
 * end. */
void http_h1_end_late(struct http_session *session);

/* The peer sends no more: http_session_eof(). */
bool http_h1_end_eof(struct http_session *session);

/* Something was sent: is it to one who sends no more, and is gone? */
void http_h1_end_sent(struct http_session *session);

/* Nothing after the open exchange. */
void http_h1_end_drain(struct http_session *session);

#endif

/* http/out -- heads, bodies and trailers on their way out, into nghttp2.
 *
 * Internal to http/.  Heads wait until the session sends, so that an answer
 * that is complete by then goes out as one, and one without a body ends with
 * its head.  nghttp2 copies no field: they stay in the exchange. */
#ifndef HTTP_OUT_H
#define HTTP_OUT_H

#include <nghttp2/nghttp2.h>

#include "http/session.h"

/* Give nghttp2 the heads that wait. */
void http_out_submit(struct http_session *session);

/* Move size bytes of the body (≤ buf_size(&out)) to `to`; the handler is told
 * when there is room again. */
void http_out_take(struct http_exchange *exchange, uint8_t *to, size_t size);

/* It is going away for `why`: nothing more of it waits to leave, whenever its
 * reset can. */
void http_out_doom(struct http_exchange *exchange, enum err why);

/* nghttp2 sent a frame (its on_frame_send_callback). */
int http_out_sent(nghttp2_session *h2, const nghttp2_frame *frame, void *user);

#endif

/* http/h2 -- nghttp2's view of a session: its callbacks, and its options.
 *
 * Internal to http/.  What comes is noted for the handler (http/tell), which
 * no callback calls. */
#ifndef HTTP_H2_H
#define HTTP_H2_H

#include "http/session.h"

/* Make host->options and host->callbacks.  ERR_NOMEM: neither. */
MUST_USE enum err http_h2_setup(struct http_host *host);

#endif

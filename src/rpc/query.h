/* rpc/query -- a request of Connect in the query of a GET.
 *
 * ?connect=v1&encoding=json&message=…[&base64=1][&compression=gzip], in any
 * order; a value is percent-encoded, or base64 without padding.  Owns nothing.
 *
 * Laws
 *   1. A parameter is taken once: what stands twice is refused.
 *   2. What it decodes is never longer than the query. */
#ifndef RPC_QUERY_H
#define RPC_QUERY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Does the query (from the '?' on) name an encoding that we have? */
bool rpc_query_is_call(const char *query, bool *json);

/* Append its message to `out`.  *gzip: it is compressed.  ERR_INVALID: no
 * message, or not decodable.  ERR_ENCODING, ERR_NOMEM, ERR_TOO_LARGE. */
MUST_USE enum err rpc_query_message(const char *query, struct buf *out,
                                    bool *gzip);

#endif

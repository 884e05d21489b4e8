/* rpc/connect -- what Connect calls a status, and its JSON.
 *
 * https://connectrpc.com/docs/protocol: names instead of numbers, an HTTP
 * status for each, errors and the last envelope of a stream as JSON.  It owns
 * nothing; what it writes is appended to the caller's buffer.
 *
 * Laws
 *   1. Every status has a name of its own and an HTTP status that is not 2xx.
 *   2. What it writes is one JSON object, whatever the words are. */
#ifndef RPC_CONNECT_H
#define RPC_CONNECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct rpc_detail { /* google.protobuf.Any, its type without the prefix */
    const char *type;
    const uint8_t *bytes;
    size_t size;
};

/* "not_found", and 404.  `code` is one of STATUS_…, not STATUS_OK; what is
 * none of them counts as STATUS_UNKNOWN. */
const char *rpc_connect_name(int code);
int rpc_connect_http(int code);

/* The value of connect-timeout-ms; false: malformed. */
bool rpc_connect_timeout(const char *text, size_t size, uint64_t *ms);

/* {"code":…,"message":…,"details":[…]}.  ERR_NOMEM, ERR_FULL, ERR_INTERNAL
 * (words that are not UTF-8): what was appended is to be forgotten. */
MUST_USE enum err rpc_connect_error(struct buf *text, int code,
                                    const char *message,
                                    const struct rpc_detail *details,
                                    size_t count);

/* {"error":…,"metadata":{…}}: of the last envelope.  `error` is what
 * rpc_connect_error() wrote, size 0 for none; `trailers` are packed by
 * http/head, or NULL.  Errors as above. */
MUST_USE enum err rpc_connect_end(struct buf *text, const char *error,
                                  size_t size, const struct buf *trailers);

#endif

/* rpc/said -- the end of a call, in the words of each protocol.
 *
 * Made once from a status, its message and its details: grpc-status,
 * grpc-message and grpc-status-details-bin (a google.rpc.Status, base64), and
 * the JSON error of Connect.  It owns its text; what is read points into it.
 *
 * Laws
 *   1. All of them say the same status, message and details.
 *   2. What it says fits a header, whatever the message is. */
#ifndef RPC_SAID_H
#define RPC_SAID_H

#include "base/buf.h"
#include "base/err.h"
#include "http/exchange.h"
#include "rpc/connect.h"

enum { RPC_SAID_FIELDS = 3 };

struct rpc_said { /* private but for code; all zero is closed */
    int code;
    struct buf text;
    size_t message_at, details_at, json_at, end;
};

/* ERR_NOMEM, ERR_INTERNAL (a message that is not UTF-8): nothing is held. */
MUST_USE enum err rpc_said_make(struct rpc_said *said, int code,
                                const char *message,
                                const struct rpc_detail *details, size_t count);
void rpc_said_close(struct rpc_said *said);

/* The fields of gRPC; how many: one for STATUS_OK, two without details. */
size_t rpc_said_fields(const struct rpc_said *said,
                       struct http_field fields[RPC_SAID_FIELDS]);

/* The error of Connect. */
const char *rpc_said_json(const struct rpc_said *said, size_t *size);

#endif

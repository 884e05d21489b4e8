/* rpc/extra -- metadata and words of one's own, for the servers of our tests.
 *
 * The suites of others ask for any header, any trailer, any error.  Kindred
 * itself answers with rows of base/err.h and nothing else, so no service may
 * include this: tests/lint/layers.py refuses it.
 *
 * Laws
 *   1. What a call holds here is bounded: RPC_EXTRA_FIELDS each way, and the
 *      head limit of http. */
#ifndef RPC_EXTRA_H
#define RPC_EXTRA_H

#include "http/exchange.h"
#include "rpc/call.h"
#include "rpc/said.h"

enum { RPC_EXTRA_FIELDS = 16 };

struct rpc_extra { /* private */
    struct buf head, trailer;
    uint32_t head_fields, trailer_fields;
    struct rpc_said said;
    bool failed;
};

struct rpc_server;

/* From here on no error of the server's own has details: suites want none.
 * ERR_NOMEM: the server is to be closed. */
MUST_USE enum err rpc_extra_bare(struct rpc_server *server);

/* The request, as it came: path with query, method, fields. */
const struct http_exchange *rpc_extra_request(const struct rpc_call *call);

/* Metadata of the answer: in its head, until that is sent, or at its end.
 * ERR_FULL, ERR_NOMEM. */
MUST_USE enum err rpc_extra_head(struct rpc_call *call, const char *name,
                                 const char *value);
MUST_USE enum err rpc_extra_trailer(struct rpc_call *call, const char *name,
                                    const char *value);

/* Send the head now, before the first message. */
MUST_USE enum err rpc_extra_send_head(struct rpc_call *call);

/* What ERR_INTERNAL says on this call from now on, instead of its row.
 * ERR_NOMEM, ERR_INTERNAL: the row it is. */
MUST_USE enum err rpc_extra_words(struct rpc_call *call, int code,
                                  const char *message,
                                  const struct rpc_detail *details,
                                  size_t count);

/* The call is over (call.c). */
void rpc_extra_free(struct rpc_extra *extra);

#endif

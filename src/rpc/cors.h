/* rpc/cors -- which pages of other origins may call, and what they may see.
 *
 * https://fetch.spec.whatwg.org/#http-cors-protocol.  Origins are compared
 * whole, byte for byte; there is no wildcard and no credentials mode.  Without
 * configured origins nothing here is ever said.
 *
 * Laws
 *   1. An origin that is not on the list is never named in an answer.
 *   2. Once there is a list, every answer varies by Origin. */
#ifndef RPC_CORS_H
#define RPC_CORS_H

#include "rpc/server.h"

/* http_exchange_respond(), with what CORS adds.  At most RPC_CORS_FIELDS of
 * the caller's. */
enum { RPC_CORS_FIELDS = 48 };
MUST_USE enum err rpc_cors_respond(const struct rpc_server *server,
                                   struct http_exchange *exchange, int status,
                                   const struct http_field *fields,
                                   size_t count);

/* If the request is a preflight, answer it. */
bool rpc_cors_preflight(const struct rpc_server *server,
                        struct http_exchange *exchange);

#endif

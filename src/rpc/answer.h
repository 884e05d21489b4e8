/* rpc/answer -- how each protocol begins and ends an answer.
 *
 * Internal to rpc/.
 *   gRPC, gRPC-Web, streams of Connect: a head, frames, an end; the end is the
 *   trailers of HTTP, or a last frame.
 *   Connect with one message: head and body go out together, when it is known
 *   whether it is an error.
 *
 * Laws
 *   1. An end is said in the caller's own protocol, once. */
#ifndef RPC_ANSWER_H
#define RPC_ANSWER_H

#include "base/err.h"
#include "http/exchange.h"
#include "rpc/asked.h"

struct api_method;
struct rpc_call;
struct rpc_server;

/* Send the head, if that was not done; gzip: messages may be compressed.
 * Nothing happens on RPC_CONNECT.  Errors as of http_exchange_respond(). */
MUST_USE enum err rpc_answer_begin(struct rpc_call *call, bool gzip);

/* Send err (or OK) as the end of the exchange; the call is over. */
void rpc_answer_end(struct rpc_call *call, enum err err);

/* The same for a request that gets no call.  What was said: err, or, if
 * nothing, why not. */
enum err rpc_answer_refuse(struct rpc_server *server,
                           struct http_exchange *exchange,
                           const struct rpc_asked *asked, enum err err);

/* What is no call gets plain HTTP; `method`: whose path it is, or NULL. */
void rpc_answer_plain(struct rpc_server *server, struct http_exchange *exchange,
                      const struct api_method *method);

/* The server's page, or why it is not for this request. */
void rpc_answer_page(struct rpc_server *server, struct http_exchange *exchange);

#endif

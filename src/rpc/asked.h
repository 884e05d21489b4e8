/* rpc/asked -- what the head of a request asks for, whatever its protocol.
 *
 * The protocol follows from the content-type; a GET is Connect's.  It looks
 * at the exchange and holds nothing.
 *
 * Laws
 *   1. What is none of our protocols is RPC_PLAIN, and never a call.
 *   2. An encoding is used only if the caller named it.
 *   3. A call with two access tokens, or two proofs, is nobody's: whoever
 *      stands before us might have read the other one. */
#ifndef RPC_ASKED_H
#define RPC_ASKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "http/exchange.h"
#include "rpc/words.h"

enum rpc_protocol {
    RPC_GRPC,
    RPC_WEB,            /* gRPC-Web */
    RPC_WEB_TEXT,       /* the same, its body in base64 */
    RPC_CONNECT,        /* one message each way, without frames */
    RPC_CONNECT_STREAM, /* frames */
    RPC_PLAIN,
    RPC_PROTOCOLS
};

struct api_method;

struct rpc_asked {
    enum rpc_protocol protocol;
    bool json, get;
    bool gzip_in, gzip_out; /* the request's encoding; may we use gzip */
    enum rpc_tongue tongue; /* of the words of an error */
    enum err err;           /* why it cannot be answered */
    uint64_t timeout_ms;    /* RPC_NEVER: not said */
    size_t path_size;       /* of the path, without the query */
};

void rpc_asked_read(const struct http_exchange *exchange,
                    struct rpc_asked *asked);

/* Can this method be asked for by GET, too? */
bool rpc_asked_by_get(const struct api_method *method);

#endif

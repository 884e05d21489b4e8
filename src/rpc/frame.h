/* rpc/frame -- the five bytes before each message of gRPC.
 *
 * A flag (1: compressed) and the size, big-endian.  Shared by server and
 * client; owns nothing. */
#ifndef RPC_FRAME_H
#define RPC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { RPC_FRAME_HEAD = 5 };

struct rpc_frame {
    bool whole; /* false: bytes are missing; size may be known (> 0) */
    bool compressed;
    size_t size; /* of the message */
    const uint8_t *message;
};

/* Look at the front of bytes[size].  ERR_FRAME: a flag that is neither 0 nor
 * 1.  ERR_TOO_LARGE: the message is longer than max. */
MUST_USE enum err rpc_frame_peek(const uint8_t *bytes, size_t size, size_t max,
                                 struct rpc_frame *frame);

void rpc_frame_head(uint8_t head[RPC_FRAME_HEAD], bool compressed, size_t size);

#endif

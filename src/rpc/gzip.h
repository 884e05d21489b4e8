/* rpc/gzip -- the gzip message encoding, with a bound on what comes out.
 *
 * One per I/O loop; the buffer for the output is kept from message to message.
 *
 * Laws
 *   1. No more than max bytes ever come out, however small the input.
 *   2. What rpc_gzip_pack() makes is smaller than what it got.
 *   3. Of a message that is done with nothing is left. */
#ifndef RPC_GZIP_H
#define RPC_GZIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct rpc_gzip { /* all private; all zero is one not yet used */
    struct buf out;
};

void rpc_gzip_close(struct rpc_gzip *gzip);

/* The result of the last call is not needed any more; one that failed may have
 * left a part of one, too. */
void rpc_gzip_done(struct rpc_gzip *gzip);

/* Unpack one gzip member.  The result lives until the next call here.
 * ERR_TOO_LARGE: more than max.  ERR_PROTO: not gzip, or cut.  ERR_NOMEM. */
MUST_USE enum err rpc_gzip_unpack(struct rpc_gzip *gzip, const uint8_t *bytes,
                                  size_t size, size_t max, const uint8_t **out,
                                  size_t *out_size);

/* Pack.  ERR_FULL: it does not get smaller.  ERR_NOMEM. */
MUST_USE enum err rpc_gzip_pack(struct rpc_gzip *gzip, const uint8_t *bytes,
                                size_t size, const uint8_t **out,
                                size_t *out_size);

#endif

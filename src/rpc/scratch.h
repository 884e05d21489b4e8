/* rpc/scratch -- memory for one unpacked request at a time.
 *
 * One per I/O loop: a block that stays, and chunks beyond it up to a budget.
 * It is taken back whole when the handler returned, so a call that waits holds
 * nothing of it, and a request costs no malloc.
 *
 * Laws
 *   1. Between two resets it gives out at most RPC_SCRATCH_BLOCK bytes plus
 *      the budget; past it NULL, and rpc_scratch_spent() says so.
 *   2. What is given back is wiped. */
#ifndef RPC_SCRATCH_H
#define RPC_SCRATCH_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { RPC_SCRATCH_BLOCK = 16 * 1024 };

struct rpc_scratch { /* all private */
    ProtobufCAllocator allocator;
    struct arena more;
    size_t used;
    bool spent;
    _Alignas(max_align_t) unsigned char block[RPC_SCRATCH_BLOCK];
};

void rpc_scratch_init(struct rpc_scratch *scratch, size_t budget);
void rpc_scratch_reset(struct rpc_scratch *scratch);

/* For protobuf-c; free does nothing. */
ProtobufCAllocator *rpc_scratch_allocator(struct rpc_scratch *scratch);

/* Did it say NULL since the last reset? */
bool rpc_scratch_spent(const struct rpc_scratch *scratch);

#endif

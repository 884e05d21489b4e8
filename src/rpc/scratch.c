#include "rpc/scratch.h"

#include "base/wipe.h"

static void *take(void *self, size_t size)
{
    struct rpc_scratch *scratch = self;
    const size_t align = sizeof(max_align_t);
    void *piece;

    if (size < RPC_SCRATCH_BLOCK - align) {
        size_t rounded = (size + align - 1) / align * align;

        if (rounded <= RPC_SCRATCH_BLOCK - scratch->used) {
            piece = scratch->block + scratch->used;
            scratch->used += rounded;
            return piece;
        }
    }
    piece = arena_alloc(&scratch->more, size);
    if (!piece)
        scratch->spent = true; /* Law 1 */
    return piece;
}

static void give(void *self, void *piece)
{
    (void)self;
    (void)piece;
}

void rpc_scratch_init(struct rpc_scratch *scratch, size_t budget)
{
    scratch->allocator = (ProtobufCAllocator){take, give, scratch};
    arena_init(&scratch->more, budget);
    scratch->used = 0;
    scratch->spent = false;
}

void rpc_scratch_reset(struct rpc_scratch *scratch)
{
    arena_reset(&scratch->more);
    wipe(scratch->block, scratch->used); /* Law 2 */
    scratch->used = 0;
    scratch->spent = false;
}

ProtobufCAllocator *rpc_scratch_allocator(struct rpc_scratch *scratch)
{
    return &scratch->allocator;
}

bool rpc_scratch_spent(const struct rpc_scratch *scratch)
{
    return scratch->spent;
}

#include "rpc/scratch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"

static bool zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Law 1, by a random history: no more than block and budget, all disjoint. */
int main(void)
{
    struct rpc_scratch *scratch = malloc(sizeof *scratch);
    ProtobufCAllocator *allocator;
    uint64_t chance = 5;
    int spent = 0;

    rpc_scratch_init(scratch, 100000);
    allocator = rpc_scratch_allocator(scratch);
    for (int round = 0; round < 200; round++) {
        size_t given = 0, used;

        while (!rpc_scratch_spent(scratch)) {
            size_t size = chance_below(&chance, 5000);
            void *piece = allocator->alloc(allocator->allocator_data, size);

            if (!piece)
                break;
            CHECK((uintptr_t)piece % sizeof(void *) == 0);
            memset(piece, round, size);
            allocator->free(allocator->allocator_data, piece);
            given += size;
            if (chance_below(&chance, 100) == 0)
                break;
        }
        spent += rpc_scratch_spent(scratch);
        CHECK(given <= RPC_SCRATCH_BLOCK + 100000);
        used = scratch->used;
        rpc_scratch_reset(scratch);
        CHECK(zero(scratch->block, used)); /* Law 2 */
        CHECK(!rpc_scratch_spent(scratch));
    }
    CHECK(spent > 10);
    CHECK(!allocator->alloc(allocator->allocator_data, SIZE_MAX / 2));
    CHECK(rpc_scratch_spent(scratch));
    rpc_scratch_reset(scratch);
    free(scratch);
    return check_report("rpc/scratch");
}

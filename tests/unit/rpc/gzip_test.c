#include "rpc/gzip.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { SIZE = 1 << 20 };

static uint8_t zeros[SIZE], noise[4096];

/* There and back, of many sizes. */
static void round_trip(struct rpc_gzip *gzip)
{
    for (size_t size = 100; size <= SIZE; size = size * 3 + 1) {
        const uint8_t *packed, *out;
        uint8_t *copy;
        size_t packed_size, out_size;

        CHECK(rpc_gzip_pack(gzip, zeros, size, &packed, &packed_size) ==
              ERR_NONE);
        CHECK(packed_size < size); /* Law 2 */
        copy = malloc(packed_size);
        memcpy(copy, packed, packed_size);
        /* Law 1: equal to the bound passes, one less does not. */
        CHECK(rpc_gzip_unpack(gzip, copy, packed_size, size, &out, &out_size) ==
              ERR_NONE);
        CHECK(out_size == size && memcmp(out, zeros, size) == 0);
        CHECK(rpc_gzip_unpack(gzip, copy, packed_size, size - 1, &out,
                              &out_size) == ERR_TOO_LARGE);
        CHECK(gzip->out.cap <= 2 * size + 65536);
        CHECK(rpc_gzip_unpack(gzip, copy, packed_size - 1, size, &out,
                              &out_size) == ERR_PROTO);
        copy[packed_size - 6] ^= 0x55; /* of the checksum */
        CHECK(rpc_gzip_unpack(gzip, copy, packed_size, size, &out, &out_size) !=
              ERR_NONE);
        free(copy);
    }
}

/* Law 3 */
static void done_is_gone(struct rpc_gzip *gzip)
{
    const uint8_t *packed;
    size_t size;

    CHECK(rpc_gzip_pack(gzip, zeros, SIZE, &packed, &size) == ERR_NONE);
    CHECK(memcmp(packed, zeros, size) != 0);
    rpc_gzip_done(gzip);
    CHECK(memcmp(packed, zeros, size) == 0); /* its buffer is kept */
}

static void refusals(struct rpc_gzip *gzip)
{
    const uint8_t *out;
    size_t out_size;
    uint64_t chance = 3;

    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)chance_next(&chance);
    /* Law 2: what does not get smaller is not packed. */
    CHECK(rpc_gzip_pack(gzip, noise, sizeof noise, &out, &out_size) ==
          ERR_FULL);
    CHECK(rpc_gzip_pack(gzip, noise, 1, &out, &out_size) == ERR_FULL);
    CHECK(rpc_gzip_unpack(gzip, noise, sizeof noise, SIZE, &out, &out_size) ==
          ERR_PROTO);
    CHECK(rpc_gzip_unpack(gzip, noise, 0, SIZE, &out, &out_size) == ERR_PROTO);
}

static void no_memory(void)
{
    const uint8_t *out;
    size_t out_size;

    for (size_t at = 1;; at++) {
        struct rpc_gzip gzip = {0};
        enum err err;

        fail_malloc_start(at);
        err = rpc_gzip_pack(&gzip, zeros, 10000, &out, &out_size);
        if (err == ERR_NONE) {
            uint8_t copy[1000];

            CHECK(out_size <= sizeof copy);
            memcpy(copy, out, out_size);
            err =
                rpc_gzip_unpack(&gzip, copy, out_size, 10000, &out, &out_size);
        }
        rpc_gzip_close(&gzip);
        if (!fail_malloc_stop()) {
            CHECK(err == ERR_NONE);
            break;
        }
        CHECK(err == ERR_NOMEM);
    }
}

int main(void)
{
    struct rpc_gzip gzip = {0};

    round_trip(&gzip);
    refusals(&gzip);
    done_is_gone(&gzip);
    round_trip(&gzip);
    rpc_gzip_close(&gzip);
    rpc_gzip_close(&gzip);
    no_memory();
    return check_report("rpc/gzip");
}

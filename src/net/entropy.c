#include "net/entropy.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/require.h"
#include "base/wipe.h"

void net_entropy_fill(void *bytes, size_t size)
{
    uint8_t *at = bytes;

    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);

        if (got < 0 && errno == EINTR)
            continue;
        REQUIRE(got > 0);
        at += got;
        size -= (size_t)got;
    }
}

void net_entropy_draw(struct net_entropy_pool *pool, void *bytes, size_t size)
{
    REQUIRE(size <= NET_ENTROPY_POOL);
    if (size > pool->left) {
        net_entropy_fill(pool->bytes, sizeof pool->bytes);
        pool->left = sizeof pool->bytes;
    }
    pool->left -= size;
    memcpy(bytes, pool->bytes + pool->left, size);
    wipe(pool->bytes + pool->left, size);
}

void net_entropy_ids(uint64_t *ids, size_t n)
{
    net_entropy_fill(ids, n * sizeof *ids);
    for (size_t i = 0; i < n; i++)
        while (ids[i] == 0)
            net_entropy_fill(&ids[i], sizeof ids[i]);
}

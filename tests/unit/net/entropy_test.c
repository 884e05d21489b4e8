/* Different each time, as long as asked, and nothing beyond that is touched. */
#include "net/entropy.h"

#include <string.h>

#include "check.h"

enum { LONG = 70000, EDGE = 8, ROUNDS = 100 };

static void many_ids(void)
{
    uint64_t ids[ROUNDS + 1] = {0};

    net_entropy_ids(ids, ROUNDS);
    CHECK(ids[ROUNDS] == 0);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(ids[i] != 0);
        for (int k = 0; k < i; k++)
            CHECK(ids[i] != ids[k]);
    }
}

/* Each draw is as long as asked, differs from all before and is forgotten. */
static void a_pool_gives_once(void)
{
    static struct net_entropy_pool pool;
    static uint8_t drawn[ROUNDS][40], zeros[NET_ENTROPY_POOL];

    for (int i = 0; i < ROUNDS; i++) {
        uint8_t out[40 + EDGE] = {0};

        net_entropy_draw(&pool, out, 40);
        CHECK(memcmp(out + 40, zeros, EDGE) == 0);
        CHECK(pool.left <= NET_ENTROPY_POOL - 40);
        CHECK(memcmp(pool.bytes + pool.left, zeros,
                     NET_ENTROPY_POOL - pool.left) == 0);
        memcpy(drawn[i], out, 40);
        for (int at = 0; at < 40; at += 8) {
            CHECK(memcmp(out + at, zeros, 8) != 0);
            for (int k = 0; k < i; k++)
                CHECK(memcmp(out + at, drawn[k] + at, 8) != 0);
        }
    }
    net_entropy_draw(&pool, drawn, NET_ENTROPY_POOL); /* all at once */
    CHECK(pool.left == 0);
}

int main(void)
{
    static uint8_t a[LONG + EDGE], b[LONG + EDGE], zeros[LONG];

    net_entropy_fill(a, 0);
    CHECK(memcmp(a, zeros, sizeof zeros) == 0);
    net_entropy_fill(a, LONG);
    net_entropy_fill(b, LONG);
    CHECK(memcmp(a + LONG, zeros, EDGE) == 0);
    for (size_t at = 0; at + 16 <= LONG; at += 16) {
        CHECK(memcmp(a + at, b + at, 16) != 0);
        CHECK(memcmp(a + at, zeros, 16) != 0);
    }
    many_ids();
    a_pool_gives_once();
    return check_report("net/entropy");
}

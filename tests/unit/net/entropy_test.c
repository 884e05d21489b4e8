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
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t id = net_entropy_id();

        CHECK(id != 0);
        CHECK(id != net_entropy_id());
    }
    many_ids();
    return check_report("net/entropy");
}

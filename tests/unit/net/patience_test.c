#include "net/patience.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"

/* Law 1: over from its time on, ended or begun anew. */
static void one(enum net_wait wait, enum err want)
{
    struct net_patience patience = {{0}};

    CHECK(net_patience_deadline_ms(&patience) == UINT64_MAX);
    CHECK(net_patience_over(&patience, UINT64_MAX) == ERR_NONE);
    net_patience_end(&patience, wait);
    net_patience_begin(&patience, wait, 100);
    CHECK(net_patience_deadline_ms(&patience) == 100);
    CHECK(net_patience_over(&patience, 99) == ERR_NONE);
    CHECK(net_patience_over(&patience, 100) == want);
    CHECK(net_patience_over(&patience, 101) == want);
    net_patience_begin(&patience, wait, 200);
    CHECK(net_patience_over(&patience, 199) == ERR_NONE);
    CHECK(net_patience_over(&patience, 200) == want);
    net_patience_end(&patience, wait);
    CHECK(net_patience_deadline_ms(&patience) == UINT64_MAX);
    CHECK(net_patience_over(&patience, UINT64_MAX) == ERR_NONE);
}

/* Law 2, in any history: the soonest of those that run. */
static void random_history(void)
{
    static const enum err ends[NET_WAITS] = {ERR_DEADLINE, ERR_SLOW_READER,
                                             ERR_DEADLINE};
    struct net_patience patience = {{0}};
    uint64_t until_ms[NET_WAITS], seed = 3;

    memset(until_ms, 0xff, sizeof until_ms);
    for (int round = 0; round < 100000; round++) {
        enum net_wait wait = (enum net_wait)(chance_next(&seed) % NET_WAITS);
        uint64_t soonest_ms = UINT64_MAX, now_ms = chance_next(&seed) % 1000;
        enum err over;
        bool may_be = false;

        if (chance_next(&seed) % 3 == 0) {
            until_ms[wait] = UINT64_MAX;
            net_patience_end(&patience, wait);
        } else {
            until_ms[wait] = 1 + chance_next(&seed) % 1000;
            net_patience_begin(&patience, wait, until_ms[wait]);
        }
        for (int i = 0; i < NET_WAITS; i++)
            if (until_ms[i] < soonest_ms)
                soonest_ms = until_ms[i];
        CHECK(net_patience_deadline_ms(&patience) == soonest_ms);
        over = net_patience_over(&patience, now_ms);
        CHECK((over != ERR_NONE) == (now_ms >= soonest_ms));
        for (int i = 0; i < NET_WAITS; i++)
            may_be = may_be || (until_ms[i] == soonest_ms && over == ends[i]);
        CHECK(over == ERR_NONE || may_be);
    }
}

int main(void)
{
    one(NET_WAIT_HANDSHAKE, ERR_DEADLINE);
    one(NET_WAIT_WRITE, ERR_SLOW_READER);
    one(NET_WAIT_END, ERR_DEADLINE);
    random_history();
    return check_report("net/patience");
}

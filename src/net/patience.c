#include "net/patience.h"

#include "base/require.h"

static const enum err ends_for[NET_WAITS] = {
    [NET_WAIT_HANDSHAKE] = ERR_DEADLINE,
    [NET_WAIT_WRITE] = ERR_SLOW_READER,
    [NET_WAIT_END] = ERR_DEADLINE,
};

/* NET_WAITS: none runs. */
static enum net_wait first(const struct net_patience *patience)
{
    enum net_wait soonest = NET_WAITS;

    for (enum net_wait wait = 0; wait < NET_WAITS; wait++)
        if (patience->until_ms[wait] > 0 &&
            (soonest == NET_WAITS ||
             patience->until_ms[wait] < patience->until_ms[soonest]))
            soonest = wait;
    return soonest;
}

void net_patience_begin(struct net_patience *patience, enum net_wait wait,
                        uint64_t until_ms)
{
    REQUIRE(until_ms > 0);
    patience->until_ms[wait] = until_ms; /* Law 1 */
}

void net_patience_end(struct net_patience *patience, enum net_wait wait)
{
    patience->until_ms[wait] = 0;
}

uint64_t net_patience_deadline_ms(const struct net_patience *patience)
{
    enum net_wait wait = first(patience);

    return wait == NET_WAITS ? UINT64_MAX : patience->until_ms[wait];
}

enum err net_patience_over(const struct net_patience *patience, uint64_t now_ms)
{
    enum net_wait wait = first(patience);

    if (wait == NET_WAITS || now_ms < patience->until_ms[wait]) /* Law 2 */
        return ERR_NONE;
    return ends_for[wait];
}

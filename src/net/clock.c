#include "net/clock.h"

#include <time.h>

#include "base/require.h"

static struct timespec read_clock(clockid_t id)
{
    struct timespec at;
    int failed = clock_gettime(id, &at);

    REQUIRE(!failed);
    REQUIRE(at.tv_sec >= 0);
    return at;
}

uint64_t net_clock_mono_ns(void)
{
    struct timespec at = read_clock(CLOCK_MONOTONIC); /* Law 1 */

    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

uint64_t net_clock_mono_ms(void)
{
    return net_clock_mono_ns() / 1000000u;
}

uint64_t net_clock_wall_ms(void)
{
    struct timespec at = read_clock(CLOCK_REALTIME);

    return (uint64_t)at.tv_sec * 1000u + (uint64_t)at.tv_nsec / 1000000u;
}

void net_clock_init(struct net_clock *clock, uint64_t since_ms)
{
    uint64_t wall_ms = net_clock_wall_ms();

    clock->wall_ms = wall_ms > since_ms ? wall_ms : since_ms;
    clock->mono_ms = net_clock_mono_ms();
}

uint64_t net_clock_now_ms(const struct net_clock *clock)
{
    uint64_t mono_ms = net_clock_mono_ms();

    REQUIRE(mono_ms >= clock->mono_ms); /* Law 1 */
    return clock->wall_ms + (mono_ms - clock->mono_ms);
}

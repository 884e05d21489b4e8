/* Law 1, and that both scales agree with the wall they were set by. */
#include "net/clock.h"

#include "check.h"

enum { READS = 20000 };

int main(void)
{
    uint64_t wall_ms = net_clock_wall_ms(), mono_ms = net_clock_mono_ms();
    uint64_t last_ms, ahead_ms = wall_ms + 3600000;
    struct net_clock clock;

    net_clock_init(&clock, 0);
    last_ms = net_clock_now_ms(&clock);
    CHECK(last_ms >= wall_ms);
    CHECK(last_ms < wall_ms + 60000);
    for (int i = 0; i < READS; i++) { /* Law 1 */
        uint64_t now_ms = net_clock_now_ms(&clock);

        CHECK(now_ms >= last_ms);
        CHECK(net_clock_mono_ms() >= mono_ms);
        mono_ms = net_clock_mono_ms();
        last_ms = now_ms;
    }
    net_clock_init(&clock, ahead_ms); /* the wall was set back meanwhile */
    CHECK(net_clock_now_ms(&clock) >= ahead_ms);
    return check_report("net/clock");
}

/* Law by law, then a random history against an array searched in full. */
#include "net/timer.h"

#include "base/chance.h"
#include "check.h"

enum { TIMERS = 40, STEPS = 5000, SEEDS = 30 };

/* Law 2: setting again moves, closing unsets, an unset one is never due. */
static void one_timer(void)
{
    struct net_timer timer = {0};
    struct net_timer_heap heap;

    CHECK(net_timer_init(&heap, 1) == ERR_NONE);
    CHECK(net_timer_next_ms(&heap) == UINT64_MAX);
    net_timer_set(&heap, &timer, UINT64_MAX);
    net_timer_set(&heap, &timer, 10);
    net_timer_set(&heap, &timer, 20);
    CHECK(net_timer_next_ms(&heap) == 20);
    CHECK(!net_timer_pop(&heap, 19));
    CHECK(net_timer_pop(&heap, 20) == &timer);
    CHECK(!net_timer_pop(&heap, 20));
    net_timer_set(&heap, &timer, 0);
    CHECK(net_timer_next_ms(&heap) == 0);
    net_timer_close(&heap);
    net_timer_close(&heap);
    CHECK(timer.place == 0);
}

static uint64_t soonest(const uint64_t *at_ms)
{
    uint64_t first = UINT64_MAX;

    for (int i = 0; i < TIMERS; i++)
        if (at_ms[i] < first)
            first = at_ms[i];
    return first;
}

/* Laws 1 and 2 after every step. */
static void laws_hold_for(uint64_t seed)
{
    struct net_timer timer[TIMERS] = {{0}};
    uint64_t at_ms[TIMERS], now_ms = 0;
    struct net_timer_heap heap;

    CHECK(net_timer_init(&heap, TIMERS) == ERR_NONE);
    for (int i = 0; i < TIMERS; i++)
        at_ms[i] = UINT64_MAX;
    for (int step = 0; step < STEPS; step++) {
        uint64_t who = chance_below(&seed, TIMERS);
        const struct net_timer *due;

        switch (chance_below(&seed, 4)) {
        case 0:
            at_ms[who] = UINT64_MAX;
            net_timer_set(&heap, &timer[who], at_ms[who]);
            break;
        case 1:
            now_ms += chance_below(&seed, 10);
            due = net_timer_pop(&heap, now_ms);
            CHECK((due != NULL) == (soonest(at_ms) <= now_ms));
            if (!due)
                break;
            CHECK(at_ms[due - timer] == soonest(at_ms)); /* Law 1 */
            at_ms[due - timer] = UINT64_MAX;
            break;
        default:
            at_ms[who] = now_ms + chance_below(&seed, 100);
            net_timer_set(&heap, &timer[who], at_ms[who]);
        }
        CHECK(net_timer_next_ms(&heap) == soonest(at_ms));
    }
    net_timer_close(&heap);
}

int main(void)
{
    one_timer();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        laws_hold_for(seed);
    return check_report("net/timer");
}

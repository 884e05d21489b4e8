#include "base/pace.h"

#include "base/chance.h"
#include "check.h"

/* Against a slow model: a bucket of PACE_S * per_s tokens, refilled in
 * microseconds. */
static void like_a_bucket(uint32_t per_s)
{
    const uint64_t each_us = PACE_MOST / per_s;
    const uint64_t full_us = PACE_S * (uint64_t)PACE_MOST;
    uint64_t seed = per_s, due_us = 0, now_ms = 1000000, level_us = full_us;
    unsigned taken = 0, refused = 0;

    for (int i = 0; i < 20000; i++) {
        uint64_t step_ms = chance_below(&seed, 4) ? 0 : chance_below(&seed, 90);
        bool got, want;

        now_ms += step_ms;
        level_us += step_ms * 1000;
        level_us = level_us < full_us ? level_us : full_us;
        want = level_us >= each_us;
        level_us -= want ? each_us : 0;
        got = pace_take(&due_us, per_s, now_ms);
        CHECK(got == want);
        taken += got;
        refused += !got;
    }
    CHECK(taken > 100 && (refused > 100 || per_s > 100));
}

int main(void)
{
    uint64_t due_us = 0;
    unsigned n = 0;

    for (uint32_t per_s = 1; per_s <= 2000; per_s *= 7)
        like_a_bucket(per_s);
    while (pace_take(&due_us, PACE_MOST, 5))
        n++;
    CHECK(n == PACE_S * PACE_MOST);
    CHECK(!pace_take(&due_us, PACE_MOST, 5));
    CHECK(pace_take(&due_us, 1, 1005 + 1000 * PACE_S)); /* all came back */
    return check_report("base/pace");
}

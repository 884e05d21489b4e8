#include "match/limits.h"

#include "check.h"

/* Law 1, and setting by name. */
int main(void)
{
    struct match_limits limits;
    uint32_t n;
    const struct match_limit *row = match_limits_table(&n);

    for (uint32_t i = 0; i < n; i++) {
        CHECK(row[i].least <= row[i].normal);
        CHECK(row[i].normal <= row[i].most);
        match_limits_init(&limits);
        CHECK(match_limits_set(&limits, row[i].name, row[i].most) == ERR_NONE);
        CHECK(match_limits_set(&limits, row[i].name, row[i].most + 1) ==
              ERR_INVALID);
        if (row[i].least > 0)
            CHECK(match_limits_set(&limits, row[i].name, row[i].least - 1) ==
                  ERR_INVALID);
    }
    match_limits_init(&limits);
    CHECK(limits.relax_ms == 60000 && limits.top_k == 16);
    CHECK(match_limits_set(&limits, "relax_ms", 5) == ERR_NONE);
    CHECK(limits.relax_ms == 5);
    CHECK(match_limits_set(&limits, "relax", 5) == ERR_INVALID);
    CHECK(match_limits_set(&limits, "relax_msx", 5) == ERR_INVALID);
    return check_report("match/limits");
}

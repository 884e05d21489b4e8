#include "rpc/json_keys.h"

#include <stdbool.h>

#include "base/chance.h"
#include "check.h"

enum { MOST = 300 };

struct seen {
    const uint32_t *value;
    uint64_t compared;
};

static int by_value(const void *context, uint32_t a, uint32_t b)
{
    const struct seen *seen = context;

    ((struct seen *)(uintptr_t)seen)->compared++;
    return (seen->value[a] > seen->value[b]) -
           (seen->value[a] < seen->value[b]);
}

/* Law 1, and nothing lost; in n log n steps, whatever the order. */
static void sorts(size_t count, uint32_t sides, int shape)
{
    static uint64_t chance = 1;
    uint32_t value[MOST], item[MOST];
    bool there[MOST] = {false};
    struct seen seen = {value, 0};
    uint64_t log = 1;

    for (uint32_t i = 0; i < count; i++) {
        item[i] = i;
        value[i] = shape == 0   ? (uint32_t)chance_below(&chance, sides)
                   : shape == 1 ? i
                                : (uint32_t)count - i;
    }
    while (count >> log)
        log++;
    rpc_json_keys_sort(item, count, by_value, &seen);
    CHECK(seen.compared <= 3 * count * log);
    for (size_t i = 0; i < count; i++) {
        CHECK(item[i] < count && !there[item[i]]);
        there[item[i]] = true;
        CHECK(i == 0 || value[item[i - 1]] <= value[item[i]]);
    }
}

int main(void)
{
    for (size_t count = 0; count < MOST; count += count < 20 ? 1 : 31)
        for (int shape = 0; shape < 3; shape++) {
            sorts(count, 3, shape);
            sorts(count, 1000, shape);
        }
    return check_report("rpc/json_keys");
}

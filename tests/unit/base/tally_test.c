/* One thread counts, others look on. */
#include "base/tally.h"

#include <pthread.h>

#include "base/chance.h"
#include "check.h"

enum { TIMES = 2000000, READERS = 3 };

static const uint64_t steps[TALLY_STEPS] = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000};

static void up_and_down(void)
{
    struct tally tally = {0};

    CHECK(tally_read(&tally) == 0);
    tally_add(&tally, UINT64_C(1) << 40);
    tally_add(&tally, 2);
    tally_sub(&tally, 1);
    CHECK(tally_read(&tally) == (UINT64_C(1) << 40) + 1);
}

static struct tally shared;
static atomic_bool over;

static void *look(void *unused)
{
    uint64_t seen = 0;

    (void)unused;
    while (!atomic_load(&over)) {
        uint64_t now = tally_read(&shared);

        CHECK(now >= seen && now <= 2 * (uint64_t)TIMES); /* Law 1 */
        CHECK(now % 2 == 0); /* nothing that was never there */
        seen = now;
    }
    return NULL;
}

static void one_writer(void)
{
    pthread_t thread[READERS];

    for (int i = 0; i < READERS; i++)
        CHECK(pthread_create(&thread[i], NULL, look, NULL) == 0);
    for (int i = 0; i < TIMES; i++)
        tally_add(&shared, 2);
    atomic_store(&over, true);
    for (int i = 0; i < READERS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    CHECK(tally_read(&shared) == 2 * (uint64_t)TIMES); /* Law 1 */
}

/* Law 2, against the definition: how many values are at most each step. */
static void spreads(void)
{
    static uint64_t values[5000];
    struct tally_spread spread = {0}, other = {0};
    struct tally_sum sum = {0};
    uint64_t chance = 7, below = 0, all = 0;

    for (int i = 0; i < 5000; i++) {
        values[i] = i < TALLY_STEPS       ? steps[i]
                    : i < 2 * TALLY_STEPS ? steps[i - TALLY_STEPS] + 1
                    : i == 100            ? 0
                    : i == 101            ? UINT32_MAX
                                          : chance_below(&chance, 40000);
        tally_spread_add(i % 2 ? &spread : &other, steps, values[i]);
        all += values[i];
    }
    tally_spread_read(&spread, &sum);
    CHECK(sum.count == 2500);
    tally_spread_read(&other, &sum);
    CHECK(sum.count == 5000 && sum.sum == all);
    for (int s = 0; s <= TALLY_STEPS; s++) {
        uint64_t expected = 0;

        for (int i = 0; i < 5000; i++)
            expected += s == TALLY_STEPS || values[i] <= steps[s];
        below += sum.at[s];
        CHECK(below == expected); /* Law 2 */
    }
}

int main(void)
{
    up_and_down();
    one_writer();
    spreads();
    return check_report("base/tally");
}

/* Random histories: the engine checks its laws after each step, and when all
 * is quiet its rows are the store's. */
#include "engine_history.h"

enum { SEEDS = 150 };

static void lives(uint64_t seed)
{
    struct world *w = world_new();

    history(w, seed);
    for (uint64_t call = 1; call <= w->calls; call++) /* match/engine law 5 */
        CHECK(w->call[call].answers + (w->call[call].dropped ? 1u : 0u) >= 1 &&
              w->call[call].answers <= 1);
    for (uint32_t i = 0; i < w->store.rows; i++) /* DESIGN law 2 */
        CHECK(w->store.row[i].kind != ROW_DUTY ||
              w->store.row[i].duty.used <= MATCH_CAPACITY_MAX);
    world_free(w);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        lives(seed * 7919);
    return check_report("match/engine, random histories");
}

/* Laws 1 and 2 by hand, then cli/simulate_tally law 1; Gini against the sum of
 * all differences, on random loads. */
#include "cli/simulate_figures.h"

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { PEERS = 40, SEEDS = 50 };

static struct cli_simulate_tally tally;
static struct cli_simulate_figures figures;

#define FIGURE(name) (figures.value[CLI_SIMULATE_FIGURE_##name])

static void nothing(void)
{
    CHECK(cli_simulate_tally_init(&tally, 0) == ERR_NONE);
    cli_simulate_tally_end(&tally, 5);
    cli_simulate_figures_make(&figures, &tally);
    for (int i = 0; i < CLI_SIMULATE_FIGURES; i++)
        CHECK(figures.value[i] == 0); /* Law 1: of none */
    cli_simulate_tally_close(&tally);
    cli_simulate_tally_close(&tally);
}

/* Law 1. */
static void of_matches(void)
{
    CHECK(cli_simulate_tally_init(&tally, 1) == ERR_NONE);
    tally.tickets = 300;
    tally.offers = 301;
    for (uint32_t i = 200; i >= 1; i--)
        CHECK(cli_simulate_tally_match(&tally, i, 10 * i) == ERR_NONE);
    cli_simulate_figures_make(&figures, &tally);
    CHECK(FIGURE(matched) == 200 && FIGURE(matched_permille) == 666);
    CHECK(FIGURE(p_mean) == 100 && FIGURE(p_worst_tenth) == 20);
    CHECK(FIGURE(wait_p50_ms) == 1000 && FIGURE(wait_p90_ms) == 1800);
    CHECK(FIGURE(wait_p99_ms) == 1980 && FIGURE(wait_max_ms) == 2000);
    CHECK(FIGURE(offers_per_match_hundredths) == 150);
    CHECK(cli_simulate_tally_match(&tally, 1, 1) == ERR_NONE);
    cli_simulate_figures_make(&figures, &tally);
    CHECK(FIGURE(p_worst_tenth) == 20); /* ⌈20.1⌉ − 1 of 1, 1, 2, 3 … */
    cli_simulate_tally_close(&tally);
}

/* Law 2: the mean of |x − y| over all pairs, by 2 means. */
static void of_loads(uint64_t seed)
{
    uint64_t apart = 0, all = 0, top = 0, x[PEERS];

    CHECK(cli_simulate_tally_init(&tally, PEERS + 3) == ERR_NONE);
    for (uint32_t i = 0; i < PEERS; i++) {
        cli_simulate_tally_duty(&tally, i, true, 0);
        x[i] = chance_below(&seed, 2) ? chance_below(&seed, 20) : 0;
        for (uint64_t n = 0; n < x[i]; n++)
            cli_simulate_tally_offer(&tally, i, 1);
        all += x[i];
    }
    for (uint32_t i = 0; i < PEERS; i++) {
        uint32_t above = 0;

        for (uint32_t j = 0; j < PEERS; j++) {
            apart += x[i] > x[j] ? x[i] - x[j] : x[j] - x[i];
            above += x[j] > x[i] || (x[j] == x[i] && j > i);
        }
        top += above < PEERS / 10 ? x[i] : 0;
    }
    cli_simulate_figures_make(&figures, &tally);
    CHECK(FIGURE(peers) == PEERS); /* three never came */
    CHECK(FIGURE(offers) == all);
    CHECK(FIGURE(gini_permille) == apart * 1000 / (2 * PEERS * all));
    CHECK(FIGURE(top_tenth_permille) == top * 1000 / all);
    cli_simulate_tally_close(&tally);
}

/* cli/simulate_tally law 1. */
static void of_newcomers(void)
{
    const uint64_t hour_ms = CLI_SIMULATE_NEW_MS;

    CHECK(cli_simulate_tally_init(&tally, 2) == ERR_NONE);
    cli_simulate_tally_duty(&tally, 0, true, 0); /* before the first ask */
    tally.tickets = 1;
    cli_simulate_tally_duty(&tally, 1, true, 10);
    cli_simulate_tally_duty(&tally, 1, true, 20);
    cli_simulate_tally_offer(&tally, 0, 10);
    cli_simulate_tally_offer(&tally, 1, 10);
    cli_simulate_tally_duty(&tally, 1, false, 10 + hour_ms / 2);
    cli_simulate_tally_duty(&tally, 1, true, 10 + hour_ms * 3 / 4);
    cli_simulate_tally_offer(&tally, 1, 9 + hour_ms);
    cli_simulate_tally_offer(&tally, 1, 10 + hour_ms); /* new no more */
    cli_simulate_tally_end(&tally, 10 + 2 * hour_ms);
    CHECK(tally.new_offers == 2);
    CHECK(tally.new_ms == hour_ms * 3 / 4);
    CHECK(tally.on_ms == 10 + 2 * hour_ms + hour_ms / 2 + hour_ms * 5 / 4);
    cli_simulate_figures_make(&figures, &tally);
    CHECK(FIGURE(newcomer_offers_permille) == 500);
    CHECK(FIGURE(newcomer_time_permille) == 199);
    CHECK(FIGURE(peers) == 2 && FIGURE(peers_without_offer) == 0);
    cli_simulate_tally_close(&tally);
}

static void no_memory(void)
{
    fail_malloc_start(1);
    CHECK(cli_simulate_tally_init(&tally, 3) == ERR_NOMEM);
    (void)fail_malloc_stop();
    for (size_t at = 1; at <= 2; at++) {
        CHECK(cli_simulate_tally_init(&tally, 3) == ERR_NONE);
        fail_malloc_start(at);
        CHECK(cli_simulate_tally_match(&tally, 1, 1) == ERR_NOMEM);
        (void)fail_malloc_stop();
        CHECK(tally.matches == 0 && tally.p_sum == 0);
        CHECK(cli_simulate_tally_match(&tally, 1, 1) == ERR_NONE);
        cli_simulate_tally_close(&tally);
    }
}

int main(void)
{
    nothing();
    of_matches();
    of_newcomers();
    no_memory();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        of_loads(seed);
    return check_report("cli/simulate_figures");
}

/* sim -- runs seeds and says what they covered.
 *
 *   sim [--seed N] [--seeds N] [--steps N] [--seconds N] [--hours H]
 *       [--trace] [--coverage] [--must-cover]
 *
 * --seed        the first (1); --seeds how many (1 if --seed is given)
 * --steps       of each; a failing seed says at which it failed
 * --seconds     stop after the seed that is under way then
 * --hours       simulated hours to run, however many seeds that takes
 * --must-cover  a cell that was never visited is a failure */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim_cover.h"
#include "sim_model.h"

struct options {
    uint64_t seed, seeds, steps, seconds, hours;
    bool trace, coverage, must_cover;
};

struct totals {
    uint64_t seeds, events, steps, simulated_ms, crashes, fences, checked;
    uint64_t tickets, offers, talks, decided, batches;
};

static void run(struct sim *sim, const struct options *options, uint64_t seed,
                struct totals *totals)
{
    sim->trace = options->trace;
    sim_open(sim, seed);
    while (sim->steps < options->steps) {
        (void)sim_step(sim);
        if (sim_roll(sim, 10000) < sim->mix.settle)
            sim_settle(sim);
        if (sim->calls > SIM_CALLS - 4096 ||
            sim->kept[ROW_OFFER]->n > SIM_ROWS - 512)
            break;
    }
    sim_finish(sim);
    totals->seeds++;
    totals->events += sim->events;
    totals->steps += sim->steps;
    totals->simulated_ms += sim->now_ms - sim->started_ms;
    totals->crashes += sim->crashes;
    totals->fences += sim->fences;
    totals->checked += sim->checked;
    totals->tickets += sim->kept[ROW_TICKET]->n;
    totals->offers += sim->kept[ROW_OFFER]->n;
    totals->talks += sim->kept[ROW_TALK]->n;
    totals->decided += sim->model->compared;
    totals->batches += sim->model->batches;
    sim_close(sim);
}

static uint64_t number(const char *text)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);

    if (*text < '0' || *text > '9' || *end) {
        (void)fprintf(stderr, "sim: '%s' is not a number\n", text);
        exit(2);
    }
    return n;
}

static void parse(int argc, char **argv, struct options *options)
{
    const struct {
        const char *name;
        uint64_t *value;
    } numbers[] = {
        {"--seed", &options->seed},   {"--seeds", &options->seeds},
        {"--steps", &options->steps}, {"--seconds", &options->seconds},
        {"--hours", &options->hours},
    };
    const struct {
        const char *name;
        bool *value;
    } flags[] = {
        {"--trace", &options->trace},
        {"--coverage", &options->coverage},
        {"--must-cover", &options->must_cover},
    };

    for (int i = 1; i < argc; i++) {
        bool known = false;

        for (uint32_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++)
            if (strcmp(argv[i], numbers[j].name) == 0 && i + 1 < argc) {
                *numbers[j].value = number(argv[++i]);
                known = true;
                break;
            }
        for (uint32_t j = 0; !known && j < sizeof flags / sizeof flags[0]; j++)
            if (strcmp(argv[i], flags[j].name) == 0)
                known = *flags[j].value = true;
        if (!known) {
            (void)fprintf(stderr, "sim: unknown option; see the top of "
                                  "tests/sim/main.c\n");
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct options options = {.seed = 0, .steps = 2500, .seconds = UINT64_MAX};
    struct totals totals = {0};
    struct sim *sim = calloc(1, sizeof *sim);
    time_t began = time(NULL);
    uint64_t hour_ms = 3600000, seed;
    uint32_t missed;

    parse(argc, argv, &options);
    if (!sim)
        return 1;
    if (options.seeds == 0)
        options.seeds = options.hours       ? UINT64_MAX
                        : options.seed == 0 ? 100
                                            : 1;
    seed = options.seed ? options.seed : 1;
    while (totals.seeds < options.seeds &&
           (uint64_t)(time(NULL) - began) < options.seconds &&
           (!options.hours || totals.simulated_ms < options.hours * hour_ms))
        run(sim, &options, seed++, &totals);
    free(sim);
    missed = options.coverage || options.must_cover
                 ? sim_cover_report(options.coverage)
                 : 0;
    (void)printf("%" PRIu64 " seeds, %" PRIu64 " steps, %" PRIu64
                 " events, %.1f simulated hours, %" PRIu64 " crashes, %" PRIu64
                 " fences, %" PRIu64 " tickets, %" PRIu64 " offers, %" PRIu64
                 " talks, %" PRIu64 " offers and %" PRIu64
                 " batches as the model has them, %" PRIu64
                 " facts checked, 0 laws broken\n",
                 totals.seeds, totals.steps, totals.events,
                 (double)totals.simulated_ms / (double)hour_ms, totals.crashes,
                 totals.fences, totals.tickets, totals.offers, totals.talks,
                 totals.decided, totals.batches, totals.checked);
    if (missed)
        (void)printf("%u cells were missed\n", missed);
    return options.must_cover && missed ? 1 : 0;
}

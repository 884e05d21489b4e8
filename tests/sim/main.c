/* sim -- runs seeds and says what they covered.
 *
 *   sim [--seed N] [--seeds N] [--hours N] [--events N] [--seconds N]
 *       [--jobs N] [--steps N] [--long] [--trace] [--coverage] [--must-cover]
 *
 * --seed        the first (1)
 * --seeds       how many (1 if --seed is given, else 100, but for other goals)
 * --hours       simulated hours, however many seeds that takes
 * --events      events of the engine, however many seeds that takes
 * --seconds     of processor time per job: goals not reached by then fail
 * --jobs        processes (1; 0: one for each core)
 * --steps       of each seed; a failing seed says at which it failed
 * --long        --events 100000000 --jobs 0, and a line of progress now and
 *               then; the last line says with which --seed to go on
 * --must-cover  a cell that was never visited is a failure */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim_cover.h"
#include "sim_model.h"

enum { JOBS = 256, HOUR_MS = 3600000, PROGRESS_S = 10 };

struct options {
    uint64_t seed, seeds, steps, seconds, hours, events, jobs;
    bool is_long, trace, coverage, must_cover;
};

struct totals {
    uint64_t seeds, events, steps, simulated_ms, crashes, fences, checked;
    uint64_t tickets, offers, talks, decided, batches;
};

struct shared { /* between the jobs */
    uint64_t next_seed;
    struct totals totals[JOBS];
    struct cover_counts counts[JOBS];
};

/* Each is a row of numbers. */
static void add(void *to, const void *from, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(uint64_t); i++)
        ((uint64_t *)to)[i] += ((const uint64_t *)from)[i];
}

static struct totals sum(const struct shared *shared)
{
    struct totals all = {0};

    for (uint32_t i = 0; i < JOBS; i++)
        add(&all, &shared->totals[i], sizeof all);
    return all;
}

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

/* ---- goals ---- */

/* Every one that was given. */
static bool reached(const struct options *options, const struct shared *shared)
{
    struct totals all = sum(shared);

    return shared->next_seed - options->seed >= options->seeds &&
           all.simulated_ms >= options->hours * HOUR_MS &&
           all.events >= options->events;
}

static bool in_time(const struct options *options)
{
    return (uint64_t)clock() / CLOCKS_PER_SEC < options->seconds;
}

static void work(const struct options *options, struct shared *shared,
                 uint32_t job)
{
    struct sim *sim = calloc(1, sizeof *sim);

    if (!sim)
        exit(1);
    while (in_time(options) && !reached(options, shared))
        run(sim, options,
            __atomic_fetch_add(&shared->next_seed, 1, __ATOMIC_RELAXED),
            &shared->totals[job]);
    shared->counts[job] = *sim_cover_counts();
    sim_free();
    free(sim);
}

/* ---- several jobs ---- */

static void progress(const struct shared *shared, time_t began)
{
    struct totals all = sum(shared);

    (void)fprintf(stderr,
                  "%5llds: %" PRIu64 " seeds, %" PRIu64
                  " events, %.1f simulated hours, %" PRIu64 " crashes\n",
                  (long long)(time(NULL) - began), all.seeds, all.events,
                  (double)all.simulated_ms / HOUR_MS, all.crashes);
}

/* One after another; the first that fails ends them all. */
static bool wait_for(const struct options *options, const struct shared *shared,
                     const pid_t *child, uint64_t children)
{
    const struct timespec nap = {.tv_nsec = 100000000};
    time_t began = time(NULL), said = began;
    uint64_t left = children;

    while (left > 0) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG);

        left -= ended > 0;
        if (ended > 0 && status != 0) {
            for (uint64_t i = 0; i < children; i++)
                if (child[i] != ended)
                    (void)kill(child[i], SIGTERM);
            return false;
        }
        if (options->is_long && time(NULL) - said >= PROGRESS_S) {
            said = time(NULL);
            progress(shared, began);
        }
        (void)nanosleep(&nap, NULL);
    }
    return true;
}

static bool fork_all(const struct options *options, struct shared *shared)
{
    pid_t child[JOBS];

    (void)fflush(NULL);
    for (uint32_t job = 0; job < options->jobs; job++) {
        child[job] = fork();
        if (child[job] < 0)
            exit(1);
        if (child[job] == 0) {
            work(options, shared, job);
            exit(0);
        }
    }
    return wait_for(options, shared, child, options->jobs);
}

/* ---- options ---- */

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
        {"--hours", &options->hours}, {"--events", &options->events},
        {"--jobs", &options->jobs},
    };
    const struct {
        const char *name;
        bool *value;
    } flags[] = {
        {"--long", &options->is_long},
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

static void fill_in(struct options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (options->jobs == UINT64_MAX)
        options->jobs = options->is_long ? 0 : 1;
    if (options->jobs == 0)
        options->jobs = cores > 0 ? (uint64_t)cores : 1;
    if (options->jobs > JOBS)
        options->jobs = JOBS;
    if (options->is_long && !options->events && !options->hours)
        options->events = 100000000;
    if (!options->seeds && !options->hours && !options->events)
        options->seeds = options->seed ? 1 : 100;
    if (options->seed == 0)
        options->seed = 1;
}

/* ---- the end ---- */

static int report(const struct options *options, const struct shared *shared)
{
    struct totals all = sum(shared);
    uint32_t missed = 0;

    if (options->coverage || options->must_cover)
        missed = sim_cover_report(options->coverage);
    (void)printf("%" PRIu64 " seeds, %" PRIu64 " steps, %" PRIu64
                 " events, %.1f simulated hours, %" PRIu64 " crashes, %" PRIu64
                 " fences, %" PRIu64 " tickets, %" PRIu64 " offers, %" PRIu64
                 " talks, %" PRIu64 " offers and %" PRIu64
                 " batches as the model has them, %" PRIu64
                 " facts checked, 0 laws broken\n",
                 all.seeds, all.steps, all.events,
                 (double)all.simulated_ms / HOUR_MS, all.crashes, all.fences,
                 all.tickets, all.offers, all.talks, all.decided, all.batches,
                 all.checked);
    if (options->is_long)
        (void)printf("go on with --seed %" PRIu64 "\n", shared->next_seed);
    if (!reached(options, shared)) {
        (void)printf("the time was up before every goal was reached\n");
        return 1;
    }
    return options->must_cover && missed ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct options options = {
        .steps = 2500, .seconds = UINT64_MAX, .jobs = UINT64_MAX};
    FILE *file = tmpfile();
    struct shared *shared;

    parse(argc, argv, &options);
    fill_in(&options);
    if (!file || ftruncate(fileno(file), sizeof *shared) != 0)
        return 1;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED,
                  fileno(file), 0);
    if (shared == MAP_FAILED)
        return 1;
    shared->next_seed = options.seed;
    if (options.jobs == 1)
        work(&options, shared, 0);
    else if (!fork_all(&options, shared))
        return 1;
    sim_cover_add(shared->counts, (uint32_t)options.jobs);
    return report(&options, shared);
}

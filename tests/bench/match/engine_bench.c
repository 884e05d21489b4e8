/* engine_bench -- what the engine takes for one decision, from 10^3 to 10^6
 * peers on duty, and in the worst cases there are.  Prints; asserts nothing.
 *
 *   engine_bench [--min PEERS] [--max PEERS] [--scene NAME] [--seconds S]
 *   engine_bench --cards PEERS SEEKERS   those of the first scene, as JSON
 *
 * A scene is who is there; in each, at each size:
 *   load      one ATTEND into an empty pool, all its steps
 *   batch     500 tickets that waited for the engine to settle, all at once
 *   stretch   the longest single step of that
 *   ask       the STORED step of an ask: the ticket's own moment, one best
 *             peer out of all; `danger` the same of one in danger; `whole`
 *             all steps of an ask until its offer is stored, the mean
 *   churn     a peer who leaves, comes, pauses, resumes or changes capacity:
 *             1 in 100 does each second, all the while
 *   arrive    the STORED step of an ATTEND with 500 tickets waiting
 * in µs of CPU of this thread, at most S seconds (3) of each.  "figure" lines
 * are for programs, the table at the end is for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/chance.h"
#include "base/require.h"
#include "cards.h"
#include "scene.h"
#include "world.h"

enum {
    WAITING = 500,
    TICKETS = 1024,
    OUTSTANDING = 64, /* asks, before the oldest is withdrawn */
    ASK_MS = 10,      /* from one ask to the next */
    SAMPLES = 4000,
    REPEATS = 5,  /* of the batch, unless the pool is large */
    GONE = 4096,  /* peers who left and will come back */
    DRAWN = 4096, /* cards that rarities are counted in */
    TERMS = BENCH_TERMS + 1000
};

struct bench {
    const struct bench_scene *scene;
    struct bench_world world;
    struct match_rarity_row table[TERMS];
    double sample[SAMPLES], most_s;
    uint32_t samples, asks, gone[GONE], gones;
    uint64_t churn_due; /* in thousandths of a peer */
    char line[1 << 16];
    size_t lines;
};

static struct bench bench;

/* ---- figures ---- */

/* CPU time: a busy machine makes no fewer samples. */
static double seconds(void)
{
    struct timespec t;

    REQUIRE(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void take(double us)
{
    bench.sample[bench.samples++ % SAMPLES] = us;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* One figure out of the latest samples, which are forgotten. */
static void figure(const char *what)
{
    uint32_t n = bench.samples < SAMPLES ? bench.samples : SAMPLES;
    double sum = 0, p50, p99;

    bench.samples = 0;
    if (n == 0)
        return;
    qsort(bench.sample, n, sizeof *bench.sample, ascending);
    for (uint32_t i = 0; i < n; i++)
        sum += bench.sample[i];
    p50 = bench.sample[(n - 1) / 2];
    p99 = bench.sample[(n * 99ull + 99) / 100 - 1];
    (void)printf("figure scene=%s peers=%u what=%s n=%u mean_us=%.1f "
                 "p50_us=%.1f p99_us=%.1f max_us=%.1f\n",
                 bench.scene->name, bench.world.peers, what, n, sum / n, p50,
                 p99, bench.sample[n - 1]);
    (void)fflush(stdout);
    bench.lines += (size_t)snprintf(
        bench.line + bench.lines, sizeof bench.line - bench.lines,
        "| %s | %u | %s | %.1f | %.1f | %.1f |\n", bench.scene->name,
        bench.world.peers, what, p50, p99, bench.sample[n - 1]);
    REQUIRE(bench.lines < sizeof bench.line);
}

static void count(const char *what, uint64_t n)
{
    (void)printf("count scene=%s peers=%u what=%s n=%llu\n", bench.scene->name,
                 bench.world.peers, what, (unsigned long long)n);
}

/* ---- what is measured ---- */

static void open_world(uint32_t peers)
{
    struct match_sizes sizes = {.pools = 1,
                                .tickets = TICKETS,
                                .duties = peers,
                                .talks = 16,
                                .pairs = bench.scene->blocked ? peers + 16 : 16,
                                .terms = TERMS};
    uint32_t rows;
    struct match_card *card = calloc(DRAWN, sizeof *card);

    REQUIRE(card != NULL);
    for (uint32_t i = 0; i < DRAWN; i++)
        bench_scene_card(bench.scene, &card[i],
                         i % 8 == 0 ? MATCH_SEEKER : MATCH_PEER, i + 1);
    rows = bench_cards_rarities(card, DRAWN, bench.table, TERMS);
    free(card);
    bench_world_open(&bench.world, &sizes, bench.table, rows);
}

static double all_us(struct bench_cost cost)
{
    return cost.event_us + cost.stored_us + cost.rest_us;
}

static struct bench_cost attend(uint32_t peer, uint8_t capacity)
{
    struct match_card card;

    bench_scene_card(bench.scene, &card, MATCH_PEER, peer);
    return bench_world_attend(&bench.world, peer, &card, capacity);
}

static void load(void)
{
    for (uint32_t i = 1; i <= bench.world.peers; i++)
        take(all_us(attend(i, bench_scene_capacity(bench.scene, i))));
    figure("load");
}

static struct bench_cost ask(uint32_t seeker, bool danger)
{
    struct match_card card;

    bench_scene_card(bench.scene, &card, MATCH_SEEKER, ++bench.asks);
    return bench_world_ask(&bench.world, seeker, &card, danger);
}

/* Settling, all wait; then the batch: once more in a world of its own for each
 * repetition but the last, whose world stays. */
static void batches(uint32_t peers)
{
    struct bench_world *w = &bench.world;
    struct bench_cost cost[REPEATS];
    double over = seconds() + bench.most_s;
    uint32_t n = 0;

    for (; n < REPEATS && (n == 0 || seconds() < over); n++) {
        if (n > 0) {
            bench_world_close(w);
            open_world(peers);
            for (uint32_t i = 1; i <= peers; i++)
                (void)attend(i, bench_scene_capacity(bench.scene, i));
        }
        for (uint32_t i = 0; i < WAITING; i++)
            (void)ask(i, false);
        REQUIRE(w->offers == 0);
        cost[n] = bench_world_until(w, w->now_ms + 3000);
    }
    for (uint32_t i = 0; i < n; i++)
        take(cost[i].event_us);
    figure("batch");
    for (uint32_t i = 0; i < n; i++)
        take(cost[i].longest_us);
    figure("stretch");
    count("batch_offers", w->offers);
    for (uint32_t i = 0; i < WAITING; i++)
        (void)bench_world_withdraw(w, i);
}

/* A peer does something. */
static double churn(void)
{
    struct bench_world *w = &bench.world;
    uint32_t peer = 1 + (uint32_t)chance_below(&w->dice, w->peers);
    uint64_t what = chance_below(&w->dice, 4);
    struct bench_cost cost = {.event_us = 0};

    if (bench.gones > 0 && (what == 0 || bench.gones == GONE)) {
        peer = bench.gone[--bench.gones];
        cost = attend(peer, bench_scene_capacity(bench.scene, peer));
    } else if (w->duty[peer].row.state == DUTY_PAUSED) {
        cost = bench_world_move(w, peer, EVENT_RESUME);
    } else if (w->duty[peer].row.state == DUTY_ON && what == 1) {
        cost = bench_world_move(w, peer, EVENT_LEAVE);
        bench.gone[bench.gones++] = peer;
    } else if (w->duty[peer].row.state == DUTY_ON && what == 2) {
        cost = bench_world_move(w, peer, EVENT_PAUSE);
    } else if (w->duty[peer].row.state == DUTY_ON) {
        uint8_t most = bench_scene_capacity(bench.scene, peer);

        cost = bench_world_capacity(
            w, peer, w->duty[peer].row.capacity == most ? most / 2 : most);
    }
    return all_us(cost);
}

/* Everybody who is due to do something until the next ask. */
static void churn_all(double *took_us, uint32_t *n)
{
    bench.churn_due += (uint64_t)bench.world.peers * ASK_MS / 100;
    for (; bench.churn_due >= 1000; bench.churn_due -= 1000, ++*n)
        *took_us += churn();
}

/* One ask each ASK_MS while peers come and go: `danger` of those in danger. */
static void asks(bool danger)
{
    struct bench_world *w = &bench.world;
    double over = seconds() + bench.most_s, churn_us = 0, whole_us = 0;
    uint64_t offers = w->offers;
    uint32_t n = 0, churns = 0;

    for (; n < (uint32_t)SAMPLES / 2 && (n < 20 || seconds() < over); n++) {
        uint32_t seeker = n % OUTSTANDING;
        struct bench_cost cost;

        (void)bench_world_until(w, w->now_ms + ASK_MS);
        churn_all(&churn_us, &churns);
        if (n >= OUTSTANDING)
            (void)bench_world_withdraw(w, seeker);
        cost = ask(seeker, danger);
        whole_us += all_us(cost);
        take(cost.stored_us);
    }
    figure(danger ? "danger" : "ask");
    for (uint32_t i = 0; i < n && i < OUTSTANDING; i++)
        (void)bench_world_withdraw(w, i);
    if (danger)
        return;
    count("offers_per_100_asks", (w->offers - offers) * 100 / n);
    take(whole_us / n);
    figure("whole");
    if (churns > 0)
        take(churn_us / churns);
    figure("churn");
}

/* Nobody is free, WAITING tickets wait, and peers arrive. */
static void arrivals(void)
{
    struct bench_world *w = &bench.world;
    double over;

    (void)bench_world_until(w, w->now_ms + 1000 - w->now_ms % 1000 + 1);
    for (uint32_t i = 1; i <= w->peers; i++)
        if (w->duty[i].row.state == DUTY_ON && w->duty[i].row.capacity > 0)
            (void)bench_world_capacity(w, i, 0);
    for (uint32_t i = 0; i < WAITING; i++)
        (void)ask(i, false);
    (void)bench_world_until(w, w->now_ms + 500);
    over = seconds() + bench.most_s;
    for (uint32_t n = 0; n < 500 && (n < 5 || seconds() < over); n++) {
        uint32_t i = 1 + (uint32_t)chance_below(&w->dice, w->peers);

        if (w->duty[i].row.state != DUTY_OFF)
            (void)bench_world_move(w, i, EVENT_LEAVE);
        take(attend(i, 1).stored_us);
        (void)bench_world_move(w, i, EVENT_LEAVE);
    }
    figure("arrive");
}

/* One seeker whom everybody excludes: each return is a moment. */
static void excluded(void)
{
    struct bench_world *w = &bench.world;
    double over = seconds() + bench.most_s;

    (void)ask(0, false); /* settling still: waits */
    for (uint32_t i = 1; i <= w->peers; i++) {
        struct match_event event = {.kind = EVENT_BLOCK, .member = i};

        event.block.other = w->peers + 1;
        (void)bench_world_event(w, event);
    }
    (void)bench_world_until(w, w->now_ms + 3001);
    for (uint32_t n = 0; n < 500 && (n < 5 || seconds() < over); n++)
        take(bench_world_return(w, 0).event_us);
    figure("ask");
}

static void play(const struct bench_scene *one, uint32_t peers)
{
    bench.scene = one;
    (void)printf("scene %s: %s\n", one->name, one->what);
    bench.asks = bench.gones = 0;
    bench.churn_due = 0;
    open_world(peers);
    count("bytes", bench.world.bytes);
    load();
    if (one->blocked) {
        excluded();
    } else {
        batches(peers);
        asks(false);
        asks(true);
        arrivals();
    }
    bench_world_close(&bench.world);
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    static const uint32_t all[] = {1000,  5000,   10000,  20000,
                                   50000, 200000, 1000000};
    uint32_t least = 0, most = 1000000;
    const char *only = NULL;

    bench.most_s = 3;
    if (argc == 4 && strcmp(argv[1], "--cards") == 0)
        return bench_scene_print(number(argv[2]), number(argv[3])), 0;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && strcmp(argv[i], "--max") == 0)
            most = number(argv[i + 1]);
        else if (i + 1 < argc && strcmp(argv[i], "--min") == 0)
            least = number(argv[i + 1]);
        else if (i + 1 < argc && strcmp(argv[i], "--scene") == 0)
            only = argv[i + 1];
        else if (i + 1 < argc && strcmp(argv[i], "--seconds") == 0)
            bench.most_s = strtod(argv[i + 1], NULL);
        else
            return (void)fprintf(
                       stderr,
                       "usage: engine_bench [--min PEERS] [--max PEERS] "
                       "[--scene NAME] [--seconds S]\n"),
                   2;
    }
    for (const struct bench_scene *s = bench_scenes; s->name; s++)
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            bool worst = all[i] == 10000 || all[i] == 50000 ||
                         all[i] == 1000000; /* the rest takes no part in it */

            if (all[i] >= least && all[i] <= most &&
                (!only || strcmp(only, s->name) == 0) &&
                (s->everywhere ? all[i] != 10000 : worst))
                play(s, all[i]);
        }
    (void)printf("\n| scene | peers | what | p50 µs | p99 µs | max µs |\n"
                 "|---|---|---|---|---|---|\n%s",
                 bench.line);
    return 0;
}

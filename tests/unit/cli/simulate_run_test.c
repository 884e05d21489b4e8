/* Days made by hand: tables hold what lives at one time and no less, laws are
 * checked at a bounded cost (cli/simulate_happen law 1), and without memory a
 * run ends.  The order of events is in tests/simulate/compare.py. */
#include "cli/simulate_run.h"

#include <string.h>

#include "check.h"
#include "cli/simulate_happen.h"
#include "fail_malloc.h"

static const struct cli_day_answer accepts = {.after_ms = 3000,
                                              .say = CLI_DAY_ACCEPT};
static struct cli_day day;
static struct match_limits limits;
static struct cli_simulate_tally tally;
static struct cli_simulate_figures figures;

static void begin(void)
{
    uint32_t id;

    match_limits_init(&limits);
    limits.settle_ms = 0;
    cli_day_init(&day);
    CHECK(cli_names_add(&day.pools, "adult", &id) == ERR_NONE);
    CHECK(cli_names_add(&day.terms, "x", &id) == ERR_NONE);
}

/* A member with this card for each role. */
static uint32_t member_with(uint64_t t_ms, uint32_t pool,
                            struct match_card card)
{
    struct cli_day_line line = {
        .t_ms = t_ms, .what = CLI_DAY_CARD, .pool = (uint8_t)pool};
    char name[16];

    (void)snprintf(name, sizeof name, "m%u", day.members.n);
    CHECK(cli_names_add(&day.members, name, &line.member) == ERR_NONE);
    for (int role = 0; role < MATCH_ROLES; role++) {
        line.side = (uint8_t)role;
        card.role = (enum match_role)role;
        CHECK(cli_day_add(&day, &line, &card) == ERR_NONE);
    }
    return line.member;
}

static uint32_t member(uint64_t t_ms)
{
    return member_with(
        t_ms, 0, (struct match_card){.version = 1, .haves = 1, .have = {1}});
}

static uint32_t ask(uint64_t t_ms, uint32_t who)
{
    struct cli_day_line line = {
        .t_ms = t_ms, .what = CLI_DAY_ASK, .member = who, .talk_ms = 60000};
    char name[16];

    (void)snprintf(name, sizeof name, "t%u", day.tickets.n);
    CHECK(cli_names_add(&day.tickets, name, &line.ticket) == ERR_NONE);
    CHECK(cli_day_add(&day, &line, NULL) == ERR_NONE);
    return line.ticket;
}

static void attend(uint64_t t_ms, uint32_t who, uint8_t capacity)
{
    const struct cli_day_line line = {.t_ms = t_ms,
                                      .what = CLI_DAY_ATTEND,
                                      .member = who,
                                      .capacity = capacity,
                                      .grade = GRADE_PEER,
                                      .answer = &accepts,
                                      .count = 1};

    CHECK(cli_day_add(&day, &line, NULL) == ERR_NONE);
    day.peers++;
}

static void plain(uint64_t t_ms, enum cli_day_do what, uint32_t who)
{
    const struct cli_day_line line = {
        .t_ms = t_ms, .what = (uint8_t)what, .member = who};

    CHECK(cli_day_add(&day, &line, NULL) == ERR_NONE);
}

static uint64_t walk_allowed; /* facts that the laws may have cost */

/* cli/simulate_happen law 1, after a line before which there were so many
 * events. */
static void check_cost(const struct cli_simulate_run *run, uint64_t before)
{
    bool small = run->law_walk <= CLI_SIMULATE_LAWS_SMALL;

    CHECK(small ? run->law_credit == 0 : run->law_credit < run->law_walk);
    walk_allowed += (tally.events - before) *
                    (small ? CLI_SIMULATE_LAWS_SMALL : CLI_SIMULATE_LAWS_SHARE);
}

static enum err play(uint64_t *most_walk)
{
    const struct cli_simulate_run_with with = {.limits = &limits};
    struct cli_simulate_run *run = cli_simulate_run_new(&day, &with, &tally);
    struct cli_day_at at = cli_day_start(&day);
    const struct cli_day_line *line;
    enum err err = run ? ERR_NONE : ERR_NOMEM;

    walk_allowed = 0;
    while (err == ERR_NONE && (line = cli_day_next(&at))) {
        uint64_t before = tally.events;

        err = cli_simulate_run_line(run, line);
        if (err != ERR_NONE)
            break;
        check_cost(run, before);
        if (run->law_walk > *most_walk)
            *most_walk = run->law_walk;
    }
    if (err == ERR_NONE)
        err = cli_simulate_run_finish(run, &figures);
    cli_simulate_run_free(run);
    return err;
}

static uint64_t figure(enum cli_simulate_figure which)
{
    return figures.value[which];
}

static void end(void)
{
    cli_simulate_tally_close(&tally);
    cli_day_close(&day);
}

/* Tickets live up to and with the ms in which their life ends. */
static void waves(uint64_t apart_ms)
{
    enum { WAVE = 40 };
    uint64_t walk = 0;

    begin();
    for (uint64_t wave = 0; wave < 3; wave++) {
        uint32_t who[WAVE];

        for (int i = 0; i < WAVE; i++)
            who[i] = member(wave * apart_ms);
        for (int i = 0; i < WAVE; i++)
            (void)ask(wave * apart_ms, who[i]);
    }
    CHECK(play(&walk) == ERR_NONE);
    CHECK(figure(CLI_SIMULATE_FIGURE_expired) == 3 * WAVE);
    CHECK(figure(CLI_SIMULATE_FIGURE_bound_nobody_on_duty) == 3 * WAVE);
    end();
}

/* As many talks at once as slots, one after the other for an hour: their
 * tables are no larger than what can live. */
static void talks(uint32_t slots)
{
    const uint64_t every_ms = 70000;
    uint64_t walk = 0;

    begin();
    for (uint32_t i = 0; i < slots; i++)
        attend(0, member(0), 1);
    for (uint64_t t_ms = 1000; t_ms < 3600000; t_ms += every_ms)
        for (uint32_t i = 0; i < slots; i++)
            (void)ask(t_ms, member(t_ms));
    CHECK(play(&walk) == ERR_NONE);
    CHECK(figure(CLI_SIMULATE_FIGURE_matched) == day.tickets.n);
    CHECK(figure(CLI_SIMULATE_FIGURE_peers) == slots);
    CHECK(tally.laws_checked <= walk_allowed + 3 * walk);
    CHECK(tally.laws_checked > 0);
    end();
}

/* Peers who come and go, a shift after the other, some of them twice: there is
 * room for each, and not for all who ever came. */
static void shifts(void)
{
    enum { SHIFT = 60, SHIFTS = 6, HOUR_MS = 3600000 };
    uint64_t walk = 0;

    begin();
    for (uint64_t shift = 0; shift < SHIFTS; shift++) {
        uint64_t start_ms = shift * 2 * HOUR_MS;
        uint32_t who[SHIFT];

        for (int i = 0; i < SHIFT; i++) {
            who[i] = member(start_ms);
            attend(start_ms, who[i], 1);
        }
        for (int i = 0; i < SHIFT / 2; i++)
            (void)ask(start_ms + 1000, member(start_ms + 1000));
        for (int i = 0; i < SHIFT; i++)
            plain(start_ms + HOUR_MS, CLI_DAY_LEAVE, who[i]);
        for (int i = 0; i < SHIFT / 2; i++)
            attend(start_ms + HOUR_MS, who[i], 1);
        for (int i = 0; i < SHIFT / 2; i++)
            plain(start_ms + HOUR_MS + 1, CLI_DAY_LEAVE, who[i]);
    }
    CHECK(play(&walk) == ERR_NONE);
    CHECK(figure(CLI_SIMULATE_FIGURE_matched) == SHIFTS * SHIFT / 2);
    CHECK(walk < 64 * SHIFT); /* 45 of a peer; 90 with all who ever came */
    end();
}

/* A peer who was paused for two lapses is there again after a resume, and a
 * resume before does nothing. */
static void resumed(void)
{
    static const struct cli_day_answer silence = {.say = CLI_DAY_SILENCE};
    struct cli_day_line line = {.what = CLI_DAY_ATTEND,
                                .capacity = 1,
                                .grade = GRADE_PEER,
                                .answer = &silence,
                                .count = 1};
    uint64_t walk = 0;

    begin();
    line.member = member(0);
    CHECK(cli_day_add(&day, &line, NULL) == ERR_NONE);
    day.peers++;
    plain(0, CLI_DAY_RESUME, line.member);
    for (int i = 0; i < 3; i++)
        (void)ask(1, member(1));
    plain(90000, CLI_DAY_RESUME, line.member);
    CHECK(play(&walk) == ERR_NONE);
    CHECK(figure(CLI_SIMULATE_FIGURE_offers) == 3);
    end();
}

/* Answers that fell due while their peer was lost are given when they are
 * back, all of them; the talk is joined then, too. */
static void held_back(void)
{
    uint32_t peer;
    uint64_t walk = 0;

    begin();
    peer = member(0);
    attend(0, peer, 2);
    (void)ask(0, member(0));
    (void)ask(0, member(0));
    plain(1000, CLI_DAY_LOST, peer);
    plain(9000, CLI_DAY_BACK, peer);
    plain(80000, CLI_DAY_LEAVE, peer);
    CHECK(play(&walk) == ERR_NONE);
    CHECK(figure(CLI_SIMULATE_FIGURE_matched) == 2);
    CHECK(figure(CLI_SIMULATE_FIGURE_wait_p50_ms) == 9000);
    CHECK(figure(CLI_SIMULATE_FIGURE_wait_max_ms) == 9000);
    CHECK(figure(CLI_SIMULATE_FIGURE_declined) == 0);
    end();
}

struct table { /* of rarities: the first rows of one, for a pool */
    uint32_t pool, rows;
};

static void give(const struct table *table)
{
    static const struct match_rarity_row row[] = {
        {.token = 1, .count_q8 = 100}, {.token = 2, .count_q8 = 1000}};
    const struct cli_day_line line = {.what = CLI_DAY_RARITY,
                                      .pool = (uint8_t)table->pool,
                                      .rarity = row,
                                      .count = table->rows};

    CHECK(table->rows <= sizeof row / sizeof *row);
    CHECK(cli_day_add(&day, &line, NULL) == ERR_NONE);
}

/* In each pool somebody who has the less rare of two terms is found by one who
 * seeks either, under these tables in this order: the mean P. */
static uint64_t p_under(const struct table tables[], int n)
{
    const struct match_card card = {.version = 1,
                                    .haves = 1,
                                    .have = {1},
                                    .seeks = 1,
                                    .seek = {{.count = 2, .importance = 3}},
                                    .seek_tokens = 2,
                                    .seek_token = {1, 2}};
    uint64_t walk = 0, p;
    uint32_t minor;

    begin();
    CHECK(cli_names_add(&day.pools, "minor", &minor) == ERR_NONE);
    for (int i = 0; i < n; i++)
        give(&tables[i]);
    for (uint32_t pool = 0; pool < 2; pool++)
        attend(0, member_with(0, pool, card), 1);
    for (uint32_t pool = 0; pool < 2; pool++)
        (void)ask(1, member_with(1, pool, card));
    CHECK(play(&walk) == ERR_NONE);
    CHECK(figure(CLI_SIMULATE_FIGURE_matched) == 2);
    p = figure(CLI_SIMULATE_FIGURE_p_mean);
    end();
    return p;
}

/* A table takes the place of its own pool's, also an empty one, and leaves the
 * others as they are. */
static void tables(void)
{
    enum { ADULT, MINOR };
    static const struct table both[] = {{ADULT, 2}, {MINOR, 2}};
    static const struct table one[] = {{MINOR, 2}};
    static const struct table one_left[] = {{ADULT, 2}, {MINOR, 2}, {ADULT, 0}};

    CHECK(p_under(one, 1) > p_under(both, 2));
    CHECK(p_under(one_left, 3) == p_under(one, 1));
}

/* Whichever allocation fails: the run ends so, or was not made. */
static void no_memory(void)
{
    bool failed = true;

    for (size_t at = 1; failed; at++) {
        uint32_t peer, seeker;
        uint64_t walk = 0;
        enum err err;

        begin();
        peer = member(0);
        seeker = member(0);
        attend(0, peer, 1);
        plain(1, CLI_DAY_LOST, peer);
        plain(2, CLI_DAY_BACK, peer);
        (void)ask(3, seeker);
        plain(4, CLI_DAY_LOST, seeker);
        plain(5, CLI_DAY_BACK, seeker);
        fail_malloc_start(at);
        err = play(&walk);
        failed = fail_malloc_stop();
        CHECK(err == (failed ? ERR_NOMEM : ERR_NONE));
        CHECK(failed || figure(CLI_SIMULATE_FIGURE_matched) == 1);
        end();
    }
}

int main(void)
{
    waves(1800000);
    waves(900000);
    talks(3);
    talks(150);
    shifts();
    resumed();
    held_back();
    tables();
    no_memory();
    return check_report("cli/simulate_run");
}

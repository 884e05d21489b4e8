#define _DEFAULT_SOURCE 1 /* MADV_DONTNEED */

#include "cli/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/workload.h"
#include "record_world.h"

enum { SEEDS = 30 };

static struct cli_day day; /* the last one */
static struct cli_past_count counted;

/* Law 3: the reader of workloads takes every line. */
static void read_lines(FILE *file)
{
    struct cli_workload workload;
    bool end = false;
    enum err err = ERR_NONE;

    cli_day_close(&day);
    cli_day_init(&day);
    CHECK(cli_workload_init(&workload, file, &day) == ERR_NONE);
    while (!end && err == ERR_NONE)
        err = cli_workload_next(&workload, &end);
    CHECK(err == ERR_NONE);
    if (err != ERR_NONE) {
        (void)fprintf(stderr, "line %u: ", workload.lines);
        cli_workload_why_print(&workload.why, stderr);
    }
    for (uint32_t i = 0; i < day.members.n; i++) { /* Law 1 */
        char name[16];

        (void)snprintf(name, sizeof name, "m%u", i + 1);
        CHECK(cli_names_find(&day.members, name) == i + 1);
    }
    for (uint32_t i = 0; i < day.tickets.n; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "t%u", i + 1);
        CHECK(cli_names_find(&day.tickets, name) == i + 1);
    }
    cli_workload_close(&workload);
}

/* The day that is in record_file. */
static void derive(void)
{
    struct cli_recording recording;
    struct cli_past *past = cli_past_new();
    FILE *file = tmpfile(), *out = tmpfile();
    enum err err = ERR_NONE;
    bool more = true;

    CHECK(file && out && past);
    CHECK(fwrite(record_file, 1, record_size, file) == record_size);
    rewind(file);
    CHECK(cli_recording_open(&recording, file) == ERR_NONE);
    while (more && err == ERR_NONE) {
        err = cli_recording_step(&recording, &more);
        if (more && err == ERR_NONE)
            err = cli_past_step(past, &recording);
    }
    CHECK(err == ERR_NONE && !recording.differs);
    CHECK(cli_past_write(past, out) == ERR_NONE);
    counted = cli_past_counted(past);
    rewind(out);
    read_lines(out);
    CHECK(day.lines <= counted.lines + 2);
    cli_recording_close(&recording);
    cli_past_free(past);
    (void)fclose(file);
    (void)fclose(out);
}

static const struct cli_day_line *nth(enum cli_day_do what, uint32_t n)
{
    struct cli_day_at at = cli_day_start(&day);
    const struct cli_day_line *line;

    while ((line = cli_day_next(&at)))
        if (line->what == what && n-- == 0)
            break;
    return line;
}

static uint32_t how_many(enum cli_day_do what)
{
    uint32_t n = 0;

    while (nth(what, n))
        n++;
    return n;
}

static struct world *a_day(void)
{
    struct world *w = recorded_world(3);

    w->limits.exclude_declined_ms = 0;
    return w;
}

static uint64_t offer_to(const struct world *w, uint64_t peer)
{
    CHECK(w->duty[peer].offers == 1);
    return w->duty[peer].offer[0].id;
}

/* What happened at which time is there, in the words of a workload. */
static void tells_what_was(void)
{
    struct world *w = a_day();
    const struct cli_day_line *line;
    struct match_card card;
    uint64_t stream;

    w->peer[1].haves = 3;
    w->peer[1].have[1] = 8;
    w->peer[1].have[2] = 9;
    w->seeker[2].musts = w->seeker[2].must_tokens = 1;
    w->seeker[2].must[0].count = 1;
    w->seeker[2].must[0].relax_after_ms = 60000;
    w->seeker[2].must_token[0] = 9;
    (void)world_attend(w, 1, 2);
    world_until(w, 1000);
    stream = world_ask(w, 2, true);
    world_until(w, 1900);
    (void)world_answer(w, 1, offer_to(w, 1), true);
    world_until(w, 41900);
    {
        struct match_event event = {.kind = EVENT_END, .member = 2};

        event.talk.talk = w->duty[1].talk[0];
        event.talk.side = MATCH_SEEKER;
        (void)world_event(w, event);
        event.kind = EVENT_REFLECT;
        event.reflect.talk = event.talk.talk;
        event.reflect.side = MATCH_SEEKER;
        event.reflect.said = event.reflect.understood = true;
        event.reflect.again = false;
        (void)world_event(w, event);
    }
    (void)stream;
    stream = world_ask(w, 3, false);
    world_until(w, 42000);
    (void)world_lost(w, stream);
    (void)world_say(w, EVENT_LEAVE, 1);
    world_until(w, 70000);
    write_out();
    derive();
    CHECK(how_many(CLI_DAY_CARD) == 3);
    line = nth(CLI_DAY_CARD, 0);
    CHECK(line && (cli_day_unpack(line->card, &card), card.haves == 3) &&
          card.role == MATCH_PEER);
    line = nth(CLI_DAY_CARD, 1);
    CHECK(line && (cli_day_unpack(line->card, &card), card.musts == 1) &&
          line->t_ms == 1000 && card.must[0].relax_after_ms == 60000);
    line = nth(CLI_DAY_ATTEND, 0);
    CHECK(line && line->t_ms == 0 && line->capacity == 2 && line->member == 1 &&
          line->grade == GRADE_PEER);
    line = nth(CLI_DAY_ASK, 0);
    CHECK(line && line->t_ms == 1000 && line->danger && line->member == 2 &&
          line->talk_ms == 40000);
    line = nth(CLI_DAY_ASK, 1);
    CHECK(line && line->t_ms == 41900 && !line->danger &&
          line->talk_ms == 40000); /* the median of those that were */
    line = nth(CLI_DAY_REFLECT, 0);
    CHECK(line && line->ticket == 1 && line->understood && !line->again);
    line = nth(CLI_DAY_LOST, 0);
    CHECK(line && line->t_ms == 42000 && line->member == 3);
    CHECK(how_many(CLI_DAY_LEAVE) == 1);
    CHECK(counted.asks == 2 && counted.members == 3 && counted.answers == 1);
    world_free(w);
}

/* Law 2: each answer lies where the rule of WORKLOAD looks for it. */
static void answers_have_their_place(void)
{
    static const struct {
        uint64_t after_ms;
        enum cli_day_say say;
    } said[] = {{900, CLI_DAY_DECLINE},  {0, CLI_DAY_SILENCE},
                {4000, CLI_DAY_DECLINE}, {70, CLI_DAY_DECLINE},
                {0, CLI_DAY_SILENCE},    {1234, CLI_DAY_DECLINE},
                {777, CLI_DAY_ACCEPT}};
    enum { N = sizeof said / sizeof said[0] };
    const struct cli_day_line *attend;
    struct world *w = a_day();

    w->peer[31].have[0] = 99; /* nobody's: is never asked */
    for (uint64_t i = 0; i < N; i++)
        w->seeker[i + 2].haves = 1;
    (void)world_attend(w, 1, 1);
    for (uint64_t i = 0; i < N; i++) {
        uint64_t at = w->now_ms;

        (void)world_ask(w, i + 2, false);
        if (said[i].say != CLI_DAY_SILENCE) {
            world_until(w, at + said[i].after_ms);
            (void)world_answer(w, 1, offer_to(w, 1),
                               said[i].say == CLI_DAY_ACCEPT);
        } else {
            world_until(w, at + 31000);
        }
        if (said[i].say != CLI_DAY_ACCEPT)
            (void)world_say(w, EVENT_WITHDRAW, i + 2);
        world_until(w, w->now_ms + 500);
    }
    (void)world_attend(w, 31, 1);
    write_out();
    derive();
    CHECK(counted.answers == N && how_many(CLI_DAY_WITHDRAW) == N - 1);
    attend = nth(CLI_DAY_ATTEND, 0);
    CHECK(attend && attend->member == 1 && attend->count >= N);
    for (uint64_t t = 1; t <= N && attend; t++) {
        uint64_t rule = chance_mix(t ^ chance_rotl(1, 32));
        const struct cli_day_answer *answer =
            &attend->answer[rule % attend->count];

        CHECK(answer->say == said[t - 1].say);
        CHECK(answer->say == CLI_DAY_SILENCE ||
              answer->after_ms == said[t - 1].after_ms);
    }
    attend = nth(CLI_DAY_ATTEND, 1); /* as everybody did */
    CHECK(attend && attend->count == N);
    world_free(w);
}

/* What was refused did not happen: a second ask, an attend beside an ask. */
static void refusals_are_left_out(void)
{
    struct world *w = a_day();

    (void)world_ask(w, 1, false);
    (void)world_ask(w, 1, false);
    (void)world_attend(w, 1, 1);
    (void)world_ask(w, 2, false);
    write_out();
    derive();
    CHECK(how_many(CLI_DAY_ASK) == 2);
    CHECK(how_many(CLI_DAY_ATTEND) == 0);
    CHECK(nth(CLI_DAY_ASK, 1)->ticket == 2);
    world_free(w);
}

/* Law 3: whatever happened, it is a workload. */
static void any_day(void)
{
    uint64_t asks = 0, blocks = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world *w = recorded_world(seed * 31);

        history(w, seed * 1299709);
        write_out();
        derive();
        asks += how_many(CLI_DAY_ASK);
        blocks += how_many(CLI_DAY_BLOCK);
        CHECK(how_many(CLI_DAY_ASK) <= counted.asks);
        world_free(w);
    }
    CHECK(asks > SEEDS && blocks > 0);
}

/* What was asked for with an older account key is taken back where the newer
 * one asks. */
static void newer_key_takes_its_place(void)
{
    struct world *w = a_day();
    struct match_event event = {
        .kind = EVENT_ASK, .member = 2, .key = {.word = {100, 9}}};
    const struct cli_day_line *line;

    event.ask.card = &w->seeker[2];
    world_until(w, 1000);
    (void)world_event(w, event);
    world_until(w, 2000);
    event.key.word[0] = 101;
    event.generation = 1;
    (void)world_event(w, event); /* not yet: try again */
    world_until(w, 3000);
    (void)world_event(w, event);
    world_until(w, 9000);
    write_out();
    derive();
    CHECK(how_many(CLI_DAY_ASK) == 2 && how_many(CLI_DAY_WITHDRAW) == 1);
    line = nth(CLI_DAY_WITHDRAW, 0);
    CHECK(line && line->t_ms == 2000 && line->ticket == 1);
    line = nth(CLI_DAY_ASK, 1);
    CHECK(line && line->t_ms == 3000);
    world_free(w);
}

/* Also a table of nothing ends the counting. */
static void empty_table(void)
{
    struct world *w = a_day();
    const struct cli_day_line *line;

    (void)world_event(w, (struct match_event){.kind = EVENT_RARITY});
    (void)world_attend(w, 1, 2);
    (void)world_ask(w, 2, false);
    write_out();
    derive();
    line = nth(CLI_DAY_RARITY, 0);
    CHECK(line && line->count == 0);
    world_free(w);
}

int main(void)
{
    cli_day_init(&day);
    tells_what_was();
    empty_table();
    newer_key_takes_its_place();
    answers_have_their_place();
    refusals_are_left_out();
    any_day();
    cli_day_close(&day);
    return check_report("cli/past");
}

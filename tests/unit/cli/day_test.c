/* Laws 1 and 2: a random day against a plain array of what was put in. */
#include "cli/day.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { LINES = 2500, SEEDS = 4 }; /* more than one block */

static struct {
    struct cli_day_line line;
    struct match_card card;
    struct cli_day_answer answer[5];
    struct match_rarity_row rarity[5];
} model[LINES];

static uint8_t some(uint64_t *seed, uint8_t most)
{
    return (uint8_t)chance_below(seed, most + 1u);
}

static void tokens(uint64_t *seed, uint64_t *token, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++)
        token[i] = chance_below(seed, UINT32_MAX);
}

static void make_card(uint64_t *seed, struct match_card *card)
{
    *card = (struct match_card){
        .version = (uint32_t)chance_below(seed, 9),
        .vocabulary_version = 1,
        .show = chance_next(seed),
        .role = (enum match_role)chance_below(seed, MATCH_ROLES),
        .haves = some(seed, MATCH_HAVE_MAX),
        .seeks = some(seed, MATCH_SEEK_MAX),
        .seek_tokens = some(seed, MATCH_SEEK_TOKENS_MAX),
        .musts = some(seed, MATCH_MUST_MAX),
        .must_tokens = some(seed, MATCH_MUST_TOKENS_MAX),
        .must_nots = some(seed, MATCH_MUST_NOT_MAX)};
    tokens(seed, card->have, card->haves);
    tokens(seed, card->seek_token, card->seek_tokens);
    tokens(seed, card->must_token, card->must_tokens);
    tokens(seed, card->must_not, card->must_nots);
    for (uint8_t i = 0; i < card->seeks; i++)
        card->seek[i] = (struct match_group){.first = some(seed, 63),
                                             .count = some(seed, 8),
                                             .importance = some(seed, 3)};
    for (uint8_t i = 0; i < card->musts; i++)
        card->must[i] =
            (struct match_group){.first = some(seed, 127),
                                 .count = some(seed, 8),
                                 .relax_after_ms = (uint32_t)chance_next(seed)};
}

static bool same_groups(const struct match_group *a,
                        const struct match_group *b, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++)
        if (a[i].first != b[i].first || a[i].count != b[i].count ||
            a[i].importance != b[i].importance ||
            a[i].relax_after_ms != b[i].relax_after_ms)
            return false;
    return true;
}

static bool same_card(const struct match_card *a, const struct match_card *b)
{
    return a->version == b->version && a->role == b->role &&
           a->vocabulary_version == b->vocabulary_version &&
           a->show == b->show && a->haves == b->haves &&
           a->must_nots == b->must_nots && a->seek_tokens == b->seek_tokens &&
           a->must_tokens == b->must_tokens && a->seeks == b->seeks &&
           a->musts == b->musts &&
           !memcmp(a->have, b->have, a->haves * sizeof *a->have) &&
           !memcmp(a->must_not, b->must_not,
                   a->must_nots * sizeof *a->must_not) &&
           !memcmp(a->seek_token, b->seek_token,
                   a->seek_tokens * sizeof *a->seek_token) &&
           !memcmp(a->must_token, b->must_token,
                   a->must_tokens * sizeof *a->must_token) &&
           same_groups(a->seek, b->seek, a->seeks) &&
           same_groups(a->must, b->must, a->musts);
}

/* Line i of the model, made by chance. */
static enum err add(struct cli_day *day, uint64_t *seed, int i)
{
    struct cli_day_line *line = &model[i].line;
    bool card;

    *line =
        (struct cli_day_line){.t_ms = day->end_ms + chance_below(seed, 3),
                              .what = (uint8_t)chance_below(seed, CLI_DAY_DOS),
                              .member = (uint32_t)chance_next(seed),
                              .ticket = (uint32_t)chance_next(seed)};
    card = line->what == CLI_DAY_CARD;
    if (card)
        make_card(seed, &model[i].card);
    if (line->what == CLI_DAY_ATTEND) {
        line->count = some(seed, 5);
        line->answer = model[i].answer;
        for (uint32_t j = 0; j < line->count; j++)
            model[i].answer[j] = (struct cli_day_answer){
                .after_ms = chance_next(seed), .say = CLI_DAY_DECLINE};
    }
    if (line->what == CLI_DAY_RARITY) {
        line->count = some(seed, 5);
        line->rarity = model[i].rarity;
        for (uint32_t j = 0; j < line->count; j++)
            model[i].rarity[j] =
                (struct match_rarity_row){.token = chance_next(seed)};
    }
    return cli_day_add(day, line, card ? &model[i].card : NULL);
}

/* Law 1. */
static void check_line(const struct cli_day_line *line, int i)
{
    const struct cli_day_line *want = &model[i].line;
    struct match_card card;

    CHECK(line->t_ms == want->t_ms && line->what == want->what);
    CHECK(line->member == want->member && line->ticket == want->ticket);
    CHECK(line->count == want->count);
    if (line->what == CLI_DAY_CARD) {
        cli_day_unpack(line->card, &card);
        CHECK(same_card(&card, &model[i].card));
    }
    for (uint32_t j = 0; line->what == CLI_DAY_ATTEND && j < line->count; j++)
        CHECK(line->answer[j].after_ms == want->answer[j].after_ms &&
              line->answer[j].say == CLI_DAY_DECLINE);
    for (uint32_t j = 0; line->what == CLI_DAY_RARITY && j < line->count; j++)
        CHECK(line->rarity[j].token == want->rarity[j].token);
}

static void history(uint64_t seed)
{
    struct cli_day day;
    struct cli_day_at at;
    const struct cli_day_line *line;

    cli_day_init(&day);
    at = cli_day_start(&day);
    CHECK(cli_day_next(&at) == NULL);
    for (int i = 0; i < LINES; i++)
        CHECK(add(&day, &seed, i) == ERR_NONE);
    CHECK(day.lines == LINES);
    for (int twice = 0; twice < 2; twice++) {
        int i = 0;

        at = cli_day_start(&day);
        for (; (line = cli_day_next(&at)); i++)
            check_line(line, i);
        CHECK(i == LINES);
        CHECK(cli_day_next(&at) == NULL);
    }
    cli_day_close(&day);
    cli_day_close(&day);
}

/* Law 2, and without memory: what was added stays. */
static void refused(void)
{
    struct cli_day day;
    struct cli_day_at at;
    uint64_t seed = 7;
    enum err err;
    int n = 0;

    cli_day_init(&day);
    day.arena.budget = 200000;
    while ((err = add(&day, &seed, n)) == ERR_NONE)
        n++;
    CHECK(err == ERR_FULL && n > 0);
    CHECK(day.arena.taken <= 200000);
    day.arena.budget = CLI_DAY_BYTES_MAX;
    fail_malloc_start(1);
    while ((err = add(&day, &seed, n)) == ERR_NONE)
        n++;
    CHECK(fail_malloc_stop() && err == ERR_NOMEM);
    CHECK(day.lines == (uint32_t)n);
    at = cli_day_start(&day);
    for (int i = 0; i < n; i++)
        check_line(cli_day_next(&at), i);
    CHECK(cli_day_next(&at) == NULL);
    cli_day_close(&day);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        history(seed);
    refused();
    return check_report("cli/day");
}

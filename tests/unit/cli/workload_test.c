/* Laws 1, 2 and 3, and what a line becomes; the messages of bounds that are too
 * large for a file.  Every other message is in tests/simulate/bad_input.py. */
#include "cli/workload.h"

#include <string.h>

#include "check.h"
#include "fail_malloc.h"

static struct cli_workload workload;
static struct cli_day day;

/* How reading text into the day ends. */
static enum err read_on(const char *text)
{
    FILE *file = tmpfile();
    bool end = false;
    enum err err;

    CHECK(file != NULL);
    if (!file)
        return ERR_NOMEM;
    CHECK(fputs(text, file) >= 0);
    rewind(file);
    err = cli_workload_init(&workload, file, &day);
    while (err == ERR_NONE && !end)
        err = cli_workload_next(&workload, &end);
    (void)fclose(file);
    return err;
}

static enum err read_all(const char *text)
{
    cli_day_init(&day);
    return read_on(text);
}

static void close_all(void)
{
    cli_workload_close(&workload);
    cli_workload_close(&workload);
    cli_day_close(&day);
}

/* Line number n of the day, from 1. */
static const struct cli_day_line *line_of(uint32_t n)
{
    struct cli_day_at at = cli_day_start(&day);
    const struct cli_day_line *line = NULL;

    while (n-- > 0)
        line = cli_day_next(&at);
    return line;
}

#define SEEKER                                                                 \
    "{\"t\":0,\"do\":\"card\",\"member\":\"s\",\"role\":\"seeker\","           \
    "\"have\":[\"a\",\"b\"],\"seek\":[{\"any\":[\"c\",\"a\"],"                 \
    "\"importance\":3}],\"must\":[{\"any\":[\"d\"],\"relax_after_ms\":7}],"    \
    "\"must_not\":[\"e\"]}\n"
#define PEER                                                                   \
    "{\"t\":5,\"do\":\"card\",\"member\":\"p\",\"role\":\"peer\","             \
    "\"pool\":\"minor\"}\n"
#define ASK                                                                    \
    "{\"t\":9,\"do\":\"ask\",\"member\":\"s\",\"ticket\":\"t\","               \
    "\"danger\":true,\"talk_ms\":60}\n"

static void numbers_by_first_appearance(void)
{
    CHECK(read_all(SEEKER PEER SEEKER PEER) == ERR_INVALID);
    CHECK(workload.lines == 3); /* Law 1: t = 0 after t = 5 */
    CHECK(workload.why.code == CLI_WORKLOAD_WHY_EARLIER);
    CHECK(cli_names_find(&day.members, "s") == 1); /* Law 2 */
    CHECK(cli_names_find(&day.members, "p") == 2);
    CHECK(cli_names_find(&day.pools, "adult") == 1);
    CHECK(cli_names_find(&day.terms, "a") == 1);
    CHECK(cli_names_find(&day.terms, "e") == 3);
    close_all();
}

static void card_is_read(void)
{
    const struct cli_day_line *line;
    struct match_card card;

    CHECK(read_all(SEEKER SEEKER) == ERR_NONE);
    line = line_of(2);
    CHECK(line->what == CLI_DAY_CARD && line->member == 1);
    cli_day_unpack(line->card, &card);
    CHECK(card.version == 2 && card.role == MATCH_SEEKER);
    CHECK(card.haves == 2 && card.have[1] == 2);
    CHECK(card.seeks == 1 && card.seek[0].importance == 3);
    CHECK(card.seek_tokens == 2 && card.seek_token[1] == 1);
    CHECK(card.musts == 1 && card.must[0].relax_after_ms == 7);
    CHECK(card.must_nots == 1 && card.must_not[0] == 3);
    CHECK(match_card_check(&card) == ERR_NONE);
    close_all();
}

static void other_lines_are_read(void)
{
    const struct cli_day_line *line;

    CHECK(
        read_all(
            "{\"t\":0,\"do\":\"rarity\",\"pool\":\"minor\",\"table\":"
            "{\"z\":4,\"y\":3}}\n" SEEKER PEER
            "{\"t\":5,\"do\":\"attend\",\"member\":\"p\",\"capacity\":2,"
            "\"grade\":\"crisis_peer\",\"rest_ms\":11,\"answers\":["
            "{\"say\":\"silence\"},{\"say\":\"decline\",\"after_ms\":4}]}\n" ASK
            "{\"t\":9,\"do\":\"block\",\"member\":\"p\",\"other\":\"s\"}\n"
            "{\"t\":9,\"do\":\"reflect\",\"ticket\":\"t\",\"side\":\"peer\","
            "\"understood\":false,\"again\":true}") == ERR_NONE);
    CHECK(day.lines == 7 && day.seekers == 1 && day.peers == 1);
    CHECK(day.end_ms == 9);
    line = line_of(1);
    CHECK(line->pool == 0 && line->count == 2);
    CHECK(line->rarity[0].token == 1 && line->rarity[0].count_q8 == 4);
    line = line_of(4);
    CHECK(line->pool == 0 && line->capacity == 2 && line->rest_ms == 11);
    CHECK(line->grade == GRADE_CRISIS_PEER && line->count == 2);
    CHECK(line->answer[0].say == CLI_DAY_SILENCE);
    CHECK(line->answer[1].say == CLI_DAY_DECLINE);
    CHECK(line->answer[1].after_ms == 4);
    line = line_of(5);
    CHECK(line->pool == 1 && line->ticket == 1 && line->danger);
    CHECK(line->talk_ms == 60);
    line = line_of(6);
    CHECK(line->member == 2 && line->other == 1);
    line = line_of(7);
    CHECK(line->side == MATCH_PEER && line->again && !line->understood);
    close_all();
}

/* Law 3. */
static void unknown_is_refused(void)
{
    CHECK(read_all(SEEKER "{\"t\":0,\"do\":\"back\",\"member\":\"x\"}\n") ==
          ERR_INVALID);
    CHECK(strcmp(workload.why.field, "member") == 0);
    close_all();
    CHECK(read_all(SEEKER "{\"t\":0,\"do\":\"end\",\"ticket\":\"t\"}\n") ==
          ERR_INVALID);
    CHECK(strcmp(workload.why.field, "ticket") == 0);
    close_all();
}

/* Bounds of millions, made small here. */
static void too_much_is_refused(void)
{
    cli_day_init(&day);
    day.members.max = 1;
    CHECK(read_on(SEEKER PEER) == ERR_INVALID);
    CHECK(workload.why.code == CLI_WORKLOAD_WHY_MEMBERS);
    close_all();
    cli_day_init(&day);
    day.tickets.max = 0;
    CHECK(read_on(SEEKER ASK) == ERR_INVALID);
    CHECK(workload.why.code == CLI_WORKLOAD_WHY_TICKETS);
    close_all();
    cli_day_init(&day);
    day.terms.max = 4;
    CHECK(read_on(SEEKER) == ERR_INVALID);
    CHECK(workload.why.code == CLI_WORKLOAD_WHY_ALL_TERMS);
    CHECK(workload.why.number[0] == 4);
    close_all();
    cli_day_init(&day);
    day.arena.budget = 1000;
    CHECK(read_on(SEEKER) == ERR_INVALID);
    CHECK(workload.why.code == CLI_WORKLOAD_WHY_DAY);
    close_all();
}

/* Whichever allocation fails, it is said, and nothing is lost. */
static void no_memory_is_said(void)
{
    bool failed = true;

    for (size_t at = 1; failed; at++) {
        enum err err;

        cli_day_init(&day);
        fail_malloc_start(at);
        err = read_on(SEEKER PEER ASK);
        failed = fail_malloc_stop();
        CHECK(err == (failed ? ERR_NOMEM : ERR_NONE));
        close_all();
    }
}

int main(void)
{
    numbers_by_first_appearance();
    card_is_read();
    other_lines_are_read();
    unknown_is_refused();
    too_much_is_refused();
    no_memory_is_said();
    return check_report("cli/workload");
}

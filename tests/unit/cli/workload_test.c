/* Laws 1, 2 and 3, and what a line becomes.  Every kind of bad line with its
 * message is in tests/simulate/bad_input.py. */
#include "cli/workload.h"

#include <string.h>

#include "check.h"

static struct cli_workload_line line;

/* How reading text ends; *workload is still open. */
static enum err read_all(struct cli_workload *workload, const char *text)
{
    FILE *file = tmpfile();
    bool end = false;
    enum err err;

    CHECK(file != NULL);
    if (!file)
        return ERR_NOMEM;
    CHECK(fputs(text, file) >= 0);
    rewind(file);
    err = cli_workload_init(workload, file);
    while (err == ERR_NONE && !end)
        err = cli_workload_next(workload, &line, &end);
    (void)fclose(file);
    return err;
}

#define SEEKER                                                                 \
    "{\"t\":0,\"do\":\"card\",\"member\":\"s\",\"role\":\"seeker\","           \
    "\"have\":[\"a\",\"b\"],\"seek\":[{\"any\":[\"c\",\"a\"],"                 \
    "\"importance\":3}],\"must\":[{\"any\":[\"d\"],\"relax_after_ms\":7}],"    \
    "\"must_not\":[\"e\"]}\n"
#define PEER                                                                   \
    "{\"t\":5,\"do\":\"card\",\"member\":\"p\",\"role\":\"peer\","             \
    "\"pool\":\"minor\"}\n"

static void numbers_by_first_appearance(void)
{
    struct cli_workload workload;

    CHECK(read_all(&workload, SEEKER PEER SEEKER PEER) == ERR_INVALID);
    CHECK(workload.lines == 3); /* Law 1: t = 0 after t = 5 */
    CHECK(cli_names_find(&workload.members, "s") == 1); /* Law 2 */
    CHECK(cli_names_find(&workload.members, "p") == 2);
    CHECK(cli_names_find(&workload.pools, "adult") == 1);
    CHECK(cli_names_find(&workload.terms, "a") == 1);
    CHECK(cli_names_find(&workload.terms, "e") == 3);
    cli_workload_close(&workload);
    cli_workload_close(&workload);
}

static void card_is_read(void)
{
    struct cli_workload workload;

    CHECK(read_all(&workload, SEEKER SEEKER) == ERR_NONE);
    CHECK(line.card.version == 2 && line.card.role == MATCH_SEEKER);
    CHECK(line.card.haves == 2 && line.card.have[1] == 2);
    CHECK(line.card.seeks == 1 && line.card.seek[0].importance == 3);
    CHECK(line.card.seek_tokens == 2 && line.card.seek_token[1] == 1);
    CHECK(line.card.musts == 1 && line.card.must[0].relax_after_ms == 7);
    CHECK(line.card.must_nots == 1 && line.card.must_not[0] == 3);
    cli_workload_close(&workload);
}

/* Law 3. */
static void unknown_is_refused(void)
{
    struct cli_workload workload;

    CHECK(read_all(&workload,
                   SEEKER "{\"t\":0,\"do\":\"back\",\"member\":\"x\"}\n") ==
          ERR_INVALID);
    CHECK(strcmp(workload.why_where, "member") == 0);
    cli_workload_close(&workload);
    CHECK(read_all(&workload,
                   SEEKER "{\"t\":0,\"do\":\"end\",\"ticket\":\"t\"}\n") ==
          ERR_INVALID);
    CHECK(strcmp(workload.why_where, "ticket") == 0);
    cli_workload_close(&workload);
}

int main(void)
{
    numbers_by_first_appearance();
    card_is_read();
    unknown_is_refused();
    return check_report("cli/workload");
}

/* Laws 1 and 2: any number of facts, around the size of a page, against the
 * same written one by one; a file that takes nothing; no memory. */
#include "cli/simulate_scribe.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fail_malloc.h"

enum { PAGE = CLI_SIMULATE_SCRIBE_PAGE, NAMES = 50 };

static struct cli_day day;

static struct cli_simulate_fact fact(uint32_t i)
{
    struct cli_simulate_fact one = {.t_ms = i, .id = i + 1};

    one.kind = (enum cli_simulate_fact_kind)(i % 6);
    if (one.kind == CLI_SIMULATE_ANSWERED)
        one.state = OFFER_ACCEPTED;
    if (one.kind == CLI_SIMULATE_TALK_ENDED)
        one.talk_why = TALK_WHY_ENDED;
    if (one.kind == CLI_SIMULATE_TICKET_ENDED)
        one.ticket_why = TICKET_WHY_MATCHED;
    if (one.kind == CLI_SIMULATE_BOUND_PASSED)
        one.bound = BOUND_ALL_BUSY;
    one.ticket = 1 + i % NAMES;
    one.peer = 1 + i % 7;
    return one;
}

/* Law 1. */
static void writes(uint32_t facts)
{
    char *wanted = NULL, *got = NULL;
    size_t wanted_size = 0, got_size = 0;
    FILE *one = open_memstream(&wanted, &wanted_size);
    FILE *other = open_memstream(&got, &got_size);
    struct cli_simulate_scribe scribe;
    struct cli_simulate_log log;

    CHECK(one && other);
    if (!one || !other)
        return;
    cli_simulate_log_init(&log, one, &day);
    CHECK(cli_simulate_scribe_init(&scribe, other, &day) == ERR_NONE);
    for (uint32_t i = 0; i < facts; i++) {
        const struct cli_simulate_fact f = fact(i);

        cli_simulate_log_fact(&log, &f);
        cli_simulate_scribe_note(&scribe, &f);
    }
    cli_simulate_scribe_end(&scribe);
    cli_simulate_scribe_end(&scribe);
    cli_simulate_scribe_close(&scribe);
    cli_simulate_scribe_close(&scribe);
    (void)fclose(one);
    (void)fclose(other);
    CHECK(got_size == wanted_size);
    CHECK(got_size == wanted_size && memcmp(got, wanted, got_size) == 0);
    free(wanted);
    free(got);
}

/* Law 2. */
static void full(void)
{
    struct cli_simulate_scribe scribe;
    FILE *out = fopen("/dev/full", "w");

    CHECK(out != NULL);
    if (!out)
        return;
    CHECK(cli_simulate_scribe_init(&scribe, out, &day) == ERR_NONE);
    for (uint32_t i = 0; i < 9 * PAGE; i++) {
        const struct cli_simulate_fact f = fact(i);

        cli_simulate_scribe_note(&scribe, &f);
    }
    cli_simulate_scribe_end(&scribe);
    CHECK(ferror(out) != 0);
    CHECK(scribe.log.n == 0);
    cli_simulate_scribe_close(&scribe);
    (void)fclose(out);
}

static void no_file(void)
{
    struct cli_simulate_scribe scribe;
    const struct cli_simulate_fact f = fact(0);

    CHECK(cli_simulate_scribe_init(&scribe, NULL, &day) == ERR_NONE);
    for (uint32_t i = 0; i < 2 * PAGE; i++)
        cli_simulate_scribe_note(&scribe, &f);
    cli_simulate_scribe_close(&scribe);
}

static void no_memory(void)
{
    for (size_t at = 1; at <= 2; at++) {
        struct cli_simulate_scribe scribe;

        fail_malloc_start(at);
        CHECK(cli_simulate_scribe_init(&scribe, stdout, &day) == ERR_NOMEM);
        CHECK(fail_malloc_stop());
        cli_simulate_scribe_close(&scribe);
    }
}

int main(void)
{
    static const uint32_t sizes[] = {0,        1,        PAGE - 1,    PAGE,
                                     PAGE + 1, 2 * PAGE, 7 * PAGE + 3};
    char name[16];
    uint32_t id;

    cli_day_init(&day);
    for (uint32_t i = 0; i < NAMES; i++) {
        (void)snprintf(name, sizeof name, "n%u\"", i);
        CHECK(cli_names_add(&day.tickets, name, &id) == ERR_NONE);
        CHECK(cli_names_add(&day.members, name, &id) == ERR_NONE);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        writes(sizes[i]);
    full();
    no_file();
    no_memory();
    cli_day_close(&day);
    return check_report("cli/simulate_scribe");
}

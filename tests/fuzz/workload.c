/* fuzz/workload -- any bytes as a workload file, on the way to a day.
 *
 * The laws of cli/workload over what was taken; what was not has its sentence. */
#include "cli/workload.h"

#include <string.h>

#include "base/require.h"
#include "cli/workload_why.h"
#include "fuzz.h"

static void holds(const struct cli_day *day, const struct cli_day_line *line)
{
    struct match_card card;

    REQUIRE(line->what < CLI_DAY_DOS && line->side < MATCH_ROLES);
    REQUIRE(line->pool < day->pools.n || line->pool == 0);
    REQUIRE(line->member <= day->members.n); /* Laws 2, 3 */
    REQUIRE(line->other <= day->members.n);
    REQUIRE(line->ticket <= day->tickets.n);
    if (line->what == CLI_DAY_CARD) {
        cli_day_unpack(line->card, &card);
        REQUIRE(match_card_check(&card) == ERR_NONE);
    }
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cli_workload workload;
    static struct cli_day day;
    struct cli_day_at at;
    const struct cli_day_line *line;
    uint64_t before_ms = 0;
    uint32_t lines = 0;
    bool end = false;
    enum err err;
    FILE *file;

    if (size < 1 || size > 100000)
        return 0;
    file = fmemopen((void *)(uintptr_t)data, size, "r");
    REQUIRE(file != NULL);
    cli_day_init(&day);
    err = cli_workload_init(&workload, file, &day);
    while (err == ERR_NONE && !end)
        err = cli_workload_next(&workload, &end);
    REQUIRE(err == ERR_NONE || err == ERR_INVALID);
    REQUIRE(workload.bytes <= size && workload.lines <= size + 1);
    at = cli_day_start(&day);
    while ((line = cli_day_next(&at)) != NULL) {
        REQUIRE(line->t_ms >= before_ms); /* cli/workload law 1 */
        before_ms = line->t_ms;
        holds(&day, line);
        lines++;
    }
    REQUIRE(lines == day.lines && lines <= workload.lines);
    cli_workload_close(&workload);
    cli_day_close(&day);
    (void)fclose(file);
    return 0;
}

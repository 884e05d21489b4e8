/* One line, written over, erased; nothing where nothing was wanted. */
#include "cli/simulate_progress.h"

#include <string.h>

#include "check.h"

static struct cli_simulate_progress progress;
static char text[4096];

static void calls(uint32_t n)
{
    const struct cli_simulate_progress_at at = {
        .t_ms = 3723000, .events = 10, .line = 1, .lines = 4};

    for (uint32_t i = 0; i < n; i++)
        cli_simulate_progress_play(&progress, &at);
}

int main(void)
{
    FILE *file = tmpfile();
    size_t n;

    CHECK(file != NULL);
    if (!file)
        return 1;
    cli_simulate_progress_init(&progress, NULL, 0);
    calls(2 * CLI_SIMULATE_PROGRESS_CALLS);
    cli_simulate_progress_clear(&progress); /* nowhere: harmless */
    cli_simulate_progress_init(&progress, file, 1000000);
    calls(2 * CLI_SIMULATE_PROGRESS_CALLS); /* not due for long */
    cli_simulate_progress_clear(&progress);
    CHECK(ftell(file) == 0);
    cli_simulate_progress_init(&progress, file, 0);
    calls(CLI_SIMULATE_PROGRESS_CALLS - 1);
    CHECK(ftell(file) == 0);
    calls(1);
    CHECK(ftell(file) > 0);
    for (uint32_t i = 0; i < CLI_SIMULATE_PROGRESS_CALLS; i++)
        cli_simulate_progress_read(&progress, 5000000, 10000000);
    cli_simulate_progress_clear(&progress);
    cli_simulate_progress_clear(&progress); /* erased once */
    rewind(file);
    n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    CHECK(strstr(text, "\r\033[K01:02 of the day, 25 % of the lines, ") ==
          text);
    CHECK(strstr(text, "\r\033[Kreading: 5 MB, 50 %\r\033[K") != NULL);
    CHECK(strcmp(strrchr(text, '\r'), "\r\033[K") == 0);
    CHECK(strstr(text, "\r\033[K\r\033[K") == NULL);
    (void)fclose(file);
    return check_report("cli/simulate_progress");
}

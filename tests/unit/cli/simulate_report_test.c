/* Figures as people say them, and both forms of a comparison, to the letter
 * where one can be read by hand; all of it is in tests/simulate/terminal.py. */
#include "cli/simulate_report.h"

#include <string.h>

#include "check.h"

static bool says(enum cli_simulate_unit unit, uint64_t value, const char *want)
{
    char text[CLI_SIMULATE_REPORT_TEXT];

    cli_simulate_report_text(text, unit, value);
    return strcmp(text, want) == 0;
}

static void units(void)
{
    CHECK(says(CLI_SIMULATE_COUNT, 0, "0"));
    CHECK(says(CLI_SIMULATE_COUNT, 999, "999"));
    CHECK(says(CLI_SIMULATE_COUNT, 1000, "1,000"));
    CHECK(says(CLI_SIMULATE_COUNT, UINT64_MAX, "18,446,744,073,709,551,615"));
    CHECK(says(CLI_SIMULATE_PERMILLE, 7, "0.7 %"));
    CHECK(says(CLI_SIMULATE_PERMILLE, 1000, "100.0 %"));
    CHECK(says(CLI_SIMULATE_SCORE, 65536, "100.0 %"));
    CHECK(says(CLI_SIMULATE_SCORE, 32768, "50.0 %"));
    CHECK(says(CLI_SIMULATE_HUNDREDTHS, 105, "1.05"));
    CHECK(says(CLI_SIMULATE_MS, 999, "999 ms"));
    CHECK(says(CLI_SIMULATE_MS, 59999, "59.9 s"));
    CHECK(says(CLI_SIMULATE_MS, 60000, "1 min 0 s"));
    CHECK(says(CLI_SIMULATE_MS, 3599999, "59 min 59 s"));
    CHECK(says(CLI_SIMULATE_MS, 7260000, "2 h 1 min"));
}

static size_t read_back(FILE *file, char *text, size_t room)
{
    size_t n;

    rewind(file);
    n = fread(text, 1, room - 1, file);
    text[n] = '\0';
    (void)fclose(file);
    return n;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void comparison(void)
{
    struct match_limits first, second;
    struct cli_simulate_report_side a = {.limits = &first};
    struct cli_simulate_report_side b = {.limits = &second};
    FILE *table = tmpfile(), *json = tmpfile();
    static char text[8192];

    CHECK(table != NULL && json != NULL);
    if (!table || !json)
        return;
    match_limits_init(&first);
    match_limits_init(&second);
    second.top_k = 4;
    a.figures.value[CLI_SIMULATE_FIGURE_tickets] = 1200;
    b.figures.value[CLI_SIMULATE_FIGURE_tickets] = 1200;
    a.figures.value[CLI_SIMULATE_FIGURE_matched] = 1100;
    b.figures.value[CLI_SIMULATE_FIGURE_matched] = 90;
    cli_simulate_report_compare(table, &a, &b);
    cli_simulate_report_json(json, &a, &b);
    CHECK(read_back(table, text, sizeof text) > 0);
    CHECK(begins(text, "                                   A"
                       "               B           B - A\n"
                       "top_k                             16"
                       "               4             -12\n"
                       "tickets                        1,200"
                       "           1,200               =\n"
                       "matched                        1,100"
                       "              90          -1,010\n"));
    CHECK(strlen(text) == 69 * (2 + CLI_SIMULATE_FIGURES));
    CHECK(read_back(json, text, sizeof text) > 0);
    CHECK(begins(text, "{\"is\":\"comparison\",\"settings\":{\"top_k\":[16,4]},"
                       "\"a\":{\"tickets\":1200,\"matched\":1100,"));
    CHECK(strcmp(text + strlen(text) - 3, "}}\n") == 0);
}

int main(void)
{
    units();
    comparison();
    return check_report("cli/simulate_report");
}

#include "cli/simulate_report.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/require.h"

enum { SCORE_ONE = 65536 };

/* With a comma between each three digits. */
static void text_count(char out[CLI_SIMULATE_REPORT_TEXT], uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *to = out;

    REQUIRE(n > 0);
    REQUIRE(n + n / 3 < CLI_SIMULATE_REPORT_TEXT);
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
}

static void text_time(char out[CLI_SIMULATE_REPORT_TEXT], uint64_t ms)
{
    uint64_t s = ms / 1000;

    if (ms < 1000)
        (void)snprintf(out, CLI_SIMULATE_REPORT_TEXT, "%" PRIu64 " ms", ms);
    else if (s < 60)
        (void)snprintf(out, CLI_SIMULATE_REPORT_TEXT,
                       "%" PRIu64 ".%" PRIu64 " s", s, ms % 1000 / 100);
    else if (s < 3600)
        (void)snprintf(out, CLI_SIMULATE_REPORT_TEXT,
                       "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
    else
        (void)snprintf(out, CLI_SIMULATE_REPORT_TEXT,
                       "%" PRIu64 " h %" PRIu64 " min", s / 3600,
                       s % 3600 / 60);
}

static void text_permille(char out[CLI_SIMULATE_REPORT_TEXT], uint64_t value)
{
    (void)snprintf(out, CLI_SIMULATE_REPORT_TEXT, "%" PRIu64 ".%" PRIu64 " %%",
                   value / 10, value % 10);
}

void cli_simulate_report_text(char out[CLI_SIMULATE_REPORT_TEXT],
                              enum cli_simulate_unit unit, uint64_t value)
{
    switch (unit) {
    case CLI_SIMULATE_COUNT:
        text_count(out, value);
        return;
    case CLI_SIMULATE_SCORE:
        text_permille(out, value * 1000 / SCORE_ONE);
        return;
    case CLI_SIMULATE_PERMILLE:
        text_permille(out, value);
        return;
    case CLI_SIMULATE_MS:
        text_time(out, value);
        return;
    case CLI_SIMULATE_HUNDREDTHS:
        (void)snprintf(out, CLI_SIMULATE_REPORT_TEXT, "%" PRIu64 ".%02" PRIu64,
                       value / 100, value % 100);
        return;
    }
    out[0] = '\0';
}

void cli_simulate_report_print(FILE *out,
                               const struct cli_simulate_figures *figures,
                               const struct cli_simulate_report_cost *cost)
{
    char text[CLI_SIMULATE_REPORT_TEXT], events[CLI_SIMULATE_REPORT_TEXT];

    for (int i = 0; i < CLI_SIMULATE_FIGURES; i++) {
        const struct cli_simulate_figures_row *row =
            cli_simulate_figures_row((enum cli_simulate_figure)i);

        cli_simulate_report_text(text, row->unit, figures->value[i]);
        (void)fprintf(out, "%-20s  %14s\n", row->label, text);
    }
    text_time(text, cost->took_ms);
    (void)fprintf(out, "%-20s  %14s", "took", text);
    text_count(events, cost->events);
    text_count(text, cost->events * 1000 / (cost->took_ms ? cost->took_ms : 1));
    (void)fprintf(out, "  %s events, %s a second\n", events, text);
}

static void row(FILE *out, const char *label, enum cli_simulate_unit unit,
                uint64_t a, uint64_t b)
{
    char left[CLI_SIMULATE_REPORT_TEXT], right[CLI_SIMULATE_REPORT_TEXT];
    char apart[CLI_SIMULATE_REPORT_TEXT + 1] = "=";

    cli_simulate_report_text(left, unit, a);
    cli_simulate_report_text(right, unit, b);
    if (a != b) {
        apart[0] = b > a ? '+' : '-';
        cli_simulate_report_text(apart + 1, unit, b > a ? b - a : a - b);
    }
    (void)fprintf(out, "%-20s  %14s  %14s  %14s\n", label, left, right, apart);
}

static const struct {
    const char *name;
    size_t at;
} limits[] = {
#define X(name_, normal, least, most, help)                                    \
    {.name = #name_, .at = offsetof(struct match_limits, name_)},
    MATCH_LIMITS_TABLE(X)
#undef X
};

enum { LIMITS = sizeof limits / sizeof limits[0] };

static uint64_t limit(const struct match_limits *of, int i)
{
    uint64_t value;

    memcpy(&value, (const char *)of + limits[i].at, sizeof value);
    return value;
}

void cli_simulate_report_compare(FILE *out,
                                 const struct cli_simulate_report_side *a,
                                 const struct cli_simulate_report_side *b)
{
    (void)fprintf(out, "%-20s  %14s  %14s  %14s\n", "", "A", "B", "B - A");
    for (int i = 0; i < LIMITS; i++)
        if (limit(a->limits, i) != limit(b->limits, i))
            row(out, limits[i].name, CLI_SIMULATE_COUNT, limit(a->limits, i),
                limit(b->limits, i));
    for (int i = 0; i < CLI_SIMULATE_FIGURES; i++) {
        const struct cli_simulate_figures_row *figure =
            cli_simulate_figures_row((enum cli_simulate_figure)i);

        row(out, figure->label, figure->unit, a->figures.value[i],
            b->figures.value[i]);
    }
}

static void json_figures(FILE *out, const char *key,
                         const struct cli_simulate_figures *figures)
{
    const char *before = "{";

    (void)fprintf(out, ",\"%s\":", key);
    for (int i = 0; i < CLI_SIMULATE_FIGURES; i++, before = ",")
        (void)fprintf(
            out, "%s\"%s\":%" PRIu64, before,
            cli_simulate_figures_row((enum cli_simulate_figure)i)->name,
            figures->value[i]);
    (void)putc('}', out);
}

void cli_simulate_report_json(FILE *out,
                              const struct cli_simulate_report_side *a,
                              const struct cli_simulate_report_side *b)
{
    const char *before = "";

    (void)fputs("{\"is\":\"comparison\",\"settings\":{", out);
    for (int i = 0; i < LIMITS; i++)
        if (limit(a->limits, i) != limit(b->limits, i)) {
            (void)fprintf(out, "%s\"%s\":[%" PRIu64 ",%" PRIu64 "]", before,
                          limits[i].name, limit(a->limits, i),
                          limit(b->limits, i));
            before = ",";
        }
    (void)putc('}', out);
    json_figures(out, "a", &a->figures);
    json_figures(out, "b", &b->figures);
    (void)fputs("}\n", out);
}

/* cli/simulate_report -- what a day came to, for a person; and two of them
 * side by side, for a person or a machine.
 *
 * Nothing here depends on how long a run took but the last line of a summary:
 * a comparison is the same on every machine. */
#ifndef CLI_SIMULATE_REPORT_H
#define CLI_SIMULATE_REPORT_H

#include <stdio.h>

#include "cli/simulate_figures.h"
#include "match/limits.h"

enum { CLI_SIMULATE_REPORT_TEXT = 40 };

/* A figure as people say it: "1,204", "98.7 %", "2 min 9 s", "1.34". */
void cli_simulate_report_text(char out[CLI_SIMULATE_REPORT_TEXT],
                              enum cli_simulate_unit unit, uint64_t value);

struct cli_simulate_report_cost { /* of the run, not of the day */
    uint64_t events, laws_checked, took_ms;
};

void cli_simulate_report_print(FILE *out,
                               const struct cli_simulate_figures *figures,
                               const struct cli_simulate_report_cost *cost);

struct cli_simulate_report_side {
    const struct match_limits *limits;
    struct cli_simulate_figures figures;
};

/* A table: the settings that differ, then every figure of a, of b, and b − a. */
void cli_simulate_report_compare(FILE *out,
                                 const struct cli_simulate_report_side *a,
                                 const struct cli_simulate_report_side *b);

/* The settings that differ and the figures of both, as one JSON object on a
 * line; shares are in thousandths, P in Q16, times in ms. */
void cli_simulate_report_json(FILE *out,
                              const struct cli_simulate_report_side *a,
                              const struct cli_simulate_report_side *b);

#endif

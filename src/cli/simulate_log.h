/* cli/simulate_log -- what a simulated day writes: a line per fact, and a
 * summary.
 *
 * JSON Lines with fixed keys in a fixed order, so that two runs can be
 * compared byte for byte.  Borrows the day, for its names, and the file; one
 * line is put together in memory and written at once. */
#ifndef CLI_SIMULATE_LOG_H
#define CLI_SIMULATE_LOG_H

#include <stdio.h>

#include "cli/day.h"
#include "cli/simulate_figures.h"

enum { CLI_SIMULATE_LOG_LINE = 2048 }; /* two names, escaped, and the rest */

struct cli_simulate_log {
    FILE *out; /* NULL: nothing is written */
    const struct cli_day *day;
    size_t n;
    char line[CLI_SIMULATE_LOG_LINE];
};

void cli_simulate_log_init(struct cli_simulate_log *log, FILE *out,
                           const struct cli_day *day);

enum cli_simulate_fact_kind {
    CLI_SIMULATE_OFFERED,
    CLI_SIMULATE_ANSWERED,
    CLI_SIMULATE_MATCHED,
    CLI_SIMULATE_TICKET_ENDED,
    CLI_SIMULATE_BOUND_PASSED,
    CLI_SIMULATE_TALK_ENDED
};

struct cli_simulate_fact { /* what a kind does not tell is 0 */
    enum cli_simulate_fact_kind kind;
    uint32_t ticket, peer, p;
    uint64_t t_ms, id; /* of the offer or talk */
    union {
        uint64_t deadline_ms;         /* of an offer */
        uint64_t waited_ms;           /* of a match */
        enum match_offer_state state; /* that an offer came to */
        enum match_ticket_why ticket_why;
        enum match_bound bound;
        enum match_talk_why talk_why;
    };
};

void cli_simulate_log_fact(struct cli_simulate_log *log,
                           const struct cli_simulate_fact *fact);

/* The last line, as WORKLOAD gives it. */
void cli_simulate_log_summary(struct cli_simulate_log *log,
                              const struct cli_simulate_figures *figures,
                              uint64_t events, uint64_t laws_checked);

#endif

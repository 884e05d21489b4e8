/* cli/simulate_log -- what a simulated day writes: a line per fact, and a
 * summary.
 *
 * JSON Lines with fixed keys in a fixed order, so that two runs can be
 * compared byte for byte.  Borrows the names and the file; one line is put
 * together in memory and written at once. */
#ifndef CLI_SIMULATE_LOG_H
#define CLI_SIMULATE_LOG_H

#include <stdio.h>

#include "cli/simulate_figures.h"

enum { CLI_SIMULATE_LOG_LINE = 2048 }; /* two names, escaped, and the rest */

struct cli_simulate_log {
    FILE *out; /* NULL: nothing is written */
    size_t n;
    char line[CLI_SIMULATE_LOG_LINE];
};

void cli_simulate_log_init(struct cli_simulate_log *log, FILE *out);

struct cli_simulate_log_pair { /* an offer or a match, as it is told */
    const char *ticket, *peer;
    uint64_t id, deadline_ms, waited_ms;
    uint32_t p;
};

void cli_simulate_log_offered(struct cli_simulate_log *log, uint64_t now_ms,
                              const struct cli_simulate_log_pair *pair);
void cli_simulate_log_answered(struct cli_simulate_log *log, uint64_t now_ms,
                               uint64_t offer, enum match_offer_state state);
void cli_simulate_log_matched(struct cli_simulate_log *log, uint64_t now_ms,
                              const struct cli_simulate_log_pair *pair);
void cli_simulate_log_ticket_ended(struct cli_simulate_log *log,
                                   uint64_t now_ms, const char *ticket,
                                   enum match_ticket_why why);
void cli_simulate_log_bound_passed(struct cli_simulate_log *log,
                                   uint64_t now_ms, const char *ticket,
                                   enum match_bound why);
void cli_simulate_log_talk_ended(struct cli_simulate_log *log, uint64_t now_ms,
                                 uint64_t talk, enum match_talk_why why);

/* The last line, as WORKLOAD gives it. */
void cli_simulate_log_summary(struct cli_simulate_log *log,
                              const struct cli_simulate_figures *figures,
                              uint64_t events, uint64_t laws_checked);

#endif

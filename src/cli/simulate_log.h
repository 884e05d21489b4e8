/* cli/simulate_log -- what a simulated day writes: a line per fact, and a
 * summary.
 *
 * JSON Lines with fixed keys in a fixed order, so that two runs can be
 * compared byte for byte.  Borrows the names; owns the waits it sums up. */
#ifndef CLI_SIMULATE_LOG_H
#define CLI_SIMULATE_LOG_H

#include <stdio.h>

#include "base/err.h"
#include "match/effect.h"
#include "match/row.h"

struct cli_simulate_log {
    FILE *out;
    uint64_t tickets, matched, p_sum, offers, declined, lapsed;
    uint64_t events, laws_checked; /* counted by the run */
    uint64_t *wait_ms;             /* of the matched */
    uint32_t waits, waits_cap;
};

void cli_simulate_log_init(struct cli_simulate_log *log, FILE *out);
void cli_simulate_log_close(struct cli_simulate_log *log);

struct cli_simulate_log_pair { /* an offer or a match, as it is told */
    const char *ticket, *peer;
    uint64_t id, deadline_ms, waited_ms;
    uint32_t p;
};

void cli_simulate_log_offered(struct cli_simulate_log *log, uint64_t now_ms,
                              const struct cli_simulate_log_pair *pair);
void cli_simulate_log_answered(struct cli_simulate_log *log, uint64_t now_ms,
                               uint64_t offer, enum match_offer_state state);
MUST_USE enum err
cli_simulate_log_matched(struct cli_simulate_log *log, uint64_t now_ms,
                         const struct cli_simulate_log_pair *pair);
void cli_simulate_log_ticket_ended(struct cli_simulate_log *log,
                                   uint64_t now_ms, const char *ticket,
                                   enum match_ticket_why why);
void cli_simulate_log_bound_passed(struct cli_simulate_log *log,
                                   uint64_t now_ms, const char *ticket,
                                   enum match_bound why);
void cli_simulate_log_talk_ended(struct cli_simulate_log *log, uint64_t now_ms,
                                 uint64_t talk, enum match_talk_why why);

/* The last line, to the log and, when it is not the same, to also. */
void cli_simulate_log_summary(struct cli_simulate_log *log, FILE *also);

#endif

/* cli/simulate_run -- a day in virtual time: the harness around the engine.
 *
 * Feeds the lines of a workload and, between them, what people do by
 * themselves (answer, join, end their talks, beat) and what the engine asks to
 * be woken for.  Deterministic: no clock, no chance but the seed.
 *
 * Laws
 *   1. At equal times: lines in file order, then answers, then ends of talks,
 *      then the engine's own timers; the earliest due is always first.
 *   2. Commands are stored at once: whatever an event proposed is stored and
 *      heard of before anything else happens.
 *   3. The run ends with the event after which no ticket lives and no offer is
 *      open, once the last line was read. */
#ifndef CLI_SIMULATE_RUN_H
#define CLI_SIMULATE_RUN_H

#include "cli/simulate_log.h"
#include "cli/workload.h"
#include "match/engine.h"

struct cli_simulate_run; /* opaque */

/* A run of the workload that was read once to its end into counted (for the
 * sizes), to be written to log.  NULL: out of memory. */
struct cli_simulate_run *
cli_simulate_run_new(const struct cli_workload *counted,
                     const struct match_limits *limits, uint64_t seed,
                     struct cli_simulate_log *log);
void cli_simulate_run_free(struct cli_simulate_run *run);

/* Everything that is due before line, then the line.  names: the workload it
 * came from.  ERR_NOMEM, ERR_FULL: the run cannot go on. */
MUST_USE enum err cli_simulate_run_line(struct cli_simulate_run *run,
                                        const struct cli_workload *names,
                                        const struct cli_workload_line *line);

/* Everything after the last line. */
MUST_USE enum err cli_simulate_run_finish(struct cli_simulate_run *run,
                                          const struct cli_workload *names);

#endif

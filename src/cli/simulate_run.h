/* cli/simulate_run -- a day in virtual time: the harness around the engine.
 *
 * Feeds the lines of a day and, between them, what people do by themselves
 * (answer, join, end their talks) and what the engine asks to be woken for.
 * Deterministic: no clock, no chance but the seed.
 *
 * Nobody beats: members are there until they are lost, and their streams say
 * so (match/engine, presence).  Tables are sized by what can live at one time.
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

#include <stdio.h>

#include "cli/day.h"
#include "cli/simulate_figures.h"
#include "match/limits.h"

struct cli_simulate_run; /* opaque */

struct cli_simulate_run_with { /* what a day is played with; borrowed */
    const struct match_limits *limits;
    uint64_t seed;
    FILE *log; /* NULL: none; the run's alone until it has finished */
};

/* A run of day, counted in tally, which is closed or empty and is the caller's
 * to close.  NULL: out of memory. */
struct cli_simulate_run *
cli_simulate_run_new(const struct cli_day *day,
                     const struct cli_simulate_run_with *with,
                     struct cli_simulate_tally *tally);
void cli_simulate_run_free(struct cli_simulate_run *run);

/* Everything that is due before line, the next of the day, then the line.
 * ERR_NOMEM, ERR_FULL: the run cannot go on. */
MUST_USE enum err cli_simulate_run_line(struct cli_simulate_run *run,
                                        const struct cli_day_line *line);

/* Everything after the last line; then the summary ends the log, and is in
 * *figures. */
MUST_USE enum err cli_simulate_run_finish(struct cli_simulate_run *run,
                                          struct cli_simulate_figures *figures);

#endif

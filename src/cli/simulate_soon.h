/* cli/simulate_soon -- what happens next is known before it happens: what it
 * will look at is on its way while something else goes on.
 *
 * A day is bound by how long memory takes to answer, not by what is computed.
 * Hints: nothing changes, and nothing depends on them. */
#ifndef CLI_SIMULATE_SOON_H
#define CLI_SIMULATE_SOON_H

#include "cli/agenda.h"
#include "cli/day.h"
#include "match/row.h"

struct cli_simulate_run;

struct cli_simulate_soon { /* lines of the day ahead of the one played */
    struct cli_day_at far, near;
};

void cli_simulate_soon_init(struct cli_simulate_soon *soon,
                            const struct cli_day *day);

/* The next line is played. */
void cli_simulate_soon_line(struct cli_simulate_run *run);

/* An entry was taken from the agenda. */
void cli_simulate_soon_taken(const struct cli_simulate_run *run);

/* A peer, whose member is at hand, is heard of next. */
void cli_simulate_soon_peer(const struct cli_simulate_run *run,
                            uint64_t member);

/* An offer that the engine has just made is stored, and heard of, next. */
void cli_simulate_soon_offer(const struct cli_simulate_run *run,
                             const struct match_offer_row *offer);

#endif

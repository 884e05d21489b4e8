/* cli/simulate_hear -- from what the store wrote to what the log says, and to
 * what people will do about it. */
#ifndef CLI_SIMULATE_HEAR_H
#define CLI_SIMULATE_HEAR_H

#include "cli/simulate_state.h"

/* Log the rows of one answer, in order: ended talks, closed offers, matches,
 * ended tickets, new offers.  Rows that ended are noted in run->done.
 * ERR_NOMEM. */
MUST_USE enum err cli_simulate_hear_rows(struct cli_simulate_run *run,
                                         const struct match_result *result);

/* A ticket's owner is told: the first time past the bound is logged. */
void cli_simulate_hear_told(struct cli_simulate_run *run,
                            const struct match_ticket_view *view);

#endif

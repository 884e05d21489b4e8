/* cli/simulate_line -- what a line of the workload makes happen. */
#ifndef CLI_SIMULATE_LINE_H
#define CLI_SIMULATE_LINE_H

#include "cli/simulate_state.h"

/* Now.  ERR_NOMEM, ERR_FULL: the run cannot go on. */
MUST_USE enum err cli_simulate_line(struct cli_simulate_run *run,
                                    const struct cli_day_line *line);

#endif

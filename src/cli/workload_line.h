/* cli/workload_line -- what one line of a workload says, checked against what
 * the lines before it said. */
#ifndef CLI_WORKLOAD_LINE_H
#define CLI_WORKLOAD_LINE_H

#include "cli/workload.h"

/* Read object into *line, which is empty; what it points to lives in workload
 * until the next one; a card is workload->card.  ERR_INVALID: workload->why.
 * ERR_NOMEM. */
MUST_USE enum err cli_workload_line_read(struct cli_workload *workload,
                                         const struct cli_json_node *object,
                                         struct cli_day_line *line);

#endif

/* cli/workload_card -- the card of a workload line: terms become tokens. */
#ifndef CLI_WORKLOAD_CARD_H
#define CLI_WORKLOAD_CARD_H

#include "cli/names.h"
#include "cli/workload_json.h"
#include "match/card.h"

/* The fields of a card line beyond t and do. */
extern const struct cli_workload_json_field cli_workload_card_fields[];

/* Read have, seek, must and must_not of a checked line into *card, whose role
 * and version are set.  A token is the number of its term: tokens are opaque
 * to the engine, so any one-to-one mapping gives the same run.  ERR_INVALID:
 * *why.  ERR_NOMEM. */
MUST_USE enum err cli_workload_card_read(const json_t *line,
                                         struct cli_names *terms,
                                         struct match_card *card,
                                         struct cli_workload_json_why *why);

#endif

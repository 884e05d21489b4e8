/* cli/workload_card -- the card of a workload line: terms become tokens. */
#ifndef CLI_WORKLOAD_CARD_H
#define CLI_WORKLOAD_CARD_H

#include "cli/names.h"
#include "cli/workload_field.h"
#include "match/card.h"

/* The lists of a card line, checked; NULL where absent. */
struct cli_workload_card {
    const struct cli_json_node *have, *seek, *must, *must_not;
};

/* Read them into *card, whose role and version are set and all else is empty;
 * it keeps the laws of match/card.  A token is the number of its term: tokens
 * are opaque to the engine, so any one-to-one mapping gives the same run.
 * ERR_INVALID: *why.  ERR_NOMEM. */
MUST_USE enum err cli_workload_card_read(const struct cli_workload_card *lists,
                                         struct cli_names *terms,
                                         struct match_card *card,
                                         struct cli_workload_why *why);

#endif

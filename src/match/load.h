/* match/load -- recovery: the live rows taken up again, in the order ENGINE.md
 * §5 gives, before anything else happens. */
#ifndef MATCH_LOAD_H
#define MATCH_LOAD_H

#include "match/state.h"

void match_load_begin(struct match_engine *engine, uint64_t epoch);

/* One row.  ERR_FULL: a table has no room for it; ERR_INVALID: it does not fit
 * what was loaded before.  It is left out then. */
MUST_USE enum err match_load_row(struct match_engine *engine,
                                 const struct match_row *row,
                                 const struct match_card *card);

/* Everything was loaded: duties are OFF, tickets away with grace from now. */
void match_load_live(struct match_engine *engine);

#endif

/* match/adopt -- what the store said, taken over.
 *
 * One path for OK, REPLAY and REFUSED: adopt the rows, let go of what was
 * locked, answer the call. */
#ifndef MATCH_ADOPT_H
#define MATCH_ADOPT_H

#include "match/state.h"

/* EVENT_STORED.  A result that no flight waits for is ignored. */
void match_adopt_result(struct match_engine *engine,
                        const struct match_result *result);

/* A pair that may not meet, or may; left out if there is no room. */
void match_adopt_pair(struct match_engine *engine,
                      const struct match_pair_row *row, uint64_t seq);

#endif

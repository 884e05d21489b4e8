/* match/batch -- where several want the same peer, all are decided together.
 *
 * At multiples of batch_ms while somebody waits; exactly, on the first tickets
 * in batch order and the best free peers of each.  It is taken in slices, so
 * that no step takes long: what comes between two of them is another's step,
 * and finds nothing of the batch but that it is not over.
 *
 * Laws
 *   1. One batch per multiple, over all pools.
 *   2. Slices change nothing of what is decided.
 *   3. Its offers are proposed in batch order, with the loads that were. */
#ifndef MATCH_BATCH_H
#define MATCH_BATCH_H

#include "match/state.h"

/* When it is due: now, later, or MATCH_NEVER.  Who is not fresh any more leaves
 * the line. */
uint64_t match_batch_due_ms(struct match_engine *engine);

/* Begin one. */
void match_batch_run(struct match_engine *engine);

/* Go on with one, a slice at a time: look for candidates, decide, propose.
 * False: go on in a TICK of the same time. */
bool match_batch_go(struct match_engine *engine);

#endif

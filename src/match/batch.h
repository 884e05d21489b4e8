/* match/batch -- where several want the same peer, all are decided together.
 *
 * At multiples of batch_ms while somebody waits; exactly, on the first tickets
 * in batch order and the best free peers of each.
 *
 * Laws
 *   1. One batch per multiple, over all pools.
 *   2. Its offers are proposed in batch order, with the loads that were. */
#ifndef MATCH_BATCH_H
#define MATCH_BATCH_H

#include "match/state.h"

/* When it is due: now, later, or MATCH_NEVER. */
uint64_t match_batch_due_ms(const struct match_engine *engine);

/* Decide. */
void match_batch_run(struct match_engine *engine);

/* Propose what was decided; false: no room, go on later. */
bool match_batch_offer(struct match_engine *engine);

#endif

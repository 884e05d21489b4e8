/* match/why -- why a seeker still waits past the bound, and which of their own
 * limits it is that binds.
 *
 * A reason may rest on few peers, who could be recognised by it: how many is
 * said with it, and it is told only where that is nobody or INDEX_TOLD.
 *
 * Laws
 *   1. Of who waits for one peer alone nothing is told: it would be of one.
 *   2. A group of `must` binds if it is in force, nobody is compatible, and
 *      without it alone INDEX_TOLD or more were; of fewer nothing is told.
 *   3. It is told once; and once more where a wait for one ends after that. */
#ifndef MATCH_WHY_H
#define MATCH_WHY_H

#include "match/state.h"

/* The reason now.  *peers: on how many it rests, as far as INDEX_TOLD. */
enum match_bound match_why_bound(struct match_engine *engine,
                                 struct match_ticket *ticket, uint32_t *peers);

/* Which groups bind (Law 2), in the order of the card: bit i is must[i].  Looks
 * through the pool once for each group in force. */
uint32_t match_why_binding(struct match_engine *engine,
                           struct match_ticket *ticket);

/* Of those, the ones that are in force still. */
uint32_t match_why_still(const struct match_engine *engine,
                         const struct match_ticket *ticket);

#endif

/* match/why -- why a seeker still waits past the bound.
 *
 * A reason may rest on few peers, who could be recognised by it: how many is
 * said with it, and it is told only where that is nobody or INDEX_TOLD.
 *
 * Laws
 *   1. Of who waits for one peer alone nothing is told: it would be of one. */
#ifndef MATCH_WHY_H
#define MATCH_WHY_H

#include "match/state.h"

/* The reason now.  *peers: on how many it rests, as far as INDEX_TOLD. */
enum match_bound match_why_bound(struct match_engine *engine,
                                 struct match_ticket *ticket, uint32_t *peers);

#endif

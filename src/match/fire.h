/* match/fire -- what a timer that came due brings about. */
#ifndef MATCH_FIRE_H
#define MATCH_FIRE_H

#include "match/state.h"

/* timer is due, and no longer set. */
void match_fire(struct match_engine *engine, struct match_timer *timer);

/* Whose rest, day or back-off is over by the clock, though its TICK is to come
 * still, is free, or in line, before anything else of a step. */
void match_fire_wake(struct match_engine *engine);

/* The next smoothing of rarities comes at the next multiple of rarity_ms. */
void match_fire_arm_smooth(struct match_engine *engine);

/* Hand the next page of smoothed counts to the store, one at a time; false:
 * no room. */
bool match_fire_page(struct match_engine *engine);

#endif

/* match/turn -- one event of the outside taken, or left for later.
 *
 * Laws
 *   1. A turn that must wait for what is in flight has done nothing but
 *      tighten, and can be taken again.
 *   2. One that is dropped instead has left nothing tightened. */
#ifndef MATCH_TURN_H
#define MATCH_TURN_H

#include "match/state.h"

/* False: what it names is busy; latch it and try again. */
bool match_turn_take(struct match_engine *engine,
                     const struct match_event *event);

/* It had to wait, and there is no room to: it is refused. */
void match_turn_drop(struct match_engine *engine,
                     const struct match_event *event);

#endif

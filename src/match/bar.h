/* match/bar -- who may not: blocks, holds, erasure, changed cards.
 *
 * What forbids holds from the moment it arrives; the command goes when nothing
 * it closes is busy. */
#ifndef MATCH_BAR_H
#define MATCH_BAR_H

#include "match/state.h"

bool match_bar_block(struct match_engine *engine,
                     const struct match_event *event);
bool match_bar_unblock(struct match_engine *engine,
                       const struct match_event *event);
/* HOLD and GONE. */
bool match_bar_hold(struct match_engine *engine,
                    const struct match_event *event);
void match_bar_card(struct match_engine *engine,
                    const struct match_event *event);

/* Count a BLOCK, HOLD or GONE for as long as it is latched or in flight: who
 * looks for one need not look where there is none.  Nothing of other events. */
void match_bar_arrived(struct match_engine *engine, enum match_event_kind kind);
void match_bar_over(struct match_engine *engine, enum match_event_kind kind);

/* A member is free of their hold, if there was one. */
void match_bar_lift(struct match_engine *engine, uint64_t member);

#endif

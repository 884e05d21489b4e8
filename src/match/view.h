/* match/view -- what an owner is told: always the whole current state. */
#ifndef MATCH_VIEW_H
#define MATCH_VIEW_H

#include "match/state.h"

void match_view_ticket(const struct match_engine *engine,
                       const struct match_ticket *ticket,
                       struct match_ticket_view *view);
void match_view_duty(const struct match_engine *engine,
                     const struct match_duty *duty,
                     struct match_duty_view *view);

#endif

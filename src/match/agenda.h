/* match/agenda -- moments: when a ticket or a peer is looked at at once.
 *
 * Flagged while an event's own facts are adopted, processed after them:
 * tickets in batch order, then peers by id.  What finds no room or no fresh
 * number goes on in the next TICK, and so does what takes long: many moments,
 * and the look along a line for who wants a free slot.
 *
 * Laws
 *   1. No moment of a peer while a ticket's is left.
 *   2. None while rows are loaded: nobody is there yet.
 *   3. Slices change nothing of what is decided: a look goes on where nothing
 *      else came between, else it begins anew.  It comes to an end whatever
 *      comes between. */
#ifndef MATCH_AGENDA_H
#define MATCH_AGENDA_H

#include "match/state.h"

void match_agenda_ticket(struct match_engine *engine,
                         struct match_ticket *ticket);
void match_agenda_duty(struct match_engine *engine, struct match_duty *duty);

/* Offer ticket to the peer: reserve, lock, hand to the store.  False: no room
 * or no fresh number. */
bool match_agenda_propose(struct match_engine *engine,
                          struct match_ticket *ticket, struct match_duty *duty);

/* Something came between. */
void match_agenda_interrupt(struct match_engine *engine);

/* Until nothing is left (true), or there is no room or a slice is over
 * (false). */
bool match_agenda_run(struct match_engine *engine);

#endif

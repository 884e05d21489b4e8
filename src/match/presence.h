/* match/presence -- who is there: streams, their proofs of life, and losing
 * them.
 *
 * An Ask or Attend stream is a lease.  Presence is the engine's alone: it is
 * stored nowhere, only what follows from it. */
#ifndef MATCH_PRESENCE_H
#define MATCH_PRESENCE_H

#include "match/state.h"

/* call is the owner's newest stream: the older ends REPLACED; one who was lost
 * is back.  call 0: no stream, there without proof. */
void match_presence_open(struct match_engine *engine,
                         struct match_subject *subject,
                         struct match_presence *presence, uint64_t call);
void match_presence_close(struct match_engine *engine,
                          struct match_subject *subject,
                          struct match_presence *presence);

void match_presence_lost(struct match_engine *engine,
                         struct match_subject *subject,
                         struct match_presence *presence);

/* EVENT_SEEN and EVENT_LOST. */
void match_presence_event(struct match_engine *engine,
                          const struct match_event *event);

#endif

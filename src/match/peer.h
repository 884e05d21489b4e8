/* match/peer -- what a peer does: attend, leave, pause, resume, more or fewer
 * at once, answer. */
#ifndef MATCH_PEER_H
#define MATCH_PEER_H

#include "match/state.h"

bool match_peer_attend(struct match_engine *engine,
                       const struct match_event *event);
bool match_peer_leave(struct match_engine *engine,
                      const struct match_event *event);
/* PAUSE, RESUME, CAPACITY. */
bool match_peer_set(struct match_engine *engine,
                    const struct match_event *event);
bool match_peer_answer(struct match_engine *engine,
                       const struct match_event *event);

/* Is the duty, or an open offer of it, busy?  Then nothing that closes them
 * all can be sent. */
bool match_peer_busy(const struct match_duty *duty);
bool match_peer_talks_busy(const struct match_duty *duty);
/* Lock the duty with its open offers and their tickets. */
void match_peer_lock(struct match_engine *engine, struct match_flight *flight,
                     struct match_duty *duty);

/* Close a duty.  False: it has to wait; nothing happened. */
bool match_peer_close(struct match_engine *engine, struct match_duty *duty,
                      enum match_duty_why why, uint64_t call,
                      const struct match_key *key);

/* An offer's time is over, by state LAPSED or REVOKED.  False: wait. */
bool match_peer_close_offer(struct match_engine *engine,
                            struct match_offer *offer,
                            enum match_offer_state state);

#endif

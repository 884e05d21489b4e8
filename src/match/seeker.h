/* match/seeker -- what a seeker does: ask, withdraw, say that it is danger. */
#ifndef MATCH_SEEKER_H
#define MATCH_SEEKER_H

#include "match/state.h"

bool match_seeker_ask(struct match_engine *engine,
                      const struct match_event *event);
/* The ticket goes first from when it is stored; an open offer of it stands. */
bool match_seeker_danger(struct match_engine *engine,
                         const struct match_event *event);
bool match_seeker_withdraw(struct match_engine *engine,
                           const struct match_event *event);

/* Was this ticket (NULL: none) asked for with an older account key than that of
 * generation?  Then a stranger may have asked, with a stolen token: it is being
 * closed, or will be by who asks again after what is in flight. */
bool match_seeker_yields(struct match_engine *engine,
                         struct match_ticket *ticket, uint32_t generation);

/* Close a ticket that is not busy, and its open offer.  False: too much is in
 * flight, nothing happened. */
bool match_seeker_close(struct match_engine *engine,
                        struct match_ticket *ticket, enum match_ticket_why why,
                        uint64_t call, const struct match_key *key);

#endif

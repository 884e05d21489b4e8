/* server/recover -- what lived comes back: claim, load, check, live.
 *
 * On the caller's thread, before the engine thread and the store thread start.
 * If the wall clock was set back meanwhile, the engine's goes on from the
 * latest moment that lives: nothing that lives lies ahead.  What it cannot know
 * is how long the server ran after that moment: by that much, at most, those
 * who wait look younger than they are, and what they wait for is later.  A time
 * written down as the server runs would bind it closer, and would also keep it
 * for ever where a clock that was wrong once had put it. */
#ifndef SERVER_RECOVER_H
#define SERVER_RECOVER_H

#include "server/turn.h"

/* Claim the pools and load what lives.  ERR_STORE; ERR_FULL: more lives than
 * the tables hold; ERR_INTERNAL: a sealed row does not open: not the master
 * key it was written with. */
MUST_USE enum err server_recover_turn(struct server_turn *turn,
                                      struct store *store);

#endif

/* server/recover -- what lived comes back: claim, load, check, live.
 *
 * On the caller's thread, before the engine thread and the store thread start.
 * If the wall clock was set back meanwhile, the engine's goes on from the
 * latest moment that lives: ages and deadlines mean what they meant. */
#ifndef SERVER_RECOVER_H
#define SERVER_RECOVER_H

#include "server/turn.h"

/* Claim the pools and load what lives.  ERR_STORE; ERR_FULL: more lives than
 * the tables hold; ERR_INTERNAL: a sealed row does not open: not the master
 * key it was written with. */
MUST_USE enum err server_recover_turn(struct server_turn *turn,
                                      struct store *store);

#endif

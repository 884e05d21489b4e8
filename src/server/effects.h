/* server/effects -- what the engine wants done, done: commands to the store,
 * signals to the loops, lines to the log.
 *
 * On the engine thread, by server/turn. */
#ifndef SERVER_EFFECTS_H
#define SERVER_EFFECTS_H

#include "server/turn.h"

void server_effects_carry_out(struct server_turn *turn,
                              const struct match_effect *effect);

/* A job of the turn's own on its way to the store. */
void server_effects_put(struct server_turn *turn, struct store_job *job);

#endif

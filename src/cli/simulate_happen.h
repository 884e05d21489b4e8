/* cli/simulate_happen -- one event, and all that follows from it in the same
 * millisecond.
 *
 * Commands are stored at once (cli/simulate_run law 2): what the engine
 * proposed is stored, logged and heard of, in order, before this returns.
 *
 * Laws
 *   1. match_engine_check() runs after every event while it walks no more than
 *      CLI_SIMULATE_LAWS_SMALL facts and places; else so often that it walks at
 *      most CLI_SIMULATE_LAWS_SHARE of them per event. */
#ifndef CLI_SIMULATE_HAPPEN_H
#define CLI_SIMULATE_HAPPEN_H

#include "cli/simulate_state.h"

enum { CLI_SIMULATE_LAWS_SMALL = 1024, CLI_SIMULATE_LAWS_SHARE = 4 };

/* An event of member (0 = nobody) now, with a call and a key of its own. */
struct match_event cli_simulate_happen_event(struct cli_simulate_run *run,
                                             enum match_event_kind kind,
                                             uint32_t member);

/* Step, store, log, until nothing is left to hear; then whoever can join a
 * talk joins it; then the laws.  event is used up.  ERR_NOMEM, ERR_FULL: the
 * run cannot go on. */
MUST_USE enum err cli_simulate_happen(struct cli_simulate_run *run,
                                      struct match_event *event);

MUST_USE enum err cli_simulate_happen_joins(struct cli_simulate_run *run);

/* Check every law now. */
void cli_simulate_happen_laws(struct cli_simulate_run *run);

#endif

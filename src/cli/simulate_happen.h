/* cli/simulate_happen -- one event, and all that follows from it in the same
 * millisecond.
 *
 * Commands are stored at once (cli/simulate_run law 2): what the engine
 * proposed is stored, logged and heard of, in order, before this returns. */
#ifndef CLI_SIMULATE_HAPPEN_H
#define CLI_SIMULATE_HAPPEN_H

#include "cli/simulate_state.h"

/* An event of member (0 = nobody) now, with a call and a key of its own. */
struct match_event cli_simulate_happen_event(struct cli_simulate_run *run,
                                             enum match_event_kind kind,
                                             uint32_t member);

/* Step, store, log, until nothing is left to hear.  event is used up. */
MUST_USE enum err cli_simulate_happen_settle(struct cli_simulate_run *run,
                                             struct match_event *event);

/* Settle; then whoever can join a talk joins it; then check every law. */
MUST_USE enum err cli_simulate_happen(struct cli_simulate_run *run,
                                      struct match_event *event);

MUST_USE enum err cli_simulate_happen_joins(struct cli_simulate_run *run);

/* How often members beat: no proof of life ever gets old. */
uint64_t cli_simulate_happen_beat_ms(const struct match_limits *limits);

#endif

/* cli/simulate_port -- an engine and a memory store, side by side: commands
 * are stored at once.
 *
 * Owns both.  What the store answers waits here in order until it is taken
 * and handed to the engine.
 *
 * Nobody asks twice here, so that commands reach the store without their keys;
 * and who knows that a row is of no use any more lets the store forget it: what
 * the store holds grows with members and exclusions, not with the day. */
#ifndef CLI_SIMULATE_PORT_H
#define CLI_SIMULATE_PORT_H

#include "base/list.h"
#include "match/engine.h"
#include "store/store.h"

struct cli_simulate_port_answer { /* of one STORE effect */
    struct store_job job;
    struct match_result result; /* rows in the job's arena */
    struct list waiting;        /* or spare */
};

struct cli_simulate_port { /* engine and effects are for the caller's eyes */
    struct match_engine *engine;
    struct match_effects effects;
    struct store *store;
    uint64_t epoch;
    struct list answers, spare;
};

/* A live engine over an empty store with room for so many members.
 * ERR_NOMEM. */
MUST_USE enum err cli_simulate_port_init(struct cli_simulate_port *port,
                                         const struct match_sizes *sizes,
                                         const struct match_limits *limits,
                                         uint32_t members);
void cli_simulate_port_close(struct cli_simulate_port *port);

/* Let a member exist, who may do everything in this pool.  ERR_NOMEM. */
MUST_USE enum err cli_simulate_port_enrol(struct cli_simulate_port *port,
                                          uint64_t member, uint32_t pool,
                                          uint64_t now_ms);

/* The store hears of a card's new version.  ERR_NOMEM. */
MUST_USE enum err cli_simulate_port_card(struct cli_simulate_port *port,
                                         uint64_t member,
                                         const struct match_card *card,
                                         uint64_t now_ms);

/* Step the engine; then, once the effects were looked at, carry out those that
 * STORE.  ERR_NOMEM. */
void cli_simulate_port_step(struct cli_simulate_port *port,
                            const struct match_event *event);
MUST_USE enum err cli_simulate_port_store(struct cli_simulate_port *port);

/* The oldest answer, now the caller's to free; NULL if none waits. */
struct cli_simulate_port_answer *
cli_simulate_port_take(struct cli_simulate_port *port);
void cli_simulate_port_free(struct cli_simulate_port *port,
                            struct cli_simulate_port_answer *answer);

/* A ticket, offer or talk that ended, and that nothing will name again. */
void cli_simulate_port_forget(struct cli_simulate_port *port,
                              enum match_row_kind kind, uint64_t id);

#endif

/* server/turn -- the engine thread: one event at a time, and what follows.
 *
 * Owns the engine.  Orders come from the loops, results from the store, both
 * through one inbox; commands go to the store, signals to the loops.  Keys and
 * mailboxes never enter the engine: they wait here, by the call that brought
 * them, and are joined, sealed, to the command made on its behalf.
 *
 * Laws
 *   1. The engine is stepped by this thread alone, with a time that never goes
 *      backwards; `more` is followed at once.
 *   2. Every STORE effect reaches the store, and its result the engine: places
 *      are taken before, and the door closes while too many are under way.
 *   3. A door that is closed says why and takes nothing. */
#ifndef SERVER_TURN_H
#define SERVER_TURN_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/clock.h"
#include "server/hub.h"
#include "server/secrets.h"
#include "server/storage.h"
#include "service/service.h"

struct server_turn_config {
    const struct seal_keys *keys;
    const struct service_config *service;
    const struct net_clock *clock;
    struct match_sizes sizes;
    struct server_storage *storage; /* started after recovery */
    struct server_hub *hub;
    /* Hand a signal to the loop that owns its call; waits for room if it must.
     * `reserved`: its place was taken when the order was given. */
    void (*signal)(void *arg, const struct service_signal *signal,
                   bool reserved);
    void *arg;
};

struct server_turn { /* all private */
    struct server_turn_config config;
    struct match_engine *engine;
    struct match_effects effects;
    struct server_secrets orders, tickets, talks[MATCH_ROLES];
    struct net_queue inbox;
    struct net_thread thread;
    struct server_origin origin; /* for jobs of ours */
    atomic_uint in_flight;
    atomic_bool open, draining;
    uint64_t now_ms, sweep_ms, epoch;
    bool sweeping, stopping;
    pthread_mutex_t lock; /* of count */
    struct match_engine_count count;
};

/* ERR_NOMEM. */
MUST_USE enum err server_turn_init(struct server_turn *turn,
                                   const struct server_turn_config *config);
void server_turn_close(struct server_turn *turn);

/* Claim the pools and load what lives, on the caller's thread, before the
 * store thread starts.  ERR_STORE; ERR_FULL: more lives than the tables
 * hold. */
MUST_USE enum err server_turn_recover(struct server_turn *turn,
                                      struct store *store);

/* Start the thread and open the door. */
MUST_USE enum err server_turn_start(struct server_turn *turn);

/* From any loop.  Give an order: taken on ERR_NONE.  ERR_STARTING,
 * ERR_DRAINING, ERR_FULL. */
MUST_USE enum err server_turn_order(struct server_turn *turn,
                                    struct service_order *order);

/* A place that an order given later cannot be refused. */
MUST_USE enum err server_turn_reserve(struct server_turn *turn);
void server_turn_order_reserved(struct server_turn *turn,
                                struct service_order *order);
void server_turn_release(struct server_turn *turn);

/* Close the door for new tickets and duties; end the streams. */
void server_turn_drain(struct server_turn *turn);

/* After the loops: finish what is under way, end the thread. */
void server_turn_stop(struct server_turn *turn);

void server_turn_count(struct server_turn *turn,
                       struct match_engine_count *count);

#endif

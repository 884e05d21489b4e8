/* server/turn -- the engine thread: one event at a time, and what follows.
 *
 * Owns the engine.  Orders come from the loops, results from the store, both
 * through one inbox; commands go to the store, signals to the loops.  Keys and
 * mailboxes never enter the engine: they wait here, by the call that brought
 * them, and are joined, sealed, to the command made on its behalf.
 *
 * Laws
 *   1. The engine is stepped by this thread alone, with a time that never goes
 *      backwards; `more` is followed before any other order.
 *   2. Every STORE effect reaches the store, and its result the engine: there
 *      is room for as many as the engine can have under way.
 *   3. A door that is closed says why and takes nothing.
 *   4. While more than FLIGHT_MAX commands are under way no order is begun;
 *      orders that wait are at most orders_max.
 *   5. A call named by an order hears one reply, or is dropped instead, and
 *      that takes the place it reserved in its loop.
 *   6. Replies may wait for each other, but for no step that goes to the store
 *      and never while the thread sleeps. */
#ifndef SERVER_TURN_H
#define SERVER_TURN_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/clock.h"
#include "server/hub.h"
#include "server/join.h"
#include "server/record.h"
#include "server/storage.h"
#include "service/service.h"

struct server_turn_config {
    const struct seal_keys *keys;
    const struct service_config *service;
    struct net_clock *clock; /* set on at recovery, else read */
    struct match_sizes sizes;
    uint32_t orders_max;
    struct server_storage *storage; /* started after recovery */
    struct server_hub *hub;
    struct server_record *record; /* NULL: nothing is recorded */
    /* Hand a signal to the loop that owns its call; waits for room if it must.
     * `reserved`: its place was taken when the order was given. */
    void (*signal)(void *arg, const struct service_signal *signal,
                   bool reserved);
    /* Replies may have waited for each other until here. */
    void (*told)(void *arg);
    /* The store belongs to another node now: stop.  Once. */
    void (*fenced)(void *arg);
    void *arg;
};

struct server_turn { /* all private */
    struct server_turn_config config;
    struct match_engine *engine;
    struct match_effects effects;
    struct server_secrets calls, tickets, talks[MATCH_ROLES];
    struct server_join join; /* of the above */
    struct net_queue inbox;
    struct service_order **waiting; /* a ring of orders_max */
    uint32_t waiting_head, waiting_n;
    struct net_thread thread;
    struct server_origin origin; /* for jobs of ours */
    atomic_uint orders;          /* in the inbox, waiting, or reserved */
    uint32_t in_flight;
    atomic_bool open, draining;
    uint64_t now_ms, sweep_ms, epoch, counted_ms;
    uint64_t rotated_ms; /* the last rotation of a key before the start */
    bool more, sweeping, stopping, uncounted;
    pthread_mutex_t lock; /* of count */
    struct match_engine_count count;
};

/* How many commands can be under way: for the storage. */
uint32_t server_turn_flights(const struct match_sizes *sizes);

/* ERR_NOMEM. */
MUST_USE enum err server_turn_init(struct server_turn *turn,
                                   const struct server_turn_config *config);
void server_turn_close(struct server_turn *turn);

/* For recovery, before the thread starts: one event, and what follows. */
void server_turn_step(struct server_turn *turn, struct match_event *event);

/* Start the thread and open the door. */
MUST_USE enum err server_turn_start(struct server_turn *turn);

/* From any loop.  A place, so that an order given later cannot be refused:
 * ERR_STARTING, ERR_DRAINING, ERR_FULL; n orders given at once, n at most
 * TURN_ORDERS; a place given back. */
enum { TURN_ORDERS = 64, TURN_EFFECTS = 256 };
MUST_USE enum err server_turn_reserve(struct server_turn *turn);
void server_turn_order_reserved(struct server_turn *turn,
                                struct service_order *const *orders,
                                uint32_t n);
void server_turn_release(struct server_turn *turn);

/* Close the door; no new offers. */
void server_turn_drain(struct server_turn *turn);

/* After the loops: finish what is under way, end the thread. */
void server_turn_stop(struct server_turn *turn);

/* As of at most a moment ago. */
void server_turn_count(struct server_turn *turn,
                       struct match_engine_count *count);

#endif

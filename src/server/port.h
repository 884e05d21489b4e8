/* server/port -- service/port, plugged for the services of one worker.
 *
 * Owns what is on its way out of a worker: orders until the turn of its loop
 * ends, so that the engine wakes once for all of them, and signals for calls
 * of other workers.  A worker never waits for another.  Used on the worker's
 * thread alone.
 *
 * Laws
 *   1. A request to the store and an order with a call take their place in
 *      this worker's inbox before they leave it; what may not leave gives its
 *      place back.
 *   2. Orders leave in the order in which they were given, at the latest when
 *      the worker gives them.
 *   3. A signal that finds no room is kept and tried again soon.  Beyond
 *      PORT_LATER it is lost and counted: no message is, but a stream learns
 *      late that there is one, or that another took its place. */
#ifndef SERVER_PORT_H
#define SERVER_PORT_H

#include "net/entropy.h"
#include "server/storage.h"
#include "server/turn.h"
#include "service/port.h"

struct server_worker; /* server/worker */

enum { PORT_LATER = 1024 };

struct server_later { /* a signal for another worker that had no room */
    enum service_signal_kind kind;
    uint64_t call;
    enum err drop;
};

struct server_port { /* all private; all zero holds nothing */
    struct server_worker *worker;
    struct server_origin origin;
    struct net_entropy_pool chance;
    struct service_order *order[TURN_ORDERS]; /* of this turn of the loop */
    uint32_t orders;
    struct server_later later[PORT_LATER];
    uint32_t laters;
    uint64_t later_ms; /* when to try again; monotonic */
};

/* It must not move in memory. */
void server_port_init(struct server_port *port, struct server_worker *worker);
void server_port_close(struct server_port *port);

/* What the services are given. */
struct service_port server_port_of(struct server_port *port);

/* Give the engine what was ordered (Law 2). */
void server_port_give(struct server_port *port);

/* When to give orders or to try again what is kept, NET_NEVER if there is
 * neither; and to try again (Law 3). */
uint64_t server_port_deadline_ms(const struct server_port *port);
void server_port_tick(struct server_port *port, uint64_t now_ms);

#endif

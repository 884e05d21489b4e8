/* rpc/health -- the standard health service: one state for the whole server.
 *
 * Every service of a server is as ready as the server.  One per I/O loop, for
 * that loop's rpc server.
 *
 * Laws
 *   1. Watch tells the state at once, and again at each change. */
#ifndef RPC_HEALTH_H
#define RPC_HEALTH_H

#include <stdbool.h>

#include "base/list.h"
#include "rpc/server.h"

struct rpc_health { /* all private */
    struct rpc_server *server;
    bool serving;
    struct list watchers;
};

/* Bind grpc.health.v1.Health on server, not serving. */
void rpc_health_init(struct rpc_health *health, struct rpc_server *server);

void rpc_health_set(struct rpc_health *health, bool serving);

#endif

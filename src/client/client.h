/* client/client -- a server and the way there: connected when a call wants it,
 * and again when the connection was lost.
 *
 * The public part is in kindred/client.h.
 *
 * Laws
 *   1. It has at most one connection.
 *   2. Between two attempts that reached nobody it waits, longer each time. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/calls.h"
#include "client/loop.h"
#include "net/address.h"
#include "net/connection.h"

struct kindred_client { /* read-only outside */
    struct kindred_loop *loop;
    struct client_calls calls;

    /* private */
    struct client_timer timer; /* to connect (again) */
    struct net_connection_target target;
    struct net_connection *connection;
    uint32_t failures;
    bool inside; /* in a callback of ours, that may free it */
    bool freed;  /* the memory waits for the connection or for inside */
    char authority[256], name[256];
};

#endif

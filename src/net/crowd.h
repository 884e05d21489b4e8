/* net/crowd -- how much each address has of us: connections, and through its
 * share exchanges.
 *
 * One table for all loops, of a fixed size, under one lock that is held for a
 * look-up when a connection comes or goes; what a call costs is in http/share
 * and takes no lock.  An address is an IPv4 address or the first 64 bits of an
 * IPv6 one, which is what one household or machine is given; it is known by a
 * hash under a key drawn at the start, so that nobody can aim at a place and
 * the table tells no address.  Whoever comes by a path is not counted; who
 * comes from this machine's own addresses only if `local` says so.
 *
 * Laws
 *   1. Of one address no more than connections_max are here at once.
 *   2. Of one address no more than connections_per_s come a second, base/pace
 *      bursts apart; leaving and coming back, or waiting, changes nothing.
 *   3. With a connection or an exchange open a place is not given to another
 *      address; else that which was left first goes first.
 *   4. No address is kept. */
#ifndef NET_CROWD_H
#define NET_CROWD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "base/map.h"
#include "http/share.h"
#include "net/address.h"

struct evp_mac_ctx_st; /* OpenSSL's */

struct net_crowd_config {     /* none is 0 but perhaps local */
    uint32_t places;          /* above the connections of the process */
    uint32_t connections_max; /* of one address at once */
    uint32_t connections_per_s;
    struct http_share_limits calls;
    bool local; /* count this machine's own addresses, too */
};

struct net_crowd_place {     /* private but share */
    struct http_share share; /* of every connection of the address */
    uint64_t id, due_us;     /* base/pace of connections */
    uint32_t connections;
    struct list by_left; /* without a connection */
};

struct net_crowd { /* all private; all zero is closed */
    struct net_crowd_config config;
    pthread_mutex_t lock;
    struct map map;
    struct map_slot *slot;
    struct net_crowd_place *place;
    uint32_t used;    /* places that were ever somebody's */
    struct list left; /* those without a connection, longest first */
    struct evp_mac_ctx_st *mac;
    uint8_t key[16];
};

/* ERR_NOMEM: nothing is held. */
MUST_USE enum err net_crowd_init(struct net_crowd *crowd,
                                 const struct net_crowd_config *config);

/* After all connections.  Harmless twice. */
void net_crowd_close(struct net_crowd *crowd);

/* From any thread: somebody connects.  *place: to leave by, NULL for who is not
 * counted.  ERR_FULL (Laws 1 and 2), counted as what it was: they are to be
 * sent away. */
MUST_USE enum err net_crowd_enter(struct net_crowd *crowd,
                                  const struct net_address *from,
                                  uint64_t now_ms,
                                  struct net_crowd_place **place);

/* The connection is gone, and all its exchanges.  Harmless on NULL. */
void net_crowd_leave(struct net_crowd *crowd, struct net_crowd_place *place);

#endif

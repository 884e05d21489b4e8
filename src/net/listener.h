/* net/listener -- takes connections from a bound socket, as many as allowed.
 *
 * One per loop and address: sockets that share an address (net/address) let
 * the kernel spread connections, and a connection never moves.  Its memory is
 * the caller's until net_loop_close() returned; the loop stops it.
 *
 * Laws
 *   1. A connection over the limits of the loop or the process is closed at
 *      once and counted (LOG_CONNECTION_REFUSED), also when the process is out
 *      of descriptors: nobody hangs in the backlog.  So is one over the limits
 *      of its address, which net/crowd counts.
 *   2. At most 64 are taken in one turn.
 *   3. Who is gone without a word is found, in any protocol, by the kernel where
 *      it can be told to: it asks a peer of TCP of whom nothing comes for the
 *      host's ping_ms, and ends the connection when neither that nor what was
 *      sent is heard of for ping_ms, pong_ms and slow_ms together. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <uv.h>

#include "base/list.h"
#include "http/session.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/loop.h"

struct net_listener { /* all private; all zero is one that listens nowhere */
    uv_poll_t poll;
    struct net_loop *loop;
    struct net_connection_entry entry;
    struct net_address address;
    int fd, spare_fd;
    struct list by_loop;
};

/* Listen on fd, bound to address, and give each connection a session of host
 * (net_loop_host()).  fd is the listener's from here on, also on failure; the
 * file of a path is removed when it stops.  On the loop's thread, or before
 * it runs.  ERR_ADDRESS_BUSY, ERR_ADDRESS, ERR_FULL. */
MUST_USE enum err net_listener_start(struct net_listener *listener,
                                     struct net_loop *loop,
                                     struct http_host *host, int fd,
                                     const struct net_address *address);

/* From now on: callers speak TLS with these credentials (NULL: plain text), and
 * who shows no certificate is a `caller`. */
void net_listener_secure(struct net_listener *listener,
                         struct net_credentials *credentials, enum role caller);

/* Take no more; harmless twice.  On the loop's thread. */
void net_listener_stop(struct net_listener *listener);

#endif

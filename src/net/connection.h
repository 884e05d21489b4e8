/* net/connection -- one socket and its http session, through TLS or not.
 *
 * Owns them.  Bytes read go to the session at once, from a buffer the whole
 * loop shares; bytes to write are pulled from the session at the end of the
 * turn and leave in one write.  While a write waits for the peer nothing more
 * is pulled, so a slow reader is felt upstream and costs one buffer.
 *
 * What a connection holds: itself (under 2 KiB), what its session and its TLS
 * hold, and, only while the peer is behind, one buffer of at most
 * NET_CONNECTION_WRITE.
 *
 * Laws
 *   1. A peer that does not take one write (NET_CONNECTION_WRITE at most)
 *      within write_ms is cut off; meanwhile at most NET_CONNECTION_READ is
 *      read from it.
 *   2. The callback of net_connection_open() fires exactly once, not inside
 *      it, after the session is closed, and is the last that is heard.
 *   3. What the session still has to say (GOAWAY) is written before the socket
 *      closes, and what the peer still sends is read for linger_ms, so that a
 *      reset does not destroy it.
 *   4. A handshake that took handshake_ms is cut off; of more than
 *      handshakes_max at once the oldest is.
 *   5. Who sends no more still gets the answer to what was asked by HTTP/1.1. */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include <stdbool.h>

#include "base/err.h"
#include "http/session.h"
#include "net/address.h"
#include "net/credentials.h"
#include "net/loop.h"

enum {
    NET_CONNECTION_WRITE = 64 * 1024, /* bytes of one write */
    NET_CONNECTION_READ = 64 * 1024,  /* bytes read while a write waits */
    NET_CONNECTION_TURN = 256 * 1024  /* bytes moved each way in one turn */
};

struct net_connection;

struct net_connection_entry { /* how people come in */
    struct http_host *host;
    struct net_credentials *credentials; /* NULL: plain text */
    enum role caller; /* who they are if no certificate says it */
    bool is_path;
};

struct net_connection_target { /* whom to call, and how */
    struct net_address address;
    struct net_credentials *credentials; /* NULL: plain text */
    const char *name; /* with credentials: as net_tls_init(); borrowed */
};

/* ERR_NONE: ended in order.  ERR_CANCELED: closed by us.  ERR_UNREACHABLE:
 * nobody answered.  ERR_CONNECTION: lost.  ERR_HANDSHAKE, ERR_UNTRUSTED: TLS
 * came to nothing.  Else why the session ended it. */
typedef void net_connection_closed(void *arg, enum err why);

/* Serve the accepted socket fd of somebody from that place of the loop's crowd
 * (NULL: not counted); both belong to the connection from here on, also on
 * failure.  ERR_FULL (a limit of loop or quota), ERR_NOMEM. */
MUST_USE enum err net_connection_serve(struct net_loop *loop,
                                       const struct net_connection_entry *entry,
                                       int fd, struct net_crowd_place *place);

/* Call target, with a session of the client's role.  The session takes
 * requests at once; they leave when the socket is connected.  It is there
 * until `closed` fires.  ERR_FULL, ERR_NOMEM: `closed` never fires. */
MUST_USE enum err
net_connection_open(struct net_connection **connection, struct net_loop *loop,
                    struct http_host *host,
                    const struct net_connection_target *target,
                    net_connection_closed *closed, void *arg);

struct http_session *net_connection_session(struct net_connection *connection);

/* Finish the open exchanges, then close.  Harmless twice. */
void net_connection_drain(struct net_connection *connection);

/* Close at the end of this turn; exchanges end with ERR_CONNECTION. */
void net_connection_close(struct net_connection *connection);

/* The loop's own: host->wake(); the end of a turn; its time came; the end of
 * all. */
void net_connection_wake(void *loop, struct http_session *session);
void net_connection_flush(struct net_connection *connection);
void net_connection_tick(struct heap_item *timer, uint64_t now_ms);
void net_connection_end(struct net_connection *connection);
struct net_connection *net_connection_of_link(struct list *by_loop);
struct net_connection *net_connection_of_changed(struct list *by_changed);

#endif

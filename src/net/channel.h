/* net/channel -- a session, and how the socket carries its bytes: as they are,
 * or through TLS.
 *
 * Owns both.  Sans I/O: it is told what came and asked what leaves; buffers
 * are the loop's.  A server's session begins when the channel is secure, so
 * that who only shakes hands costs no session; a client's takes requests at
 * once, which leave when it is.
 *
 * Laws
 *   1. What leaves in a turn is pulled first and sealed once: as few records
 *      as it takes.
 *   2. A session hears and says nothing before its channel is secure.
 *   3. The last that leaves in order is TLS's own word that it is the end. */
#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/role.h"
#include "http/session.h"
#include "net/tls.h"

enum { NET_CHANNEL_ROOM = 64 * 1024 }; /* bytes of a buffer of the loop's */

struct net_channel_config {
    struct http_host *host;
    enum http_role side;
    void *user;                          /* of the session */
    enum role caller;                    /* who is there if TLS does not say */
    struct http_share *share;            /* of the session */
    struct net_credentials *credentials; /* NULL: plain text */
    const char *name; /* client with credentials: as net_tls_init() */
};

struct net_channel { /* read-only outside; all zero is closed */
    struct http_session session;
    bool begun;  /* the session is there */
    bool secure; /* or plain: the session is served */
    bool over;   /* the peer's TLS said that no more comes */

    /* private */
    struct net_tls *tls; /* NULL: plain text */
};

/* It must not move in memory.  ERR_NOMEM: nothing is held. */
MUST_USE enum err net_channel_init(struct net_channel *channel,
                                   const struct net_channel_config *config,
                                   uint64_t now_ms);
void net_channel_close(struct net_channel *channel);

/* All of bytes[size] came; none: a client with TLS begins to speak.  `plain`
 * is a buffer of NET_CHANNEL_ROOM for the length of the call.  Errors of
 * net_tls_read() and of the session end it. */
MUST_USE enum err net_channel_receive(struct net_channel *channel,
                                      const uint8_t *bytes, size_t size,
                                      uint8_t *plain, uint64_t now_ms);

/* Fill out[NET_CHANNEL_ROOM] with what leaves next, *size bytes; *more: there
 * is more.  `last`: the session is over, and when it has no more to say, so
 * does TLS (Law 3).  ERR_NOMEM. */
struct net_channel_turn {
    uint8_t *plain, *out; /* of NET_CHANNEL_ROOM each */
    uint64_t now_ms;
    bool last;
    size_t size; /* out, from here on */
    bool more;
};
MUST_USE enum err net_channel_send(struct net_channel *channel,
                                   struct net_channel_turn *turn);

#endif

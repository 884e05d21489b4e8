/* net/tls -- TLS between the bytes of a socket and those of a session; sans
 * I/O, one per connection.
 *
 * What came is lent for the length of a call, what leaves is sealed into the
 * caller's buffer: an idle connection holds no buffer.  Only what TLS itself
 * has to say (a handshake's answer, an alert) waits in here to be sent.
 *
 * How to drive it
 *   begin → net_tls_feed(nothing), and as below: a client speaks first
 *   read  → net_tls_feed(bytes), then net_tls_read() while net_tls_more()
 *   write → net_tls_send(plain text of at most net_tls_room()) and write what
 *           it made, while there is plain text or net_tls_waiting()
 * After an error: no more reads, but what is waiting may still be sent.
 *
 * Laws
 *   1. Nothing of a peer's is given out, and nothing sealed for it, before the
 *      handshake is done and its certificate, where one is asked for, believed.
 *   2. At most NET_TLS_HANDSHAKE bytes are taken for a handshake, and after it
 *      at most NET_TLS_CONTROLS records that carry none of the session's.
 *   3. All that is fed is taken, and what waits to be sent is bounded. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/role.h"
#include "net/credentials.h"

enum {
    NET_TLS_RECORD = 16384, /* plain text of one record */
    NET_TLS_HANDSHAKE = 64 * 1024,
    NET_TLS_CONTROLS = 64,
    NET_TLS_SAYS = 256 * 1024 /* of its own, waiting: mostly our chain */
};

struct net_tls {       /* read-only outside; all zero is closed */
    bool secure;       /* the handshake is done; then also: */
    bool over;         /* the peer said that it sends no more */
    unsigned protocol; /* that ALPN agreed on; 0: the peer did not ask */
    enum role role;    /* that the peer's certificate names */

    /* private */
    struct ssl_st *ssl;
    const uint8_t *in; /* lent by net_tls_feed() */
    size_t in_size;
    uint8_t *out; /* lent by net_tls_send() */
    size_t out_room;
    struct buf says;
    uint32_t taken, controls;
    bool broken, ended, starved;
};

/* name: a client's, whom it calls: HOST of HOST:PORT, to be found in the
 * certificate.  It must not move in memory.  ERR_NOMEM. */
MUST_USE enum err net_tls_init(struct net_tls *tls,
                               struct net_credentials *credentials,
                               const char *name);
void net_tls_close(struct net_tls *tls);

/* Lend it bytes[size] that came, while net_tls_more(). */
void net_tls_feed(struct net_tls *tls, const uint8_t *bytes, size_t size);

/* The next plain text, at most room bytes of it.  ERR_UNTRUSTED,
 * ERR_HANDSHAKE; ERR_ABUSE (Law 2); ERR_PROTOCOL: broken after the handshake;
 * ERR_NOMEM. */
MUST_USE enum err net_tls_read(struct net_tls *tls, uint8_t *plain, size_t room,
                               size_t *got);

/* Might net_tls_read() have more to do with what it was fed? */
bool net_tls_more(const struct net_tls *tls);

/* How much plain text may be given to net_tls_send() with this much room. */
size_t net_tls_room(const struct net_tls *tls, size_t room);

/* Fill out[room] with what is waiting and with plain[size], sealed; *made
 * bytes.  ERR_NOMEM. */
MUST_USE enum err net_tls_send(struct net_tls *tls, const uint8_t *plain,
                               size_t size, uint8_t *out, size_t room,
                               size_t *made);

/* Is something of TLS's own still to be sent? */
bool net_tls_waiting(const struct net_tls *tls);

/* We send no more: the peer is told, once. */
void net_tls_end(struct net_tls *tls);

/* net/credentials's own: how OpenSSL reads and writes.  NULL: no memory. */
struct bio_method_st *net_tls_method(void);

#endif

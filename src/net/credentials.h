/* net/credentials -- who we are to a TLS peer and whom we believe: a
 * certificate, its key, and the authorities of the peer; read anew while
 * serving.
 *
 * Shared by all loops.  Each connection takes what is current when it begins;
 * once its handshake is done it holds neither certificate nor key.  The key is
 * in OpenSSL's memory only; files are read into memory that is wiped.
 *
 * What is agreed on: TLS 1.2 and 1.3, ECDHE with an AEAD, our order of
 * ciphers; no compression, renegotiation, early data, and no resumption: a
 * ticket would tie one connection of a person to the next, and its key would
 * open both.
 *
 * Laws
 *   1. New files are taken whole or not at all: after an error the old ones
 *      are in force.
 *   2. A replaced key is wiped when the handshakes that began with it end.
 *   3. A key that everybody may read is not used. */
#ifndef NET_CREDENTIALS_H
#define NET_CREDENTIALS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { /* what ALPN may agree on; h2 first */
       NET_PROTOCOL_H2 = 1,
       NET_PROTOCOL_HTTP_1_1 = 2
};

struct net_credentials_config { /* paths of PEM files, borrowed */
    const char *certificate;    /* ours, then its chain; client: or NULL */
    const char *key;
    const char *authorities; /* of the peer's certificate.  NULL: a client
                                takes the system's, a server asks for none;
                                with it a server requires one */
    unsigned protocols;      /* of the enum: offered, or accepted */
    bool client;
};

struct net_credentials_held; /* private: what the files said */
struct net_credentials_stamp {
    uint64_t file, size, changed_ns;
};

struct net_credentials { /* all private; all zero is closed */
    struct net_credentials_config config;
    struct ssl_ctx_st *context; /* the rules; no key */
    struct bio_method_st *method;
    pthread_mutex_t lock; /* of held */
    struct net_credentials_held *held;
    struct net_credentials_stamp read[3], seen[3]; /* one thread's */
};

/* ERR_CERT_FILE, ERR_CERT_KEY, ERR_CERT_KEY_OPEN, ERR_CERT_PAIR,
 * ERR_CERT_WEAK, ERR_CERT_AUTHORITIES: the file named so is not usable;
 * ERR_NOMEM.  Nothing is held then. */
MUST_USE enum err
net_credentials_init(struct net_credentials *credentials,
                     const struct net_credentials_config *config);

/* After all its connections.  Harmless twice. */
void net_credentials_close(struct net_credentials *credentials);

/* Read the files again (Law 1).  Errors as of init. */
MUST_USE enum err net_credentials_reload(struct net_credentials *credentials);

/* To be asked every few seconds, by the thread that reloads: have the files
 * changed since they were last read, and been left alone since last asked?  So
 * a certificate and its key, written one after the other, are read together. */
bool net_credentials_stale(struct net_credentials *credentials);

/* net/tls's own: a new SSL with all of this in it; NULL: out of memory. */
struct ssl_st *net_credentials_ssl(struct net_credentials *credentials);

#endif

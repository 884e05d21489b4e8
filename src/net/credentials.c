#include "net/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/require.h"
#include "base/wipe.h"
#include "net/tls.h"

enum {
    FILE_MAX = 1 << 20,       /* bytes of one file */
    PEER_CHAIN_MAX = 32 << 10 /* bytes of a peer's certificates */
};

/* Forward secret and authenticated; the cheapest first. */
static const char ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
static const char suites[] = "TLS_AES_128_GCM_SHA256:"
                             "TLS_CHACHA20_POLY1305_SHA256:"
                             "TLS_AES_256_GCM_SHA384";

/* In ALPN's own form, h2 first. */
static const uint8_t alpn[] = "\x02h2\x08http/1.1";
enum { ALPN_H2 = 3, ALPN_ALL = sizeof alpn - 1 };

struct net_credentials_held {
    X509 *certificate;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
    X509_STORE *authorities;
    STACK_OF(X509_NAME) * names; /* of them, for a client to choose by */
};

static void held_free(struct net_credentials_held *held)
{
    if (!held)
        return;
    X509_free(held->certificate);
    sk_X509_pop_free(held->chain, X509_free);
    EVP_PKEY_free(held->key); /* Law 2: the last one wipes it */
    X509_STORE_free(held->authorities);
    sk_X509_NAME_pop_free(held->names, X509_NAME_free);
    free(held);
}

/* ---- files ---- */

/* The whole file, to be wiped and freed; NULL: it cannot be read.  Whoever
 * names a pipe does not get to stop the server. */
static uint8_t *read_whole(const char *path, size_t *size, mode_t *mode)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    uint8_t *bytes = NULL;
    struct stat file;
    ssize_t got = -1;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
        file.st_size <= FILE_MAX)
        bytes = malloc(FILE_MAX + 1);
    if (bytes)
        got = read(fd, bytes, FILE_MAX + 1);
    (void)close(fd);
    if (got > 0 && got <= FILE_MAX) {
        *size = (size_t)got;
        *mode = file.st_mode;
        return bytes;
    }
    free(bytes);
    return NULL;
}

/* Everywhere below: the password to try, so that nobody is asked for one. */
#define NO_PASSWORD ((char[]){""})

static bool take_chain(BIO *bio, struct net_credentials_held *held)
{
    X509 *next;

    held->certificate = PEM_read_bio_X509(bio, NULL, NULL, NO_PASSWORD);
    held->chain = sk_X509_new_null();
    if (!held->certificate || !held->chain)
        return false;
    while ((next = PEM_read_bio_X509(bio, NULL, NULL, NO_PASSWORD)) != NULL)
        if (!sk_X509_push(held->chain, next)) {
            X509_free(next);
            return false;
        }
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static bool take_key(BIO *bio, struct net_credentials_held *held)
{
    held->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NO_PASSWORD);
    return held->key != NULL;
}

static bool take_authorities(BIO *bio, struct net_credentials_held *held)
{
    X509 *next;
    bool good = true;
    int n = 0;

    held->authorities = X509_STORE_new();
    held->names = sk_X509_NAME_new_null();
    if (!held->authorities || !held->names)
        return false;
    while (good &&
           (next = PEM_read_bio_X509(bio, NULL, NULL, NO_PASSWORD)) != NULL) {
        X509_NAME *name = X509_NAME_dup(X509_get_subject_name(next));

        good = name && sk_X509_NAME_push(held->names, name) > 0;
        if (!good)
            X509_NAME_free(name);
        good = good && X509_STORE_add_cert(held->authorities, next) == 1;
        X509_free(next);
        n++;
    }
    return good && n > 0 &&
           ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

/* Read the file at path by `take`.  False: no file, or it holds none. */
static bool take_file(const char *path, struct net_credentials_held *held,
                      bool (*take)(BIO *, struct net_credentials_held *),
                      mode_t *mode)
{
    size_t size;
    uint8_t *bytes = read_whole(path, &size, mode);
    BIO *bio = bytes ? BIO_new_mem_buf(bytes, (int)size) : NULL;
    bool good;

    ERR_clear_error();
    good = bio && take(bio, held);
    ERR_clear_error();
    BIO_free(bio);
    if (bytes)
        wipe(bytes, size);
    free(bytes);
    return good;
}

static enum err read_files(const struct net_credentials_config *config,
                           struct net_credentials_held *held)
{
    mode_t mode;

    if (config->certificate &&
        !take_file(config->certificate, held, take_chain, &mode))
        return ERR_CERT_FILE;
    if (config->certificate && !take_file(config->key, held, take_key, &mode))
        return ERR_CERT_KEY;
    if (config->certificate && (mode & S_IRWXO)) /* Law 3 */
        return ERR_CERT_KEY_OPEN;
    if (config->certificate &&
        X509_check_private_key(held->certificate, held->key) != 1)
        return ERR_CERT_PAIR;
    if (config->authorities &&
        !take_file(config->authorities, held, take_authorities, &mode))
        return ERR_CERT_AUTHORITIES;
    return ERR_NONE;
}

/* ---- the rules ---- */

static int choose_protocol(SSL *ssl, const unsigned char **out,
                           unsigned char *size, const unsigned char *offered,
                           unsigned offered_size, void *arg)
{
    const struct net_credentials *credentials = arg;
    const uint8_t *ours = alpn;
    unsigned ours_size = ALPN_ALL;
    unsigned char *found;

    (void)ssl;
    if (!(credentials->config.protocols & NET_PROTOCOL_H2)) {
        ours += ALPN_H2;
        ours_size -= ALPN_H2;
    }
    if (!(credentials->config.protocols & NET_PROTOCOL_HTTP_1_1))
        ours_size -= ALPN_ALL - ALPN_H2;
    if (SSL_select_next_proto(&found, size, ours, ours_size, offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = found;
    return SSL_TLSEXT_ERR_OK;
}

static bool set_rules(SSL_CTX *context, struct net_credentials *credentials)
{
    const struct net_credentials_config *config = &credentials->config;
    int verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

    if (!config->client && !config->authorities)
        verify = SSL_VERIFY_NONE;
    SSL_CTX_set_verify(context, verify, NULL);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, credentials);
    SSL_CTX_set_options(context,
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                            SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                            SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(context, PEER_CHAIN_MAX);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
           SSL_CTX_set_ciphersuites(context, suites) == 1 &&
           (!config->client || config->authorities ||
            SSL_CTX_set_default_verify_paths(context) == 1);
}

/* Give ssl what held has: the references that it needs for a handshake. */
static bool lend(SSL *ssl, const struct net_credentials_held *held, bool client)
{
    STACK_OF(X509_NAME) * names;

    if (held->certificate &&
        SSL_use_cert_and_key(ssl, held->certificate, held->key, held->chain,
                             1) != 1)
        return false;
    if (!held->authorities)
        return true;
    if (SSL_set1_verify_cert_store(ssl, held->authorities) != 1)
        return false;
    names = client ? NULL : SSL_dup_CA_list(held->names);
    if (names)
        SSL_set_client_CA_list(ssl, names);
    return client || names;
}

/* Read the files and try them: what a handshake would refuse is found here. */
static enum err load(struct net_credentials *credentials,
                     struct net_credentials_held **loaded)
{
    struct net_credentials_held *held = calloc(1, sizeof *held);
    enum err err = held ? read_files(&credentials->config, held) : ERR_NOMEM;
    SSL *trial = err == ERR_NONE ? SSL_new(credentials->context) : NULL;

    if (err == ERR_NONE && !trial)
        err = ERR_NOMEM;
    if (err == ERR_NONE && !lend(trial, held, credentials->config.client))
        err = ERR_CERT_WEAK;
    SSL_free(trial);
    ERR_clear_error();
    if (err == ERR_NONE)
        *loaded = held;
    else
        held_free(held);
    return err;
}

/* ---- what has changed ---- */

static void stamp(const struct net_credentials *credentials,
                  struct net_credentials_stamp stamps[static 3])
{
    const char *const path[3] = {credentials->config.certificate,
                                 credentials->config.key,
                                 credentials->config.authorities};
    struct stat file;

    for (int i = 0; i < 3; i++) {
        stamps[i] = (struct net_credentials_stamp){0};
        if (path[i] && stat(path[i], &file) == 0)
            stamps[i] = (struct net_credentials_stamp){
                .file = (uint64_t)file.st_ino,
                .size = (uint64_t)file.st_size,
                .changed_ns = (uint64_t)file.st_mtim.tv_sec * 1000000000u +
                              (uint64_t)file.st_mtim.tv_nsec};
    }
}

bool net_credentials_stale(struct net_credentials *credentials)
{
    struct net_credentials_stamp now[3];
    bool settled;

    stamp(credentials, now);
    settled = memcmp(now, credentials->seen, sizeof now) == 0;
    memcpy(credentials->seen, now, sizeof now);
    return settled && memcmp(now, credentials->read, sizeof now) != 0;
}

/* ---- birth and death ---- */

enum err net_credentials_init(struct net_credentials *credentials,
                              const struct net_credentials_config *config)
{
    enum err err = ERR_NOMEM;

    REQUIRE(config->client || (config->certificate && config->key));
    *credentials = (struct net_credentials){.config = *config};
    if (pthread_mutex_init(&credentials->lock, NULL))
        return ERR_NOMEM;
    credentials->method = net_tls_method();
    credentials->context =
        SSL_CTX_new(config->client ? TLS_client_method() : TLS_server_method());
    if (credentials->method && credentials->context &&
        set_rules(credentials->context, credentials)) {
        stamp(credentials, credentials->read);
        memcpy(credentials->seen, credentials->read, sizeof credentials->seen);
        err = load(credentials, &credentials->held);
    }
    if (err == ERR_NONE)
        return ERR_NONE;
    SSL_CTX_free(credentials->context);
    BIO_meth_free(credentials->method);
    (void)pthread_mutex_destroy(&credentials->lock);
    ERR_clear_error();
    *credentials = (struct net_credentials){0};
    return err;
}

void net_credentials_close(struct net_credentials *credentials)
{
    if (!credentials->context)
        return;
    held_free(credentials->held);
    SSL_CTX_free(credentials->context);
    BIO_meth_free(credentials->method);
    (void)pthread_mutex_destroy(&credentials->lock);
    *credentials = (struct net_credentials){0};
}

enum err net_credentials_reload(struct net_credentials *credentials)
{
    struct net_credentials_held *loaded, *before;
    enum err err;

    stamp(credentials, credentials->read);
    err = load(credentials, &loaded);
    if (err != ERR_NONE)
        return err; /* Law 1 */
    (void)pthread_mutex_lock(&credentials->lock);
    before = credentials->held;
    credentials->held = loaded;
    (void)pthread_mutex_unlock(&credentials->lock);
    held_free(before);
    return ERR_NONE;
}

struct ssl_st *net_credentials_ssl(struct net_credentials *credentials)
{
    SSL *ssl = SSL_new(credentials->context);
    bool lent;

    if (!ssl)
        return NULL;
    (void)pthread_mutex_lock(&credentials->lock);
    lent = lend(ssl, credentials->held, credentials->config.client);
    (void)pthread_mutex_unlock(&credentials->lock);
    if (lent && credentials->config.client)
        lent = SSL_set_alpn_protos(ssl, alpn, ALPN_H2) == 0;
    if (lent)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

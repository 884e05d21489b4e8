/* tls_world -- certificates made on the spot, and OpenSSL's own client over
 * memory.
 *
 * An authority, and what it signs, in files of a directory that goes away.  A
 * peer is a client that is not ours: bytes it says are carried to a net_tls and
 * back by hand, in pieces of any size.
 *
 * Long because all of it is inline: a unit test links its layer and nothing
 * else of ours. */
#ifndef TLS_WORLD_H
#define TLS_WORLD_H

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "net/tls.h"

enum { TLS_PATH = 128, TLS_BYTES = 1 << 20 };

struct tls_signer {
    X509 *certificate;
    EVP_PKEY *key;
};

struct tls_files { /* all by the same authority but `other` */
    char dir[TLS_PATH];
    char ca[TLS_PATH], other[TLS_PATH];
    char cert[TLS_PATH], key[TLS_PATH]; /* of a server "localhost" */
    struct tls_signer authority, stranger;
};

static inline void tls_extend(X509 *made, X509 *issuer, int nid,
                              const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, made, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    CHECK(extension != NULL);
    CHECK(X509_add_ext(made, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* Signed by `by`, or by itself, with this key; alt: subjectAltName, or NULL. */
static inline X509 *tls_certify(const struct tls_signer *by, EVP_PKEY *key,
                                const char *name, const char *alt)
{
    X509 *made = X509_new();
    X509_NAME *subject = X509_get_subject_name(made);
    static long serial = 1;

    CHECK(X509_set_version(made, 2) == 1);
    CHECK(ASN1_INTEGER_set(X509_get_serialNumber(made), serial++) == 1);
    CHECK(X509_gmtime_adj(X509_getm_notBefore(made), -3600) != NULL);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(made), 3600) != NULL);
    CHECK(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                     (const unsigned char *)name, -1, -1,
                                     0) == 1);
    CHECK(X509_set_issuer_name(made, by ? X509_get_subject_name(by->certificate)
                                        : subject) == 1);
    CHECK(X509_set_pubkey(made, key) == 1);
    tls_extend(made, by ? by->certificate : made, NID_basic_constraints,
               by ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (alt)
        tls_extend(made, made, NID_subject_alt_name, alt);
    CHECK(X509_sign(made, by ? by->key : key, EVP_sha256()) > 0);
    return made;
}

static inline struct tls_signer tls_authority(const char *name)
{
    struct tls_signer made = {.key = EVP_EC_gen("P-256")};

    CHECK(made.key != NULL);
    made.certificate = tls_certify(NULL, made.key, name, NULL);
    return made;
}

static inline void tls_write(const char *path, const void *bytes, size_t size,
                             mode_t mode)
{
    FILE *file = fopen(path, "w");

    CHECK(file != NULL);
    CHECK(fwrite(bytes, 1, size, file) == size);
    CHECK(fclose(file) == 0);
    CHECK(chmod(path, mode) == 0);
}

static inline void tls_write_certificate(const char *path, X509 *certificate)
{
    FILE *file = fopen(path, "w");

    CHECK(file && PEM_write_X509(file, certificate) == 1);
    CHECK(fclose(file) == 0);
}

static inline void tls_write_key(const char *path, EVP_PKEY *key)
{
    FILE *file = fopen(path, "w");

    CHECK(file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    CHECK(fclose(file) == 0);
    CHECK(chmod(path, 0600) == 0);
}

static inline void tls_path(const struct tls_files *files, const char *name,
                            char path[static TLS_PATH])
{
    CHECK(snprintf(path, TLS_PATH, "%s/%s", files->dir, name) < TLS_PATH);
}

/* A certificate and its key in files. */
static inline void tls_issue(const struct tls_signer *by, const char *alt,
                             const char *cert, const char *key)
{
    EVP_PKEY *made = EVP_EC_gen("P-256");
    X509 *certificate = tls_certify(by, made, "somebody", alt);

    tls_write_certificate(cert, certificate);
    tls_write_key(key, made);
    X509_free(certificate);
    EVP_PKEY_free(made);
}

static inline void tls_files_make(struct tls_files *files)
{
    *files = (struct tls_files){.dir = "/tmp/kindred_tls_XXXXXX"};
    CHECK(mkdtemp(files->dir) != NULL);
    tls_path(files, "ca.pem", files->ca);
    tls_path(files, "other.pem", files->other);
    tls_path(files, "cert.pem", files->cert);
    tls_path(files, "key.pem", files->key);
    files->authority = tls_authority("an authority");
    files->stranger = tls_authority("another");
    tls_write_certificate(files->ca, files->authority.certificate);
    tls_write_certificate(files->other, files->stranger.certificate);
    tls_issue(&files->authority, "DNS:localhost,IP:127.0.0.1", files->cert,
              files->key);
}

static inline void tls_files_remove(struct tls_files *files)
{
    static const char *const names[] = {"ca.pem",  "other.pem", "cert.pem",
                                        "key.pem", "more.pem",  "more.key"};
    char path[TLS_PATH];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        tls_path(files, names[i], path);
        (void)unlink(path);
    }
    CHECK(rmdir(files->dir) == 0);
    X509_free(files->authority.certificate);
    EVP_PKEY_free(files->authority.key);
    X509_free(files->stranger.certificate);
    EVP_PKEY_free(files->stranger.key);
}

/* ---- a server's end, and a peer that is not ours ---- */

struct tls_peer {
    struct net_credentials *credentials;
    struct net_tls tls;
    SSL_CTX *context;
    SSL *ssl;
    uint8_t heard[TLS_BYTES]; /* plain text out of net_tls */
    size_t heard_size;
    enum err err;
};

/* The client's part; `more` may set it up further before it begins. */
static inline void tls_peer_open(struct tls_peer *peer,
                                 struct net_credentials *credentials,
                                 void (*more)(struct tls_peer *peer))
{
    static const unsigned char h2[] = "\x02h2";

    *peer = (struct tls_peer){.credentials = credentials};
    CHECK(net_tls_init(&peer->tls, credentials, NULL) == ERR_NONE);
    peer->context = SSL_CTX_new(TLS_client_method());
    peer->ssl = SSL_new(peer->context);
    CHECK(peer->ssl != NULL);
    SSL_set_bio(peer->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    CHECK(SSL_set_alpn_protos(peer->ssl, h2, 3) == 0);
    SSL_set_connect_state(peer->ssl);
    if (more)
        more(peer);
}

static inline void tls_peer_close(struct tls_peer *peer)
{
    net_tls_close(&peer->tls);
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
    ERR_clear_error();
}

/* Bytes of the peer's reach the server, `step` at a time. */
static inline void tls_peer_give(struct tls_peer *peer, const uint8_t *bytes,
                                 size_t size, size_t step)
{
    size_t got;

    for (size_t at = 0; at < size && !peer->err && !peer->tls.over;
         at += step) {
        net_tls_feed(&peer->tls, bytes + at,
                     step < size - at ? step : size - at);
        do {
            peer->err =
                net_tls_read(&peer->tls, peer->heard + peer->heard_size,
                             sizeof peer->heard - peer->heard_size, &got);
            peer->heard_size += got;
        } while (!peer->err && got > 0);
    }
}

/* What the server has to say reaches the peer, `step` at a time; and size bytes
 * of plain text with it. */
static inline size_t tls_peer_take(struct tls_peer *peer, const uint8_t *plain,
                                   size_t size, size_t step)
{
    static uint8_t out[65536];
    size_t made, all = 0;

    do {
        CHECK(!net_tls_send(&peer->tls, plain, size, out, sizeof out, &made));
        size = 0;
        for (size_t at = 0; at < made; at += step) {
            size_t piece = step < made - at ? step : made - at;

            CHECK(BIO_write(SSL_get_rbio(peer->ssl), out + at, (int)piece) ==
                  (int)piece);
            if (!SSL_is_init_finished(peer->ssl))
                (void)SSL_do_handshake(peer->ssl);
        }
        all += made;
    } while (net_tls_waiting(&peer->tls));
    return all;
}

/* What the peer has to say reaches the server. */
static inline size_t tls_peer_say(struct tls_peer *peer, size_t step)
{
    static uint8_t bytes[TLS_BYTES];
    int size = BIO_read(SSL_get_wbio(peer->ssl), bytes, sizeof bytes);

    if (size > 0)
        tls_peer_give(peer, bytes, (size_t)size, step);
    return size > 0 ? (size_t)size : 0;
}

/* Both talk until neither has anything to say. */
static inline void tls_peer_shake(struct tls_peer *peer, size_t step)
{
    size_t moved = 1;

    (void)SSL_do_handshake(peer->ssl);
    while (moved > 0) {
        moved = tls_peer_say(peer, step);
        moved += tls_peer_take(peer, NULL, 0, step);
        if (!SSL_is_init_finished(peer->ssl))
            (void)SSL_do_handshake(peer->ssl);
    }
}

#endif

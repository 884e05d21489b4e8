#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/require.h"

/* What a record adds to its plain text, at most, and one more for what TLS has
 * to say meanwhile. */
enum { RECORD_COST = 64 };

/* ---- how OpenSSL reads and writes ---- */

/* Law 2: what is too much is not read any more. */
static bool had_enough(const struct net_tls *tls)
{
    return tls->secure ? tls->controls > NET_TLS_CONTROLS
                       : tls->taken > NET_TLS_HANDSHAKE;
}

static int take_in(BIO *bio, char *bytes, int room)
{
    struct net_tls *tls = BIO_get_data(bio);
    size_t size = (size_t)room;

    BIO_clear_retry_flags(bio);
    if (room <= 0 || had_enough(tls))
        return -1;
    if (tls->in_size == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (size > tls->in_size)
        size = tls->in_size;
    memcpy(bytes, tls->in, size);
    tls->in += size;
    tls->in_size -= size;
    if (!tls->secure)
        tls->taken += (uint32_t)size;
    return (int)size;
}

static int give_out(BIO *bio, const char *bytes, int count)
{
    struct net_tls *tls = BIO_get_data(bio);
    size_t size = (size_t)count;

    BIO_clear_retry_flags(bio);
    if (count <= 0)
        return 0;
    if (size <= tls->out_room) {
        memcpy(tls->out, bytes, size);
        tls->out += size;
        tls->out_room -= size;
        return count;
    }
    tls->out_room = 0; /* what follows comes behind */
    if (buf_append(&tls->says, bytes, size) == ERR_NONE)
        return count;
    tls->starved = true;
    return -1;
}

static long control(BIO *bio, int what, long number, void *arg)
{
    (void)bio;
    (void)number;
    (void)arg;
    return what == BIO_CTRL_FLUSH;
}

static int create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

struct bio_method_st *net_tls_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "kindred");

    if (method && BIO_meth_set_write(method, give_out) == 1 &&
        BIO_meth_set_read(method, take_in) == 1 &&
        BIO_meth_set_ctrl(method, control) == 1 &&
        BIO_meth_set_create(method, create) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* Each record that came: in TLS 1.3 what it is shows only inside.  The
 * parameters are OpenSSL's.  NOLINTNEXTLINE(readability-function-size) */
static void count_record(int sent, int version, int type, const void *bytes,
                         size_t size, SSL *ssl, void *arg)
{
    struct net_tls *tls = arg;
    const uint8_t *first = bytes;

    (void)version;
    (void)ssl;
    if (sent || !tls->secure || size == 0 ||
        (type != SSL3_RT_HEADER && type != SSL3_RT_INNER_CONTENT_TYPE))
        return;
    tls->controls += *first != SSL3_RT_APPLICATION_DATA;
}

/* ---- what became of it ---- */

/* OpenSSL clears all places for errors one by one, which costs as much as a
 * small record: only if there is one. */
static void clear_errors(void)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

static enum role role_in(const X509 *certificate)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    enum role role = ROLE_NONE;
    int roles = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
        enum role one = ROLE_NONE;

        if (name->type == GEN_URI)
            one = role_of_uri((const char *)ASN1_STRING_get0_data(uri),
                              (size_t)ASN1_STRING_length(uri));
        if (one == ROLE_NONE)
            continue;
        role = one;
        roles++;
    }
    GENERAL_NAMES_free(names);
    return roles == 1 ? role : ROLE_NONE; /* two are a mistake */
}

static void become_secure(struct net_tls *tls)
{
    const unsigned char *protocol;
    unsigned size;
    const X509 *peer = SSL_get0_peer_certificate(tls->ssl);

    SSL_get0_alpn_selected(tls->ssl, &protocol, &size);
    if (size == 2 && memcmp(protocol, "h2", 2) == 0)
        tls->protocol = NET_PROTOCOL_H2;
    else if (size > 0)
        tls->protocol = NET_PROTOCOL_HTTP_1_1;
    if (peer && SSL_is_server(tls->ssl))
        tls->role = role_in(peer);
    SSL_certs_clear(tls->ssl); /* net/credentials law 2 */
    tls->secure = true;
}

static enum err why_broken(const struct net_tls *tls)
{
    if (tls->starved)
        return ERR_NOMEM;
    if (had_enough(tls))
        return ERR_ABUSE;
    if (SSL_get_verify_result(tls->ssl) != X509_V_OK)
        return ERR_UNTRUSTED;
    /* A server of TLS 1.3 refuses our certificate when we are through. */
    if (!tls->secure || ERR_GET_REASON(ERR_peek_error()) > SSL_AD_REASON_OFFSET)
        return ERR_HANDSHAKE;
    return ERR_PROTOCOL;
}

/* OpenSSL did not do what it was asked: because it wants more bytes, or for
 * good? */
static enum err settle(struct net_tls *tls, int result)
{
    int why = SSL_get_error(tls->ssl, result);
    enum err err = ERR_NONE;

    if (why == SSL_ERROR_WANT_READ) {
        REQUIRE(tls->in_size == 0); /* Law 3 */
    } else if (why == SSL_ERROR_ZERO_RETURN) {
        tls->over = true;
    } else {
        tls->broken = true;
        err = why_broken(tls);
        ERR_clear_error();
    }
    return err;
}

void net_tls_feed(struct net_tls *tls, const uint8_t *bytes, size_t size)
{
    REQUIRE(tls->in_size == 0 || tls->broken || tls->over);
    tls->in = bytes;
    tls->in_size = size;
}

enum err net_tls_read(struct net_tls *tls, uint8_t *plain, size_t room,
                      size_t *got)
{
    int result;

    *got = 0;
    REQUIRE(!tls->broken);
    clear_errors();
    if (!tls->secure) { /* Law 1 */
        result = SSL_do_handshake(tls->ssl);
        if (result != 1)
            return settle(tls, result);
        become_secure(tls);
    }
    if (tls->over)
        return ERR_NONE;
    result = SSL_read_ex(tls->ssl, plain, room, got);
    return result == 1 ? ERR_NONE : settle(tls, result);
}

bool net_tls_more(const struct net_tls *tls)
{
    return !tls->broken && !tls->over &&
           (tls->in_size > 0 || SSL_has_pending(tls->ssl));
}

size_t net_tls_room(const struct net_tls *tls, size_t room)
{
    size_t said = buf_size(&tls->says), cost;

    if (!tls->secure || tls->broken || tls->ended || said >= room) /* Law 1 */
        return 0;
    room -= said;
    cost = (room / NET_TLS_RECORD + 2) * RECORD_COST;
    return room > cost ? room - cost : 0;
}

static size_t drain(struct net_tls *tls, uint8_t *out, size_t room)
{
    size_t size = buf_size(&tls->says);

    if (size == 0)
        return 0;
    if (size > room)
        size = room;
    memcpy(out, buf_head(&tls->says), size);
    buf_consume(&tls->says, size);
    if (buf_size(&tls->says) == 0)
        buf_close(&tls->says);
    return size;
}

enum err net_tls_send(struct net_tls *tls, const uint8_t *plain, size_t size,
                      uint8_t *out, size_t room, size_t *made)
{
    size_t written;
    int result;

    REQUIRE(size <= net_tls_room(tls, room));
    *made = drain(tls, out, room);
    if (size == 0)
        return ERR_NONE;
    tls->out = out + *made;
    tls->out_room = room - *made;
    clear_errors();
    result = SSL_write_ex(tls->ssl, plain, size, &written);
    *made = (size_t)(tls->out - out);
    tls->out_room = 0;
    if (result == 1) {
        REQUIRE(written == size);
        return ERR_NONE;
    }
    tls->broken = true;
    ERR_clear_error();
    return ERR_NOMEM;
}

bool net_tls_waiting(const struct net_tls *tls)
{
    return buf_size(&tls->says) > 0;
}

void net_tls_end(struct net_tls *tls)
{
    if (!tls->secure || tls->broken || tls->ended)
        return;
    tls->ended = true;
    (void)SSL_shutdown(tls->ssl); /* what it says is not waited for */
    ERR_clear_error();
}

/* ---- birth and death ---- */

/* A client believes a certificate of this name or address only. */
static bool expect(SSL *ssl, const char *name)
{
    struct in6_addr digits;

    if (inet_pton(AF_INET, name, &digits) == 1 ||
        inet_pton(AF_INET6, name, &digits) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 &&
           SSL_set_tlsext_host_name(ssl, name) == 1;
}

enum err net_tls_init(struct net_tls *tls, struct net_credentials *credentials,
                      const char *name)
{
    bool client = credentials->config.client;
    SSL *ssl = net_credentials_ssl(credentials);
    BIO *bio = ssl ? BIO_new(credentials->method) : NULL;

    REQUIRE(client == (name != NULL));
    *tls = (struct net_tls){.ssl = ssl};
    buf_init(&tls->says, NET_TLS_SAYS);
    if (!bio || (client && !expect(ssl, name))) {
        BIO_free(bio);
        SSL_free(ssl);
        ERR_clear_error();
        *tls = (struct net_tls){0};
        return ERR_NOMEM;
    }
    BIO_set_data(bio, tls);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_msg_callback(ssl, count_record);
    SSL_set_msg_callback_arg(ssl, tls);
    if (client)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    return ERR_NONE;
}

void net_tls_close(struct net_tls *tls)
{
    SSL_free(tls->ssl);
    buf_close(&tls->says);
    *tls = (struct net_tls){0};
}

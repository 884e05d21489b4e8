/* What a peer may not have, and peers that overdo it: net/tls law 2. */
#include "net/tls.h"

#include "tls_world.h"

static struct tls_files files;
static struct tls_peer peer;

static void old_version(struct tls_peer *p)
{
    CHECK(SSL_set_max_proto_version(p->ssl, TLS1_2_VERSION) == 1);
}

/* ---- what would tie connections together ---- */

static int sessions;

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    (void)session;
    sessions++;
    return 0;
}

static SSL_SESSION *kept;

static void resume(struct tls_peer *p)
{
    if (kept)
        CHECK(SSL_set_session(p->ssl, kept) == 1);
    if (kept && SSL_SESSION_get_protocol_version(kept) == TLS1_2_VERSION)
        old_version(p);
}

static void nothing_is_resumed(struct net_credentials *credentials)
{
    for (int round = 0; round < 2; round++) {
        uint8_t bytes[16];
        size_t size;

        tls_peer_open(&peer, credentials, round ? old_version : NULL);
        SSL_CTX_set_session_cache_mode(
            peer.context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(peer.context, on_session);
        sessions = 0;
        tls_peer_shake(&peer, TLS_BYTES);
        (void)tls_peer_take(&peer, (const uint8_t *)"x", 1, TLS_BYTES);
        CHECK(SSL_read_ex(peer.ssl, bytes, sizeof bytes, &size) == 1);
        kept = SSL_get1_session(peer.ssl);
        CHECK(!SSL_SESSION_has_ticket(kept));
        CHECK(SSL_SESSION_get_max_early_data(kept) == 0);
        CHECK(round == 1 || sessions == 0); /* of 1.2 one is kept, in vain */
        (void)SSL_shutdown(peer.ssl); /* in order, or it is not worth keeping */
        net_tls_end(&peer.tls);
        (void)tls_peer_say(&peer, TLS_BYTES);
        CHECK(peer.tls.over);
        tls_peer_close(&peer);
        tls_peer_open(&peer, credentials, resume);
        tls_peer_shake(&peer, TLS_BYTES);
        CHECK(peer.tls.secure && !SSL_session_reused(peer.ssl));
        tls_peer_close(&peer);
        SSL_SESSION_free(kept);
        kept = NULL;
    }
}

/* ---- peers that overdo it ---- */

/* TLS 1.2: a second handshake is refused, and nothing comes of it. */
static void renegotiation(struct net_credentials *credentials)
{
    tls_peer_open(&peer, credentials, old_version);
    tls_peer_shake(&peer, TLS_BYTES);
    CHECK(SSL_renegotiate(peer.ssl) == 1);
    (void)SSL_do_handshake(peer.ssl);
    CHECK(tls_peer_say(&peer, TLS_BYTES) > 0);
    ERR_clear_error();
    CHECK(tls_peer_take(&peer, NULL, 0, TLS_BYTES) < 64); /* an alert */
    CHECK(ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_NO_RENEGOTIATION);
    CHECK(SSL_do_handshake(peer.ssl) != 1);
    tls_peer_close(&peer);
}

/* Law 2: fresh keys are a courtesy, not a pastime. */
static void fresh_keys(struct net_credentials *credentials)
{
    size_t said;
    int n = 0;

    tls_peer_open(&peer, credentials, NULL);
    tls_peer_shake(&peer, TLS_BYTES);
    for (; n < 1000 && !peer.err; n++) {
        CHECK(SSL_key_update(peer.ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
        CHECK(SSL_write_ex(peer.ssl, "x", 1, &said) == 1);
        (void)tls_peer_say(&peer, TLS_BYTES);
        if (!peer.err) {
            char c;

            (void)tls_peer_take(&peer, (const uint8_t *)"y", 1, TLS_BYTES);
            CHECK(SSL_read_ex(peer.ssl, &c, 1, &said) == 1 && c == 'y');
        }
    }
    CHECK(peer.err == ERR_ABUSE);
    CHECK(n == NET_TLS_CONTROLS + 1);
    tls_peer_close(&peer);
    tls_peer_open(&peer, credentials, NULL); /* and all at once */
    tls_peer_shake(&peer, TLS_BYTES);
    for (n = 0; n < 1000; n++) {
        CHECK(SSL_key_update(peer.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        CHECK(SSL_do_handshake(peer.ssl) == 1);
    }
    (void)tls_peer_say(&peer, TLS_BYTES);
    CHECK(peer.err == ERR_ABUSE && buf_size(&peer.tls.says) < 4096);
    CHECK(peer.tls.controls == NET_TLS_CONTROLS + 1);
    tls_peer_close(&peer);
}

/* Law 2: a hello of 128 KiB, record after record. */
static void long_hello(struct net_credentials *credentials)
{
    static uint8_t record[5 + 1000] = {22, 3, 1, 1000 >> 8, 1000 & 255, 1,
                                       2,  0, 0, 3,         3};
    size_t given = 0;

    tls_peer_open(&peer, credentials, NULL);
    while (given < TLS_BYTES && !peer.err) {
        tls_peer_give(&peer, record, sizeof record, TLS_BYTES);
        given += sizeof record;
        memset(record + 5, 0, 6);
    }
    CHECK(peer.err == ERR_ABUSE);
    CHECK(given > 60000 && given < 70000);
    tls_peer_close(&peer);
}

int main(void)
{
    struct net_credentials_config config = {.protocols = NET_PROTOCOL_H2};
    struct net_credentials credentials;

    tls_files_make(&files);
    config.certificate = files.cert;
    config.key = files.key;
    CHECK(net_credentials_init(&credentials, &config) == ERR_NONE);
    nothing_is_resumed(&credentials);
    renegotiation(&credentials);
    fresh_keys(&credentials);
    long_hello(&credentials);
    net_credentials_close(&credentials);
    tls_files_remove(&files);
    return check_report("net/tls, bounds");
}

/* Against OpenSSL's own client, over memory: peers that behave, and peers that
 * do not. */
#include "net/tls.h"

#include <malloc.h>

#include "fail_malloc.h"
#include "tls_world.h"

static struct tls_files files;
static struct tls_peer peer;

static void open_credentials(struct net_credentials *credentials,
                             const char *authorities, unsigned protocols)
{
    struct net_credentials_config config = {.certificate = files.cert,
                                            .key = files.key,
                                            .authorities = authorities,
                                            .protocols = protocols};

    CHECK(net_credentials_init(credentials, &config) == ERR_NONE);
}

static void old_version(struct tls_peer *p)
{
    CHECK(SSL_set_max_proto_version(p->ssl, TLS1_2_VERSION) == 1);
}

static void ancient_version(struct tls_peer *p)
{
    SSL_set_security_level(p->ssl, 0);
    CHECK(SSL_set_cipher_list(p->ssl, "ALL") == 1);
    CHECK(SSL_set_min_proto_version(p->ssl, TLS1_VERSION) == 1);
    CHECK(SSL_set_max_proto_version(p->ssl, TLS1_1_VERSION) == 1);
}

/* Ciphers without forward secrecy, or not authenticated. */
static void weak_ciphers(struct tls_peer *p)
{
    old_version(p);
    CHECK(SSL_set_cipher_list(p->ssl, "AES128-GCM-SHA256:AES256-SHA:"
                                      "ECDHE-ECDSA-AES128-SHA256") == 1);
}

/* Plain text of many sizes each way, whatever pieces the bytes come in. */
static void both_ways(struct net_credentials *credentials, size_t step,
                      void (*more)(struct tls_peer *))
{
    static const size_t sizes[] = {1, 100, 16384, 16385, 60000};
    static uint8_t text[65536], back[65536];
    size_t size;

    memset(text, 'k', sizeof text);
    tls_peer_open(&peer, credentials, more);
    CHECK(net_tls_room(&peer.tls, 65536) == 0); /* Law 1 */
    tls_peer_shake(&peer, step);
    CHECK(peer.err == ERR_NONE && peer.tls.secure && !peer.tls.over);
    CHECK(peer.tls.protocol == NET_PROTOCOL_H2);
    CHECK(peer.tls.role == ROLE_NONE);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        peer.heard_size = 0;
        CHECK(SSL_write_ex(peer.ssl, text, sizes[i], &size) == 1);
        (void)tls_peer_say(&peer, step);
        CHECK(peer.err == ERR_NONE && peer.heard_size == sizes[i]); /* Law 3 */
        CHECK(memcmp(peer.heard, text, sizes[i]) == 0);
        (void)tls_peer_take(&peer, text, sizes[i], step);
        for (size_t got = 0; got < sizes[i]; got += size) {
            CHECK(SSL_read_ex(peer.ssl, back, sizeof back, &size) == 1);
            CHECK(memcmp(back, text, size) == 0);
            if (size == 0)
                break;
        }
        CHECK(SSL_read_ex(peer.ssl, back, sizeof back, &size) == 0);
    }
    CHECK(peer.tls.says.cap == 0 &&
          peer.tls.in_size == 0); /* idle: no buffer */
    tls_peer_close(&peer);
}

/* What a full buffer takes leaves in as few records as can be, and fits. */
static void few_records(struct net_credentials *credentials)
{
    static uint8_t text[65536], out[65536];
    size_t room, made, records = 0;

    tls_peer_open(&peer, credentials, NULL);
    tls_peer_shake(&peer, TLS_BYTES);
    room = net_tls_room(&peer.tls, sizeof out);
    CHECK(room > 65000 && room < sizeof out);
    CHECK(!net_tls_send(&peer.tls, text, room, out, sizeof out, &made));
    CHECK(made > room && !net_tls_waiting(&peer.tls));
    for (size_t at = 0; at + 5 <= made; records++)
        at += 5 + ((size_t)out[at + 3] << 8 | out[at + 4]);
    CHECK(records == 4);
    CHECK(net_tls_room(&peer.tls, 10) == 0);
    tls_peer_close(&peer);
}

static void only_http1(struct tls_peer *p)
{
    CHECK(SSL_set_alpn_protos(p->ssl, (const void *)"\x08http/1.1", 9) == 0);
}

static void http1_then_h2(struct tls_peer *p)
{
    CHECK(SSL_set_alpn_protos(p->ssl, (const void *)"\x08http/1.1\x02h2", 12) ==
          0);
}

static void no_alpn(struct tls_peer *p)
{
    CHECK(SSL_set_alpn_protos(p->ssl, NULL, 0) == 0);
}

/* What ALPN agrees on: of what both have, h2 first; nothing in common is an
 * alert; who does not ask is not refused here. */
static void protocols(void)
{
    struct {
        unsigned ours;
        void (*theirs)(struct tls_peer *);
        bool agreed;
        unsigned on;
    } cases[] = {
        {NET_PROTOCOL_H2, NULL, true, NET_PROTOCOL_H2},
        {NET_PROTOCOL_H2, http1_then_h2, true, NET_PROTOCOL_H2},
        {NET_PROTOCOL_H2, only_http1, false, 0},
        {NET_PROTOCOL_H2, no_alpn, true, 0},
        {3, http1_then_h2, true, NET_PROTOCOL_H2},
        {3, only_http1, true, NET_PROTOCOL_HTTP_1_1},
        {NET_PROTOCOL_HTTP_1_1, NULL, false, 0},
        {NET_PROTOCOL_HTTP_1_1, only_http1, true, NET_PROTOCOL_HTTP_1_1}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_credentials credentials;

        open_credentials(&credentials, NULL, cases[i].ours);
        tls_peer_open(&peer, &credentials, cases[i].theirs);
        tls_peer_shake(&peer, TLS_BYTES);
        CHECK(peer.tls.secure == cases[i].agreed);
        CHECK(peer.tls.protocol == cases[i].on);
        CHECK(peer.err == (cases[i].agreed ? ERR_NONE : ERR_HANDSHAKE));
        if (!cases[i].agreed)
            CHECK(ERR_GET_REASON(ERR_peek_last_error()) ==
                  SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
        tls_peer_close(&peer);
        net_credentials_close(&credentials);
    }
}

/* Law 1: what is not TLS, or not as strong, gets nothing but an alert. */
static void refused(struct net_credentials *credentials)
{
    static const struct {
        const char *bytes;
        size_t size;
    } noise[] = {
#define NOISE(text) {text, sizeof(text) - 1}
        NOISE("GET / HTTP/1.1\r\n\r\n"),
        NOISE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        NOISE("\x16\x03\x01\x00\x05hello"),
        NOISE("SSH-2.0-OpenSSH_9.2\r\n"),
        NOISE("\x80\x2e\x01\x00\x02 a hello of SSLv2, or so it says, and quite "
              "long"),
        NOISE("\x17\x03\x03\x00\x01x"),
        NOISE("\x15\x03\x03\x00\x02\x02\x28")};
#undef NOISE
    void (*const old[])(struct tls_peer *) = {ancient_version, weak_ciphers};

    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
        tls_peer_open(&peer, credentials, NULL);
        tls_peer_give(&peer, (const uint8_t *)noise[i].bytes, noise[i].size, 1);
        CHECK(peer.err == ERR_HANDSHAKE);
        CHECK(!peer.tls.secure && peer.heard_size == 0);
        tls_peer_close(&peer);
    }
    for (size_t i = 0; i < 2; i++) {
        tls_peer_open(&peer, credentials, old[i]);
        tls_peer_shake(&peer, TLS_BYTES);
        CHECK(peer.err == ERR_HANDSHAKE && !peer.tls.secure);
        CHECK(!SSL_is_init_finished(peer.ssl));
        tls_peer_close(&peer);
    }
}

/* One byte of the peer's stream is another, anywhere: what comes out is a
 * beginning of what was said, and then an error (Law 1). */
static void one_wrong_byte(struct net_credentials *credentials)
{
    static uint8_t bytes[65536];
    static const uint8_t text[600] = "what was said";
    unsigned chance = 7;

    for (int round = 0; round < 400; round++) {
        size_t said;
        int size;

        tls_peer_open(&peer, credentials, round % 2 ? old_version : NULL);
        chance = chance * 1103515245 + 12345;
        if (round % 4 > 1) {
            tls_peer_shake(&peer, TLS_BYTES);
            CHECK(SSL_write_ex(peer.ssl, text, sizeof text, &said) == 1);
            CHECK(SSL_write_ex(peer.ssl, text, sizeof text, &said) == 1);
        } else {
            (void)SSL_do_handshake(peer.ssl);
        }
        size = BIO_read(SSL_get_wbio(peer.ssl), bytes, sizeof bytes);
        CHECK(size > 0);
        bytes[(chance >> 8) % (unsigned)size] ^= (uint8_t)(1 + chance % 255);
        tls_peer_give(&peer, bytes, (size_t)size, TLS_BYTES);
        if (!peer.err)
            tls_peer_shake(&peer, TLS_BYTES);
        for (size_t i = 0; i < peer.heard_size; i++)
            CHECK(peer.heard[i] == text[i % sizeof text]);
        CHECK(peer.heard_size < 2 * sizeof text);
        if (peer.tls.secure && round % 4 > 1 && peer.heard_size > 0)
            CHECK(peer.heard_size % sizeof text == 0);
        tls_peer_close(&peer);
    }
}

/* ---- certificates of peers ---- */

static char more_cert[TLS_PATH], more_key[TLS_PATH];

static void show(struct tls_peer *p)
{
    CHECK(SSL_use_certificate_file(p->ssl, more_cert, SSL_FILETYPE_PEM) == 1);
    CHECK(SSL_use_PrivateKey_file(p->ssl, more_key, SSL_FILETYPE_PEM) == 1);
}

static void show_old(struct tls_peer *p)
{
    show(p);
    old_version(p);
}

static void certificates_of_peers(void)
{
    static const struct {
        const char *alt;
        enum role role;
    } named[] = {
        {"URI:kindred:role:operator", ROLE_OPERATOR},
        {"DNS:x,URI:https://example.org,URI:kindred:role:moderator",
         ROLE_MODERATOR},
        {"URI:kindred:role:auditor", ROLE_AUDITOR},
        {"URI:kindred:role:auditor,URI:kindred:role:operator", ROLE_NONE},
        {"URI:kindred:role:operators", ROLE_NONE},
        {"URI:kindred:role:", ROLE_NONE},
        {"DNS:kindred:role:operator", ROLE_NONE},
        {NULL, ROLE_NONE}};
    struct net_credentials credentials;

    open_credentials(&credentials, files.ca, NET_PROTOCOL_H2);
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        tls_issue(&files.authority, named[i].alt, more_cert, more_key);
        tls_peer_open(&peer, &credentials, i % 2 ? show_old : show);
        tls_peer_shake(&peer, TLS_BYTES);
        CHECK(peer.err == ERR_NONE && peer.tls.secure);
        CHECK(peer.tls.role == named[i].role);
        tls_peer_close(&peer);
    }
    for (int old = 0; old < 2; old++) { /* Law 1 */
        tls_peer_open(&peer, &credentials, old ? old_version : NULL);
        tls_peer_shake(&peer, TLS_BYTES);
        CHECK(peer.err == ERR_HANDSHAKE && !peer.tls.secure);
        tls_peer_close(&peer);
        tls_issue(&files.stranger, named[0].alt, more_cert, more_key);
        tls_peer_open(&peer, &credentials, old ? show_old : show);
        tls_peer_shake(&peer, TLS_BYTES);
        CHECK(peer.err == ERR_UNTRUSTED && !peer.tls.secure);
        CHECK(peer.tls.role == ROLE_NONE && peer.heard_size == 0);
        tls_peer_close(&peer);
    }
    net_credentials_close(&credentials);
}

/* Each side says that it is the end; the other hears it. */
static void ends(struct net_credentials *credentials)
{
    char c;
    size_t size;

    tls_peer_open(&peer, credentials, NULL);
    tls_peer_shake(&peer, TLS_BYTES);
    net_tls_end(&peer.tls);
    net_tls_end(&peer.tls);
    CHECK(net_tls_waiting(&peer.tls) && net_tls_room(&peer.tls, 65536) == 0);
    CHECK(tls_peer_take(&peer, NULL, 0, TLS_BYTES) > 0);
    CHECK(SSL_read_ex(peer.ssl, &c, 1, &size) == 0);
    CHECK(SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN);
    (void)SSL_shutdown(peer.ssl);
    CHECK(!peer.tls.over);
    (void)tls_peer_say(&peer, 1);
    CHECK(peer.tls.over && peer.err == ERR_NONE);
    tls_peer_close(&peer);
    tls_peer_open(&peer, credentials, NULL); /* before it began: no word */
    net_tls_end(&peer.tls);
    CHECK(!net_tls_waiting(&peer.tls));
    tls_peer_close(&peer);
    net_tls_close(&peer.tls);
}

/* ---- a client of ours ---- */

/* Ours against our own server: whom it believes. */
static enum err calls(struct net_credentials *server, const char *authorities,
                      const char *name)
{
    static uint8_t wire[65536], plain[65536];
    struct net_credentials_config config = {.authorities = authorities,
                                            .protocols = NET_PROTOCOL_H2,
                                            .client = true};
    struct net_credentials credentials;
    struct net_tls end[2];
    enum err err = ERR_NONE;
    size_t got, made, moved = 1;

    CHECK(net_credentials_init(&credentials, &config) == ERR_NONE);
    CHECK(net_tls_init(&end[0], &credentials, name) == ERR_NONE);
    CHECK(net_tls_init(&end[1], server, NULL) == ERR_NONE);
    net_tls_feed(&end[0], NULL, 0);
    err = net_tls_read(&end[0], plain, sizeof plain, &got);
    while (moved > 0 && !err) {
        moved = 0;
        for (int i = 0; i < 2 && !err; i++) {
            CHECK(!net_tls_send(&end[i], NULL, 0, wire, sizeof wire, &made));
            moved += made;
            net_tls_feed(&end[1 - i], wire, made);
            err = net_tls_read(&end[1 - i], plain, sizeof plain, &got);
        }
    }
    CHECK(err || (end[0].secure && end[1].secure));
    CHECK(err || end[0].protocol == NET_PROTOCOL_H2);
    net_tls_close(&end[0]);
    net_tls_close(&end[1]);
    net_credentials_close(&credentials);
    return err;
}

static void client(struct net_credentials *server)
{
    CHECK(calls(server, files.ca, "localhost") == ERR_NONE);
    CHECK(calls(server, files.ca, "127.0.0.1") == ERR_NONE);
    CHECK(calls(server, files.ca, "127.0.0.2") == ERR_UNTRUSTED);
    CHECK(calls(server, files.ca, "::1") == ERR_UNTRUSTED);
    CHECK(calls(server, files.ca, "example.org") == ERR_UNTRUSTED);
    CHECK(calls(server, files.other, "localhost") == ERR_UNTRUSTED);
    CHECK(calls(server, NULL, "localhost") == ERR_UNTRUSTED);
}

/* ---- memory, and none ---- */

static size_t held; /* by OpenSSL */

static void *take(size_t size, const char *file, int line)
{
    void *taken = malloc(size);

    (void)file;
    (void)line;
    held += taken ? malloc_usable_size(taken) : 0;
    return taken;
}

static void *take_more(void *old, size_t size, const char *file, int line)
{
    size_t before = malloc_usable_size(old);
    void *taken = size > 0 ? realloc(old, size) : NULL;

    (void)file;
    (void)line;
    if (size == 0)
        free(old);
    if (size == 0 || taken)
        held = held - before + malloc_usable_size(taken);
    return taken;
}

static void give(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    held -= malloc_usable_size(old);
    free(old);
}

/* Who is idle, after much each way, holds no buffer of OpenSSL's either. */
static void idle(struct net_credentials *credentials)
{
    size_t before = held;

    tls_peer_open(&peer, credentials, NULL);
    tls_peer_shake(&peer, TLS_BYTES);
    for (int i = 0; i < 2; i++) {
        static uint8_t text[60000];
        size_t said;

        CHECK(SSL_write_ex(peer.ssl, text, sizeof text, &said) == 1);
        peer.heard_size = 0;
        (void)tls_peer_say(&peer, 1000);
        CHECK(peer.heard_size == sizeof text);
        (void)tls_peer_take(&peer, text, sizeof text, TLS_BYTES);
    }
    SSL_free(peer.ssl);
    SSL_CTX_free(peer.context);
    peer.ssl = NULL;
    peer.context = NULL;
    CHECK(held > before && held < before + (32 << 10));
    tls_peer_close(&peer);
}

/* Allocation number N fails, ours or OpenSSL's, for every N: a connection that
 * cannot be had is an error, and nothing is left of it. */
static void no_memory(struct net_credentials *credentials)
{
    static const uint8_t text[100];
    static uint8_t out[65536];
    unsigned errors = 0;
    bool failed = true;

    for (size_t at = 1; failed && at < 20000; at++) {
        struct net_tls tls;
        size_t made;
        enum err err;

        tls_peer_open(&peer, credentials, NULL);
        (void)SSL_do_handshake(peer.ssl);
        net_tls_close(&peer.tls);
        fail_malloc_start(at);
        err = net_tls_init(&tls, credentials, NULL);
        if (!err) {
            peer.tls = tls;
            BIO_set_data(SSL_get_rbio(tls.ssl), &peer.tls);
            SSL_set_msg_callback_arg(tls.ssl, &peer.tls);
            (void)tls_peer_say(&peer, TLS_BYTES);
            err = peer.err;
        }
        if (!err)
            err = net_tls_send(&peer.tls, NULL, 0, out, sizeof out, &made);
        failed = fail_malloc_stop();
        CHECK(failed || !err);
        CHECK(err || made > 500);
        errors += err != ERR_NONE;
        (void)text;
        tls_peer_close(&peer);
    }
    CHECK(!failed && errors > 50);
}

int main(void)
{
    struct net_credentials credentials;

    CHECK(CRYPTO_set_mem_functions(take, take_more, give) == 1);
    tls_files_make(&files);
    tls_path(&files, "more.pem", more_cert);
    tls_path(&files, "more.key", more_key);
    open_credentials(&credentials, NULL, NET_PROTOCOL_H2);
    for (size_t step = 1; step <= 65536; step *= 256) {
        both_ways(&credentials, step, NULL);
        both_ways(&credentials, step, old_version);
    }
    few_records(&credentials);
    protocols();
    refused(&credentials);
    one_wrong_byte(&credentials);
    certificates_of_peers();
    ends(&credentials);
    client(&credentials);
    idle(&credentials);
    no_memory(&credentials);
    net_credentials_close(&credentials);
    tls_files_remove(&files);
    return check_report("net/tls");
}

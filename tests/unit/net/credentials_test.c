/* Law by law: which files are taken, and what a replaced one means for who is
 * there already. */
#include "net/credentials.h"

#include <sys/stat.h>

#include "fail_malloc.h"
#include "tls_world.h"

static struct tls_files files;
static char more_cert[TLS_PATH], more_key[TLS_PATH];

static struct net_credentials_config
config_of(const char *certificate, const char *key, const char *authorities)
{
    return (struct net_credentials_config){.certificate = certificate,
                                           .key = key,
                                           .authorities = authorities,
                                           .protocols = NET_PROTOCOL_H2};
}

static enum err init_with(const char *certificate, const char *key,
                          const char *authorities)
{
    struct net_credentials_config config =
        config_of(certificate, key, authorities);
    struct net_credentials credentials;
    enum err err = net_credentials_init(&credentials, &config);

    CHECK(!err == (credentials.context != NULL));
    net_credentials_close(&credentials);
    net_credentials_close(&credentials);
    return err;
}

static enum err init_with_text(const char *text)
{
    tls_write(more_cert, text, strlen(text), 0600);
    return init_with(more_cert, files.key, NULL);
}

/* A pair whose key is too short for anybody. */
static void issue_weak(void)
{
    EVP_PKEY *key = EVP_RSA_gen(1024);
    X509 *certificate = tls_certify(&files.authority, key, "weak", NULL);

    tls_write_certificate(more_cert, certificate);
    tls_write_key(more_key, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void lock_with_password(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    FILE *file = fopen(more_key, "w");

    CHECK(PEM_write_PrivateKey(file, key, EVP_aes_256_cbc(),
                               (const unsigned char *)"pass", 4, NULL,
                               NULL) == 1);
    CHECK(fclose(file) == 0);
    EVP_PKEY_free(key);
}

static void files_of_all_kinds(void)
{
    static const char *const texts[] = {
        "", "\n", "no PEM", "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    static char big[(1 << 20) + 2];

    CHECK(init_with(files.cert, files.key, NULL) == ERR_NONE);
    CHECK(init_with(files.cert, files.key, files.ca) == ERR_NONE);
    CHECK(init_with("/nowhere", files.key, NULL) == ERR_CERT_FILE);
    CHECK(init_with(files.dir, files.key, NULL) == ERR_CERT_FILE);
    CHECK(init_with("/dev/zero", files.key, NULL) == ERR_CERT_FILE);
    CHECK(init_with(files.key, files.key, NULL) == ERR_CERT_FILE);
    CHECK(init_with(files.cert, "/nowhere", NULL) == ERR_CERT_KEY);
    CHECK(init_with(files.cert, files.cert, NULL) == ERR_CERT_KEY);
    CHECK(init_with(files.cert, files.key, "/nowhere") == ERR_CERT_AUTHORITIES);
    CHECK(init_with(files.cert, files.key, files.key) == ERR_CERT_AUTHORITIES);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(init_with_text(texts[i]) == ERR_CERT_FILE);
    memset(big, '\n', sizeof big - 1);
    CHECK(init_with_text(big) == ERR_CERT_FILE);
    tls_issue(&files.authority, NULL, more_cert, more_key);
    CHECK(init_with(more_cert, more_key, NULL) == ERR_NONE);
    CHECK(init_with(files.cert, more_key, NULL) == ERR_CERT_PAIR);
    lock_with_password();
    CHECK(init_with(more_cert, more_key, NULL) == ERR_CERT_KEY);
    issue_weak();
    CHECK(init_with(more_cert, more_key, NULL) == ERR_CERT_WEAK);
}

/* Law 3: not of who can read it, but of who could. */
static void open_keys(void)
{
    static const struct {
        mode_t mode;
        enum err err;
    } modes[] = {{0600, ERR_NONE},          {0400, ERR_NONE},
                 {0640, ERR_NONE},          {0604, ERR_CERT_KEY_OPEN},
                 {0644, ERR_CERT_KEY_OPEN}, {0602, ERR_CERT_KEY_OPEN}};

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        CHECK(chmod(files.key, modes[i].mode) == 0);
        CHECK(init_with(files.cert, files.key, NULL) == modes[i].err);
    }
    CHECK(chmod(files.key, 0600) == 0);
}

/* Is it this file's certificate that the server showed? */
static bool showed(const struct tls_peer *peer, const char *path)
{
    FILE *file = fopen(path, "r");
    X509 *in_file = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    bool same =
        in_file && X509_cmp(SSL_get0_peer_certificate(peer->ssl), in_file) == 0;

    X509_free(in_file);
    if (file)
        (void)fclose(file);
    return same;
}

static bool works(struct tls_peer *peer)
{
    size_t said, before = peer->heard_size;

    CHECK(SSL_write_ex(peer->ssl, "hello", 5, &said) == 1);
    (void)tls_peer_say(peer, TLS_BYTES);
    return !peer->err && peer->heard_size == before + 5;
}

static void copy(const char *from, const char *to, mode_t mode)
{
    static char bytes[1 << 16];
    FILE *file = fopen(from, "r");
    size_t size = fread(bytes, 1, sizeof bytes, file);

    CHECK(fclose(file) == 0);
    tls_write(to, bytes, size, mode);
}

/* Laws 1 and 2: who shook hands goes on and holds no key; who has begun ends
 * with the old; who comes later sees the new, or after bad files the old. */
static void replaced(void)
{
    static struct tls_peer before, between, after;
    struct net_credentials_config config = config_of(more_cert, more_key, NULL);
    struct net_credentials credentials;

    copy(files.cert, more_cert, 0644);
    copy(files.key, more_key, 0600);
    CHECK(net_credentials_init(&credentials, &config) == ERR_NONE);
    tls_peer_open(&before, &credentials, NULL);
    tls_peer_shake(&before, TLS_BYTES);
    tls_peer_open(&between, &credentials, NULL);
    CHECK(SSL_get_privatekey(before.tls.ssl) == NULL); /* Law 2 */
    CHECK(SSL_get_privatekey(between.tls.ssl) != NULL);

    tls_write(more_cert, "half a", 6, 0644);
    CHECK(net_credentials_reload(&credentials) == ERR_CERT_FILE); /* Law 1 */
    tls_issue(&files.authority, "DNS:new", more_cert, more_key);
    CHECK(chmod(more_key, 0644) == 0);
    CHECK(net_credentials_reload(&credentials) == ERR_CERT_KEY_OPEN);
    copy(files.key, more_key, 0600);
    CHECK(net_credentials_reload(&credentials) == ERR_CERT_PAIR);
    tls_peer_open(&after, &credentials, NULL);
    tls_peer_shake(&after, TLS_BYTES);
    CHECK(after.tls.secure && showed(&after, files.cert));
    tls_peer_close(&after);

    tls_issue(&files.authority, "DNS:new", more_cert, more_key);
    CHECK(net_credentials_reload(&credentials) == ERR_NONE);
    tls_peer_open(&after, &credentials, NULL);
    tls_peer_shake(&after, TLS_BYTES);
    CHECK(after.tls.secure && showed(&after, more_cert));
    tls_peer_shake(&between, TLS_BYTES);
    CHECK(between.tls.secure && showed(&between, files.cert));
    CHECK(works(&before) && works(&between) && works(&after));
    tls_peer_close(&before);
    tls_peer_close(&between);
    tls_peer_close(&after);
    net_credentials_close(&credentials);
}

/* Whom we believe is replaced, too: for who comes later. */
static void replaced_authority(void)
{
    static struct tls_peer peer;
    struct net_credentials_config config =
        config_of(files.cert, files.key, more_cert);
    struct net_credentials credentials;

    copy(files.other, more_cert, 0644);
    CHECK(net_credentials_init(&credentials, &config) == ERR_NONE);
    for (int round = 0; round < 2; round++) {
        tls_peer_open(&peer, &credentials, NULL);
        CHECK(SSL_use_certificate_file(peer.ssl, files.cert,
                                       SSL_FILETYPE_PEM) == 1);
        CHECK(SSL_use_PrivateKey_file(peer.ssl, files.key, SSL_FILETYPE_PEM) ==
              1);
        tls_peer_shake(&peer, TLS_BYTES);
        CHECK(peer.err == (round ? ERR_NONE : ERR_UNTRUSTED));
        tls_peer_close(&peer);
        copy(files.ca, more_cert, 0644);
        CHECK(net_credentials_reload(&credentials) == ERR_NONE);
    }
    net_credentials_close(&credentials);
}

/* Files that change are read once they are left alone, and not again. */
static void stale(void)
{
    struct net_credentials_config config = config_of(more_cert, more_key, NULL);
    struct net_credentials credentials;

    tls_issue(&files.authority, NULL, more_cert, more_key);
    CHECK(net_credentials_init(&credentials, &config) == ERR_NONE);
    CHECK(!net_credentials_stale(&credentials));
    CHECK(!net_credentials_stale(&credentials));
    copy(files.cert, more_cert, 0644); /* the first of two */
    CHECK(!net_credentials_stale(&credentials));
    copy(files.key, more_key, 0600);
    CHECK(!net_credentials_stale(&credentials)); /* it may go on */
    CHECK(net_credentials_stale(&credentials));
    CHECK(net_credentials_stale(&credentials)); /* until they are read */
    CHECK(net_credentials_reload(&credentials) == ERR_NONE);
    CHECK(!net_credentials_stale(&credentials));
    CHECK(unlink(more_key) == 0);
    CHECK(!net_credentials_stale(&credentials));
    CHECK(net_credentials_stale(&credentials));
    CHECK(net_credentials_reload(&credentials) == ERR_CERT_KEY);
    CHECK(!net_credentials_stale(&credentials)); /* said once */
    CHECK(!net_credentials_stale(&credentials));
    net_credentials_close(&credentials);
}

/* Allocation number N fails: an error, nothing held, and of a reload nothing
 * changed (Law 1). */
static void no_memory(void)
{
    struct net_credentials_config config =
        config_of(files.cert, files.key, files.ca);
    struct net_credentials credentials, kept;
    bool failed = true;

    CHECK(net_credentials_init(&kept, &config) == ERR_NONE);
    for (size_t at = 1; failed; at++) {
        struct net_credentials_held *held = kept.held;
        enum err err, again;

        fail_malloc_start(at);
        err = net_credentials_init(&credentials, &config);
        again = net_credentials_reload(&kept);
        failed = fail_malloc_stop();
        CHECK(failed || (!err && !again));
        CHECK(!again == (kept.held != held));
        net_credentials_close(&credentials);
    }
    net_credentials_close(&kept);
}

int main(void)
{
    tls_files_make(&files);
    tls_path(&files, "more.pem", more_cert);
    tls_path(&files, "more.key", more_key);
    files_of_all_kinds();
    open_keys();
    replaced();
    replaced_authority();
    stale();
    no_memory();
    tls_files_remove(&files);
    return check_report("net/credentials");
}

/* Connections through TLS, over real sockets: net/connection laws 1 to 4 hold
 * there too, whoever calls. */
#include "net/connection.h"

#include "base/log.h"
#include "echo_world.h"
#include "net/signal.h"
#include "tls_world.h"

static struct tls_files files;
static struct net_credentials server, client;
static const struct net_loop_config plain_config = {.connections_max = 512};
static const struct http_limits patient = {.slow_ms = 60000};

static void open_credentials(void)
{
    struct net_credentials_config ours = {.certificate = files.cert,
                                          .key = files.key,
                                          .protocols = NET_PROTOCOL_H2};
    struct net_credentials_config theirs = {
        .authorities = files.ca, .protocols = NET_PROTOCOL_H2, .client = true};

    CHECK(!net_credentials_init(&server, &ours));
    CHECK(!net_credentials_init(&client, &theirs));
}

static void open_world(struct echo_world *world,
                       const struct net_loop_config *config)
{
    echo_world_make(world, NULL, config, &patient);
    net_listener_secure(&world->listener, &server, ROLE_NONE);
    echo_world_start(world);
}

/* ---- a client of ours, on a loop of its own ---- */

struct calls {
    struct net_loop loop;
    struct echo_caller caller; /* for its handler and counts */
    struct net_connection *connection;
    enum err why;
    bool closed;
};

static void on_gone(void *arg, enum err why)
{
    struct calls *calls = arg;

    calls->closed = true;
    calls->why = why;
}

static void call(struct calls *calls, const struct echo_world *world,
                 const struct net_loop_config *config, const char *name)
{
    struct net_connection_target target = {
        .address = world->address, .credentials = &client, .name = name};

    *calls = (struct calls){
        .caller = {.host = {.handler_of = echo_caller_handler()}}};
    calls->caller.host.handler = &calls->caller;
    CHECK(!net_loop_init(&calls->loop, config));
    CHECK(!net_loop_host(&calls->loop, &calls->caller.host));
    CHECK(!net_connection_open(&calls->connection, &calls->loop,
                               &calls->caller.host, &target, on_gone, calls));
}

static void ask(struct calls *calls, const char *path, size_t size)
{
    struct http_request request = {
        .method = "POST", .scheme = "https", .authority = "x", .path = path};
    enum err err;
    struct http_exchange *exchange = http_session_request(
        net_connection_session(calls->connection), &request, NULL, &err);
    uint8_t *body = http_exchange_reserve(exchange, size + 1);

    memset(body, 'b', size);
    http_exchange_commit(exchange, size);
    CHECK(!http_exchange_end(exchange, NULL, 0));
}

static void hang_up(struct calls *calls)
{
    net_loop_close(&calls->loop);
    http_session_host_close(&calls->caller.host);
    CHECK(calls->closed);
}

/* Bodies of all sizes; then it drains, in order on both sides. */
static void echoes(void)
{
    static struct echo_world world;
    static struct calls calls;
    uint64_t failed = log_counter(LOG_HANDSHAKE_FAILED);

    open_world(&world, &plain_config);
    call(&calls, &world, &plain_config, "127.0.0.1");
    for (size_t size = 1; size <= 1000000; size *= 10)
        ask(&calls, "/echo", size);
    while (!calls.closed && calls.caller.answered < 7)
        net_loop_turn(&calls.loop);
    CHECK(calls.caller.answered == 7 && calls.caller.received == 1111111);
    net_connection_drain(calls.connection);
    while (!calls.closed)
        net_loop_turn(&calls.loop);
    CHECK(calls.why == ERR_NONE);
    hang_up(&calls);
    echo_world_close(&world);
    CHECK(log_counter(LOG_HANDSHAKE_FAILED) == failed);
}

/* Whom we do not believe gets nothing of us, and hears why. */
static void not_believed(void)
{
    static struct echo_world world;
    static struct calls calls;

    open_world(&world, &plain_config);
    call(&calls, &world, &plain_config, "example.org");
    ask(&calls, "/echo", 10);
    while (!calls.closed)
        net_loop_turn(&calls.loop);
    CHECK(calls.why == ERR_UNTRUSTED && calls.caller.failed == 1);
    CHECK(world.begun == 0);
    hang_up(&calls);
    echo_world_close(&world);
}

/* A server that never answers the hello: the caller does not wait for ever. */
static void caller_gives_up(void)
{
    static struct echo_world world;
    static struct calls calls;
    struct net_loop_config hasty = {.connections_max = 1, .handshake_ms = 100};
    int fd;

    CHECK(!net_address_parse(&world.address, "127.0.0.1:0"));
    CHECK(!net_address_bind(&world.address, &fd, 1));
    CHECK(listen(fd, 1) == 0);
    call(&calls, &world, &hasty, "localhost");
    ask(&calls, "/echo", 10);
    while (!calls.closed)
        net_loop_turn(&calls.loop);
    CHECK(calls.why == ERR_DEADLINE && calls.caller.failed == 1);
    hang_up(&calls);
    CHECK(close(fd) == 0);
}

/* ---- callers by hand ---- */

static int dial(const struct echo_world *world)
{
    struct timeval patience = {.tv_sec = ECHO_PATIENCE_MS / 1000};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
    CHECK(!connect(fd, (const void *)&world->address.to, world->address.size));
    return fd;
}

/* Everything until the end, which must come; -1: it did not. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t room)
{
    size_t size = 0;
    ssize_t got = 1;

    while (got > 0 && size < room) {
        got = recv(fd, bytes + size, room - size, 0);
        size += got > 0 ? (size_t)got : 0;
    }
    return got == 0 ? (ssize_t)size : -1;
}

static bool served(const struct echo_world *world)
{
    static struct calls calls;
    bool answered;

    call(&calls, world, &plain_config, "localhost");
    ask(&calls, "/echo", 10);
    while (!calls.closed && calls.caller.answered == 0)
        net_loop_turn(&calls.loop);
    answered = calls.caller.answered == 1;
    hang_up(&calls);
    return answered;
}

/* Plain text at a TLS listener: closed in order, with an alert at most. */
static void plain_text(void)
{
    static const char *const said[] = {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                       "GET / HTTP/1.1\r\n\r\n",
                                       "\r\n\r\n\r\n\r\n"};
    static struct echo_world world;
    uint64_t failed = log_counter(LOG_HANDSHAKE_FAILED);

    open_world(&world, &plain_config);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        uint8_t bytes[64];
        int fd = dial(&world);
        size_t size = strlen(said[i]);
        ssize_t got;

        CHECK(send(fd, said[i], size, MSG_NOSIGNAL) == (ssize_t)size);
        got = read_all(fd, bytes, sizeof bytes);
        CHECK(got == 0 || (got == 7 && bytes[0] == 21)); /* Law 3 */
        CHECK(close(fd) == 0);
    }
    CHECK(served(&world));
    echo_world_close(&world);
    CHECK(world.begun == 1);
    CHECK(log_counter(LOG_HANDSHAKE_FAILED) == failed + 3);
}

/* Law 4: who says nothing, or half of a hello, is cut off in time; of many, the
 * first; who means it is served beside them. */
static void slow_hands(uint32_t max, unsigned callers)
{
    static struct echo_world world;
    struct net_loop_config config = {.connections_max = 64,
                                     .handshakes_max = max,
                                     .handshake_ms = max ? 60000 : 300};
    uint64_t slow = log_counter(LOG_HANDSHAKE_SLOW);
    unsigned cut = max ? callers - max : callers;
    int fd[32];
    uint8_t byte;

    open_world(&world, &config);
    for (unsigned i = 0; i < callers; i++) {
        fd[i] = dial(&world);
        if (i % 2)
            CHECK(send(fd[i], "\x16\x03\x01\x01\x00\x01", 6, 0) == 6);
    }
    for (unsigned i = 0; i < cut; i++)
        CHECK(recv(fd[i], &byte, 1, 0) <= 0);
    CHECK(log_counter(LOG_HANDSHAKE_SLOW) == slow + cut);
    for (unsigned i = cut; i < callers; i++)
        CHECK(recv(fd[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    CHECK(served(&world)); /* and so one more has to go */
    CHECK(log_counter(LOG_HANDSHAKE_SLOW) == slow + cut + (max > 0));
    for (unsigned i = 0; i < callers; i++)
        CHECK(close(fd[i]) == 0);
    echo_world_close(&world);
}

/* A caller's whole story, cut off after each of its bytes, by an end and by a
 * reset: nothing is left, and who comes next is served. */
static void closes_at_every_point(void)
{
    static struct echo_world world;
    static struct tls_peer peer;
    static uint8_t hello[4096];
    int size;

    open_world(&world, &plain_config);
    tls_peer_open(&peer, &server, NULL);
    (void)SSL_do_handshake(peer.ssl);
    size = BIO_read(SSL_get_wbio(peer.ssl), hello, sizeof hello);
    CHECK(size > 100);
    for (int cut = 0; cut <= size; cut++) {
        struct linger at_once = {.l_onoff = cut % 2};
        int fd = dial(&world);

        CHECK(send(fd, hello, (size_t)cut, MSG_NOSIGNAL) == cut);
        CHECK(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
        CHECK(close(fd) == 0);
    }
    tls_peer_close(&peer);
    CHECK(served(&world));
    echo_world_close(&world);
}

/* Law 1: who takes nothing in the middle of much costs one buffer and is cut
 * off; its TLS as well. */
static void stalled_reader(void)
{
    static struct echo_world world;
    static struct calls calls;
    struct net_loop_config config = {.connections_max = 8, .write_ms = 400};
    struct http_limits hasty = {.slow_ms = 400};

    echo_world_make(&world, NULL, &config, &hasty);
    net_listener_secure(&world.listener, &server, ROLE_NONE);
    echo_world_start(&world);
    call(&calls, &world, &plain_config, "localhost");
    for (int i = 0; i < 20; i++)
        ask(&calls, "/pour", 0);
    while (!calls.closed && calls.caller.received == 0)
        net_loop_turn(&calls.loop);
    CHECK(echo_wait(&world.ended, 20)); /* nobody turns that loop any more */
    CHECK(atomic_load(&world.poured) < calls.caller.received +
                                           20 * (HTTP_OUT_HIGH + ECHO_PIECE) +
                                           (16u << 20));
    hang_up(&calls);
    echo_world_close(&world);
}

/* Told to drain, the session says goodbye and then TLS does (Law 3). */
static void both_say_goodbye(void)
{
    static const char hello[] =
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
    static struct echo_world world;
    struct http_limits brief = {.drain_ms = 50, .grace_ms = 50};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    uint8_t bytes[4096];
    size_t size = 0, all = 0;
    int fd;

    echo_world_make(&world, NULL, &plain_config, &brief);
    net_listener_secure(&world.listener, &server, ROLE_NONE);
    echo_world_start(&world);
    fd = dial(&world);
    CHECK(SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1);
    CHECK(SSL_write_ex(ssl, hello, sizeof hello, &size) == 1);
    CHECK(SSL_read_ex(ssl, bytes, sizeof bytes, &size) == 1);
    net_loop_drain(&world.loop);
    while (SSL_read_ex(ssl, bytes, sizeof bytes, &size) == 1)
        all += size;
    CHECK(all >= 17); /* a GOAWAY */
    CHECK(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
    SSL_CTX_free(context);
    CHECK(close(fd) == 0);
    echo_world_close(&world);
}

int main(void)
{
    net_signal_ignore_pipe();
    tls_files_make(&files);
    open_credentials();
    echoes();
    not_believed();
    caller_gives_up();
    plain_text();
    slow_hands(0, 6);
    slow_hands(4, 20);
    closes_at_every_point();
    stalled_reader();
    both_say_goodbye();
    net_credentials_close(&server);
    net_credentials_close(&client);
    tls_files_remove(&files);
    return check_report("net/connection, through TLS");
}

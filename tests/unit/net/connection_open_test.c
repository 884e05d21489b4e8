/* The calling side of net/connection: law 2, and law 3 as it is seen there. */
#include "echo_world.h"
#include "net/signal.h"

struct calls {
    struct net_loop loop;
    struct http_host host;
    struct net_connection *connection;
    bool opening, closed_inside;
    uint32_t closed, answered, failed, want;
    size_t received;
    enum err why, failed_why;
    uint64_t give_up_ms;
};

static void on_begin(void *handler, struct http_exchange *exchange)
{
    (void)handler;
    (void)exchange;
}

static void on_readable(void *handler, struct http_exchange *exchange)
{
    struct calls *calls = handler;

    calls->received += buf_size(&exchange->in);
    http_exchange_consume(exchange, buf_size(&exchange->in));
}

static void on_answered(void *handler, struct http_exchange *exchange,
                        enum err why)
{
    struct calls *calls = handler;

    (void)exchange;
    if (why == ERR_NONE) {
        calls->answered++;
    } else {
        calls->failed++;
        calls->failed_why = why;
    }
    if (calls->answered == calls->want)
        net_connection_drain(calls->connection);
}

static const struct http_handler handler = {.begin = on_begin,
                                            .readable = on_readable,
                                            .writable = on_begin,
                                            .closed = on_answered};

static void on_gone(void *arg, enum err why)
{
    struct calls *calls = arg;

    calls->closed++;
    calls->closed_inside |= calls->opening;
    calls->why = why;
    net_loop_stop(&calls->loop);
}

static uint64_t patience(void *arg)
{
    const struct calls *calls = arg;

    return calls->give_up_ms;
}

static void give_up(void *arg, uint64_t now_ms)
{
    struct calls *calls = arg;

    CHECK(now_ms < calls->give_up_ms); /* fails: it took too long */
    calls->give_up_ms = NET_NEVER;
    net_loop_stop(&calls->loop);
}

static void ask(struct calls *calls, const char *path, size_t size)
{
    struct http_request request = {
        .method = "POST", .scheme = "http", .authority = "test", .path = path};
    enum err err = ERR_NONE;
    struct http_exchange *exchange = http_session_request(
        net_connection_session(calls->connection), &request, NULL, &err);
    uint8_t *body;

    CHECK(exchange != NULL);
    if (!exchange)
        return;
    body = http_exchange_reserve(exchange, size);
    CHECK(body != NULL);
    memset(body, 'y', size);
    http_exchange_commit(exchange, size);
    CHECK(!http_exchange_end(exchange, NULL, 0));
}

static void begin(struct calls *calls, const struct net_address *address,
                  const struct http_limits *limits)
{
    struct net_loop_config config = {
        .port = {.deadline_ms = patience, .tick = give_up, .above = calls},
        .connections_max = 1,
        .linger_ms = 100};
    struct net_connection_target target = {.address = *address};
    struct net_connection *second;

    *calls =
        (struct calls){.host = {.handler_of = &handler},
                       .give_up_ms = net_clock_mono_ms() + ECHO_PATIENCE_MS,
                       .want = UINT32_MAX};
    calls->host.handler = calls;
    if (limits)
        calls->host.limits = *limits;
    CHECK(!net_loop_init(&calls->loop, &config));
    CHECK(!net_loop_host(&calls->loop, &calls->host));
    calls->opening = true;
    CHECK(!net_connection_open(&calls->connection, &calls->loop, &calls->host,
                               &target, on_gone, calls));
    CHECK(net_connection_open(&second, &calls->loop, &calls->host, &target,
                              on_gone, calls) == ERR_FULL);
    calls->opening = false;
}

static void finish(struct calls *calls)
{
    net_loop_close(&calls->loop);
    http_session_host_close(&calls->host);
    CHECK(calls->closed == 1); /* Law 2 */
    CHECK(!calls->closed_inside);
}

/* Requests made before the socket is there leave when it is; the drain that
 * follows ends both sides in order (Law 3). */
static void calls_and_drains(void)
{
    static struct echo_world world;
    static struct calls calls;
    struct net_loop_config config = {0};
    struct http_limits limits = {0};

    echo_world_open(&world, NULL, &config, &limits);
    begin(&calls, &world.address, NULL);
    calls.want = 20;
    for (int i = 0; i < 20; i++)
        ask(&calls, "/echo", 50000);
    net_loop_run(&calls.loop);
    CHECK(calls.answered == 20);
    CHECK(calls.received == (size_t)20 * 50000);
    CHECK(calls.failed == 0);
    CHECK(calls.why == ERR_NONE);
    finish(&calls);
    echo_world_close(&world);
}

/* Nobody listens: on a port, on a path. */
static void nobody_there(const char *where)
{
    static struct calls calls;
    struct net_address address;
    int fd = -1;

    CHECK(!net_address_parse(&address, where));
    if (!net_address_is_path(&address)) {
        CHECK(!net_address_bind(&address, &fd, 1));
        CHECK(close(fd) == 0);
    }
    begin(&calls, &address, NULL);
    ask(&calls, "/echo", 10);
    net_loop_run(&calls.loop);
    CHECK(calls.failed == 1);
    CHECK(calls.failed_why == ERR_CONNECTION);
    CHECK(calls.why == ERR_UNREACHABLE);
    finish(&calls);
}

/* Somebody listens and never answers: the session's patience ends it. */
static void no_hello(void)
{
    static struct calls calls;
    struct net_address address;
    struct http_limits hasty = {.hello_ms = 100};
    int fd;

    CHECK(!net_address_parse(&address, "127.0.0.1:0"));
    CHECK(!net_address_bind(&address, &fd, 1));
    CHECK(listen(fd, 1) == 0);
    begin(&calls, &address, &hasty);
    ask(&calls, "/echo", 10);
    net_loop_run(&calls.loop);
    CHECK(calls.failed == 1);
    CHECK(calls.why == ERR_DEADLINE);
    finish(&calls);
    CHECK(close(fd) == 0);
}

/* Closed by its owner: at once while it connects, and with a call open. */
static void owner_closes(bool connected)
{
    static struct echo_world world;
    static struct calls calls;
    struct net_loop_config config = {0};
    struct http_limits limits = {0};

    echo_world_open(&world, NULL, &config, &limits);
    begin(&calls, &world.address, NULL);
    ask(&calls, "/pour", 1);
    while (connected && atomic_load(&world.begun) == 0)
        (void)uv_run(&calls.loop.uv, UV_RUN_NOWAIT);
    net_connection_close(calls.connection);
    net_connection_close(calls.connection);
    net_loop_run(&calls.loop);
    CHECK(calls.failed == 1);
    CHECK(calls.why == ERR_CANCELED);
    finish(&calls);
    echo_world_close(&world);
}

/* A session that failed by itself says why, when its last words are out. */
static void session_fails(void)
{
    static struct echo_world world;
    static struct calls calls;
    struct net_loop_config config = {0};
    struct http_limits limits = {0};
    struct http_session *session;

    echo_world_open(&world, NULL, &config, &limits);
    begin(&calls, &world.address, NULL);
    session = net_connection_session(calls.connection);
    ask(&calls, "/pour", 1);
    while (atomic_load(&world.begun) == 0)
        (void)uv_run(&calls.loop.uv, UV_RUN_NOWAIT);
    session->failed = ERR_NOMEM;
    net_connection_wake(&calls.loop, session);
    net_loop_run(&calls.loop);
    CHECK(calls.why == ERR_NOMEM);
    finish(&calls);
    echo_world_close(&world);
}

/* The loop ends while the connection lives: that closes it too. */
static void loop_ends(void)
{
    static struct calls calls;
    static struct echo_world world;
    struct net_loop_config config = {0};
    struct http_limits limits = {0};

    echo_world_open(&world, NULL, &config, &limits);
    begin(&calls, &world.address, NULL);
    net_loop_stop(&calls.loop);
    net_loop_run(&calls.loop);
    CHECK(calls.why == ERR_CANCELED);
    finish(&calls);
    begin(&calls, &world.address, NULL); /* and one that never ran */
    finish(&calls);
    echo_world_close(&world);
}

/* The server goes away in the middle. */
static void server_goes(void)
{
    static struct echo_world world;
    static struct calls calls;
    struct net_loop_config config = {0};
    struct http_limits limits = {0};

    echo_world_open(&world, NULL, &config, &limits);
    begin(&calls, &world.address, NULL);
    ask(&calls, "/pour", 1);
    while (atomic_load(&world.begun) == 0)
        (void)uv_run(&calls.loop.uv, UV_RUN_NOWAIT);
    echo_world_close(&world);
    net_loop_run(&calls.loop);
    CHECK(calls.failed == 1);
    CHECK(calls.why == ERR_CONNECTION);
    finish(&calls);
}

int main(void)
{
    net_signal_ignore_pipe();
    calls_and_drains();
    nobody_there("127.0.0.1:0");
    nobody_there("unix:/tmp/kindred_net_nobody");
    no_hello();
    owner_closes(false);
    owner_closes(true);
    session_fails();
    loop_ends();
    server_goes();
    return check_report("net/connection, calling");
}

/* Law by law: who is sent away and how, how many are taken at once, and what the
 * kernel is told to look after. */
#include "net/listener.h"

#include <netinet/tcp.h>
#include <sys/resource.h>

#include "base/log.h"
#include "echo_world.h"

enum { CROWD = 200, TURNED_AWAY = 4 };

/* Law 1: out of descriptors, a caller is sent away at once instead of hanging;
 * when there is room again, callers are served. */
static void out_of_descriptors(void)
{
    static struct echo_world world;
    static const struct net_loop_config config = {.connections_max = 64};
    static const struct http_limits limits = {0};
    struct timeval patience = {.tv_sec = ECHO_PATIENCE_MS / 1000};
    struct rlimit before, tight;
    struct echo_caller first, second;
    uint64_t refused = log_counter(LOG_CONNECTION_REFUSED);
    int fd[TURNED_AWAY];

    echo_world_open(&world, NULL, &config, &limits);
    echo_caller_open(&first, &world);
    echo_caller_ask(&first, "/echo", 10);
    CHECK(echo_caller_finish(&first, 1));
    /* The last descriptors there are, held until there may be more: the world
     * and its callers are one process, and whoever closes one cannot know who
     * gets it. */
    for (int i = 0; i < TURNED_AWAY; i++) {
        fd[i] = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(fd[i] >= 0);
        CHECK(!setsockopt(fd[i], SOL_SOCKET, SO_RCVTIMEO, &patience,
                          sizeof patience));
    }
    CHECK(!getrlimit(RLIMIT_NOFILE, &before));
    tight = before;
    tight.rlim_cur = (rlim_t)fd[TURNED_AWAY - 1] + 1;
    CHECK(!setrlimit(RLIMIT_NOFILE, &tight));
    for (int i = 0; i < TURNED_AWAY; i++) {
        uint8_t got[512];

        CHECK(!connect(fd[i], (const void *)&world.address.to,
                       world.address.size));
        errno = 0;
        CHECK(recv(fd[i], got, sizeof got, 0) == 0 || errno == ECONNRESET);
    }
    echo_caller_ask(&first, "/echo", 10);
    CHECK(echo_caller_finish(&first, 2));
    CHECK(!setrlimit(RLIMIT_NOFILE, &before));
    for (int i = 0; i < TURNED_AWAY; i++)
        CHECK(!close(fd[i]));
    echo_caller_open(&second, &world);
    echo_caller_ask(&second, "/echo", 10);
    CHECK(echo_caller_finish(&second, 1));
    echo_caller_close(&second);
    echo_caller_close(&first);
    echo_world_close(&world);
    CHECK(log_counter(LOG_CONNECTION_REFUSED) == refused + TURNED_AWAY);
}

/* Law 2: a crowd that came while nobody looked is let in by turns, and all of
 * it is served. */
static void crowd(void)
{
    static struct echo_world world;
    static struct echo_caller caller[CROWD];
    static const struct net_loop_config config = {.connections_max = CROWD};
    static const struct http_limits limits = {0};
    uint32_t most = 0, before = 0;

    echo_world_make(&world, NULL, &config, &limits);
    for (int i = 0; i < CROWD; i++)
        echo_caller_open(&caller[i], &world);
    while (world.loop.connections < CROWD) {
        (void)uv_run(&world.loop.uv, UV_RUN_NOWAIT);
        if (world.loop.connections - before > most)
            most = world.loop.connections - before;
        before = world.loop.connections;
    }
    CHECK(most <= 64);
    echo_world_start(&world);
    for (int i = 0; i < CROWD; i++) {
        echo_caller_ask(&caller[i], "/echo", 100);
        CHECK(echo_caller_finish(&caller[i], 1));
        echo_caller_close(&caller[i]);
    }
    echo_world_close(&world);
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;

    CHECK(!getsockopt(fd, level, name, &value, &size));
    return value;
}

/* Law 3: what it accepts, the kernel asks and in the end gives up. */
static void finds_the_gone(uint32_t ping_ms, int asked_s)
{
    struct net_loop_config config = {.connections_max = 1};
    struct http_limits limits = {
        .ping_ms = ping_ms, .pong_ms = 8000, .slow_ms = 5000};
    static struct echo_world world;
    static struct echo_caller caller;
    int fd;

    echo_world_make(&world, NULL, &config, &limits); /* nobody runs it */
    echo_caller_open(&caller, &world);
    fd = accept(world.listener.fd, NULL, NULL);
    CHECK(fd >= 0);
    CHECK(option(fd, SOL_SOCKET, SO_KEEPALIVE) == 1);
#ifdef TCP_KEEPIDLE
    CHECK(option(fd, IPPROTO_TCP, TCP_KEEPIDLE) == asked_s);
    CHECK(option(fd, IPPROTO_TCP, TCP_KEEPINTVL) == 2);
    CHECK(option(fd, IPPROTO_TCP, TCP_KEEPCNT) == 4);
#endif
#ifdef TCP_USER_TIMEOUT
    CHECK(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT) == (int)ping_ms + 13000);
#endif
    CHECK(close(fd) == 0);
    echo_caller_close(&caller);
    echo_world_start(&world);
    echo_world_close(&world);
}

int main(void)
{
    finds_the_gone(60000, 60);
    finds_the_gone(100, 1);
    finds_the_gone(86400000, 32767);
    out_of_descriptors();
    crowd();
    return check_report("net/listener");
}

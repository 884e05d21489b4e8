/* What a connection waits for, and what it does not wait for any more. */
#include "net/connection.h"

#include <stdio.h>
#include <stdlib.h>

#include "echo_world.h"

/* Nothing else is due within SOON_MS. */
enum { SOON_MS = ECHO_PATIENCE_MS, LATER_MS = 3 * SOON_MS, BODY = 20000 };
static const struct http_limits calm = {
    .hello_ms = LATER_MS, .head_ms = LATER_MS, .slow_ms = LATER_MS};

/* When the loop's first connection is looked at again, from now. */
static uint64_t looked_at_in_ms(struct echo_world *world)
{
    return heap_least(&world->loop.timers) - net_loop_now_ms(&world->loop);
}

/* Law 1: who took all is not waited for any more. */
static void took_all(void)
{
    enum { ROUNDS = 20000 };
    static const uint8_t cancel[] = {0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8};
    static const struct net_loop_config config = {.connections_max = 8,
                                                  .write_ms = SOON_MS};
    static struct echo_world world;
    static uint8_t bytes[1 << 16];
    struct echo_caller caller;

    echo_world_make(&world, NULL, &config, &calm);
    echo_caller_open(&caller, &world);
    echo_caller_ask(&caller, "/pour", 0);
    CHECK(echo_caller_push(&caller, ECHO_PIECE));
    echo_world_turn(&world, 20);
    CHECK(looked_at_in_ms(&world) > SOON_MS); /* a window is full, no more */
    echo_caller_widen(&caller);
    for (int n = 0; n < ROUNDS && looked_at_in_ms(&world) > SOON_MS; n++)
        echo_world_turn(&world, 1);
    CHECK(looked_at_in_ms(&world) <= SOON_MS);
    CHECK(send(caller.fd, cancel, sizeof cancel, MSG_NOSIGNAL) ==
          sizeof cancel);
    for (int n = 0; n < ROUNDS && looked_at_in_ms(&world) <= SOON_MS; n++) {
        while (recv(caller.fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
            continue;
        echo_world_turn(&world, 1);
    }
    CHECK(world.ended == 1 && world.loop.connections == 1);
    CHECK(looked_at_in_ms(&world) > SOON_MS);
    echo_caller_close(&caller);
    net_loop_close(&world.loop);
    http_session_host_close(&world.host);
}

/* Law 3: who does not end after our end is waited for linger_ms and no more. */
static void never_ends(const char *said)
{
    static const struct net_loop_config config = {.connections_max = 8,
                                                  .linger_ms = SOON_MS};
    static struct echo_world world;
    struct echo_caller caller;
    char got[4096];
    ssize_t size = -1;

    echo_world_make(&world, NULL, &config, &calm);
    echo_caller_open(&caller, &world);
    echo_world_turn(&world, 20);
    CHECK(looked_at_in_ms(&world) > SOON_MS);
    CHECK(send(caller.fd, said, strlen(said), MSG_NOSIGNAL) > 0);
    for (int n = 0; n < 10000 && size != 0; n++) {
        echo_world_turn(&world, 1);
        size = recv(caller.fd, got, sizeof got, MSG_DONTWAIT);
    }
    CHECK(size == 0); /* our end */
    CHECK(world.loop.connections == 1);
    CHECK(looked_at_in_ms(&world) <= SOON_MS);
    echo_caller_close(&caller);
    net_loop_close(&world.loop);
    http_session_host_close(&world.host);
}

static uint8_t piece[1 << 12], got[1 << 16];

/* Ask for so much again, and let it be answered. */
static void ask(struct echo_world *world, struct echo_caller *caller,
                const char *last)
{
    int size = snprintf((char *)got, sizeof got,
                        "POST /echo HTTP/1.1\r\nhost: a\r\n%s"
                        "content-length: %d\r\n\r\n",
                        last, BODY);

    memset(got + size, '#', BODY);
    CHECK(send(caller->fd, got, (size_t)size + BODY, MSG_NOSIGNAL) ==
          size + BODY);
    echo_world_turn(world, 10);
}

/* Law 5: what is answered already, and waits at the socket only, is owed, too.
 * How many requests it took until something waited; that last one says `last`
 * if it is the most-th. */
static unsigned answered_and_unsent(const char *where, const char *last,
                                    unsigned most)
{
    static const struct net_loop_config config = {.connections_max = 8};
    static struct echo_world world;
    struct echo_caller caller;
    size_t body = 0;
    ssize_t size = 1;
    unsigned n = 0;

    echo_world_make(&world, where, &config, &calm);
    echo_caller_open(&caller, &world);
    while (n < most && world.host.out_bytes == 0)
        ask(&world, &caller, ++n == most ? last : "");
    CHECK(world.ended == n && world.host.out_bytes > 0);
    CHECK(!shutdown(caller.fd, SHUT_WR));
    echo_world_turn(&world, 10);
    for (int turn = 0; turn < 100000 && size != 0; turn++) {
        size = recv(caller.fd, piece, sizeof piece, MSG_DONTWAIT);
        for (ssize_t i = 0; i < size; i++)
            body += piece[i] == '#';
        if (size < 0)
            echo_world_turn(&world, 1);
    }
    CHECK(size == 0 && body == (size_t)n * BODY);
    echo_world_turn(&world, 10);
    CHECK(world.loop.connections == 0); /* nor is it waited for any more */
    echo_caller_close(&caller);
    net_loop_close(&world.loop);
    http_session_host_close(&world.host);
    return n;
}

int main(void)
{
    char folder[] = "/tmp/kindred_net_XXXXXX", where[64];
    unsigned n;

    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(where, sizeof where, "unix:%s/s", folder);
    n = answered_and_unsent(where, "", 100);
    CHECK(answered_and_unsent(where, "connection: close\r\n", n) == n);
    CHECK(rmdir(folder) == 0);
    took_all();
    never_ends("no request at all\r\n\r\n");
    never_ends("GET /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    return check_report("net/connection, waits");
}

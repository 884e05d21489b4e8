/* Sessions over real sockets: callers that behave, and callers that do not. */
#include "net/connection.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "echo_world.h"
#include "fail_malloc.h"

static const struct net_loop_config plain = {.connections_max = 512};
static const struct http_limits patient = {.slow_ms = 60000};
static const struct http_limits hasty = {.slow_ms = 500};
static const struct http_limits lenient = {.slow_ms = 60000,
                                           .control_burst = UINT32_MAX};

/* Bodies of all sizes come back, over TCP and over a path. */
static void echoes(const char *where)
{
    static const size_t size[] = {0, 1, 100, 65535, 65536, 1000000};
    static struct echo_world world;
    struct echo_caller caller;
    size_t sum = 0;

    echo_world_open(&world, where, &plain, &patient);
    echo_caller_open(&caller, &world);
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        echo_caller_ask(&caller, "/echo", size[i]);
        sum += size[i];
        CHECK(echo_caller_finish(&caller, i + 1));
        CHECK(caller.received == sum);
    }
    for (int i = 0; i < 50; i++) /* and many at once */
        echo_caller_ask(&caller, "/echo", 1000);
    CHECK(echo_caller_finish(&caller, sizeof size / sizeof *size + 50));
    CHECK(caller.received == sum + 50000);
    CHECK(caller.failed == 0);
    echo_caller_close(&caller);
    echo_world_close(&world);
}

/* One byte at a time, as a bad link would. */
static void dribbles(void)
{
    static struct echo_world world;
    struct echo_caller caller;

    echo_world_open(&world, NULL, &plain, &patient);
    echo_caller_open(&caller, &world);
    echo_caller_ask(&caller, "/echo", 300);
    CHECK(echo_caller_push(&caller, 1));
    CHECK(echo_caller_finish(&caller, 1));
    CHECK(caller.received == 300);
    echo_caller_close(&caller);
    echo_world_close(&world);
}

/* The bytes of one exchange, cut off after each of them, by an end and by a
 * reset: every exchange that began ends, every connection goes. */
static void closes_at_every_point(void)
{
    static struct echo_world world;
    static uint8_t script[ECHO_PIECE];
    struct echo_caller caller;
    size_t size, cuts = 0;

    echo_world_open(&world, NULL, &plain, &patient);
    for (size_t cut = 0;; cut++, cuts++) {
        echo_caller_open(&caller, &world);
        echo_caller_ask(&caller, "/echo", 20);
        size = echo_caller_say(&caller, script, sizeof script);
        CHECK(size > 0);
        if (cut > size)
            break;
        CHECK(send(caller.fd, script, cut, 0) == (ssize_t)cut);
        if (cut % 2)
            echo_caller_close(&caller);
        else
            echo_caller_vanish(&caller);
    }
    CHECK(send(caller.fd, script, size, 0) == (ssize_t)size);
    CHECK(echo_caller_finish(&caller, 1)); /* others are served as ever */
    echo_caller_close(&caller);
    CHECK(cuts > 24);
    echo_world_close(&world);
}

/* Who never reads costs a bounded amount, is cut off in time, and nobody else
 * notices; whether it is the windows of HTTP that are full or the socket
 * (Law 1). */
static void stalled_reader(bool wide)
{
    struct net_loop_config config = {.connections_max = 8, .write_ms = 500};
    enum err want = wide ? ERR_CONNECTION : ERR_SLOW_READER;
    static struct echo_world world;
    struct echo_caller stalled, other;
    uint64_t poured, most;

    echo_world_open(&world, NULL, &config, wide ? &patient : &hasty);
    echo_caller_open(&stalled, &world);
    for (int i = 0; i < 20; i++)
        echo_caller_ask(&stalled, "/pour", 0);
    CHECK(echo_caller_push(&stalled, ECHO_PIECE));
    if (wide)
        echo_caller_widen(&stalled);
    CHECK(echo_wait(&world.begun, 20));
    echo_caller_open(&other, &world);
    for (size_t i = 1; i <= 50; i++) {
        echo_caller_ask(&other, "/echo", 10000);
        CHECK(echo_caller_finish(&other, i));
    }
    poured = atomic_load(&world.poured);
    most = 20 * (uint64_t)(HTTP_OUT_HIGH + ECHO_PIECE);
    CHECK(poured >= 20 * (uint64_t)HTTP_OUT_HIGH + (wide ? 512 << 10 : 0));
    CHECK(poured <=
          most + (wide ? 16u << 20 : 1u << 20)); /* and the kernel's */
    CHECK(echo_wait(&world.ended, 70));
    CHECK(atomic_load(&world.ended_for[want]) == 20);
    echo_caller_ask(&other, "/echo", 1);
    CHECK(echo_caller_finish(&other, 51));
    echo_caller_close(&other);
    echo_caller_close(&stalled);
    echo_world_close(&world);
}

/* Who does not read is soon not read either: a flood of frames that
 * mean nothing stays in the socket (Law 1). */
static void stalled_writer(void)
{
    static struct echo_world world;
    static const uint8_t frame[9 + 8192] = {0, 8192 >> 8, 0, 0xfe};
    struct echo_caller caller;
    struct timeval soon = {.tv_usec = 200000};
    size_t flood = 0;

    echo_world_open(&world, NULL, &plain, &lenient);
    echo_caller_open(&caller, &world);
    CHECK(!setsockopt(caller.fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon));
    for (int i = 0; i < 64; i++)
        echo_caller_ask(&caller, "/pour", 0);
    CHECK(echo_caller_push(&caller, ECHO_PIECE));
    echo_caller_widen(&caller);
    /* http/session law 5: the others are not begun */
    CHECK(echo_wait(&world.begun, HTTP_OUT_MAX / (HTTP_OUT_HIGH + ECHO_PIECE)));
    while (flood < (64u << 20) && send(caller.fd, frame, sizeof frame,
                                       MSG_NOSIGNAL) == (ssize_t)sizeof frame)
        flood += sizeof frame;
    CHECK(atomic_load(&world.ended) == 0);
    CHECK(flood < (32u << 20));
    echo_caller_close(&caller);
    echo_world_close(&world);
}

/* Who is gone without a word is found out by asking. */
static void silent_peer(void)
{
    static const struct http_limits curious = {.ping_ms = 100, .pong_ms = 100};
    static struct echo_world world;
    struct echo_caller caller;

    echo_world_open(&world, NULL, &plain, &curious);
    echo_caller_open(&caller, &world);
    echo_caller_ask(&caller, "/echo", 0);
    CHECK(echo_caller_push(&caller, ECHO_PIECE));
    CHECK(echo_caller_finish(&caller, 1));
    echo_caller_ask(&caller, "/pour", 0);
    CHECK(echo_caller_push(&caller, ECHO_PIECE));
    CHECK(echo_wait(&world.ended, 2)); /* nobody answers the ping */
    CHECK(atomic_load(&world.ended_for[ERR_CONNECTION]) == 1);
    echo_caller_close(&caller);
    echo_world_close(&world);
}

/* write() calls of this thread so far: libuv writes so, we send(). */
static unsigned long writes_so_far(void)
{
    FILE *io = fopen("/proc/thread-self/io", "r");
    char line[64];
    unsigned long n = 0;

    while (io && fgets(line, sizeof line, io))
        if (strncmp(line, "syscw: ", 7) == 0)
            n = strtoul(line + 7, NULL, 10);
    if (io)
        (void)fclose(io);
    return n;
}

/* Many requests in one read: all their answers leave in one write. */
static void one_write_per_turn(void)
{
    static struct echo_world world;
    struct echo_caller caller;
    unsigned long before;

    echo_world_make(&world, NULL, &plain, &patient);
    echo_caller_open(&caller, &world);
    echo_caller_ask(&caller, "/echo", 10);
    CHECK(echo_caller_push(&caller, ECHO_PIECE));
    while (atomic_load(&world.ended) == 0)
        (void)uv_run(&world.loop.uv, UV_RUN_NOWAIT);
    CHECK(echo_caller_finish(&caller, 1));
    for (int i = 0; i < 50; i++)
        echo_caller_ask(&caller, "/echo", 10);
    CHECK(echo_caller_push(&caller, ECHO_PIECE));
    (void)uv_run(&world.loop.uv, UV_RUN_NOWAIT); /* acks of the first */
    before = writes_so_far();
    while (atomic_load(&world.ended) < 51)
        (void)uv_run(&world.loop.uv, UV_RUN_NOWAIT);
    CHECK(writes_so_far() - before <= 2);
    CHECK(echo_caller_finish(&caller, 51));
    echo_caller_close(&caller);
    echo_world_start(&world);
    echo_world_close(&world);
}

/* Allocation number N fails, for every N: whoever cannot be served is told or
 * cut off, nothing else happens. */
static void no_memory(void)
{
    static struct echo_world world;
    struct echo_caller caller;
    bool failed = true;

    for (size_t at = 1; failed; at++) {
        struct net_loop loop;
        struct net_loop_config config = {.connections_max = 4};

        fail_malloc_start(at);
        if (!net_loop_init(&loop, &config))
            net_loop_close(&loop);
        failed = fail_malloc_stop();
    }
    for (size_t at = 1, served = 0; served < 3; at++) {
        echo_world_make(&world, NULL, &plain, &patient);
        echo_caller_open(&caller, &world);
        echo_caller_ask(&caller, "/echo", 70000);
        CHECK(echo_caller_push(&caller, 1000));
        fail_malloc_start(at);
        for (int turn = 0; turn < 20; turn++)
            (void)uv_run(&world.loop.uv, UV_RUN_NOWAIT);
        served += !fail_malloc_stop();
        echo_caller_close(&caller);
        echo_world_start(&world);
        echo_world_close(&world);
    }
}

/* Reads frames off the socket by hand: `left` bytes of the current one. */
struct frames {
    uint8_t head[9];
    size_t head_size, left, data;
    bool broken, ponged;
};

static void eat_byte(struct frames *frames, uint8_t byte)
{
    if (frames->left > 0) {
        frames->left--;
        frames->broken |= frames->head[3] == 0 && byte != 0;
        frames->data += frames->head[3] == 0;
        return;
    }
    frames->head[frames->head_size++] = byte;
    if (frames->head_size < sizeof frames->head)
        return;
    frames->head_size = 0;
    frames->left = (size_t)frames->head[0] << 16 |
                   (size_t)frames->head[1] << 8 | frames->head[2];
    frames->broken |= frames->left > 16384 || frames->head[3] > 8;
    frames->ponged |= frames->head[3] == 6;
}

/* A reader that falls behind again and again gets every byte in its place,
 * and what it says meanwhile is heard, if late. */
static void reader_that_lags(void)
{
    static struct echo_world world;
    static const uint8_t noise[9 + 8192] = {0, 8192 >> 8, 0, 0xfe};
    static const uint8_t ping[17] = {0, 0, 8, 6};
    static uint8_t bytes[1 << 16];
    struct frames frames = {.broken = false};
    struct echo_caller caller;
    ssize_t size;

    echo_world_open(&world, NULL, &plain, &lenient);
    echo_caller_open(&caller, &world);
    for (int i = 0; i < 8; i++)
        echo_caller_ask(&caller, "/pour", 0);
    CHECK(echo_caller_push(&caller, ECHO_PIECE));
    echo_caller_widen(&caller);
    CHECK(echo_wait(&world.begun, 8));
    for (int lag = 0; lag < 8; lag++) {
        struct timespec a_while = {.tv_nsec = 20000000};
        size_t until = frames.data + (4 << 20);

        (void)nanosleep(&a_while, NULL);
        for (int i = 0; i < 3; i++)
            CHECK(send(caller.fd, noise, sizeof noise, MSG_NOSIGNAL) ==
                  (ssize_t)sizeof noise);
        (void)nanosleep(&a_while, NULL);
        while (frames.data < until &&
               (size = recv(caller.fd, bytes, sizeof bytes, 0)) > 0)
            for (ssize_t i = 0; i < size; i++)
                eat_byte(&frames, bytes[i]);
        CHECK(frames.data >= until);
    }
    CHECK(!frames.ponged);
    CHECK(send(caller.fd, ping, sizeof ping, MSG_NOSIGNAL) > 0);
    while (!frames.ponged && frames.data < (128u << 20) &&
           (size = recv(caller.fd, bytes, sizeof bytes, 0)) > 0)
        for (ssize_t i = 0; i < size; i++)
            eat_byte(&frames, bytes[i]);
    CHECK(frames.ponged);
    CHECK(!frames.broken);
    echo_caller_close(&caller);
    echo_world_close(&world);
}

/* Law 3: the goodbye of a session that failed arrives, although we never made
 * use of the rest of what the peer sent. */
static void last_words(void)
{
    static struct echo_world world;
    struct echo_caller caller;
    static uint8_t noise[1 << 16];
    uint8_t got[4096];
    ssize_t size;
    size_t all = 0;

    echo_world_open(&world, NULL, &plain, &patient);
    echo_caller_open(&caller, &world);
    memset(noise, 'n', sizeof noise);
    for (int i = 0; i < 64; i++)
        CHECK(send(caller.fd, noise, sizeof noise, MSG_NOSIGNAL) ==
              (ssize_t)sizeof noise);
    while ((size = recv(caller.fd, got, sizeof got, 0)) > 0)
        all += (size_t)size;
    CHECK(size == 0); /* an end, not a reset */
    CHECK(all > 9);
    echo_caller_close(&caller);
    echo_world_close(&world);
}

/* Law 5: over a socket, and through it the end of both. */
static void half_closed(void)
{
    static const char asked[] = "POST /echo HTTP/1.1\r\nhost: a\r\n"
                                "content-length: 5\r\n\r\nhello";
    static struct echo_world world;
    struct echo_caller caller;
    char got[4096];
    ssize_t size;
    size_t all = 0;

    echo_world_open(&world, NULL, &plain, &patient);
    for (int cut = 0; cut < 2; cut++) {
        all = 0;
        echo_caller_open(&caller, &world);
        CHECK(send(caller.fd, asked, sizeof asked - 1 - (size_t)cut,
                   MSG_NOSIGNAL) > 0);
        CHECK(!shutdown(caller.fd, SHUT_WR));
        while ((size = recv(caller.fd, got + all, sizeof got - 1 - all, 0)) > 0)
            all += (size_t)size;
        got[all] = '\0';
        CHECK(cut || (strstr(got, "HTTP/1.1 200 ") && strstr(got, "hello")));
        CHECK(!cut || !strstr(got, "hello"));
        echo_caller_close(&caller);
    }
    echo_world_close(&world);
}

/* Who holds too much while others wait is closed at once, at the socket, too
 * (http/session law 6): the others go on. */
static void held_too_much(void)
{
    enum { STALLED = 6 };
    static const struct http_limits tight = {.slow_ms = 60000,
                                             .out_bytes_max = 4 << 20};
    static struct echo_world world;
    static struct echo_caller stalled[STALLED];
    struct echo_caller other;
    uint64_t before = log_counter(LOG_EXPELLED_UNREAD);

    echo_world_open(&world, NULL, &plain, &tight);
    echo_caller_open(&other, &world);
    for (int s = 0; s < STALLED; s++) {
        echo_caller_open(&stalled[s], &world);
        for (int i = 0; i < 20; i++)
            echo_caller_ask(&stalled[s], "/pour", 0);
        CHECK(echo_caller_push(&stalled[s], ECHO_PIECE));
        if (s % 2)
            echo_caller_widen(&stalled[s]);
        echo_caller_ask(&other, "/echo", 10000);
        CHECK(echo_caller_finish(&other, (size_t)s + 1));
    }
    CHECK(echo_wait(&world.ended, STALLED + 16));
    CHECK(log_counter(LOG_EXPELLED_UNREAD) > before);
    echo_caller_ask(&other, "/echo", 10000);
    CHECK(echo_caller_finish(&other, STALLED + 1));
    CHECK(other.failed == 0);
    for (int s = 0; s < STALLED; s++)
        echo_caller_close(&stalled[s]);
    echo_caller_close(&other);
    echo_world_close(&world);
    CHECK(world.host.out_bytes == 0);
}

/* The same where the windows are wide and it is the sockets that are full: what
 * waits there counts, and who is cut off is gone at once. */
static void held_at_sockets(void)
{
    enum { STALLED = 4 };
    static struct echo_world world;
    static struct echo_caller stalled[STALLED];
    struct echo_caller other;
    size_t sum = 0, full = 0;

    echo_world_make(&world, NULL, &plain, &patient);
    for (int s = 0; s < STALLED; s++) {
        echo_caller_open(&stalled[s], &world);
        echo_caller_ask(&stalled[s], "/pour", 0);
        CHECK(echo_caller_push(&stalled[s], ECHO_PIECE));
        echo_caller_widen(&stalled[s]);
    }
    for (int tries = 0; tries < 100 && full < STALLED; tries++) {
        echo_world_turn(&world, 20);
        sum = full = 0;
        LIST_EACH (link, &world.loop.all) {
            const struct http_session *session =
                net_connection_session(net_connection_of_link(link));

            sum += session->out_bytes;
            full += session->unsent > 0;
            CHECK(session->unsent <= session->out_bytes);
            CHECK(session->unsent <= NET_CONNECTION_WRITE);
        }
    }
    CHECK(full == STALLED && world.host.out_bytes == sum);
    world.host.limits.out_bytes_max = 1024;
    echo_caller_open(&other, &world);
    echo_caller_ask(&other, "/echo", 10);
    CHECK(echo_caller_push(&other, ECHO_PIECE));
    echo_world_turn(&world, 20);
    CHECK(world.loop.connections == 1 && world.host.out_bytes == 0);
    CHECK(world.ended_for[ERR_ABUSE] == STALLED);
    for (int s = 0; s < STALLED; s++)
        echo_caller_close(&stalled[s]);
    echo_caller_close(&other);
    net_loop_close(&world.loop);
    http_session_host_close(&world.host);
}

int main(void)
{
    char folder[] = "/tmp/kindred_net_XXXXXX", where[64];

    echoes(NULL);
    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(where, sizeof where, "unix:%s/s", folder);
    echoes(where);
    CHECK(rmdir(folder) == 0); /* the socket's file went with it */
    dribbles();
    closes_at_every_point();
    stalled_reader(false);
    stalled_reader(true);
    stalled_writer();
    reader_that_lags();
    last_words();
    half_closed();
    held_too_much();
    held_at_sockets();
    silent_peer();
    one_write_per_turn();
    no_memory();
    return check_report("net/connection");
}

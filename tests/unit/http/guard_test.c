#include "http/guard.h"

#include "check.h"
#include "fail_malloc.h"
#include "frames.h"

enum { CALM = 11, NOW = 1000000, FRAMES_PADDED = 8, FRAMES_UNKNOWN = 0x42 };

static int begun, closed;
static bool answering;

static void on_begin(void *self, struct http_exchange *exchange)
{
    (void)self;
    begun++;
    if (!answering)
        return;
    CHECK(http_exchange_respond(exchange, 200, NULL, 0) == ERR_NONE);
    CHECK(http_exchange_end(exchange, NULL, 0) == ERR_NONE);
}

static void on_closed(void *self, struct http_exchange *exchange, enum err why)
{
    (void)self;
    (void)exchange;
    (void)why;
    closed++;
}

static const struct http_handler HANDLER = {on_begin, frames_swallow,
                                            frames_swallow, on_closed};

struct world {
    struct http_host host;
    struct http_session session;
    struct frames frames;
};

static struct world *world_open(bool answer)
{
    struct world *world = calloc(1, sizeof *world);

    begun = closed = 0;
    answering = answer;
    world->host.handler_of = &HANDLER;
    world->host.wake = frames_woken;
    CHECK(http_session_host_init(&world->host) == ERR_NONE);
    CHECK(http_session_init(&world->session, &world->host, HTTP_SERVER, NULL,
                            NOW) == ERR_NONE);
    frames_hello(&world->frames);
    CHECK(frames_send(&world->frames, &world->session, NOW) == ERR_NONE);
    return world;
}

static void world_close(struct world *world)
{
    http_session_close(&world->session);
    CHECK(begun == closed);
    http_session_host_close(&world->host);
    free(world);
}

/* It was thrown out, says so, and is finished then. */
static void expelled(struct world *world, enum err err)
{
    int goaway;

    CHECK(err == ERR_ABUSE);
    (void)frames_drain(&world->session, FRAMES_DATA, &goaway, NOW);
    CHECK(goaway == CALM);
    CHECK(http_session_finished(&world->session));
    CHECK(frames_send(&world->frames, &world->session, NOW) == ERR_ABUSE);
}

/* HEADERS and RST_STREAM, n of them, every step_ms. */
static enum err reset_often(struct world *world, int n, uint64_t step_ms)
{
    enum err err = ERR_NONE;
    int goaway;

    for (int i = 0; i < n && err == ERR_NONE; i++) {
        uint32_t stream = (uint32_t)i * 2 + 1;
        uint64_t now_ms = NOW + (uint64_t)i * step_ms;

        frames_request(&world->frames, stream, 1);
        frames_add(&world->frames, FRAMES_RST, 0, stream, "\0\0\0\x08", 4);
        err = frames_send(&world->frames, &world->session, now_ms);
        if (err == ERR_NONE)
            (void)frames_drain(&world->session, FRAMES_DATA, &goaway, now_ms);
    }
    return err;
}

/* Rapid reset: it costs no handler, and ends (http/session law 4). */
static void rapid_reset(void)
{
    struct world *world = world_open(true);

    expelled(world, reset_often(world, 2000, 0));
    CHECK(begun == 0);
    world_close(world);
    /* An honest client that cancels all it asks, 40 times a second. */
    world = world_open(true);
    CHECK(reset_often(world, 5000, 25) == ERR_NONE);
    world_close(world);
}

/* MadeYouReset: we are made to reset, by a window that overflows, so many at a
 * time. */
static void made_you_reset(uint32_t batch)
{
    struct world *world = world_open(false);
    enum err err = ERR_NONE;
    int goaway = -1, sent = 0;

    for (uint32_t i = 0; i < 2000 && err == ERR_NONE; i++) {
        frames_request(&world->frames, 2 * i + 1, 1);
        frames_add(&world->frames, FRAMES_WINDOW, 0, 2 * i + 1,
                   "\x7f\xff\xff\xff", 4);
        if (i % batch != batch - 1)
            continue;
        err = frames_send(&world->frames, &world->session, NOW);
        sent += frames_drain(&world->session, FRAMES_RST, &goaway, NOW);
        if (err == ERR_NONE && goaway >= 0) /* the end was noted in sending */
            err = frames_send(&world->frames, &world->session, NOW);
    }
    CHECK(sent <= 501);
    CHECK(err == ERR_ABUSE);
    CHECK(goaway == CALM); /* behind all that was queued */
    CHECK(http_session_finished(&world->session));
    world_close(world);
}

static void flood(int type, int flags, uint32_t stream, const void *payload,
                  size_t size)
{
    struct world *world = world_open(false);
    enum err err = ERR_NONE;

    frames_request(&world->frames, 1, 0);
    for (int i = 0; i < 10000 && err == ERR_NONE; i++) {
        frames_add(&world->frames, type, flags, stream, payload, size);
        if (i % 100 == 99)
            err = frames_send(&world->frames, &world->session, NOW);
    }
    expelled(world, err);
    world_close(world);
    /* 400 a second are borne. */
    if (type == FRAMES_PING)
        return;
    world = world_open(false);
    frames_request(&world->frames, 1, 0);
    for (uint64_t i = 0; i < 10000; i++) {
        int goaway;

        frames_add(&world->frames, type, flags, stream, payload, size);
        CHECK(frames_send(&world->frames, &world->session, NOW + i * 5 / 2) ==
              ERR_NONE);
        (void)frames_drain(&world->session, FRAMES_DATA, &goaway,
                           NOW + i * 5 / 2);
    }
    world_close(world);
}

/* Law 1: tokens are bounded by their burst, however long it was quiet. */
static void tokens(void)
{
    struct world *world = world_open(true);
    int goaway;

    for (uint32_t i = 0; i < 1000; i++) {
        frames_request(&world->frames, 2 * i + 1, 1);
        CHECK(frames_send(&world->frames, &world->session, NOW) == ERR_NONE);
        (void)frames_drain(&world->session, FRAMES_DATA, &goaway, NOW);
        CHECK(world->session.resets <= world->host.limits.reset_burst);
        CHECK(world->session.controls <= world->host.limits.control_burst);
    }
    CHECK(begun == 1000);
    frames_add(&world->frames, FRAMES_PRIORITY, 0, 2001, "\0\0\0\0\1", 5);
    CHECK(frames_send(&world->frames, &world->session, NOW + 1000000000) ==
          ERR_NONE);
    CHECK(world->session.controls == world->host.limits.control_burst - 1);
    CHECK(world->session.resets == world->host.limits.reset_burst);
    world_close(world);
}

/* gRPC's rule for keepalive pings: two strikes, the third ends it. */
static void pings(void)
{
    static const uint8_t data[8] = {1};
    struct world *world = world_open(false);
    enum err err = ERR_NONE;
    int sent = 0, goaway;

    frames_request(&world->frames, 1, 0);
    for (int i = 0; i < 20; i++) { /* far apart */
        frames_add(&world->frames, FRAMES_PING, 0, 0, data, 8);
        CHECK(frames_send(&world->frames, &world->session,
                          NOW + (uint64_t)i * 10000) == ERR_NONE);
        CHECK(frames_drain(&world->session, FRAMES_PING, &goaway,
                           NOW + (uint64_t)i * 10000) == 1);
    }
    for (; sent < 10 && err == ERR_NONE; sent++) {
        frames_add(&world->frames, FRAMES_PING, 0, 0, data, 8);
        err = frames_send(&world->frames, &world->session, NOW + 200000);
    }
    CHECK(sent == 4); /* the first was in time */
    expelled(world, err);
    world_close(world);
}

/* A head too large is answered 431; one that goes on and on is thrown out. */
static void heads(void)
{
    struct world *world = world_open(true);
    static uint8_t block[60000];
    size_t size = 0;
    enum err err;
    int goaway;

    memcpy(block, "\x83\x86\x04\x05/echo\x01\x04here\x40\x01z\x7f\xd9\x1e", 21);
    size = 21; /* z: 4000 bytes, indexed */
    memset(block + size, 'z', 127 + 0x59 + (0x1e << 7));
    size += 127 + 0x59 + (0x1e << 7);
    memset(block + size, 0xbe, 4); /* again and again */
    frames_add(&world->frames, FRAMES_HEADERS, 5, 1, block, size + 3);
    err = frames_send(&world->frames, &world->session, NOW);
    CHECK(err == ERR_NONE && begun == 0);
    CHECK(frames_drain(&world->session, FRAMES_HEADERS, &goaway, NOW) == 1);
    CHECK(world->session.exchanges == 0);
    memset(block + size, 0xbe, 5000);
    frames_add(&world->frames, FRAMES_HEADERS, 5, 3, block, size + 5000);
    err = frames_send(&world->frames, &world->session, NOW);
    expelled(world, err);
    world_close(world);
}

/* A head that came, and was refused or found no memory, is not waited for. */
static void refused_heads(void)
{
    static const char block[] = "\x83\x86\x04\x05/echo\x01\x04here"
                                "\x00\x0a"
                                "connection\x01"
                                "x";
    bool struck = true;
    int goaway;

    for (size_t at = 0; struck; at++) {
        struct world *world = world_open(false);

        (void)frames_drain(&world->session, FRAMES_DATA, &goaway, NOW);
        if (at == 0)
            frames_add(&world->frames, FRAMES_HEADERS, 5, 1, block,
                       sizeof block - 1);
        else
            frames_request(&world->frames, 1, 1);
        fail_malloc_start(at);
        if (frames_send(&world->frames, &world->session, NOW) == ERR_NONE)
            CHECK(!world->session.head_open);
        struck = fail_malloc_stop() || at == 0;
        if (at == 0) {
            CHECK(frames_drain(&world->session, FRAMES_RST, &goaway, NOW) == 1);
            CHECK(begun == 0);
            CHECK(http_session_deadline_ms(&world->session) == NOW + 60000);
        }
        world_close(world);
    }
}

/* One that was refused in its first frame, and of which another is to come, is
 * waited for as any other. */
static void refused_and_open(void)
{
    struct world *world = world_open(false);
    static const char block[] = "\x83\x86\x04\x05/echo\x01\x04here"
                                "\x00\x01"
                                "X\x01"
                                "x";
    int goaway;

    (void)frames_drain(&world->session, FRAMES_DATA, &goaway, NOW);
    frames_add(&world->frames, FRAMES_HEADERS, 0, 1, block, sizeof block - 1);
    CHECK(frames_send(&world->frames, &world->session, NOW + 5) == ERR_NONE);
    CHECK(http_session_tick(&world->session, NOW + 10004) == ERR_NONE);
    CHECK(http_session_tick(&world->session, NOW + 10005) == ERR_DEADLINE);
    world_close(world);

    world = world_open(false); /* it comes, and others' exchanges go on */
    (void)frames_drain(&world->session, FRAMES_DATA, &goaway, NOW);
    frames_add(&world->frames, FRAMES_HEADERS, 0, 1, block, sizeof block - 1);
    frames_add(&world->frames, FRAMES_CONTINUATION, 4, 1, "\x83", 1);
    CHECK(frames_send(&world->frames, &world->session, NOW + 5) == ERR_NONE);
    CHECK(frames_drain(&world->session, FRAMES_PING, &goaway, NOW + 5) == 1);
    frames_add(&world->frames, FRAMES_PING, 1, 0, "\0\0\0\0\0\0\0", 8);
    CHECK(frames_send(&world->frames, &world->session, NOW + 6) == ERR_NONE);
    CHECK(http_session_tick(&world->session, NOW + 10005) == ERR_NONE);
    world_close(world);
}

int main(void)
{
    rapid_reset();
    made_you_reset(1);
    made_you_reset(100);
    flood(FRAMES_PING, 0, 0, "\1\0\0\0\0\0\0", 8);
    flood(FRAMES_SETTINGS, 0, 0, "", 0);
    flood(FRAMES_PRIORITY, 0, 3, "\0\0\0\0\1", 5);
    flood(FRAMES_WINDOW, 0, 0, "\0\0\0\1", 4);
    flood(FRAMES_DATA, 0, 1, "", 0);
    flood(FRAMES_DATA, FRAMES_PADDED, 1, "\2\0\0", 3);
    flood(FRAMES_UNKNOWN, 0, 0, "\0", 1);
    tokens();
    pings();
    heads();
    refused_heads();
    refused_and_open();
    return check_report("http/guard");
}

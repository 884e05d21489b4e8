/* What waits, and what is counted: http/guard laws 2 and 3. */
#include "http/guard.h"

#include "base/chance.h"
#include "check.h"
#include "sessions.h"

enum { MAX = 1 << 20 };

static size_t sum(void)
{
    size_t bytes = 0;

    for (int i = 0; i < SESSIONS; i++)
        bytes += session[i].out_bytes;
    return bytes;
}

/* Law 2: the largest go, an eighth is free, the small ones go on. */
static void largest_first(void)
{
    const struct http_limits limits = {.out_bytes_max = MAX};
    uint64_t before = log_counter(LOG_EXPELLED_UNREAD);
    int cuts = 0, goaway;

    open_all(&limits, SESSIONS);
    for (int i = 0; i < SESSIONS; i++)
        make(i, i == 3 || i == 7 ? 400000 : 10000);
    CHECK(sum() == host.out_bytes && sum() == 900000);
    http_guard_relieve(&host);
    CHECK(log_counter(LOG_EXPELLED_UNREAD) == before); /* not above it */
    make(5, 200000);
    http_guard_relieve(&host);
    for (int i = 0; i < SESSIONS; i++)
        cuts += session[i].cut;
    CHECK(cuts == 1 && (session[3].cut || session[7].cut));
    CHECK(sum() == host.out_bytes && sum() <= MAX - MAX / 8);
    CHECK(log_counter(LOG_EXPELLED_UNREAD) == before + 1);
    for (int i = 0; i < SESSIONS; i++) {
        (void)frames_drain(&session[i], FRAMES_DATA, &goaway, NOW);
        CHECK((goaway == 11) == session[i].cut);
        CHECK(http_session_finished(&session[i]) == session[i].cut);
    }
    CHECK(closed[ERR_ABUSE] == 1);
    close_all();
}

/* The same at the socket: what waits there cannot be taken back, so its
 * connection is told to go at once, and no longer counts. */
static void at_sockets(void)
{
    const struct http_limits limits = {.out_bytes_max = MAX};

    open_all(&limits, SESSIONS);
    for (int i = 0; i < SESSIONS; i++)
        http_session_unsent(&session[i], 65536);
    http_guard_relieve(&host);
    CHECK(host.out_bytes == SESSIONS * 65536);
    for (int i = 0; i < SESSIONS; i++)
        http_session_unsent(&session[i], i == 4 ? 600000 : 65536);
    http_guard_relieve(&host);
    for (int i = 0; i < SESSIONS; i++)
        CHECK(session[i].cut == (i == 4));
    CHECK(session[4].out_bytes == 0 && session[4].woken);
    CHECK(host.out_bytes == (SESSIONS - 1) * 65536);
    http_session_unsent(&session[5], 0);
    CHECK(host.out_bytes == (SESSIONS - 2) * 65536);
    close_all();
}

/* Law 2 as a history: whatever they make, the bound holds after each turn, and
 * nobody goes while somebody twice as large stays. */
static void history(uint64_t seed)
{
    const struct http_limits limits = {.out_bytes_max = MAX};
    int cuts = 0;

    open_all(&limits, SESSIONS);
    for (int round = 0; round < 600; round++) {
        int i = (int)chance_below(&seed, SESSIONS);
        size_t held[SESSIONS], least = SIZE_MAX, most = 0;

        if (session[i].cut)
            continue;
        make(i, chance_below(&seed, chance_below(&seed, 8) ? 20000 : 300000));
        for (int k = 0; k < SESSIONS; k++)
            held[k] = session[k].cut ? 0 : session[k].out_bytes;
        http_guard_relieve(&host);
        CHECK(host.out_bytes <= MAX && sum() == host.out_bytes);
        for (int k = 0; k < SESSIONS; k++) {
            if (session[k].cut && held[k] > 0 && held[k] < least)
                least = held[k];
            if (!session[k].cut && held[k] > most)
                most = held[k];
        }
        CHECK(least == SIZE_MAX || most / 2 <= least);
        for (int k = 0; k < SESSIONS; k++) {
            if (!session[k].cut)
                continue;
            cuts++;
            http_session_close(&session[k]);
            CHECK(http_session_init(&session[k], &host, HTTP_SERVER, NULL,
                                    NOW) == ERR_NONE);
            frames_hello(&frames);
            CHECK(frames_send(&frames, &session[k], NOW) == ERR_NONE);
        }
    }
    CHECK(cuts > 3);
    close_all();
}

/* ---- Law 3: each by its own name ---- */

static void named(void)
{
    const struct {
        int type, flags;
        uint32_t stream;
        const char *payload;
        size_t size;
        enum log_code code;
    } floods[] = {
        {FRAMES_RST, 0, 1, "\0\0\0\x08", 4, LOG_EXPELLED_RESETS},
        {FRAMES_SETTINGS, 0, 0, "", 0, LOG_EXPELLED_CONTROLS},
        {FRAMES_PRIORITY, 0, 3, "\0\0\0\0\1", 5, LOG_EXPELLED_CONTROLS},
        {FRAMES_PING, 0, 0, "\1\0\0\0\0\0\0", 8, LOG_EXPELLED_PINGS},
        {FRAMES_PUSH, 4, 1, "\0\0\0\2", 4, LOG_PROTOCOL_BROKEN}};
    uint64_t before[LOG_COUNT];
    const struct http_limits limits = {0};
    int goaway;

    for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
        enum err err = ERR_NONE;
        uint32_t stream = 1;

        open_all(&limits, 1);
        frames_request(&frames, 1, 0);
        for (int c = 0; c < LOG_COUNT; c++)
            before[c] = log_counter((enum log_code)c);
        for (int n = 0; n < 5000 && err == ERR_NONE; n++) {
            if (floods[i].type == FRAMES_RST)
                frames_request(&frames, stream += 2, 1);
            frames_add(&frames, floods[i].type, floods[i].flags,
                       floods[i].stream > 0 && stream > 1 ? stream
                                                          : floods[i].stream,
                       floods[i].payload, floods[i].size);
            err = frames_send(&frames, &session[0], NOW);
            (void)frames_drain(&session[0], FRAMES_DATA, &goaway, NOW);
            if (http_session_finished(&session[0]))
                break;
        }
        for (int c = 0; c < LOG_COUNT; c++)
            CHECK(log_counter((enum log_code)c) ==
                  before[c] + (c == (int)floods[i].code));
        close_all();
    }
}

/* DATA of a stream that is over, of which nghttp2 tells nothing: paid by size;
 * what was on its way when we answered early is not. */
static void unheard(void)
{
    const struct http_limits limits = {0};
    uint64_t before = log_counter(LOG_EXPELLED_CONTROLS);
    enum err err = ERR_NONE;
    size_t sent = 0;
    int goaway;

    open_all(&limits, 1);
    frames_request(&frames, 1, 0);
    CHECK(frames_send(&frames, &session[0], NOW) == ERR_NONE);
    CHECK(http_exchange_respond(of[0], 200, NULL, 0) == ERR_NONE);
    CHECK(http_exchange_end(of[0], NULL, 0) == ERR_NONE);
    CHECK(frames_drain(&session[0], FRAMES_RST, &goaway, NOW) == 1 && !of[0]);
    while (err == ERR_NONE && sent < 100u << 20) {
        for (int i = 0; i < 1000; i++)
            frames_add(&frames, FRAMES_DATA, 0, 1, "", 0);
        sent += frames.size;
        err = frames_send(&frames, &session[0], NOW);
        CHECK(err == ERR_NONE || sent > 64 * 1024);
    }
    CHECK(err == ERR_ABUSE && sent < 3u << 20);
    CHECK(log_counter(LOG_EXPELLED_CONTROLS) == before + 1);
    close_all();
    /* Bodies that are wanted are heard, in whatever pieces, padded or not. */
    open_all(&limits, 1);
    frames_request(&frames, 1, 0);
    for (int i = 0; i < 3000; i++) {
        static uint8_t body[1001] = {200};

        frames_add(&frames, FRAMES_DATA, i % 20 ? 0 : 8, 1, body, sizeof body);
        CHECK(frames_send(&frames, &session[0], NOW) == ERR_NONE);
        (void)frames_drain(&session[0], FRAMES_DATA, &goaway, NOW);
        CHECK(session[0].unheard < 1024);
    }
    CHECK(log_counter(LOG_EXPELLED_CONTROLS) == before + 1);
    close_all();
}

int main(void)
{
    unheard();
    largest_first();
    at_sockets();
    for (uint64_t seed = 1; seed <= 8; seed++)
        history(seed);
    named();
    return check_report("http/guard limits");
}

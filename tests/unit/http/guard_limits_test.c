/* What waits, what is old, what is silent: http/guard laws 3 and 4, and the
 * ends that a server brings about by itself. */
#include "http/guard.h"

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"
#include "frames.h"

enum { NOW = 1000000, SESSIONS = 12, MAX = 1 << 20 };

static struct http_session session[SESSIONS];
static struct http_exchange *of[SESSIONS]; /* open, of each */
static struct http_host host;
static struct frames frames;
static int began, closed[ERR_COUNT], woken, left;

static void on_begin(void *self, struct http_exchange *exchange)
{
    (void)self;
    of[exchange->session - session] = exchange;
    began++;
}

static void on_closed(void *self, struct http_exchange *exchange, enum err why)
{
    (void)self;
    of[exchange->session - session] = NULL;
    closed[why]++;
}

static void on_wake(void *waker, struct http_session *of_whom)
{
    (void)waker;
    (void)of_whom;
    woken++;
}

static void on_leave(void *handler, struct http_exchange *exchange)
{
    (void)handler;
    left++;
    if (!exchange->responded)
        CHECK(http_exchange_respond(exchange, 503, NULL, 0) == ERR_NONE);
    CHECK(http_exchange_end(exchange, NULL, 0) == ERR_NONE);
}

static const struct http_handler HANDLER = {on_begin, frames_swallow,
                                            frames_swallow, on_closed};

static void open_all(const struct http_limits *limits, int n)
{
    memset(session, 0, sizeof session);
    memset(of, 0, sizeof of);
    memset(closed, 0, sizeof closed);
    began = left = 0;
    host = (struct http_host){.handler_of = &HANDLER,
                              .wake = on_wake,
                              .leave = on_leave,
                              .limits = *limits};
    CHECK(http_session_host_init(&host) == ERR_NONE);
    for (int i = 0; i < n; i++) {
        CHECK(http_session_init(&session[i], &host, HTTP_SERVER, NULL, NOW) ==
              ERR_NONE);
        frames_hello(&frames);
        CHECK(frames_send(&frames, &session[i], NOW) == ERR_NONE);
    }
}

static void close_all(void)
{
    int ended = 0;

    for (int i = 0; i < SESSIONS; i++)
        http_session_close(&session[i]);
    for (int i = 0; i < ERR_COUNT; i++)
        ended += closed[i];
    CHECK(ended == began);
    CHECK(host.out_bytes == 0 && list_empty(&host.holders));
    http_session_host_close(&host);
}

/* ---- answers that wait ---- */

/* Let it make an answer of size bytes that nobody reads. */
static void make(int i, size_t size)
{
    static uint8_t bytes[1 << 16];

    if (!of[i]) {
        frames_request(&frames, (uint32_t)session[i].highest / 2 * 2 + 1, 1);
        (void)frames_send(&frames, &session[i], NOW);
    }
    if (!of[i])
        return;
    if (!of[i]->responded)
        CHECK(http_exchange_respond(of[i], 200, NULL, 0) == ERR_NONE);
    while (size > 0 && of[i]->why == ERR_NONE) {
        size_t some = size < sizeof bytes ? size : sizeof bytes;
        uint8_t *to = buf_reserve(&of[i]->out, some); /* whatever it holds */

        memset(to, 1, some);
        http_exchange_commit(of[i], some);
        size -= some;
    }
}

static size_t sum(void)
{
    size_t bytes = 0;

    for (int i = 0; i < SESSIONS; i++)
        bytes += session[i].out_bytes;
    return bytes;
}

/* Law 3: the largest go, an eighth is free, the small ones go on. */
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

/* Law 3 as a history: whatever they make, the bound holds after each turn, and
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

/* ---- age ---- */

/* More or less a tenth, and not all at once; the drain tells what is open, and
 * ends. */
static void age(void)
{
    const struct http_limits limits = {
        .age_ms = 10000, .drain_ms = 100, .grace_ms = 500, .ping_ms = 900000};
    uint64_t before = log_counter(LOG_AGED), late = log_counter(LOG_DRAIN_LATE);
    uint64_t first_ms = UINT64_MAX, last_ms = 0, at_ms;
    int goaway;

    open_all(&limits, SESSIONS);
    for (int i = 0; i < SESSIONS; i++) {
        (void)frames_drain(&session[i], FRAMES_DATA, &goaway, NOW);
        at_ms = http_session_deadline_ms(&session[i]);
        first_ms = at_ms < first_ms ? at_ms : first_ms;
        last_ms = at_ms > last_ms ? at_ms : last_ms;
    }
    CHECK(first_ms >= NOW + 9000 && last_ms <= NOW + 11000);
    CHECK(last_ms - first_ms > 100);
    make(0, 10);
    (void)frames_drain(&session[0], FRAMES_DATA, &goaway, NOW);
    at_ms = session[0].leave_ms;
    CHECK(http_session_tick(&session[0], at_ms - 1) == ERR_NONE);
    CHECK(log_counter(LOG_AGED) == before);
    CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE);
    CHECK(log_counter(LOG_AGED) == before + 1);
    (void)frames_drain(&session[0], FRAMES_DATA, &goaway, at_ms);
    CHECK(goaway == 0 && !http_session_finished(&session[0]));
    at_ms = http_session_deadline_ms(&session[0]); /* the last GOAWAY */
    CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE);
    CHECK(frames_drain(&session[0], FRAMES_GOAWAY, &goaway, at_ms) == 1);
    at_ms = http_session_deadline_ms(&session[0]);
    CHECK(http_session_tick(&session[0], at_ms - 1) == ERR_NONE && left == 0);
    CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE && left == 1);
    (void)frames_drain(&session[0], FRAMES_DATA, &goaway, at_ms);
    CHECK(closed[ERR_NONE] == 1 && http_session_finished(&session[0]));
    CHECK(log_counter(LOG_DRAIN_LATE) == late);
    close_all();
}

/* Who is told and does not read is cut off a little later. */
static void told_and_deaf(void)
{
    const struct http_limits limits = {
        .age_ms = 10000, .drain_ms = 100, .grace_ms = 500, .ping_ms = 900000};
    uint64_t late = log_counter(LOG_DRAIN_LATE), at_ms;
    enum err err = ERR_NONE;
    int goaway;

    open_all(&limits, 1);
    make(0, 100000); /* above the window */
    for (int i = 0; i < 6 && err == ERR_NONE; i++) {
        (void)frames_drain(&session[0], FRAMES_DATA, &goaway,
                           session[0].now_ms);
        at_ms = http_session_deadline_ms(&session[0]);
        err = http_session_tick(&session[0], at_ms);
    }
    CHECK(err == ERR_DEADLINE && left == 1);
    CHECK(log_counter(LOG_DRAIN_LATE) == late + 1);
    close_all();
}

/* An answer stands still, and for the trailers of its request there is no
 * memory: it goes once, however late its reset can leave. */
static void lost_and_late(void)
{
    static const char trailer[] = "\x00\x05x-one\x01"
                                  "1";
    const struct http_limits limits = {0};
    bool struck = true;
    int goaway;

    for (size_t at = 1; struck; at++) {
        open_all(&limits, 1);
        frames_request(&frames, 1, 0);
        CHECK(frames_send(&frames, &session[0], NOW) == ERR_NONE);
        make(0, 100000); /* above the window */
        (void)frames_drain(&session[0], FRAMES_DATA, &goaway, NOW);
        CHECK(!list_empty(&session[0].stalls));
        frames_add(&frames, FRAMES_HEADERS, 5, 1, trailer, sizeof trailer - 1);
        fail_malloc_start(at);
        (void)frames_send(&frames, &session[0], NOW);
        struck = fail_malloc_stop();
        if (http_session_tick(&session[0], NOW + 31000) == ERR_NONE)
            CHECK(list_empty(&session[0].stalls));
        close_all();
    }
}

/* ---- silence ---- */

/* A server asks also who has nothing open, and counts who does not answer. */
static void idle_ping(void)
{
    const struct http_limits limits = {
        .ping_ms = 1000, .pong_ms = 300, .idle_ms = 5000};
    uint64_t before = log_counter(LOG_PING_UNANSWERED);
    uint64_t idle = log_counter(LOG_IDLE), at_ms = NOW;
    int goaway;

    open_all(&limits, 2);
    for (int i = 0; i < 4; i++) { /* one that answers, until it is idle */
        at_ms += 1000;
        (void)frames_drain(&session[0], FRAMES_PING, &goaway, at_ms - 1000);
        CHECK(http_session_deadline_ms(&session[0]) == at_ms);
        CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE);
        CHECK(frames_drain(&session[0], FRAMES_PING, &goaway, at_ms) == 1);
        frames_add(&frames, FRAMES_PING, 1, 0, "\0\0\0\0\0\0\0", 8);
        CHECK(frames_send(&frames, &session[0], at_ms) == ERR_NONE);
    }
    CHECK(http_session_tick(&session[0], NOW + 5000) == ERR_NONE);
    CHECK(frames_drain(&session[0], FRAMES_GOAWAY, &goaway, at_ms) == 1);
    CHECK(goaway == 0 && log_counter(LOG_IDLE) == idle + 1);
    CHECK(log_counter(LOG_PING_UNANSWERED) == before);
    (void)frames_drain(&session[1], FRAMES_PING, &goaway, NOW);
    CHECK(http_session_tick(&session[1], NOW + 1000) == ERR_NONE);
    CHECK(frames_drain(&session[1], FRAMES_PING, &goaway, NOW + 1000) == 1);
    CHECK(http_session_tick(&session[1], NOW + 1299) == ERR_NONE);
    CHECK(http_session_tick(&session[1], NOW + 1300) == ERR_DEADLINE);
    CHECK(log_counter(LOG_PING_UNANSWERED) == before + 1);
    close_all();
}

/* ---- Law 4: each by its own name ---- */

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
    age();
    told_and_deaf();
    lost_and_late();
    idle_ping();
    named();
    return check_report("http/guard limits");
}

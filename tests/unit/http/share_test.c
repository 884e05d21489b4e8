/* Law by law, and through sessions: what finds no room reaches the handler as
 * denied, and what ended, however it did, makes room. */
#include "http/share.h"

#include "base/log.h"
#include "base/pace.h"
#include "check.h"
#include "frames.h"

enum { NOW = 1000000, OPEN = 3 };

static int begun, denied, closed;
static struct http_exchange *last;

static void on_begin(void *self, struct http_exchange *exchange)
{
    (void)self;
    begun++;
    denied += exchange->denied;
    last = exchange;
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

/* Law 1, and who is refused holds nothing. */
static void open_at_once(void)
{
    static const struct http_share_limits limits = {OPEN, 1000};
    struct http_share share = {.limits = &limits};
    uint64_t before = log_counter(LOG_ADDRESS_CALLS);

    CHECK(http_share_take(NULL, NOW) == ERR_NONE);
    http_share_give(NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < OPEN; i++)
            CHECK(http_share_take(&share, NOW) == ERR_NONE);
        CHECK(http_share_take(&share, NOW) == ERR_FULL);
        CHECK(http_share_take(&share, NOW) == ERR_FULL);
        for (int i = 0; i < OPEN; i++)
            http_share_give(&share);
    }
    CHECK(log_counter(LOG_ADDRESS_CALLS) == before + 6);
    CHECK(atomic_load(&share.open) == 0);
}

/* Law 2: a burst, then so many a second; refusals cost nothing. */
static void a_second(void)
{
    static const struct http_share_limits limits = {1000, 10};
    struct http_share share = {.limits = &limits};
    uint64_t before = log_counter(LOG_ADDRESS_CALLS_FAST), refused = 0;
    int taken = 0;

    for (uint64_t ms = 0; ms < 10000; ms++) {
        if (http_share_take(&share, NOW + ms) == ERR_NONE) {
            taken++;
            http_share_give(&share);
        } else {
            refused++;
        }
    }
    CHECK(taken == PACE_S * 10 + 99);
    CHECK(log_counter(LOG_ADDRESS_CALLS_FAST) == before + refused);
}

/* Law 1 over two connections of an address; a third of another is not asked. */
static void sessions(void)
{
    static const struct http_share_limits limits = {OPEN, 1000};
    struct http_share share = {.limits = &limits};
    struct http_host host = {.handler_of = &HANDLER, .wake = frames_woken};
    struct http_session session[3];
    struct frames frames = {0};
    int goaway;

    begun = denied = closed = 0;
    CHECK(http_session_host_init(&host) == ERR_NONE);
    for (int i = 0; i < 3; i++) {
        CHECK(http_session_init(&session[i], &host, HTTP_SERVER, NULL, NOW) ==
              ERR_NONE);
        session[i].share = i < 2 ? &share : NULL;
        frames_hello(&frames);
        frames_request(&frames, 1, 1);
        frames_request(&frames, 3, 1);
        CHECK(frames_send(&frames, &session[i], NOW) == ERR_NONE);
    }
    CHECK(begun == 6 && denied == 1);
    CHECK(atomic_load(&share.open) == OPEN);
    /* One that was let in is reset by its caller, two by the end of all. */
    frames_add(&frames, FRAMES_RST, 0, 1, "\0\0\0\x08", 4);
    CHECK(frames_send(&frames, &session[0], NOW) == ERR_NONE);
    CHECK(closed == 1 && atomic_load(&share.open) == OPEN - 1);
    frames_request(&frames, 5, 1);
    frames_request(&frames, 7, 1);
    CHECK(frames_send(&frames, &session[1], NOW) == ERR_NONE);
    CHECK(denied == 2 && last->denied);
    CHECK(http_exchange_respond(last, 429, NULL, 0) == ERR_NONE);
    CHECK(http_exchange_end(last, NULL, 0) == ERR_NONE);
    (void)frames_drain(&session[1], FRAMES_DATA, &goaway, NOW);
    CHECK(atomic_load(&share.open) == OPEN);
    for (int i = 0; i < 3; i++)
        http_session_close(&session[i]);
    CHECK(begun == closed && atomic_load(&share.open) == 0);
    http_session_host_close(&host);
}

int main(void)
{
    open_at_once();
    a_second();
    sessions();
    return check_report("http/share");
}

/* What is held back while all sessions together hold too much is given when
 * one of the others holds less, and nobody else would say so. */
#include "http/pool.h"

#include "check.h"
#include "frames.h"

enum { NOW = 1000000, MAX = 50000, PIECE = 16000, SESSIONS = 3 };
enum { FULL, TEXT, BINARY }; /* the one that fills all; those that wait */

static struct http_host host;
static struct http_session session[SESSIONS];
static struct http_exchange *of[SESSIONS];
static int woken[SESSIONS];
static struct frames frames;

static void on_begin(void *self, struct http_exchange *exchange)
{
    (void)self;
    of[exchange->session - session] = exchange;
}

static void on_other(void *self, struct http_exchange *exchange)
{
    (void)self;
    (void)exchange;
}

static void on_closed(void *self, struct http_exchange *exchange, enum err why)
{
    (void)self;
    (void)why;
    of[exchange->session - session] = NULL;
}

static void on_wake(void *waker, struct http_session *of_whom)
{
    (void)waker;
    woken[of_whom - session]++;
}

static const struct http_handler HANDLER = {on_begin, on_other, on_other,
                                            on_closed};

/* Law 1 */
static void check_sum(void)
{
    size_t sum = 0;

    for (int i = 0; i < SESSIONS; i++) {
        CHECK(session[i].in_bytes == (of[i] ? buf_size(&of[i]->in) : 0));
        sum += session[i].in_bytes;
    }
    CHECK(host.in_bytes == sum);
}

/* What it has to say; how many frames of windows. */
static int hear(int i)
{
    int goaway,
        windows = frames_drain(&session[i], FRAMES_WINDOW, &goaway, NOW);

    woken[i] = 0;
    return windows;
}

static void data(int i, size_t size)
{
    static const uint8_t bytes[PIECE];

    for (; size >= PIECE; size -= PIECE)
        frames_add(&frames, FRAMES_DATA, 0, 1, bytes, PIECE);
    frames_add(&frames, FRAMES_DATA, 0, 1, bytes, size);
    CHECK(frames_send(&frames, &session[i], NOW) == ERR_NONE);
}

static void text(const char *words)
{
    CHECK(http_session_receive(&session[TEXT], (const uint8_t *)words,
                               strlen(words), NOW) == ERR_NONE);
}

static void fill(void)
{
    memset(woken, 0, sizeof woken);
    host = (struct http_host){.handler_of = &HANDLER,
                              .wake = on_wake,
                              .limits = {.in_bytes_max = MAX}};
    CHECK(http_session_host_init(&host) == ERR_NONE);
    for (int i = 0; i < SESSIONS; i++) {
        CHECK(http_session_init(&session[i], &host, HTTP_SERVER, NULL, NOW) ==
              ERR_NONE);
        if (i == TEXT)
            continue;
        frames_hello(&frames);
        frames_request(&frames, 1, 0);
        CHECK(frames_send(&frames, &session[i], NOW) == ERR_NONE);
    }
    data(FULL, MAX);
    text("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n0123456789");
    text("01234");
    data(BINARY, 40000);
    for (int i = 0; i < SESSIONS; i++)
        CHECK(hear(i) == 0 || i == FULL);
    check_sum();
    CHECK(!http_session_hungry(&session[TEXT]));
    CHECK(session[TEXT].in_bytes == 10 && session[BINARY].in_bytes == 40000);
}

static void finish(void)
{
    for (int i = 0; i < SESSIONS; i++)
        http_session_close(&session[i]);
    CHECK(host.in_bytes == 0 && list_empty(&host.owed));
    http_session_host_close(&host);
}

static void given_again(void)
{
    fill();
    http_exchange_consume(of[FULL], 1000);
    CHECK(woken[TEXT] == 0 && woken[BINARY] == 0); /* still too much */
    http_exchange_consume(of[FULL], MAX - 1000);
    CHECK(woken[TEXT] == 1 && woken[BINARY] == 1);
    CHECK(hear(BINARY) == 1);
    (void)hear(TEXT);
    CHECK(session[TEXT].in_bytes == 15 && http_session_hungry(&session[TEXT]));
    check_sum();
    finish();
}

/* Who waits may go, and who fills all as well. */
static void gone(void)
{
    fill();
    http_session_close(&session[BINARY]);
    http_session_close(&session[FULL]);
    CHECK(woken[TEXT] == 1 && woken[BINARY] == 0);
    check_sum();
    finish();
}

int main(void)
{
    given_again();
    gone();
    return check_report("http/pool");
}

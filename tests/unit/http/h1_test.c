/* Long because each way a request can be cut, slow, broken or early is tried. */
#include "http/h1.h"

#include <stdio.h>

#include "base/log.h"
#include "check.h"
#include "fail_malloc.h"
#include "text_world.h"

/* Answers with the body it got, when the whole of it is there. */
struct seen {
    int begun, closed;
    enum err why;
    size_t body;
    bool mute, still, early, reset; /* wait; read nothing; answer at once */
    char trailer[16];
    struct http_exchange *open;
};

static struct text_world text;
static struct seen seen;

static void answer(struct http_exchange *exchange)
{
    static const struct http_field kind[] = {HTTP_FIELD("x-kind", "test")};
    enum err err = http_exchange_respond(exchange, 200, kind, 1);

    if (err == ERR_NONE)
        err = http_exchange_finish(exchange, buf_head(&exchange->in),
                                   buf_size(&exchange->in));
    if (err != ERR_NONE)
        http_exchange_reset(exchange, err);
}

static void on_begin(void *self, struct http_exchange *exchange)
{
    struct http_field field;
    size_t at = 0;

    (void)self;
    CHECK(!seen.open); /* Law 1 */
    CHECK(exchange->http1 && exchange->head_done);
    while (http_exchange_field(exchange, &at, &field))
        for (size_t i = 0; i < field.name_size; i++)
            CHECK(field.name[i] < 'A' || field.name[i] > 'Z');
    CHECK(!http_exchange_header(exchange, "connection"));
    CHECK(!http_exchange_header(exchange, "transfer-encoding"));
    seen.begun++;
    seen.open = exchange;
    if (seen.reset)
        http_exchange_reset(exchange, ERR_INTERNAL);
    else if (seen.early)
        answer(exchange);
}

static void on_readable(void *self, struct http_exchange *exchange)
{
    struct http_field field;
    size_t at = 0;

    (void)self;
    seen.body = buf_size(&exchange->in);
    if (exchange->in_ended && http_exchange_trailer(exchange, &at, &field))
        (void)snprintf(seen.trailer, sizeof seen.trailer, "%s=%s", field.name,
                       field.value);
    if (exchange->in_ended && !seen.mute && !exchange->responded)
        answer(exchange);
}

static void on_writable(void *self, struct http_exchange *exchange)
{
    (void)self;
    (void)exchange;
}

static void on_closed(void *self, struct http_exchange *exchange, enum err why)
{
    (void)self;
    CHECK(seen.open == exchange);
    seen.open = NULL;
    seen.closed++;
    seen.why = why;
}

static const struct http_handler HANDLER = {on_begin, on_readable, on_writable,
                                            on_closed};

static void open_world(void)
{
    memset(&text, 0, sizeof text);
    memset(&seen, 0, sizeof seen);
    text_open(&text, &HANDLER, NULL);
}

static void close_world(void)
{
    text_close(&text);
    CHECK(seen.begun == seen.closed);
}

#define HEAD "POST /path?q HTTP/1.1\r\nHost: a\r\n"
#define NEXT "GET /next HTTP/1.1\r\nhost: a\r\n\r\n"

/* However it is cut, the same is said. */
static void pieces(void)
{
    for (size_t piece = 0; piece < 40; piece++) {
        open_world();
        text.piece = piece;
        text.room = piece;
        text_say(&text, HEAD "X-A: b\r\nContent-Length: 5\r\n\r\nhello"
                             "POST /path?q HTTP/1.1\r\nhost: a\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n"
                             "3\r\nabc\r\n1\r\nd\r\n0\r\nT: v\r\n\r\n" NEXT);
        CHECK(text.err == ERR_NONE && seen.begun == 3 && seen.closed == 3);
        CHECK(seen.why == ERR_NONE);
        CHECK(text_count(&text, "HTTP/1.1 200 ") == 3);
        CHECK(text_count(&text, "content-length: 5\r\n\r\nhello") == 1);
        CHECK(text_count(&text, "content-length: 4\r\n\r\nabcd") == 1);
        CHECK(text_count(&text, "connection: close") == 0);
        CHECK(strcmp(seen.trailer, "t=v") == 0);
        CHECK(!http_session_finished(&text.session));
        close_world();
    }
}

/* Law 1: the second waits for the answer to the first; Law 2: with a bound. */
static void one_at_a_time(void)
{
    static char flood[HTTP_H1_HELD];

    open_world();
    seen.mute = true;
    text_say(&text, NEXT NEXT);
    CHECK(seen.begun == 1 && seen.closed == 0);
    CHECK(http_session_hungry(&text.session)); /* to hear that it hangs up */
    seen.mute = false;
    answer(seen.open);
    text_hear(&text);
    CHECK(seen.begun == 2 && seen.closed == 2);
    CHECK(http_session_hungry(&text.session));
    seen.mute = true;
    text_say(&text, NEXT);
    memset(flood, 'G', sizeof flood);
    text_give(&text, flood, sizeof flood);
    CHECK(text.err == ERR_NONE);
    text_give(&text, flood, 1);
    CHECK(text.err == ERR_ABUSE); /* Law 2 */
    close_world();
    CHECK(seen.why == ERR_CONNECTION);
}

/* Behind a long answer so much may be sent ahead as is read to hear of the
 * peer's end; with more the connection is not read, and not for ever. */
static void stuffed(void)
{
    static char ahead[HTTP_H1_AHEAD];

    open_world();
    seen.mute = true;
    text_say(&text, NEXT);
    memset(ahead, 'G', sizeof ahead);
    text_give(&text, ahead, sizeof ahead - 1);
    text_tick(&text, 600000);
    CHECK(text.err == ERR_NONE && http_session_hungry(&text.session));
    text_give(&text, ahead, 1);
    CHECK(text.err == ERR_NONE && !http_session_hungry(&text.session));
    text_tick(&text, 29999);
    CHECK(text.err == ERR_NONE);
    text_tick(&text, 1);
    CHECK(text.err == ERR_DEADLINE);
    close_world();
}

/* The body stops at what was lent, and goes on as it is read. */
static void credit(void)
{
    static char body[200000];

    open_world();
    seen.mute = true;
    text_say(&text, HEAD "content-length: 200000\r\n\r\n");
    memset(body, 'b', sizeof body);
    text_give(&text, body, 100000);
    CHECK(seen.body == HTTP_WINDOW);
    CHECK(!http_session_hungry(&text.session));
    http_exchange_want(seen.open, sizeof body);
    text_hear(&text);
    CHECK(seen.body == 100000 && http_session_hungry(&text.session));
    CHECK(text.host.in_bytes == 100000); /* http/pool law 1 */
    http_exchange_consume(seen.open, 100000);
    seen.mute = false;
    text_give(&text, body, 100000);
    CHECK(seen.body == 100000 && seen.closed == 1 && text.host.in_bytes == 0);
    close_world();
}

/* Law 4, and Law 3: nothing behind it is read. */
static void refusals(void)
{
    static const struct {
        const char *head;
        int status;
    } cases[] = {
        {HEAD "content-length: 1\r\ncontent-length: 1\r\n\r\n", 400},
        {HEAD "content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400},
        {HEAD "transfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n", 400},
        {HEAD "transfer-encoding: gzip, chunked\r\n\r\n", 400},
        {HEAD "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n"
              "\r\n",
         400},
        {HEAD "transfer-encoding: chunked, identity\r\n\r\n", 400},
        {HEAD "content-length: -1\r\n\r\n", 400},
        {HEAD "content-length: 1e1\r\n\r\n", 400},
        {HEAD "content-length:\r\n\r\n", 400},
        {HEAD "content-length: 18446744073709551615\r\n\r\n", 400},
        {"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.0\r\nhost: a\r\nhost: a\r\n\r\n", 400},
        {HEAD "host: a\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n", 400},
        {"GET a HTTP/1.1\r\nhost: a\r\n\r\n", 400},
        {"BREW / HTTP/1.1\r\nhost: a\r\n\r\n", 400},
        {HEAD "expect: x\r\n\r\n", 417},
        {HEAD "transfer-encoding: chunked\r\n\r\n1;x\r\n", 400},
        {HEAD "transfer-encoding: chunked\r\n\r\n1\r\nab", 400},
        {HEAD "transfer-encoding: chunked\r\n\r\n0\r\na\r\n\r\n", 400}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t piece = 0; piece < 2; piece++) {
            char status[32];

            open_world();
            text.piece = piece;
            text_say(&text, cases[i].head);
            text_say(&text, NEXT);
            (void)snprintf(status, sizeof status, "HTTP/1.1 %d ",
                           cases[i].status);
            CHECK(strncmp(text.said, status, strlen(status)) == 0);
            CHECK(text_count(&text, "HTTP/1.1 ") == 1);
            CHECK(text_count(&text, "connection: close\r\n") == 1);
            CHECK(text.err == ERR_NONE);
            CHECK(http_session_finished(&text.session));
            close_world();
        }
    open_world();
    text_say(&text, "nonsense\r\n\r\n");
    CHECK(text.err == ERR_PROTOCOL && text.said_size == 0);
    close_world();
}

static void large_heads(void)
{
    static char many[60000];

    open_world();
    text_say(&text, HEAD);
    memset(many, 'x', sizeof many);
    text_give(&text, many, 40000); /* no end in sight */
    CHECK(strncmp(text.said, "HTTP/1.1 431 ", 13) == 0);
    CHECK(http_session_finished(&text.session));
    close_world();
    open_world();
    text.host.limits.head_bytes_max = 300;
    text_say(&text, HEAD "a: ");
    text_give(&text, many, 250);
    text_say(&text, "\r\n\r\n");
    CHECK(strncmp(text.said, "HTTP/1.1 431 ", 13) == 0 && seen.begun == 0);
    close_world();
}

/* Who waits to be told to go on is told, once, and only if nothing came. */
static void expectation(void)
{
    open_world();
    text_say(&text, HEAD "expect: 100-Continue\r\ncontent-length: 2\r\n\r\n");
    CHECK(strcmp(text.said, "HTTP/1.1 100 Continue\r\n\r\n") == 0);
    text_say(&text, "ok");
    CHECK(text_count(&text, "HTTP/1.1 200 ") == 1);
    text.said_size = 0;
    text_say(&text, HEAD "expect: 100-continue\r\ncontent-length: 2\r\n\r\nok");
    text_say(&text, HEAD "expect: 100-continue\r\ncontent-length: 4\r\n\r\nok");
    CHECK(text_count(&text, "HTTP/1.1 100 ") == 0); /* it did not wait */
    close_world();
}

/* Law 3: answered before its body was read, or dropped. */
static void early_ends(void)
{
    open_world();
    seen.early = true;
    text_say(&text, HEAD "content-length: 10\r\n\r\nabc");
    CHECK(text_count(&text, "connection: close\r\n") == 0); /* read on */
    CHECK(text_count(&text, "HTTP/1.1 200 ") == 1 && seen.closed == 0);
    text_say(&text, "defghij" NEXT);
    CHECK(seen.closed == 2 && text_count(&text, "HTTP/1.1 200 ") == 2);
    close_world();
    open_world();
    seen.early = true;
    text_say(&text, HEAD "content-length: 100000\r\n\r\nabc");
    CHECK(text_count(&text, "connection: close\r\n") == 1);
    CHECK(seen.closed == 1 && http_session_finished(&text.session));
    text_say(&text, "defghij" NEXT);
    CHECK(seen.begun == 1 && text_count(&text, "HTTP/1.1 ") == 1);
    close_world();
    open_world(); /* nor is anything, once we drain */
    seen.early = true;
    text_say(&text, HEAD "content-length: 2\r\n\r\na");
    http_session_drain(&text.session, text.now_ms);
    text_hear(&text);
    CHECK(seen.closed == 0);
    text_say(&text, "b" NEXT);
    CHECK(seen.begun == 1 && seen.closed == 1 && seen.why == ERR_NONE);
    CHECK(http_session_finished(&text.session));
    close_world();
    open_world();
    seen.reset = true;
    text_say(&text, NEXT NEXT);
    CHECK(strncmp(text.said, "HTTP/1.1 500 ", 13) == 0 && seen.begun == 1);
    CHECK(seen.why == ERR_INTERNAL && http_session_finished(&text.session));
    close_world();
}

/* Slow in every part: http/patience law 1, a deadline for each. */
static void slow(void)
{
    open_world();
    text_tick(&text, 9999);
    CHECK(text.err == ERR_NONE);
    text_tick(&text, 1);
    CHECK(text.err == ERR_DEADLINE && text.said_size == 0); /* not a word */
    close_world();
    open_world();
    for (int i = 0; i < 30 && text.err == ERR_NONE; i++) {
        text_say(&text, i == 0 ? "GET / HTTP/1.1\r\n" : "a: b\r\n");
        text_tick(&text, 500);
    }
    CHECK(text.err == ERR_DEADLINE);
    CHECK(strncmp(text.said, "HTTP/1.1 408 ", 13) == 0);
    close_world();
    open_world();
    text_say(&text, HEAD "content-length: 10\r\n\r\nabc");
    text_tick(&text, 29999);
    CHECK(text.err == ERR_NONE);
    text_tick(&text, 1);
    CHECK(text.err == ERR_DEADLINE);
    CHECK(strncmp(text.said, "HTTP/1.1 408 ", 13) == 0 && seen.closed == 1);
    close_world();
    open_world();
    seen.early = true;
    text_say(&text, HEAD "content-length: 100\r\n\r\n");
    for (int i = 0; i < 30 && text.err == ERR_NONE; i++) { /* answered */
        text_say(&text, "x");
        text_tick(&text, 500);
    }
    CHECK(text.err == ERR_DEADLINE && seen.closed == 1);
    CHECK(text_count(&text, "HTTP/1.1 ") == 1);
    close_world();
    open_world();
    text_say(&text, NEXT);
    text_tick(&text, 599999);
    CHECK(!http_session_finished(&text.session));
    text_tick(&text, 1);
    CHECK(http_session_finished(&text.session)); /* idle: nothing to say */
    close_world();
    open_world();
    seen.mute = true;
    text_say(&text, NEXT);
    text_tick(&text, 3600000); /* the answer is ours to give */
    CHECK(text.err == ERR_NONE && seen.closed == 0);
    close_world();
}

static void drained(void)
{
    open_world();
    seen.mute = true;
    text_say(&text, NEXT NEXT);
    http_session_drain(&text.session, text.now_ms);
    CHECK(!http_session_finished(&text.session));
    answer(seen.open);
    text_hear(&text);
    CHECK(text_count(&text, "connection: close\r\n") == 1 && seen.begun == 1);
    CHECK(http_session_finished(&text.session));
    close_world();
    open_world();
    http_session_drain(&text.session, text.now_ms); /* nothing came yet */
    CHECK(http_session_finished(&text.session));
    close_world();
    open_world();
    seen.mute = true;
    text_say(&text, NEXT);
    http_session_drain(&text.session, text.now_ms);
    text_tick(&text, 30000);
    CHECK(text.err == ERR_DEADLINE);                     /* the grace is over */
    CHECK(strncmp(text.said, "HTTP/1.1 503 ", 13) == 0); /* by us */
    close_world();
}

/* What the first bytes say. */
static void told_apart(void)
{
    open_world();
    text_say(&text, "PR");
    CHECK(text.said_size == 0 && !http_session_finished(&text.session));
    text_say(&text, "OPFIND / HTTP/1.1\r\nhost: a\r\n\r\n");
    CHECK(seen.begun == 1);
    close_world();
    open_world();
    text.piece = 1;
    text_say(&text, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    CHECK(text.err == ERR_NONE && text.said_size > 9 && text.said[3] == 4);
    close_world();
    open_world();
    text_say(&text, "PRI * HTTP/1.1\r\n\r\n");
    CHECK(text.err == ERR_PROTOCOL && seen.begun == 0);
    close_world();
}

/* Any allocation may fail: the session ends, what began is closed. */
static void without_memory(void)
{
    bool struck = true;

    for (size_t at = 1; struck; at++) {
        open_world();
        fail_malloc_start(at);
        text_say(&text, HEAD "content-length: 5\r\n\r\nhello" HEAD
                             "transfer-encoding: chunked\r\n\r\n5\r\nhello"
                             "\r\n0\r\n\r\n");
        struck = fail_malloc_stop();
        CHECK(struck || text_count(&text, "hello") == 2);
        CHECK(!struck || text.err != ERR_NONE ||
              text.session.failed != ERR_NONE ||
              text_count(&text, "HTTP/1.1 ") > 0);
        close_world();
    }
}

/* A body that drips is not a body that comes: so many bytes must come in each
 * slow_ms, whatever they are; and what comes fast enough may take long. */
static void drips(const char *head, const char *drop, uint64_t every_ms,
                  bool late)
{
    uint64_t slow = log_counter(LOG_SLOW_BODY);

    open_world();
    text_say(&text, head);
    for (int i = 0; i < 3000 && text.err == ERR_NONE; i++) {
        text_say(&text, drop);
        text_tick(&text, every_ms);
    }
    CHECK((text.err == ERR_DEADLINE) == late);
    CHECK((strncmp(text.said, "HTTP/1.1 408 ", 13) == 0) == late);
    CHECK(log_counter(LOG_SLOW_BODY) == slow + late);
    close_world();
}

/* The handler does not read for long: that is not the peer's slowness. */
static void not_their_fault(void)
{
    static char body[HTTP_WINDOW + 100];

    open_world();
    seen.still = seen.mute = true;
    text_say(&text, HEAD "content-length: 1000000\r\n\r\n");
    memset(body, 'x', sizeof body - 1);
    text_say(&text, body);
    CHECK(!http_session_hungry(&text.session));
    text_tick(&text, 100000);
    CHECK(text.err == ERR_NONE);
    http_exchange_consume(seen.open, buf_size(&seen.open->in));
    text_hear(&text);
    CHECK(http_session_hungry(&text.session));
    text_tick(&text, 29999);
    CHECK(text.err == ERR_NONE);
    text_tick(&text, 2);
    CHECK(text.err == ERR_DEADLINE);
    close_world();
}

/* The peer sends no more: whole requests are answered, all of them and in
 * order; a part of one is not; and then it is over. */
static void half_closed(bool mute)
{
    for (size_t requests = 1; requests <= 3; requests++) {
        open_world();
        seen.mute = mute;
        for (size_t i = 0; i < requests; i++)
            text_say(&text, NEXT);
        CHECK(http_session_eof(&text.session, text.now_ms) == mute);
        for (size_t i = 0; mute && i < requests; i++) {
            CHECK(!http_session_finished(&text.session));
            seen.mute = i + 1 < requests;
            answer(seen.open);
            text_hear(&text);
        }
        CHECK(text_count(&text, "HTTP/1.1 200 ") == (int)requests);
        CHECK(http_session_finished(&text.session));
        close_world();
    }
    open_world();
    seen.mute = true;
    text_say(&text, NEXT "GET /part");
    CHECK(http_session_eof(&text.session, text.now_ms));
    answer(seen.open);
    text_hear(&text);
    CHECK(text_count(&text, "HTTP/1.1 ") == 1);
    CHECK(http_session_finished(&text.session));
    close_world();
    open_world(); /* half a body, nothing, and a stream that went on */
    text_say(&text, HEAD "content-length: 10\r\n\r\nabc");
    CHECK(!http_session_eof(&text.session, text.now_ms));
    close_world();
    open_world();
    CHECK(!http_session_eof(&text.session, text.now_ms));
    close_world();
    open_world();
    seen.mute = true;
    text_say(&text, NEXT);
    CHECK(http_exchange_respond(seen.open, 200, NULL, 0) == ERR_NONE);
    CHECK(http_exchange_write(seen.open, "a", 1) == ERR_NONE);
    text_hear(&text);
    CHECK(!http_session_eof(&text.session, text.now_ms));
    close_world();
}

/* The end of input came with the request, before it showed that its answer is a
 * stream: it is judged when it does, and a whole answer still leaves. */
static void stream_to_nobody(bool stream)
{
    open_world();
    seen.mute = true;
    text_say(&text, NEXT);
    CHECK(http_session_eof(&text.session, text.now_ms));
    text_hear(&text);
    CHECK(seen.closed == 0);
    CHECK(http_exchange_respond(seen.open, 200, NULL, 0) == ERR_NONE);
    CHECK(http_exchange_write(seen.open, "a", 1) == ERR_NONE);
    if (!stream)
        CHECK(http_exchange_end(seen.open, NULL, 0) == ERR_NONE);
    text_hear(&text);
    CHECK(seen.closed == 1);
    CHECK(seen.why == (stream ? ERR_CONNECTION : ERR_NONE));
    CHECK(http_session_finished(&text.session));
    close_world();
}

int main(void)
{
    stream_to_nobody(true);
    stream_to_nobody(false);
    drips(HEAD "content-length: 100000\r\n\r\n", "x", 1000, true);
    drips(HEAD "content-length: 100000\r\n\r\n", "x", 10, false);
    drips(HEAD "transfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n", 1000, true);
    drips(HEAD "transfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n", 50, false);
    drips(HEAD "transfer-encoding: chunked\r\n\r\n0\r\n", "a:b\r\n", 1000,
          true);
    not_their_fault();
    half_closed(true);
    half_closed(false);
    pieces();
    one_at_a_time();
    stuffed();
    credit();
    refusals();
    large_heads();
    expectation();
    early_ends();
    slow();
    drained();
    told_apart();
    without_memory();
    return check_report("http/h1");
}

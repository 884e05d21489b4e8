#include "http/h1_out.h"

#include <stdio.h>

#include "check.h"
#include "text_world.h"

static struct text_world text;
static struct http_exchange *open_one;
static int writable, closed;
static enum err closed_why;

static void on_begin(void *self, struct http_exchange *exchange)
{
    (void)self;
    open_one = exchange;
}

static void on_readable(void *self, struct http_exchange *exchange)
{
    (void)self;
    (void)exchange;
}

static void on_writable(void *self, struct http_exchange *exchange)
{
    (void)self;
    (void)exchange;
    writable++;
}

static void on_closed(void *self, struct http_exchange *exchange, enum err why)
{
    (void)self;
    (void)exchange;
    closed++;
    closed_why = why;
    open_one = NULL;
}

static const struct http_handler HANDLER = {on_begin, on_readable, on_writable,
                                            on_closed};
static const struct http_field TAIL[] = {HTTP_FIELD("x-tail", "yes")};

static void begin(const char *request)
{
    memset(&text, 0, sizeof text);
    open_one = NULL;
    writable = closed = 0;
    text_open(&text, &HANDLER, NULL);
    text_say(&text, request);
    CHECK(open_one != NULL);
}

#define GET "GET / HTTP/1.1\r\nhost: a\r\n\r\n"

static void respond(int status)
{
    CHECK(http_exchange_respond(open_one, status, NULL, 0) == ERR_NONE);
}

static void put(const char *words)
{
    CHECK(http_exchange_write(open_one, words, strlen(words)) == ERR_NONE);
}

static void end(size_t trailers)
{
    CHECK(http_exchange_end(open_one, TAIL, trailers) == ERR_NONE);
}

/* Law 1: whole at once, or in chunks. */
static void forms(void)
{
    begin(GET);
    respond(200);
    put("hello");
    end(0);
    text_hear(&text);
    CHECK(strcmp(text.said, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
                            "hello") == 0);
    text_close(&text);
    begin(GET);
    respond(200);
    text_hear(&text);
    put("hello");
    text_hear(&text);
    put("!");
    end(1);
    text_hear(&text);
    CHECK(strcmp(text.said,
                 "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                 "5\r\nhello\r\n1\r\n!\r\n0\r\nx-tail: yes\r\n\r\n") == 0);
    CHECK(closed == 1 && closed_why == ERR_NONE);
    CHECK(!http_session_finished(&text.session));
    text_close(&text);
    begin("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n");
    respond(200);
    put("hello");
    end(0);
    text_hear(&text);
    CHECK(strcmp(text.said, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n") ==
          0);
    text_close(&text);
    begin(GET);
    respond(204);
    end(0);
    text_hear(&text);
    CHECK(strcmp(text.said, "HTTP/1.1 204 No Content\r\n\r\n") == 0);
    text_close(&text);
}

/* HTTP/1.0 has no chunks: the end of the connection is the end. */
static void old(void)
{
    begin("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    respond(200);
    put("hello");
    end(0);
    text_hear(&text);
    CHECK(text_count(&text, "connection: keep-alive\r\n") == 1);
    text_say(&text, "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    text.said_size = 0;
    respond(200);
    text_hear(&text);
    put("hello");
    end(1);
    text_hear(&text);
    CHECK(strcmp(text.said, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
                            "hello") == 0);
    CHECK(http_session_finished(&text.session));
    text_close(&text);
}

/* To HEAD goes no body, whole or not, and nothing that frames one. */
static void head_only(bool whole)
{
    begin("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n");
    respond(200);
    put("hello");
    if (!whole)
        text_hear(&text);
    end(1);
    text_hear(&text);
    CHECK(strcmp(text.said, "HTTP/1.1 200 OK\r\n\r\n") == 0);
    CHECK(closed == 1 && closed_why == ERR_NONE);
    text_close(&text);
}

/* An answer that is dropped half way has no last chunk. */
static void dropped(void)
{
    begin(GET);
    respond(200);
    put("hello");
    text_hear(&text);
    http_exchange_reset(open_one, ERR_SLOW_READER);
    text_hear(&text);
    CHECK(strstr(text.said, "5\r\nhello\r\n") && !strstr(text.said, "0\r\n\r"));
    CHECK(closed == 1 && closed_why == ERR_SLOW_READER);
    CHECK(http_session_finished(&text.session));
    text_close(&text);
}

/* A long body in small pieces of the socket: the handler is told when there is
 * room, what comes out is what went in, and little waits. */
static void long_body(void)
{
    static char body[150000];
    const char *at;
    size_t got = 0, size;
    bool same = true;

    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)('a' + i % 23);
    begin(GET);
    respond(200);
    CHECK(http_exchange_write(open_one, body, sizeof body) == ERR_NONE);
    CHECK(http_exchange_write(open_one, body, 1) == ERR_FULL);
    text.room = 1000;
    while (writable == 0) {
        size = http_session_send(&text.session,
                                 (uint8_t *)text.said + text.said_size, 1000,
                                 text.now_ms);
        CHECK(size == 1000);
        text.said_size += size;
        CHECK(buf_size(&text.session.h1->out) < 20000);
        if (size != 1000)
            return;
    }
    CHECK(http_exchange_finish(open_one, "z", 1) == ERR_NONE);
    text_hear(&text);
    at = strstr(text.said, "\r\n\r\n") + 4;
    while ((size = strtoul(at, NULL, 16)) > 0) {
        at = strstr(at, "\r\n") + 2;
        for (size_t i = 0; i < size; i++, got++)
            same &= at[i] == (got < sizeof body ? body[got] : 'z');
        at += size + 2;
    }
    CHECK(same && got == sizeof body + 1);
    text_close(&text);
}

/* http/exchange law 2: full, the last is taken all the same, and is the end. */
static void full(void)
{
    static const char body[HTTP_OUT_HIGH];

    begin(GET);
    respond(200);
    CHECK(http_exchange_write(open_one, body, sizeof body) == ERR_NONE);
    CHECK(http_exchange_write(open_one, "z", 1) == ERR_FULL);
    CHECK(http_exchange_finish(open_one, "z", 1) == ERR_NONE);
    CHECK(buf_size(&open_one->out) == HTTP_OUT_HIGH + 1);
    text_hear(&text);
    CHECK(text.said[text.said_size - 1] == 'z' && closed == 1);
    text_close(&text);
}

int main(void)
{
    full();
    forms();
    head_only(true);
    head_only(false);
    old();
    dropped();
    long_body();
    return check_report("http/h1_out");
}

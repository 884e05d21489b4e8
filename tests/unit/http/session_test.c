#include "http/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "wire.h"

/* A server that answers with the body it got (and trailers), and a client
 * that counts. */
struct seen {
    int begun, readable, writable, closed;
    enum err why;
    int status;
    size_t body;
    uint64_t sum;
    bool trailer, ended;
    struct http_exchange *last;
    bool mute;  /* server: do not answer */
    bool still; /* do not consume */
};

static const struct http_field KIND[] = {HTTP_FIELD("content-type", "text/x")};
static const struct http_field TAIL[] = {HTTP_FIELD("x-tail", "yes")};

static void eat(struct seen *seen, struct http_exchange *exchange)
{
    size_t size = buf_size(&exchange->in);
    const uint8_t *bytes = buf_head(&exchange->in);

    if (seen->still)
        return;
    for (size_t i = 0; i < size; i++)
        seen->sum = chance_mix(seen->sum ^ bytes[i]);
    seen->body += size;
    http_exchange_consume(exchange, size);
}

static void server_begin(void *self, struct http_exchange *exchange)
{
    struct seen *seen = self;

    seen->begun++;
    seen->last = exchange;
    CHECK(exchange->method && strcmp(exchange->method, "POST") == 0);
    CHECK(exchange->path && strcmp(exchange->path, "/echo") == 0);
    CHECK(strcmp(http_exchange_header(exchange, "x-one"), "1") == 0);
    CHECK(!http_exchange_header(exchange, "x-none"));
    if (!seen->mute)
        CHECK(http_exchange_respond(exchange, 200, KIND, 1) == ERR_NONE);
}

static void server_readable(void *self, struct http_exchange *exchange)
{
    struct seen *seen = self;

    seen->readable++;
    if (!seen->mute && !seen->still && buf_size(&exchange->in) > 0)
        CHECK(http_exchange_write(exchange, buf_head(&exchange->in),
                                  buf_size(&exchange->in)) == ERR_NONE);
    eat(seen, exchange);
    if (exchange->in_ended && !seen->mute)
        CHECK(http_exchange_end(exchange, TAIL, 1) == ERR_NONE);
}

static void count_writable(void *self, struct http_exchange *exchange)
{
    (void)exchange;
    ((struct seen *)self)->writable++;
}

static void count_closed(void *self, struct http_exchange *exchange,
                         enum err why)
{
    struct seen *seen = self;

    (void)exchange;
    seen->closed++;
    seen->why = why;
    seen->last = NULL;
}

static void client_begin(void *self, struct http_exchange *exchange)
{
    (void)self;
    (void)exchange;
    CHECK(false);
}

static void client_readable(void *self, struct http_exchange *exchange)
{
    struct seen *seen = self;
    struct http_field field;
    size_t at = 0;

    seen->readable++;
    seen->status = exchange->status;
    eat(seen, exchange);
    seen->ended |= exchange->in_ended;
    if (exchange->in_ended && http_exchange_trailer(exchange, &at, &field))
        seen->trailer = strcmp(field.name, "x-tail") == 0 &&
                        strcmp(field.value, "yes") == 0;
}

static const struct http_handler SERVER = {server_begin, server_readable,
                                           count_writable, count_closed};
static const struct http_handler CLIENT = {client_begin, client_readable,
                                           count_writable, count_closed};

struct world {
    struct wire wire;
    struct seen client, server;
};

static void world_open(struct world *world)
{
    wire_open(&world->wire, &CLIENT, &world->client, &SERVER, &world->server);
}

static struct http_exchange *ask(struct world *world)
{
    static const struct http_field fields[] = {HTTP_FIELD("x-one", "1"),
                                               HTTP_FIELD("x-two", "")};
    struct http_request request = {"POST", "http", "here", "/echo", fields, 2};
    enum err err;
    struct http_exchange *exchange =
        http_session_request(&world->wire.client, &request, world, &err);

    CHECK(exchange && err == ERR_NONE);
    return exchange;
}

static void echo(size_t piece, size_t body)
{
    struct world world = {.wire = {.piece = piece}};
    struct http_exchange *exchange;
    uint8_t *bytes = calloc(1, body + 1);
    uint64_t sum = 0, chance = 7;

    for (size_t i = 0; i < body; i++) {
        bytes[i] = (uint8_t)chance_next(&chance);
        sum = chance_mix(sum ^ bytes[i]);
    }
    world_open(&world);
    exchange = ask(&world);
    for (size_t at = 0; at < body;) {
        size_t part = body - at < 10000 ? body - at : 10000;

        if (http_exchange_write(exchange, bytes + at, part) == ERR_FULL) {
            wire_run(&world.wire);
            continue;
        }
        at += part;
    }
    CHECK(http_exchange_end(exchange, NULL, 0) == ERR_NONE);
    wire_run(&world.wire);
    CHECK(world.wire.client_err == ERR_NONE);
    CHECK(world.wire.server_err == ERR_NONE);
    CHECK(world.client.status == 200);
    CHECK(world.client.body == body);
    CHECK(world.client.sum == sum);
    CHECK(world.client.trailer && world.client.ended);
    CHECK(world.client.closed == 1 && world.client.why == ERR_NONE);
    CHECK(world.server.closed == 1 && world.server.why == ERR_NONE);
    CHECK(world.server.begun == 1);
    CHECK(world.wire.server.exchanges == 0);
    CHECK(world.wire.server.in_bytes == 0);
    wire_close(&world.wire);
    free(bytes);
}

/* writable() comes once for each time that `out` was above the mark, whether or
 * not a write was refused. */
static void watermarks(void)
{
    static uint8_t bytes[HTTP_OUT_HIGH];
    struct world world = {.server = {.mute = true}};
    struct http_exchange *exchange;

    world_open(&world);
    exchange = ask(&world);
    CHECK(http_exchange_write(exchange, bytes, 1000) == ERR_NONE);
    wire_run(&world.wire);
    CHECK(world.client.writable == 0);
    for (int times = 1; times <= 3; times++) {
        CHECK(http_exchange_write(exchange, bytes, HTTP_OUT_HIGH) == ERR_NONE);
        CHECK(!http_exchange_writable(exchange));
        wire_run(&world.wire);
        CHECK(http_exchange_writable(exchange));
        CHECK(world.client.writable == times);
        for (int i = 0; i < 5; i++)
            CHECK(http_exchange_write(exchange, bytes, 10) == ERR_NONE);
        wire_run(&world.wire);
        CHECK(world.client.writable == times);
    }
    CHECK(http_exchange_write(exchange, bytes, HTTP_OUT_HIGH) == ERR_NONE);
    CHECK(http_exchange_write(exchange, bytes, 1) == ERR_FULL);
    wire_run(&world.wire);
    CHECK(world.client.writable == 4);
    wire_close(&world.wire);
}

/* Law 3: what all sessions of a host hold is bounded; when it is consumed, who
 * waited goes on. */
static void held(void)
{
    enum { SESSIONS = 8, STREAMS = 4, BODY = 50000, MAX = 150000 };
    static uint8_t bytes[BODY];
    static struct world worlds[SESSIONS];
    struct http_exchange *exchanges[SESSIONS][STREAMS];
    struct http_host *host = &worlds[0].wire.server_host;
    enum err err;

    for (int i = 0; i < SESSIONS; i++) {
        worlds[i] = (struct world){.server = {.still = true, .mute = true}};
        worlds[i].wire.server_host.limits.in_bytes_max = MAX;
        world_open(&worlds[i]);
        http_session_close(&worlds[i].wire.server);
        err = http_session_init(&worlds[i].wire.server, host, HTTP_SERVER,
                                &worlds[i].wire, worlds[i].wire.now_ms);
        CHECK(err == ERR_NONE);
    }
    for (int s = 0; s < STREAMS; s++)
        for (int i = 0; i < SESSIONS; i++) {
            exchanges[i][s] = ask(&worlds[i]);
            CHECK(http_exchange_write(exchanges[i][s], bytes, BODY) ==
                  ERR_NONE);
            wire_run(&worlds[i].wire);
        }
    CHECK(host->in_bytes >= MAX);
    CHECK(host->in_bytes < MAX + (SESSIONS + 1) * HTTP_WINDOW);
    for (int round = 0; round < 20; round++)
        for (int i = 0; i < SESSIONS; i++) {
            LIST_EACH (node, &worlds[i].wire.server.all) {
                struct http_exchange *exchange =
                    LIST_ENTRY(node, struct http_exchange, by_session);

                http_exchange_consume(exchange, buf_size(&exchange->in));
            }
            wire_run(&worlds[i].wire);
        }
    CHECK(host->in_bytes == 0);
    for (int i = 0; i < SESSIONS; i++)
        for (int s = 0; s < STREAMS; s++)
            CHECK(buf_size(&exchanges[i][s]->out) == 0);
    for (int i = SESSIONS - 1; i >= 0; i--)
        wire_close(&worlds[i].wire);
}

/* Law 5: a hundred requests, of which nobody reads an answer; what of them
 * waits is answered when there is room, or closed with the session. */
static void unread(bool ends)
{
    enum { STREAMS = 100, BODY = 120000 }; /* above a window */
    static uint8_t bytes[BODY];
    struct world world = {.client = {.still = true}};
    struct http_session *server = &world.wire.server;
    struct http_exchange *second = NULL, *last = NULL;
    int begun;

    world_open(&world);
    for (int s = 0; s < STREAMS; s++) {
        struct http_exchange *exchange = ask(&world);

        CHECK(http_exchange_write(exchange, bytes, BODY) == ERR_NONE);
        CHECK(http_exchange_end(exchange, NULL, 0) == ERR_NONE);
        wire_run(&world.wire);
        second = s == 1 ? exchange : second;
        last = exchange;
    }
    CHECK(server->out_bytes >= HTTP_OUT_MAX);
    CHECK(server->out_bytes < HTTP_OUT_MAX + HTTP_OUT_HIGH + BODY);
    CHECK(world.server.begun < STREAMS);
    http_exchange_reset(last, ERR_CANCELED); /* it waits, and goes */
    wire_run(&world.wire);
    CHECK(server->exchanges == STREAMS - 1);
    begun = world.server.begun; /* two that were begun go: there is room */
    http_exchange_reset(
        LIST_ENTRY(server->all.next, struct http_exchange, by_session),
        ERR_SLOW_READER);
    http_exchange_reset(second, ERR_CANCELED);
    wire_run(&world.wire);
    CHECK(server->exchanges == STREAMS - 3);
    CHECK(world.server.begun > begun);
    world.client.still = false;
    for (int round = 0; !ends && round < 2 * STREAMS; round++) {
        LIST_EACH (node, &world.wire.client.all)
            eat(&world.client,
                LIST_ENTRY(node, struct http_exchange, by_session));
        wire_run(&world.wire);
    }
    if (!ends) {
        CHECK(world.client.body == (size_t)(STREAMS - 3) * BODY);
        CHECK(world.server.begun == STREAMS - 1);
        CHECK(server->out_bytes == 0);
    }
    wire_close(&world.wire);
    CHECK(world.server.begun == world.server.closed);
}

int main(void)
{
    echo(0, 0);
    echo(0, 100);
    echo(1, 100);
    echo(0, 1000000);
    echo(3, 30000);
    watermarks();
    held();
    unread(false);
    unread(true);
    return check_report("http/session");
}

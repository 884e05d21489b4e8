#include "base/chance.h"
#include "check.h"
#include "http/pool.h"
#include "wire.h"

/* A random history against a slow model: what was written, byte by byte. */

enum { LIVES = 24, BODY = 200000 };

struct life { /* one exchange, seen from both ends */
    bool used, up_ended, down_ended, was_reset;
    struct http_exchange *client, *server;
    size_t up, up_got, down, down_got; /* bytes written and read */
    int client_closed, server_closed, begun;
    enum err client_why, server_why;
};

static struct life lives[LIVES];
static uint64_t chance;
static bool reading;

/* The byte at a place of a body. */
static uint8_t byte_at(size_t life, size_t at, bool down)
{
    return (uint8_t)chance_mix(life * 1000003 + at * 2 + down);
}

static void take(struct http_exchange *exchange, size_t index, size_t *got,
                 bool down)
{
    size_t size = buf_size(&exchange->in);
    const uint8_t *bytes = buf_head(&exchange->in);
    bool same = true;

    /* http/exchange law 1 */
    CHECK(size <= HTTP_WINDOW);
    if (!reading && size > 0)
        size = chance_below(&chance, size + 1);
    for (size_t i = 0; i < size; i++)
        same &= bytes[i] == byte_at(index, *got + i, down);
    CHECK(same);
    *got += size;
    http_exchange_consume(exchange, size);
}

static struct life *life_of(struct http_exchange *exchange)
{
    return exchange->user;
}

/* http/session law 1, http/tell law 1 and http/exchange law 4: the handler is on
 * its own, whatever it calls; were it inside nghttp2, that would assert. */
static int depth;

static void on_begin(void *self, struct http_exchange *exchange)
{
    size_t index = (size_t)atoi(exchange->path + 1);

    (void)self;
    CHECK(depth++ == 0);
    CHECK(index < LIVES && !lives[index].server);
    exchange->user = &lives[index];
    lives[index].server = exchange;
    lives[index].begun++;
    CHECK(http_exchange_respond(exchange, 200, NULL, 0) == ERR_NONE);
    depth--;
}

static void server_readable(void *self, struct http_exchange *exchange)
{
    struct life *life = life_of(exchange);

    (void)self;
    CHECK(depth++ == 0);
    CHECK(life->server == exchange); /* http/session law 2: closed() is last */
    take(exchange, (size_t)(life - lives), &life->up_got, false);
    depth--;
}

static void client_readable(void *self, struct http_exchange *exchange)
{
    struct life *life = life_of(exchange);

    (void)self;
    CHECK(life->client == exchange);
    take(exchange, (size_t)(life - lives), &life->down_got, true);
}

static void on_writable(void *self, struct http_exchange *exchange)
{
    (void)self;
    CHECK(buf_size(&exchange->out) <= HTTP_OUT_LOW);
}

static void server_closed(void *self, struct http_exchange *exchange,
                          enum err why)
{
    struct life *life = life_of(exchange);

    (void)self;
    CHECK(depth == 0);
    life->server_closed++;
    life->server_why = why;
    life->server = NULL;
}

static void client_closed(void *self, struct http_exchange *exchange,
                          enum err why)
{
    struct life *life = life_of(exchange);

    (void)self;
    reading = true; /* the last chance */
    take(exchange, (size_t)(life - lives), &life->down_got, true);
    life->client_closed++;
    life->client_why = why;
    life->client = NULL;
}

static const struct http_handler SERVER = {on_begin, server_readable,
                                           on_writable, server_closed};
static const struct http_handler CLIENT = {on_begin, client_readable,
                                           on_writable, client_closed};

static void write_some(struct http_exchange *exchange, size_t index,
                       size_t *written, bool down)
{
    static uint8_t bytes[30000];
    size_t size = chance_below(&chance, sizeof bytes);
    enum err err;

    if (*written + size > BODY)
        return;
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(index, *written + i, down);
    err = http_exchange_write(exchange, bytes, size);
    CHECK(err == ERR_NONE || err == ERR_FULL || err == ERR_CANCELED);
    if (err == ERR_NONE)
        *written += size;
    /* http/exchange law 2 */
    CHECK(buf_size(&exchange->out) <= HTTP_OUT_HIGH + sizeof bytes);
}

static void open_life(struct wire *wire, size_t index)
{
    char path[16];
    struct http_request request = {"POST", "http", "here", path, NULL, 0};
    struct life *life = &lives[index];
    enum err err;

    if (life->client || life->server)
        return;
    *life = (struct life){.used = true};
    (void)snprintf(path, sizeof path, "/%zu", index);
    life->client = http_session_request(&wire->client, &request, life, &err);
    CHECK(life->client);
}

/* http/exchange law 3: nothing after the end; law 4: no call back in here. */
static void act(struct wire *wire)
{
    size_t index = chance_below(&chance, LIVES);
    struct life *life = &lives[index];

    switch (chance_below(&chance, 8)) {
    case 0:
        open_life(wire, index);
        break;
    case 1:
    case 2:
        if (life->client && !life->up_ended)
            write_some(life->client, index, &life->up, false);
        break;
    case 3:
    case 4:
        if (life->server && !life->down_ended)
            write_some(life->server, index, &life->down, true);
        break;
    case 5:
        if (life->client && !life->up_ended)
            life->up_ended =
                http_exchange_end(life->client, NULL, 0) == ERR_NONE;
        break;
    case 6:
        if (life->server && !life->down_ended && life->server->in_ended &&
            buf_size(&life->server->in) == 0)
            life->down_ended =
                http_exchange_end(life->server, NULL, 0) == ERR_NONE;
        break;
    default:
        if (chance_below(&chance, 4) > 0)
            break;
        life->was_reset |= life->client || life->server;
        if (life->client && (!life->server || chance_below(&chance, 2)))
            http_exchange_reset(life->client, ERR_CANCELED);
        else if (life->server)
            http_exchange_reset(life->server, ERR_CANCELED);
    }
}

static void look(const struct wire *wire)
{
    size_t held = 0;
    uint32_t open = 0;

    LIST_EACH (node, &wire->server.all) {
        struct http_exchange *exchange =
            LIST_ENTRY(node, struct http_exchange, by_session);

        held += buf_size(&exchange->in);
        open++;
        /* http/tell law 2 */
        CHECK(list_linked(&exchange->by_event) == (exchange->pending != 0));
        CHECK(!list_linked(&exchange->by_stall) ||
              buf_size(&exchange->out) > 0);
        CHECK(!list_linked(&exchange->by_submit) || !exchange->submitted);
    }
    LIST_EACH (node, &wire->server_host.spare) { /* http/pool law 2 */
        struct http_exchange *spare =
            LIST_ENTRY(node, struct http_exchange, by_session);

        CHECK(buf_size(&spare->in) + buf_size(&spare->out) == 0);
        CHECK(buf_size(&spare->head) == 0 && spare->in.cap <= HTTP_POOL_KEEP);
    }
    CHECK(wire->server.in_bytes == held); /* http/pool law 1 */
    CHECK(wire->server.exchanges == open);
    /* http/session law 3 */
    CHECK(open <= wire->server_host.limits.streams_max);
    CHECK(held <= http_pool_max(&wire->server) + HTTP_WINDOW);
    CHECK(wire->client_err == ERR_NONE && wire->server_err == ERR_NONE);
}

static void read_rest(void)
{
    for (size_t i = 0; i < LIVES; i++) {
        struct life *life = &lives[i];

        if (life->client)
            take(life->client, i, &life->down_got, true);
        if (life->server)
            take(life->server, i, &life->up_got, false);
    }
}

static void settle(struct wire *wire)
{
    for (int quiet = 0; quiet < 3; quiet++) {
        uint64_t before = wire->to_client + wire->to_server;

        wire_run(wire);
        reading = true;
        read_rest();
        if (wire->to_client + wire->to_server != before)
            quiet = 0;
    }
    for (size_t i = 0; i < LIVES; i++) {
        struct life *life = &lives[i];

        if (!life->used || life->was_reset || !life->down_ended)
            continue;
        CHECK(life->down_got == life->down);
        CHECK(life->up_got == life->up);
        CHECK(life->client_closed == 1 && life->server_closed == 1);
        CHECK(life->client_why == ERR_NONE && life->server_why == ERR_NONE);
    }
}

static void history(uint64_t seed)
{
    struct wire wire = {0};

    memset(lives, 0, sizeof lives);
    chance = seed;
    wire_open(&wire, &CLIENT, &wire, &SERVER, &wire);
    for (int step = 0; step < 1500; step++) {
        reading = chance_below(&chance, 2);
        act(&wire);
        if (chance_below(&chance, 3))
            continue;
        wire.piece =
            chance_below(&chance, 2) ? chance_below(&chance, 9000) + 1 : 0;
        wire.now_ms += chance_below(&chance, 50);
        if (chance_below(&chance, 2)) {
            (void)wire_carry(&wire, &wire.client, &wire.server,
                             &wire.server_err);
        } else {
            (void)wire_carry(&wire, &wire.server, &wire.client,
                             &wire.client_err);
        }
        look(&wire);
    }
    wire.piece = 0;
    settle(&wire);
    look(&wire);
    wire_close(&wire);
    for (size_t i = 0; i < LIVES; i++) { /* http/session law 2 */
        if (!lives[i].used)
            continue;
        CHECK(lives[i].client_closed == 1);
        CHECK(lives[i].server_closed == lives[i].begun);
    }
}

int main(void)
{
    for (uint64_t seed = 1; seed <= 60; seed++)
        history(seed);
    return check_report("http/session random history");
}

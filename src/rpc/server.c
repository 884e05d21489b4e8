#include "rpc/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "rpc/answer.h"
#include "rpc/cors.h"
#include "rpc/frame.h"
#include "rpc/intake.h"
#include "rpc/note.h"
#include "rpc/query.h"
#include "rpc/scan.h"
#include "rpc/state.h"

enum { SPARES_MAX = 1024 };

/* ---- birth and death ---- */

enum err rpc_server_init(struct rpc_server *server, uint32_t loop,
                         const struct api_set *set,
                         const struct rpc_limits *limits)
{
    REQUIRE(loop < 256);
    *server = (struct rpc_server){.set = set, .loop = loop};
    if (limits)
        server->limits = *limits;
    if (server->limits.calls_max == 0)
        server->limits.calls_max = 131072;
    if (server->limits.unpack_max == 0)
        server->limits.unpack_max = 1 << 20;
    if (server->limits.elements_max == 0)
        server->limits.elements_max = RPC_SCAN_ELEMENTS;
    if (server->limits.request_ms == 0)
        server->limits.request_ms = 30000;
    list_init(&server->spare);
    list_init(&server->plain);
    server->bound = calloc(set->methods_count + 1, sizeof *server->bound);
    server->scratch = malloc(sizeof *server->scratch);
    server->rows = calloc(1, sizeof *server->rows);
    server->gzip = calloc(1, sizeof *server->gzip);
    server->json = calloc(1, sizeof *server->json);
    if (server->json)
        rpc_json_init(server->json, set, true);
    if (server->scratch)
        rpc_scratch_init(server->scratch, server->limits.unpack_max);
    if (!server->bound || !server->scratch || !server->rows || !server->gzip ||
        !server->json ||
        rpc_status_rows_init(server->rows, false) != ERR_NONE ||
        rpc_meter_init(&server->meter, set->methods_count) != ERR_NONE) {
        rpc_server_close(server);
        return ERR_NOMEM;
    }
    return ERR_NONE;
}

void rpc_server_close(struct rpc_server *server)
{
    struct list *node;

    REQUIRE(server->calls == 0); /* Law 2 */
    while (server->spares > 0 && (node = list_pop_front(&server->spare))) {
        server->spares--;
        free(LIST_ENTRY(node, struct rpc_call, by_spare));
    }
    if (server->scratch)
        rpc_scratch_reset(server->scratch);
    if (server->rows)
        rpc_status_rows_close(server->rows);
    if (server->gzip)
        rpc_gzip_close(server->gzip);
    free(server->bound);
    free(server->scratch);
    free(server->rows);
    free(server->gzip);
    free(server->json);
    buf_close(&server->work);
    free(server->slots);
    free(server->due.place);
    rpc_meter_close(&server->meter);
    *server = (struct rpc_server){0};
}

void rpc_server_origins(struct rpc_server *server, const char *const *origins)
{
    server->origins = origins && *origins ? origins : NULL;
}

void rpc_server_page(struct rpc_server *server, const struct rpc_page *page)
{
    REQUIRE(!server->page);
    server->page = page;
}

bool rpc_server_has(const struct rpc_server *server, const char *service)
{
    for (size_t m = 0; m < server->set->methods_count; m++)
        if (server->bound[m].handler &&
            strcmp(server->set->methods[m].service, service) == 0)
            return true;
    return false;
}

static void hear(struct rpc_server *server,
                 const struct http_exchange *exchange)
{
    if (http_exchange_now_ms(exchange) > server->now_ms)
        server->now_ms = http_exchange_now_ms(exchange);
}

static struct rpc_call *open_call(struct rpc_server *server,
                                  struct http_exchange *exchange,
                                  const struct api_method *method,
                                  const struct rpc_asked *asked)
{
    struct list *node = list_pop_front(&server->spare);
    struct rpc_call *call;

    if (node) {
        server->spares--;
        call = LIST_ENTRY(node, struct rpc_call, by_spare);
    } else {
        call = malloc(sizeof *call);
        if (!call)
            return NULL;
    }
    *call = (struct rpc_call){.server = server,
                              .exchange = exchange,
                              .method = method,
                              .bound =
                                  &server->bound[method - server->set->methods],
                              .deadline_ms = RPC_NEVER,
                              .protocol = asked->protocol,
                              .tongue = asked->tongue,
                              .json = asked->json,
                              .get = asked->get,
                              .gzip_in = asked->gzip_in,
                              .gzip_out = asked->gzip_out};
    if (rpc_roster_enter(call) != ERR_NONE) {
        free(call);
        return NULL;
    }
    exchange->user = call;
    call->begun_ms = http_exchange_now_ms(exchange);
    if (asked->timeout_ms != RPC_NEVER)
        call->deadline_ms = call->begun_ms + asked->timeout_ms;
    server->calls++;
    rpc_note_begin(call);
    log_event(LOG_CALL_STARTED, 1, ERR_NONE);
    return call;
}

void rpc_server_release(struct rpc_call *call)
{
    struct rpc_server *server = call->server;
    enum err err = rpc_roster_due(call, RPC_NEVER);

    REQUIRE(err == ERR_NONE);
    REQUIRE(server->calls > 0);
    REQUIRE(!call->in_handler);
    REQUIRE(call->over); /* rpc/note law 1 */
    server->calls--;
    rpc_roster_leave(call);
    rpc_call_empty(call);
    call->exchange->user = NULL;
    if (server->spares == SPARES_MAX) {
        free(call);
        return;
    }
    server->spares++;
    list_push_front(&server->spare, &call->by_spare); /* still in cache */
}

/* ---- the head of a request ---- */

static enum err admit(const struct rpc_server *server,
                      const struct http_exchange *exchange,
                      const struct api_method *method,
                      const struct rpc_asked *asked)
{
    if (exchange->denied)
        return ERR_FULL;
    if (!method || !server->bound[method - server->set->methods].handler)
        return ERR_METHOD;
    if (asked->err != ERR_NONE)
        return asked->err;
    if (asked->timeout_ms == 0)
        return ERR_DEADLINE; /* Law 3 */
    if (server->draining)
        return ERR_DRAINING;
    if (server->calls < server->limits.calls_max)
        return ERR_NONE;
    log_event(LOG_CALLS_FULL, 1, ERR_FULL);
    return ERR_FULL;
}

/* The next time something is to happen to the call by itself. */
static enum err arm(struct rpc_call *call)
{
    uint64_t due_ms = call->deadline_ms;
    uint64_t read_ms = call->begun_ms + call->server->limits.request_ms;

    if (!call->method->client_streams && !call->got && read_ms < due_ms)
        due_ms = read_ms;
    return rpc_roster_due(call, due_ms);
}

static void settle(struct rpc_call *call)
{
    if (!call->over && arm(call) != ERR_NONE) {
        if (!call->answered && call->watch && call->watch->closed)
            call->watch->closed(call, ERR_NOMEM);
        rpc_answer_end(call, ERR_NOMEM);
    }
    if (call->over)
        rpc_server_release(call);
}

/* Is the protocol one for this method, by this verb? */
static bool fits(const struct http_exchange *exchange,
                 const struct api_method *method, const struct rpc_asked *asked)
{
    if (asked->protocol == RPC_PLAIN ||
        (asked->protocol == RPC_GRPC && exchange->http1))
        return false;
    if (!asked->get && strcmp(exchange->method, "POST") != 0)
        return false;
    if (!method)
        return true; /* said in its protocol */
    if (asked->get)
        return rpc_asked_by_get(method);
    if (asked->protocol == RPC_CONNECT)
        return !method->client_streams && !method->server_streams;
    return asked->protocol != RPC_CONNECT_STREAM || method->client_streams ||
           method->server_streams;
}

static enum err read_query(struct rpc_call *call, const struct rpc_asked *asked)
{
    buf_init(&call->text, RPC_FRAME_HEAD + rpc_intake_room(call));
    return rpc_query_message(call->exchange->path + asked->path_size,
                             &call->text, &call->gzip_in);
}

/* What is no call is a page, or an explanation. */
static void answer_plain(struct rpc_server *server,
                         struct http_exchange *exchange)
{
    size_t size = strcspn(exchange->path, "?");

    list_unlink(&exchange->by_user);
    if (server->page && strlen(server->page->path) == size &&
        memcmp(server->page->path, exchange->path, size) == 0)
        rpc_answer_page(server, exchange);
    else
        rpc_answer_plain(server, exchange,
                         rpc_server_bind_method(server, exchange->path, size));
}

static void on_begin(void *self, struct http_exchange *exchange)
{
    struct rpc_server *server = self;
    const struct api_method *method;
    struct rpc_call *call;
    struct rpc_asked asked;
    enum err err;

    exchange->user = NULL;
    hear(server, exchange);
    rpc_asked_read(exchange, &asked);
    method = rpc_server_bind_method(server, exchange->path, asked.path_size);
    if (!fits(exchange, method, &asked)) { /* Law 1 */
        tally_add(&server->meter.plain, 1);
        if (rpc_cors_preflight(server, exchange))
            return;
        exchange->user_ms = server->now_ms + server->limits.request_ms;
        list_push_back(&server->plain, &exchange->by_user);
        if (exchange->denied)
            answer_plain(server, exchange);
        return; /* else when it ends: on_readable(), rpc_server_tick() */
    }
    err = admit(server, exchange, method, &asked);
    call = err == ERR_NONE ? open_call(server, exchange, method, &asked) : NULL;
    if (!call) {
        err = err == ERR_NONE ? ERR_NOMEM : err;
        err = rpc_answer_refuse(server, exchange, &asked, err);
        rpc_note_refused(server, exchange, &asked, method, err);
        return;
    }
    if (asked.get && (err = read_query(call, &asked)) != ERR_NONE)
        rpc_intake_give_up(call, err);
    if (call->over || !exchange->in_ended)
        settle(call); /* else readable() follows at once */
}

/* ---- the rest of an exchange ---- */

static void on_readable(void *self, struct http_exchange *exchange)
{
    struct rpc_server *server = self;
    struct rpc_call *call = exchange->user;

    hear(server, exchange);
    if (!call) {
        http_exchange_consume(exchange, buf_size(&exchange->in));
        if ((exchange->in_ended || exchange->http1) && !exchange->responded)
            answer_plain(server, exchange);
        return;
    }
    rpc_intake_all(call);
    settle(call);
}

static void on_writable(void *self, struct http_exchange *exchange)
{
    struct rpc_call *call = exchange->user;

    hear(self, exchange);
    if (!call)
        return;
    rpc_call_catch_up(call);
    if (!call->over && call->refused && http_exchange_writable(exchange)) {
        call->refused = false;
        if (call->watch && call->watch->writable)
            call->watch->writable(call);
        if (exchange->user != call)
            return; /* the owner ended it */
    }
    if (!call->over)
        rpc_intake_all(call);
    settle(call);
}

static void on_closed(void *self, struct http_exchange *exchange, enum err why)
{
    struct rpc_call *call = exchange->user;

    hear(self, exchange);
    list_unlink(&exchange->by_user);
    if (!call)
        return;
    if (why == ERR_NONE)
        why = ERR_CANCELED;
    if (!call->answered && call->watch && call->watch->closed) {
        call->answered = true;
        call->watch->closed(call, why);
    }
    if (!call->over)
        rpc_note_gone(call, why);
    rpc_server_release(call); /* Law 2 */
}

const struct http_handler *rpc_server_handler(void)
{
    static const struct http_handler handler = {on_begin, on_readable,
                                                on_writable, on_closed};

    return &handler;
}

/* ---- the loop's side ---- */

struct rpc_call *rpc_server_find(struct rpc_server *server, uint64_t id)
{
    struct rpc_call *call = rpc_roster_find(server, id);

    return call && !call->answered ? call : NULL;
}

static struct http_exchange *first_plain(const struct rpc_server *server)
{
    const struct list *plain = &server->plain;

    if (!plain->next || list_empty(plain)) /* one that is all zero has none */
        return NULL;
    return LIST_ENTRY(plain->next, struct http_exchange, by_user);
}

uint64_t rpc_server_deadline_ms(const struct rpc_server *server)
{
    uint64_t due_ms = heap_least(&server->due);
    const struct http_exchange *plain = first_plain(server);

    return plain && plain->user_ms < due_ms ? plain->user_ms : due_ms;
}

void rpc_server_tick(struct rpc_server *server, uint64_t now_ms)
{
    struct http_exchange *plain;
    struct rpc_call *call;

    if (now_ms > server->now_ms)
        server->now_ms = now_ms;
    while ((plain = first_plain(server)) && plain->user_ms <= server->now_ms) {
        log_event(LOG_REQUEST_SLOW, 1, ERR_DEADLINE);
        answer_plain(server, plain);
    }
    while ((call = rpc_roster_next(server, server->now_ms))) {
        if (!call->answered && server->now_ms < call->deadline_ms)
            log_event(LOG_REQUEST_SLOW, 1, ERR_DEADLINE); /* request_ms */
        if (call->answered) { /* ending, and its reader is late */
            http_exchange_reset(call->exchange, ERR_SLOW_READER);
            rpc_note_gone(call, ERR_SLOW_READER);
        } else {
            rpc_intake_give_up(call, ERR_DEADLINE); /* Law 3 */
        }
        rpc_server_release(call);
    }
}

void rpc_server_cut(struct rpc_server *server, enum err err,
                    bool (*meant)(const struct rpc_call *call, void *arg),
                    void *arg)
{
    for (uint32_t i = 0; i < server->slots_count; i++) {
        struct rpc_call *call = rpc_roster_at(server, i);

        if (!call || !call->method->server_streams || call->answered ||
            !meant(call, arg))
            continue;
        rpc_intake_give_up(call, err);
        rpc_server_release(call);
    }
}

static bool is_any(const struct rpc_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return true;
}

void rpc_server_drain(struct rpc_server *server)
{
    server->draining = true;
    rpc_server_cut(server, ERR_DRAINING, is_any, NULL);
}

void rpc_server_leave(void *server, struct http_exchange *exchange)
{
    struct rpc_call *call = exchange->user;

    (void)server;
    if (!call || call->answered)
        return;
    rpc_intake_give_up(call, ERR_DRAINING);
    rpc_server_release(call);
}

uint32_t rpc_server_calls(const struct rpc_server *server)
{
    return server->calls;
}

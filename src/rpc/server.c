#include "rpc/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "rpc/intake.h"
#include "rpc/scan.h"
#include "rpc/state.h"

enum { SPARES_MAX = 256 };

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
    server->bound = calloc(set->methods_count + 1, sizeof *server->bound);
    server->scratch = malloc(sizeof *server->scratch);
    server->rows = calloc(1, sizeof *server->rows);
    server->gzip = calloc(1, sizeof *server->gzip);
    if (server->scratch)
        rpc_scratch_init(server->scratch, server->limits.unpack_max);
    if (!server->bound || !server->scratch || !server->rows || !server->gzip ||
        rpc_status_rows_init(server->rows) != ERR_NONE) {
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
    free(server->slots);
    free(server->heap);
    *server = (struct rpc_server){0};
}

static const struct api_method *method_of(const struct rpc_server *server,
                                          const char *path)
{
    size_t low = 0, high = server->set->methods_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(path, server->set->methods[middle].path);

        if (order == 0)
            return &server->set->methods[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

void rpc_server_bind(struct rpc_server *server,
                     const struct rpc_binding *bindings, size_t count,
                     void *context)
{
    const struct api_method *methods = server->set->methods;

    REQUIRE(count > 0);
    for (size_t i = 0; i < count; i++) {
        const struct api_method *method = method_of(server, bindings[i].path);

        REQUIRE(method);
        REQUIRE(bindings[i].handler);
        REQUIRE(!server->bound[method - methods].handler);
        server->bound[method - methods] =
            (struct rpc_bound){bindings[i].handler, context};
    }
    for (size_t i = 0; i < count; i++) { /* each service whole */
        const char *service = method_of(server, bindings[i].path)->service;

        for (size_t m = 0; m < server->set->methods_count; m++)
            if (strcmp(methods[m].service, service) == 0)
                REQUIRE(server->bound[m].handler);
    }
}

bool rpc_server_has(const struct rpc_server *server, const char *service)
{
    for (size_t m = 0; m < server->set->methods_count; m++)
        if (server->bound[m].handler &&
            strcmp(server->set->methods[m].service, service) == 0)
            return true;
    return false;
}

static struct rpc_call *open_call(struct rpc_server *server,
                                  struct http_exchange *exchange,
                                  const struct api_method *method)
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
                              .deadline_ms = RPC_NEVER};
    if (rpc_roster_enter(call) != ERR_NONE) {
        free(call);
        return NULL;
    }
    exchange->user = call;
    call->begun_ms = http_exchange_now_ms(exchange);
    server->calls++;
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
    server->calls--;
    rpc_roster_leave(call);
    rpc_call_empty(call);
    call->exchange->user = NULL;
    if (server->spares == SPARES_MAX) {
        free(call);
        return;
    }
    server->spares++;
    list_push_back(&server->spare, &call->by_spare);
}

/* ---- the head of a request ---- */

/* "application/grpc", "application/grpc+proto", with parameters or not. */
static bool is_grpc(const char *type)
{
    if (!type || strncmp(type, "application/grpc", 16) != 0)
        return false;
    type += 16;
    if (strncmp(type, "+proto", 6) == 0)
        type += 6;
    return *type == '\0' || *type == ';' || *type == ' ';
}

/* What is not gRPC gets plain HTTP at its end: only then does HTTP know that
 * the request is well-formed. */
static void answer_plain(struct http_exchange *exchange)
{
    static const struct http_field text[] = {
        HTTP_FIELD("content-type", "text/plain; charset=utf-8")};
    static const char hello[] = "Kindred: call it with gRPC.\n";
    static const char type[] = "content-type: application/grpc\n";
    static const char post[] = "gRPC uses POST.\n";
    const char *words = type;
    int status = 415;
    enum err err;

    if (is_grpc(http_exchange_header(exchange, "content-type"))) {
        words = post;
        status = 405;
    } else if (strcmp(exchange->path, "/") == 0) {
        words = hello;
        status = 200;
    }
    err = http_exchange_respond(exchange, status, text, 1);
    if (err == ERR_NONE)
        err = http_exchange_write(exchange, words, strlen(words));
    if (err == ERR_NONE)
        err = http_exchange_end(exchange, NULL, 0);
    if (err != ERR_NONE)
        http_exchange_reset(exchange, err);
}

/* Law 1: gRPC that gets no call is answered with trailers only. */
static void refuse(struct rpc_server *server, struct http_exchange *exchange,
                   enum err err)
{
    struct http_field fields[2 + RPC_STATUS_FIELDS] = {
        HTTP_FIELD("content-type", "application/grpc"),
        HTTP_FIELD("grpc-accept-encoding", "identity,gzip")};
    size_t count = 2 + rpc_status_fields(server->rows, err, fields + 2);
    enum err bad = http_exchange_respond(exchange, 200, fields, count);

    if (bad == ERR_NONE)
        bad = http_exchange_end(exchange, NULL, 0);
    if (bad != ERR_NONE)
        http_exchange_reset(exchange, bad);
}

struct asked { /* by the request's head */
    bool grpc, gzip_in, gzip_out;
    enum err err;
    uint64_t timeout_ms;
};

static bool is(const struct http_field *field, const char *name, size_t size)
{
    return field->name_size == size && memcmp(field->name, name, size) == 0;
}

static void read_head(const struct http_exchange *exchange, struct asked *asked)
{
    struct http_field field;
    size_t at = 0;

    *asked = (struct asked){.timeout_ms = RPC_NEVER};
    while (http_exchange_field(exchange, &at, &field)) {
        if (is(&field, "content-type", 12)) {
            asked->grpc = is_grpc(field.value);
        } else if (is(&field, "grpc-encoding", 13)) {
            asked->gzip_in = strcmp(field.value, "gzip") == 0;
            if (!asked->gzip_in && strcmp(field.value, "identity") != 0)
                asked->err = ERR_ENCODING;
        } else if (is(&field, "grpc-accept-encoding", 20)) {
            asked->gzip_out = strstr(field.value, "gzip") != NULL;
        } else if (is(&field, "grpc-timeout", 12)) {
            if (!rpc_status_timeout(field.value, field.value_size,
                                    &asked->timeout_ms))
                asked->err = ERR_INVALID;
        }
    }
}

static enum err admit(const struct rpc_server *server,
                      const struct api_method *method,
                      const struct asked *asked)
{
    if (!method || !server->bound[method - server->set->methods].handler)
        return ERR_METHOD;
    if (asked->err != ERR_NONE)
        return asked->err;
    if (asked->timeout_ms == 0)
        return ERR_DEADLINE; /* Law 3 */
    if (server->draining)
        return ERR_DRAINING;
    return server->calls >= server->limits.calls_max ? ERR_FULL : ERR_NONE;
}

/* The next time something is to happen to the call by itself. */
static enum err arm(struct rpc_call *call)
{
    uint64_t due_ms = call->deadline_ms;
    uint64_t read_ms = call->begun_ms + call->server->limits.request_ms;

    if (!call->method->client_streams && !call->got && read_ms < due_ms)
        due_ms = read_ms;
    if (due_ms == RPC_NEVER && call->heap_at == 0)
        return ERR_NONE;
    return rpc_roster_due(call, due_ms);
}

static void settle(struct rpc_call *call)
{
    if (!call->over && arm(call) != ERR_NONE) {
        if (!call->answered && call->watch && call->watch->closed)
            call->watch->closed(call, ERR_NOMEM);
        rpc_call_finish(call, ERR_NOMEM);
    }
    if (call->over)
        rpc_server_release(call);
}

static void on_begin(void *self, struct http_exchange *exchange)
{
    struct rpc_server *server = self;
    const struct api_method *method;
    struct rpc_call *call;
    struct asked asked;
    enum err err;

    exchange->user = NULL;
    if (http_exchange_now_ms(exchange) > server->now_ms)
        server->now_ms = http_exchange_now_ms(exchange);
    read_head(exchange, &asked);
    if (!asked.grpc || strcmp(exchange->method, "POST") != 0)
        return; /* answer_plain() follows */
    method = method_of(server, exchange->path);
    err = admit(server, method, &asked);
    call = err == ERR_NONE ? open_call(server, exchange, method) : NULL;
    if (!call) {
        refuse(server, exchange, err == ERR_NONE ? ERR_NOMEM : err);
        return;
    }
    call->gzip_in = asked.gzip_in;
    call->gzip_out = asked.gzip_out;
    if (asked.timeout_ms != RPC_NEVER)
        call->deadline_ms = call->begun_ms + asked.timeout_ms;
    if (!exchange->in_ended)
        settle(call); /* else readable() follows at once */
}

/* ---- the rest of an exchange ---- */

static void on_readable(void *self, struct http_exchange *exchange)
{
    struct rpc_call *call = exchange->user;

    (void)self;
    if (!call) {
        http_exchange_consume(exchange, buf_size(&exchange->in));
        if (exchange->in_ended && !exchange->responded)
            answer_plain(exchange);
        return;
    }
    rpc_intake_all(call);
    settle(call);
}

static void on_writable(void *self, struct http_exchange *exchange)
{
    struct rpc_call *call = exchange->user;

    (void)self;
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

    (void)self;
    if (!call)
        return;
    if (!call->answered && call->watch && call->watch->closed) {
        call->answered = true;
        call->watch->closed(call, why == ERR_NONE ? ERR_CANCELED : why);
    }
    call->over = true;
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

uint64_t rpc_server_deadline_ms(const struct rpc_server *server)
{
    return server->heap_count > 0 ? server->heap[0]->due_ms : RPC_NEVER;
}

void rpc_server_tick(struct rpc_server *server, uint64_t now_ms)
{
    struct rpc_call *call;

    if (now_ms > server->now_ms)
        server->now_ms = now_ms;
    while ((call = rpc_roster_next(server, server->now_ms))) {
        if (call->answered) /* ending, and its reader is late */
            http_exchange_reset(call->exchange, ERR_SLOW_READER);
        else
            rpc_intake_give_up(call, ERR_DEADLINE); /* Law 3 */
        rpc_server_release(call);
    }
}

void rpc_server_drain(struct rpc_server *server)
{
    server->draining = true;
    for (uint32_t i = 0; i < server->slots_count; i++) {
        struct rpc_call *call = rpc_roster_at(server, i);

        if (!call || !call->method->server_streams || call->answered)
            continue;
        rpc_intake_give_up(call, ERR_DRAINING);
        rpc_server_release(call);
    }
}

uint32_t rpc_server_calls(const struct rpc_server *server)
{
    return server->calls;
}

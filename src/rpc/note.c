#include "rpc/note.h"

#include "base/log.h"
#include "base/require.h"
#include "rpc/state.h"
#include "rpc/trace.h"

static size_t row_of(const struct rpc_server *server,
                     const struct api_method *method)
{
    return method ? (size_t)(method - server->set->methods)
                  : server->meter.methods;
}

static uint64_t age_ms(const struct rpc_call *call)
{
    return call->server->now_ms - call->begun_ms;
}

static void tell(const struct http_exchange *exchange,
                 const struct rpc_meter_end *end, enum err reason)
{
    struct log_access access = {.method = (uint32_t)end->method,
                                .protocol = rpc_meter_protocol(end->protocol),
                                .status = end->status,
                                .reason = reason,
                                .ms = end->ms,
                                .in = end->in,
                                .out = end->out};

    rpc_trace_of(exchange, access.trace);
    log_access(&access);
}

static void note(struct rpc_server *server,
                 const struct http_exchange *exchange,
                 struct rpc_meter_end *end, enum err reason)
{
    end->in = exchange->received;
    end->out = exchange->written;
    rpc_meter_end(&server->meter, end);
    if (log_access_wanted())
        tell(exchange, end, reason);
}

void rpc_note_begin(struct rpc_call *call)
{
    struct rpc_server *server = call->server;

    rpc_meter_begin(&server->meter, row_of(server, call->method));
}

void rpc_note_sent(struct rpc_call *call)
{
    struct rpc_server *server = call->server;

    if (!call->sent && call->method->server_streams)
        rpc_meter_first(&server->meter, row_of(server, call->method),
                        age_ms(call));
    call->sent = true;
}

void rpc_note_end(struct rpc_call *call, enum err err, int status)
{
    struct rpc_meter_end end = {.method = row_of(call->server, call->method),
                                .begun = true,
                                .streams = call->method->server_streams,
                                .protocol = call->protocol,
                                .status = status,
                                .ms = age_ms(call)};

    REQUIRE(call->over); /* Law 1 */
    note(call->server, call->exchange, &end, err);
}

void rpc_note_gone(struct rpc_call *call, enum err why)
{
    call->over = true;
    rpc_note_end(call, why,
                 why == ERR_CONNECTION ? STATUS_CANCELLED
                                       : err_status(why)); /* Law 2 */
}

void rpc_note_refused(struct rpc_server *server,
                      const struct http_exchange *exchange,
                      const struct rpc_asked *asked,
                      const struct api_method *method, enum err err)
{
    struct rpc_meter_end end = {.method = row_of(server, method),
                                .streams = method && method->server_streams,
                                .protocol = asked->protocol,
                                .status = err_status(err)};

    note(server, exchange, &end, err);
}

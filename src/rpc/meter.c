#include "rpc/meter.h"

#include <stdlib.h>

#include "base/require.h"

const char *const rpc_meter_protocols[] = {[RPC_METER_GRPC] = "grpc",
                                           [RPC_METER_WEB] = "grpc_web",
                                           [RPC_METER_CONNECT] = "connect",
                                           [RPC_METER_PROTOCOLS] = NULL};

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static const uint64_t call_steps[TALLY_STEPS] = {
    1,   2,   5,          10,         20,         50,          100,
    200, 500, 1 * SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND};
static const uint64_t stream_steps[TALLY_STEPS] = {
    100,        1 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND,
    1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    1 * HOUR,   2 * HOUR,   6 * HOUR,   24 * HOUR};

enum err rpc_meter_init(struct rpc_meter *meter, size_t methods)
{
    *meter = (struct rpc_meter){.methods = methods};
    meter->row = calloc(methods + 1, sizeof *meter->row);
    return meter->row ? ERR_NONE : ERR_NOMEM;
}

void rpc_meter_close(struct rpc_meter *meter)
{
    free(meter->row);
    *meter = (struct rpc_meter){0};
}

static struct rpc_meter_row *row_of(struct rpc_meter *meter, size_t method)
{
    REQUIRE(method <= meter->methods); /* Law 3 */
    return &meter->row[method];
}

void rpc_meter_begin(struct rpc_meter *meter, size_t method)
{
    tally_add(&row_of(meter, method)->open, 1);
}

void rpc_meter_first(struct rpc_meter *meter, size_t method, uint64_t ms)
{
    tally_spread_add(&row_of(meter, method)->first, call_steps, ms);
}

/* On the loop's own thread, as all here: base/tally law 1. */
void rpc_meter_end(struct rpc_meter *meter, const struct rpc_meter_end *end)
{
    struct rpc_meter_row *row = row_of(meter, end->method);

    REQUIRE(end->status >= 0);
    REQUIRE(end->status < STATUS_COUNT);
    REQUIRE(!end->begun || tally_read(&row->open) > 0);
    tally_add(&row->calls[rpc_meter_protocol(end->protocol)][end->status], 1);
    tally_spread_add(&row->lasted, rpc_meter_steps(end->streams),
                     end->ms); /* Law 1 */
    tally_add(&row->in, end->in);
    tally_add(&row->out, end->out);
    if (end->begun)
        tally_sub(&row->open, 1); /* Law 2 */
}

/* What took 1 ms by a clock of whole ones is in the first: base/tally law 2. */
const uint64_t *rpc_meter_steps(bool streams)
{
    return streams ? stream_steps : call_steps;
}

enum rpc_meter_protocol rpc_meter_protocol(enum rpc_protocol protocol)
{
    switch (protocol) {
    case RPC_GRPC:
        return RPC_METER_GRPC;
    case RPC_WEB:
    case RPC_WEB_TEXT:
        return RPC_METER_WEB;
    case RPC_CONNECT:
    case RPC_CONNECT_STREAM:
        return RPC_METER_CONNECT;
    case RPC_PLAIN:
    case RPC_PROTOCOLS:
        break;
    }
    REQUIRE(!"no protocol of calls");
    return RPC_METER_PROTOCOLS;
}

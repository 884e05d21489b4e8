/* service/operations -- for those who run the server, on listeners of their
 * own. */
#include "base/log.h"
#include "base/require.h"
#include "pb/kindred.api.h"
#include "pb/kindred/v1/operations.pb-c.h"
#include "service/bindings.h"
#include "service/service.h"

/* Who may call what, by the caller's certificate or socket. */
enum { MAY_STATS = 1 << ROLE_OPERATOR | 1 << ROLE_AUDITOR };

static bool may(enum role caller, int roles)
{
    return (roles >> caller) & 1;
}

bool service_operations_may_watch(enum role caller)
{
    return may(caller, MAY_STATS);
}

static struct rpc_verdict
operations_stats(struct rpc_call *call,
                 const Kindred__V1__StatsRequest *request)
{
    const struct service_port *port = &service_of(call)->port;
    Kindred__V1__StatsResponse response = KINDRED__V1__STATS_RESPONSE__INIT;
    Kindred__V1__Gauges gauges = KINDRED__V1__GAUGES__INIT;
    Kindred__V1__Counter counter[LOG_COUNT], *counters[LOG_COUNT];
    char name[LOG_COUNT][LOG_LABEL];
    struct service_stats stats;
    size_t n = 0;

    (void)request;
    if (!may(rpc_call_caller(call), MAY_STATS))
        return rpc_fail(call, ERR_PERMISSION);
    for (int code = 0; code < LOG_COUNT; code++) {
        if (!log_counts((enum log_code)code))
            continue;
        kindred__v1__counter__init(&counter[n]);
        log_label((enum log_code)code, name[n]);
        counter[n].name = name[n];
        counter[n].value = log_counter((enum log_code)code);
        counters[n] = &counter[n];
        n++;
    }
    port->stats(port->arg, &stats);
    gauges.tickets_waiting =
        stats.engine.tickets_waiting + stats.engine.tickets_offered;
    gauges.duties_on = stats.engine.duties_on;
    gauges.duties = stats.engine.duties_on + stats.engine.duties_paused;
    gauges.offers_open = stats.engine.offers_open;
    gauges.talks_live = stats.engine.talks_live;
    gauges.connections = stats.connections;
    gauges.uptime_ms = stats.uptime_ms;
    response.counters = counters;
    response.n_counters = n;
    response.gauges = &gauges;
    return rpc_reply(call, &response);
}

API_KINDRED_V1_OPERATIONS(RPC_WRAP, operations)

const struct rpc_binding service_operations_bindings[] = {
    API_KINDRED_V1_OPERATIONS(RPC_BIND, operations)};
const size_t service_operations_count =
    sizeof service_operations_bindings / sizeof service_operations_bindings[0];

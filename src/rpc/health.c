#include "rpc/health.h"

#include "pb/kindred.api.h"

struct watcher {
    struct rpc_call *call;
    struct list by_health;
    bool known;
};

static enum err tell(const struct rpc_health *health,
                     const struct watcher *watcher)
{
    Grpc__Health__V1__HealthCheckResponse response =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;

    response.status =
        !watcher->known
            ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN
        : health->serving
            ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
            : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING;
    return rpc_send_latest(watcher->call, &response);
}

static bool known(const struct rpc_health *health, const char *service)
{
    return service[0] == '\0' || rpc_server_has(health->server, service);
}

static struct rpc_verdict
health_check(struct rpc_call *call,
             const Grpc__Health__V1__HealthCheckRequest *request)
{
    const struct rpc_health *health = rpc_call_context(call);
    Grpc__Health__V1__HealthCheckResponse response =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;

    if (!known(health, request->service))
        return rpc_fail(call, ERR_NO_SERVICE);
    response.status =
        health->serving
            ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
            : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING;
    return rpc_reply(call, &response);
}

static void on_closed(struct rpc_call *call, enum err why)
{
    struct watcher *watcher = rpc_call_user(call);

    (void)why;
    list_unlink(&watcher->by_health);
}

static struct rpc_verdict
health_watch(struct rpc_call *call,
             const Grpc__Health__V1__HealthCheckRequest *request)
{
    static const struct rpc_watch watch = {.closed = on_closed};
    struct rpc_health *health = rpc_call_context(call);
    struct watcher *watcher = rpc_call_alloc(call, sizeof *watcher);
    enum err err;

    if (!watcher)
        return rpc_fail(call, ERR_NOMEM);
    *watcher = (struct watcher){.call = call,
                                .known = known(health, request->service)};
    err = tell(health, watcher);
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    rpc_call_set_user(call, watcher);
    rpc_call_watch(call, &watch);
    list_push_back(&health->watchers, &watcher->by_health);
    return rpc_later(call);
}

API_GRPC_HEALTH_V1_HEALTH(RPC_WRAP, health)

void rpc_health_init(struct rpc_health *health, struct rpc_server *server)
{
    static const struct rpc_binding bindings[] = {
        API_GRPC_HEALTH_V1_HEALTH(RPC_BIND, health)};

    *health = (struct rpc_health){.server = server};
    list_init(&health->watchers);
    rpc_server_bind(server, bindings, sizeof bindings / sizeof *bindings,
                    health);
}

void rpc_health_set(struct rpc_health *health, bool serving)
{
    struct list *next;

    if (health->serving == serving)
        return;
    health->serving = serving; /* Law 1: all are told */
    for (struct list *node = health->watchers.next; node != &health->watchers;
         node = next) {
        struct watcher *watcher = LIST_ENTRY(node, struct watcher, by_health);
        enum err err = tell(health, watcher);

        next = node->next;
        if (err == ERR_NONE)
            continue;
        list_unlink(node);
        rpc_end(watcher->call, err);
    }
}

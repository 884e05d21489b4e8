#include "server/port.h"

#include "base/wipe.h"
#include "server/node.h"

enum { LATER_MS = 10 };

/* --- to a call of whichever worker --- */

static bool try_pass(struct server_port *port,
                     const struct service_signal *signal)
{
    const struct server_mail record = {.kind = MAIL_SIGNAL, .signal = *signal};
    struct server_worker *to =
        server_node_owner(port->worker->node, signal->call);

    if (to != port->worker)
        return net_queue_put(&to->loop.inbox, &record) == ERR_NONE;
    server_worker_hear(to, signal);
    return true;
}

static void pass(struct server_port *port, const struct service_signal *signal)
{
    if (try_pass(port, signal))
        return;
    if (port->laters == PORT_LATER) { /* Law 3 */
        log_event(LOG_QUEUE_FULL, 1, ERR_FULL);
        return;
    }
    port->later[port->laters++] = (struct server_later){
        .kind = signal->kind,
        .call = signal->call,
        .drop = signal->kind == SIGNAL_DROP ? signal->drop : ERR_NONE};
    if (port->laters == 1)
        port->later_ms = net_clock_mono_ms() + LATER_MS;
}

void server_port_tick(struct server_port *port, uint64_t now_ms)
{
    uint32_t kept = 0;

    if (port->laters == 0 || now_ms < port->later_ms)
        return;
    for (uint32_t i = 0; i < port->laters; i++) {
        const struct server_later *from = &port->later[i];
        struct service_signal signal = {.kind = from->kind, .call = from->call};

        if (from->kind == SIGNAL_DROP)
            signal.drop = from->drop;
        if (!try_pass(port, &signal))
            port->later[kept++] = *from;
    }
    port->laters = kept;
    port->later_ms = now_ms + LATER_MS;
}

uint64_t server_port_deadline_ms(const struct server_port *port)
{
    if (port->orders > 0)
        return 0; /* as this turn ends */
    return port->laters > 0 ? port->later_ms : NET_NEVER;
}

/* --- the port of the services --- */

static uint64_t port_now_ms(void *arg)
{
    const struct server_port *port = arg;

    return net_clock_now_ms(&port->worker->node->clock);
}

static void port_random(void *arg, void *bytes, size_t size)
{
    struct server_port *port = arg;

    net_entropy_draw(&port->chance, bytes, size);
}

static void job_back(void *arg, struct store_job *job)
{
    struct server_port *port = arg;
    const struct server_mail record = {
        .kind = MAIL_REQUEST, .request = (struct service_request *)(void *)job};

    net_queue_put_reserved(&port->worker->loop.inbox, &record);
}

static enum err port_store(void *arg, struct service_request *request)
{
    struct server_port *port = arg;
    /* Law 1, for service/port laws 1 and 2 */
    enum err err = net_queue_reserve(&port->worker->loop.inbox, 1);

    if (err != ERR_NONE)
        return err;
    err = server_storage_put(&port->worker->node->storage, &request->job,
                             &port->origin);
    if (err != ERR_NONE)
        net_queue_release(&port->worker->loop.inbox, 1);
    if (err == ERR_FULL)
        log_event(LOG_QUEUE_FULL, 1, ERR_FULL);
    return err;
}

void server_port_give(struct server_port *port)
{
    if (port->orders > 0)
        server_turn_order_reserved(&port->worker->node->turn, port->order,
                                   port->orders);
    port->orders = 0;
}

static void add_order(struct server_port *port, struct service_order *order)
{
    if (port->orders == TURN_ORDERS) /* Law 2: none overtakes these */
        server_port_give(port);
    port->order[port->orders++] = order;
}

static enum err port_order(void *arg, struct service_order *order)
{
    struct server_port *port = arg;
    bool answered = order->event.call != 0;
    enum err err =
        answered ? net_queue_reserve(&port->worker->loop.inbox, 1) : ERR_NONE;

    if (err != ERR_NONE)
        return err;
    err = server_turn_reserve(&port->worker->node->turn);
    if (err == ERR_NONE)
        add_order(port, order);
    else if (answered)
        net_queue_release(&port->worker->loop.inbox, 1);
    if (err == ERR_FULL)
        log_event(LOG_QUEUE_FULL, 1, ERR_FULL);
    return err;
}

static enum err port_order_reserve(void *arg)
{
    struct server_port *port = arg;

    return server_turn_reserve(&port->worker->node->turn);
}

static void port_order_reserved(void *arg, struct service_order *order)
{
    add_order(arg, order);
}

static void port_order_release(void *arg)
{
    struct server_port *port = arg;

    server_turn_release(&port->worker->node->turn);
}

static enum err port_watch(void *arg, uint64_t talk, enum match_role side,
                           uint64_t call)
{
    struct server_port *port = arg;
    struct service_signal drop = {.kind = SIGNAL_DROP, .drop = ERR_REPLACED};
    enum err err =
        server_hub_seat(&port->worker->node->hub, talk, side, call, &drop.call);

    if (err == ERR_NONE && drop.call != 0 && drop.call != call)
        pass(port, &drop);
    return err;
}

static void port_unwatch(void *arg, uint64_t talk, enum match_role side,
                         uint64_t call)
{
    struct server_port *port = arg;

    server_hub_leave(&port->worker->node->hub, talk, side, call);
}

static void port_wake(void *arg, uint64_t talk, enum match_role side)
{
    struct server_port *port = arg;
    const struct service_signal wake = {
        .kind = SIGNAL_WAKE,
        .call = server_hub_find(&port->worker->node->hub, talk, side)};

    if (wake.call != 0)
        pass(port, &wake);
}

static void port_stats(void *arg, struct service_stats *stats)
{
    struct server_port *port = arg;

    server_node_stats(port->worker->node, stats);
}

struct service_port server_port_of(struct server_port *port)
{
    return (struct service_port){.arg = port,
                                 .now_ms = port_now_ms,
                                 .random = port_random,
                                 .store = port_store,
                                 .order = port_order,
                                 .order_reserve = port_order_reserve,
                                 .order_reserved = port_order_reserved,
                                 .order_release = port_order_release,
                                 .nonce_use = server_node_nonce,
                                 .revoke = server_node_revoke,
                                 .revoked = server_node_revoked,
                                 .watch = port_watch,
                                 .unwatch = port_unwatch,
                                 .wake = port_wake,
                                 .stats = port_stats};
}

void server_port_init(struct server_port *port, struct server_worker *worker)
{
    *port = (struct server_port){.worker = worker,
                                 .origin = {.back = job_back, .arg = port}};
}

void server_port_close(struct server_port *port)
{
    wipe(&port->chance, sizeof port->chance);
}

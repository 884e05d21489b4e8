#include "server/port.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "server/node.h"
#include "store/memory.h"

enum { ROOM = 4, WORKERS = 2, JOBS = 1, ORDERS = 2 * TURN_ORDERS };

/* A node of two workers that do not run, and an engine that only takes in. */
static struct world {
    struct server_node node;
    struct server_worker worker[WORKERS];
    struct seal_keys keys;
    struct service_port port;
} w;

static void ignore(void *arg, const struct service_signal *signal,
                   bool reserved)
{
    (void)arg;
    (void)signal;
    (void)reserved;
}

static void open_world(void)
{
    const struct net_loop_config loop = {
        .record_size = sizeof(struct server_mail), .inbox_max = ROOM};
    const struct server_turn_config turn = {.keys = &w.keys,
                                            .service = &w.node.service,
                                            .clock = &w.node.clock,
                                            .sizes = {.pools = 1,
                                                      .tickets = 4,
                                                      .duties = 4,
                                                      .talks = 4,
                                                      .pairs = 4,
                                                      .terms = 4},
                                            .orders_max = ORDERS,
                                            .storage = &w.node.storage,
                                            .hub = &w.node.hub,
                                            .signal = ignore};

    w = (struct world){.node = {.worker = w.worker, .workers = WORKERS}};
    match_limits_init(&w.node.service.limits);
    net_clock_init(&w.node.clock, 0);
    w.node.store = store_memory_new(16);
    CHECK(w.node.store != NULL);
    CHECK(server_storage_init(&w.node.storage, w.node.store, JOBS,
                              server_turn_flights(&turn.sizes)) == ERR_NONE);
    CHECK(server_hub_init(&w.node.hub, 4) == ERR_NONE);
    CHECK(server_turn_init(&w.node.turn, &turn) == ERR_NONE);
    for (uint32_t i = 0; i < WORKERS; i++) {
        w.worker[i].node = &w.node;
        w.worker[i].number = i;
        CHECK(net_loop_init(&w.worker[i].loop, &loop) == ERR_NONE);
        server_port_init(&w.worker[i].port, &w.worker[i]);
    }
    w.port = server_port_of(&w.worker[0].port);
}

static void close_world(void)
{
    for (uint32_t i = 0; i < WORKERS; i++) {
        server_port_close(&w.worker[i].port);
        net_loop_close(&w.worker[i].loop);
    }
    server_turn_close(&w.node.turn);
    server_hub_close(&w.node.hub);
    server_storage_close(&w.node.storage);
    store_close(w.node.store);
}

static void open_door(bool open)
{
    atomic_store(&w.node.turn.open, open);
}

/* The places that are left in a worker's inbox. */
static uint32_t room(uint32_t worker)
{
    struct net_queue *inbox = &w.worker[worker].loop.inbox;
    uint32_t n = 0;

    while (net_queue_reserve(inbox, 1) == ERR_NONE)
        n++;
    net_queue_release(inbox, n);
    return n;
}

/* Law 1: what leaves has a place to come back to; what does not, has none. */
static void places(void)
{
    struct service_request request[2] = {{.call = 1}, {.call = 2}};
    struct service_order asked = {.event.call = 7}, silent = {0};

    open_world();
    CHECK(w.port.store(w.port.arg, &request[0]) == ERR_NONE);
    CHECK(room(0) == ROOM - 1);
    CHECK(w.port.store(w.port.arg, &request[1]) == ERR_FULL); /* the store is */
    CHECK(room(0) == ROOM - 1);
    CHECK(w.port.order(w.port.arg, &asked) == ERR_STARTING);
    CHECK(room(0) == ROOM - 1);
    open_door(true);
    CHECK(w.port.order(w.port.arg, &asked) == ERR_NONE);
    CHECK(room(0) == ROOM - 2);
    CHECK(w.port.order(w.port.arg, &silent) == ERR_NONE); /* no answer */
    CHECK(room(0) == ROOM - 2);

    CHECK(net_queue_reserve(&w.worker[0].loop.inbox, ROOM - 2) == ERR_NONE);
    CHECK(w.port.order(w.port.arg, &asked) == ERR_FULL); /* no place for it */
    CHECK(atomic_load(&w.node.turn.orders) == 2);
    CHECK(w.port.store(w.port.arg, &request[1]) == ERR_FULL);
    CHECK(net_queue_size(&w.node.storage.queue) == 1);
    CHECK(w.port.order(w.port.arg, &silent) == ERR_NONE);
    w.worker[0].port.orders = 0; /* they are ours */
    close_world();
}

/* The next order that reached the engine is this one. */
static bool next_is(const struct service_order *order)
{
    uint8_t record[64];
    size_t size = w.node.turn.inbox.record_size;
    bool found = false;

    CHECK(size <= sizeof record);
    if (net_queue_take(&w.node.turn.inbox, record, 1) != 1)
        return false;
    for (size_t at = 0; at + sizeof(void *) <= size; at += sizeof(void *))
        found = found || memcmp(record + at, &order, sizeof(void *)) == 0;
    return found;
}

/* Law 2: together, in order, and of more than fit the first at once. */
static void orders(void)
{
    struct service_order *order[TURN_ORDERS + 3];

    open_world();
    open_door(true);
    CHECK(server_port_deadline_ms(&w.worker[0].port) == NET_NEVER);
    for (uint32_t i = 0; i < TURN_ORDERS + 3; i++) {
        order[i] = calloc(1, sizeof *order[i]);
        CHECK(order[i] != NULL);
        CHECK(w.port.order_reserve(w.port.arg) == ERR_NONE);
        w.port.order_reserved(w.port.arg, order[i]);
    }
    CHECK(net_queue_size(&w.node.turn.inbox) == TURN_ORDERS);
    CHECK(server_port_deadline_ms(&w.worker[0].port) == 0);
    server_port_give(&w.worker[0].port);
    server_port_give(&w.worker[0].port);
    CHECK(server_port_deadline_ms(&w.worker[0].port) == NET_NEVER);
    for (uint32_t i = 0; i < TURN_ORDERS + 3; i++) {
        CHECK(next_is(order[i]));
        free(order[i]);
    }
    CHECK(net_queue_size(&w.node.turn.inbox) == 0);
    CHECK(w.port.order_reserve(w.port.arg) == ERR_NONE);
    w.port.order_release(w.port.arg);
    CHECK(atomic_load(&w.node.turn.orders) == TURN_ORDERS + 3);
    close_world();
}

/* Take what worker 1 was told: how many signals of this kind. */
static uint32_t told(enum service_signal_kind kind)
{
    struct server_mail mail;
    uint32_t n = 0;

    while (net_queue_take(&w.worker[1].loop.inbox, &mail, 1) == 1)
        n += mail.kind == MAIL_SIGNAL && mail.signal.kind == kind;
    return n;
}

/* Law 3: what finds no room waits, and goes when there is some. */
static void later(void)
{
    const uint64_t call = (1ULL << 56) + 5, newer = call + 1;
    struct server_port *port = &w.worker[0].port;
    uint64_t at_ms;

    open_world();
    CHECK(w.port.watch(w.port.arg, 9, MATCH_PEER, call) == ERR_NONE);
    for (uint32_t i = 0; i < ROOM; i++)
        w.port.wake(w.port.arg, 9, MATCH_PEER);
    CHECK(server_port_deadline_ms(port) == NET_NEVER);
    w.port.wake(w.port.arg, 9, MATCH_PEER); /* no room */
    CHECK(w.port.watch(w.port.arg, 9, MATCH_PEER, newer) == ERR_NONE);
    at_ms = server_port_deadline_ms(port);
    CHECK(at_ms > 0 && at_ms != NET_NEVER && port->laters == 2);
    CHECK(told(SIGNAL_WAKE) == ROOM);
    server_port_tick(port, at_ms - 1); /* too early */
    CHECK(port->laters == 2);
    server_port_tick(port, at_ms);
    CHECK(port->laters == 0 && server_port_deadline_ms(port) == NET_NEVER);
    CHECK(net_queue_size(&w.worker[1].loop.inbox) == 2);
    CHECK(told(SIGNAL_DROP) == 1); /* to the older */

    for (uint32_t i = 0; i < ROOM + PORT_LATER + 10; i++)
        w.port.wake(w.port.arg, 9, MATCH_PEER);
    CHECK(port->laters == PORT_LATER); /* more are lost */
    server_port_tick(port, server_port_deadline_ms(port));
    CHECK(port->laters == PORT_LATER);
    CHECK(told(SIGNAL_WAKE) == ROOM);
    server_port_tick(port, server_port_deadline_ms(port));
    CHECK(port->laters == PORT_LATER - ROOM);
    w.port.unwatch(w.port.arg, 9, MATCH_PEER, newer);
    CHECK(told(SIGNAL_WAKE) == ROOM);
    w.port.wake(w.port.arg, 9, MATCH_PEER); /* nobody */
    CHECK(told(SIGNAL_WAKE) == 0);
    close_world();
}

int main(void)
{
    places();
    orders();
    later();
    return check_report("server/port");
}

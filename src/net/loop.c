#define _DEFAULT_SOURCE 1 /* madvise, which no standard has */
#include "net/loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/require.h"
#include "base/wipe.h"
#include "net/channel.h"
#include "net/connection.h"
#include "net/entropy.h"
#include "net/listener.h"

enum { ASKED_DRAIN = 1, ASKED_STOP = 2, BATCH = 64 };

static uint32_t or_default(uint32_t value, uint32_t instead)
{
    return value > 0 ? value : instead;
}

static void fill_config(struct net_loop_config *config)
{
    config->connections_max = or_default(config->connections_max, 16384);
    config->inbox_max = or_default(config->inbox_max, 1024);
    config->write_ms = or_default(config->write_ms, 30000);
    config->linger_ms = or_default(config->linger_ms, 2000);
    config->handshake_ms = or_default(config->handshake_ms, 10000);
    config->handshakes_max =
        or_default(config->handshakes_max, config->connections_max / 4 + 1);
    if (config->record_size == 0)
        config->record_size = sizeof(uint64_t);
}

uint64_t net_loop_now_ms(const struct net_loop *loop)
{
    return uv_now(&loop->uv);
}

enum err net_loop_enter(struct net_loop *loop, struct list *link)
{
    struct net_quota *quota = loop->config.quota;

    if (loop->connections >= loop->config.connections_max || loop->stopping)
        return ERR_FULL; /* Laws 2, 3 */
    if (quota && atomic_fetch_add(&quota->open, 1) >= quota->max) {
        atomic_fetch_sub(&quota->open, 1);
        return ERR_FULL;
    }
    loop->connections++;
    list_push_back(&loop->all, link);
    return ERR_NONE;
}

void net_loop_leave(struct net_loop *loop, struct list *link)
{
    REQUIRE(loop->connections > 0);
    loop->connections--;
    if (loop->config.quota)
        atomic_fetch_sub(&loop->config.quota->open, 1);
    list_unlink(link);
}

/* Hand the inbox to the port: what is there now, and no more than that, so
 * that busy neighbours cannot keep a turn from ending. */
static void on_wake(uv_async_t *wake)
{
    struct net_loop *loop = wake->data;
    const struct net_loop_port *port = &loop->config.port;
    uint32_t left = loop->config.inbox_max, n;

    do {
        n = net_queue_take(&loop->inbox, loop->records,
                           left < BATCH ? left : BATCH);
        for (uint32_t i = 0; port->record && i < n; i++)
            port->record(port->above,
                         loop->records + i * loop->config.record_size);
        left -= n;
    } while (n > 0 && left > 0);
    if (left == 0)
        (void)uv_async_send(wake);
}

static void on_alarm(uv_timer_t *alarm)
{
    struct net_loop *loop = alarm->data;

    loop->alarm_ms = NET_NEVER; /* it woke us; the turn does the rest */
}

static void begin_drain(struct net_loop *loop)
{
    loop->draining = true;
    while (!list_empty(&loop->listeners))
        net_listener_stop(
            LIST_ENTRY(loop->listeners.next, struct net_listener, by_loop));
    LIST_EACH (link, &loop->all)
        net_connection_drain(net_connection_of_link(link));
}

static void tick(struct net_loop *loop)
{
    const struct net_loop_port *port = &loop->config.port;
    uint64_t now_ms = net_loop_now_ms(loop);
    struct heap_item *due;

    if (port->deadline_ms && port->deadline_ms(port->above) <= now_ms)
        port->tick(port->above, now_ms);
    while ((due = heap_pop(&loop->timers, now_ms)) != NULL)
        net_connection_tick(due, now_ms);
}

/* What changes while we flush is flushed in the next turn, which then comes
 * at once. */
static void flush(struct net_loop *loop)
{
    struct list batch, *link;

    if (list_empty(&loop->changed))
        return;
    batch = loop->changed;
    batch.next->prev = batch.prev->next = &batch;
    list_init(&loop->changed);
    while ((link = batch.next) != &batch)
        net_connection_flush(net_connection_of_changed(link));
}

static void set_alarm(struct net_loop *loop)
{
    const struct net_loop_port *port = &loop->config.port;
    uint64_t now_ms = net_loop_now_ms(loop);
    uint64_t next_ms = heap_least(&loop->timers);
    uint64_t port_ms =
        port->deadline_ms ? port->deadline_ms(port->above) : NET_NEVER;
    int failed = 0;

    if (port_ms < next_ms)
        next_ms = port_ms;
    if (!list_empty(&loop->changed))
        next_ms = now_ms;
    if (next_ms == loop->alarm_ms)
        return;
    loop->alarm_ms = next_ms;
    if (next_ms == NET_NEVER)
        failed = uv_timer_stop(&loop->alarm);
    else
        failed = uv_timer_start(&loop->alarm, on_alarm,
                                next_ms > now_ms ? next_ms - now_ms : 0, 0);
    REQUIRE(!failed);
}

/* The end of a turn: just before the loop sleeps. */
static void on_turn(uv_prepare_t *turn)
{
    struct net_loop *loop = turn->data;
    unsigned asked = atomic_load(&loop->asked);

    if ((asked & ASKED_DRAIN) && !loop->draining)
        begin_drain(loop);
    tick(loop);
    flush(loop);
    set_alarm(loop);
    if ((asked & ASKED_STOP) || (loop->draining && loop->connections == 0))
        uv_stop(&loop->uv);
}

static void wake_loop(void *arg)
{
    (void)uv_async_send(arg);
}

static enum err open_handles(struct net_loop *loop)
{
    int failed;

    if (uv_async_init(&loop->uv, &loop->wake, on_wake))
        return ERR_NOMEM;
    failed = uv_prepare_init(&loop->uv, &loop->turn);
    REQUIRE(!failed);
    failed = uv_timer_init(&loop->uv, &loop->alarm);
    REQUIRE(!failed);
    loop->wake.data = loop->turn.data = loop->alarm.data = loop;
    failed = uv_prepare_start(&loop->turn, on_turn);
    REQUIRE(!failed);
    return ERR_NONE;
}

enum err net_loop_init(struct net_loop *loop,
                       const struct net_loop_config *config)
{
    struct net_queue_hook hook = {wake_loop, &loop->wake};

    REQUIRE(!config->port.deadline_ms == !config->port.tick);
    memset(loop, 0, sizeof *loop);
    loop->config = *config;
    fill_config(&loop->config);
    loop->alarm_ms = NET_NEVER;
    list_init(&loop->listeners);
    list_init(&loop->all);
    list_init(&loop->changed);
    net_handshakes_init(&loop->handshakes, loop->config.handshakes_max);
    if (uv_loop_init(&loop->uv))
        return ERR_NOMEM;
    loop->open = true;
    loop->in = malloc(NET_CONNECTION_READ);
    loop->out = malloc(NET_CONNECTION_WRITE);
    loop->plain = malloc(NET_CHANNEL_ROOM);
    loop->records = calloc(BATCH, loop->config.record_size);
    loop->timers.cap = loop->config.connections_max;
    loop->timers.place = malloc(loop->timers.cap * sizeof(struct heap_place));
    if (loop->in && loop->out && loop->plain && loop->records &&
        loop->timers.place && !open_handles(loop) &&
        !net_queue_init(&loop->inbox, loop->config.record_size,
                        loop->config.inbox_max, hook))
        return ERR_NONE;
    net_loop_close(loop);
    return ERR_NOMEM;
}

/* Pages that lie inside go back to the system, which has them clean when they
 * are wanted again; what is beside them is wiped. */
static void forget(void *bytes, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)bytes;
    size_t from = (size_t)((at + page - 1) / page * page - at);
    size_t to = (size_t)((at + size) / page * page - at);
    uint8_t *byte = bytes;

    if (to > size || from >= to ||
        madvise(byte + from, to - from, MADV_DONTNEED) != 0) {
        wipe(byte, size);
        return;
    }
    wipe(byte, from);
    wipe(byte + to, size - to);
}

enum err net_loop_host(struct net_loop *loop, struct http_host *host)
{
    REQUIRE(loop->open);
    host->wake = net_connection_wake;
    host->waker = loop;
    host->forget = forget;
    net_entropy_fill(&host->chance, sizeof host->chance);
    return http_session_host_init(host);
}

/* Law 3: no connection is left when this returns. */
static void close_all(struct net_loop *loop)
{
    loop->stopping = true;
    while (!list_empty(&loop->listeners))
        net_listener_stop(
            LIST_ENTRY(loop->listeners.next, struct net_listener, by_loop));
    LIST_EACH (link, &loop->all)
        net_connection_end(net_connection_of_link(link));
    while (!list_empty(&loop->all))
        (void)uv_run(&loop->uv, UV_RUN_NOWAIT);
    REQUIRE(loop->connections == 0);
}

void net_loop_run(struct net_loop *loop)
{
    REQUIRE(loop->open);
    REQUIRE(!loop->stopping);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    close_all(loop);
}

void net_loop_turn(struct net_loop *loop)
{
    REQUIRE(loop->open);
    (void)uv_run(&loop->uv, UV_RUN_ONCE);
}

static void ask(struct net_loop *loop, unsigned what)
{
    atomic_fetch_or(&loop->asked, what);
    (void)uv_async_send(&loop->wake);
}

void net_loop_stop(struct net_loop *loop)
{
    ask(loop, ASKED_STOP);
}

void net_loop_drain(struct net_loop *loop)
{
    ask(loop, ASKED_DRAIN);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void net_loop_close(struct net_loop *loop)
{
    int failed;

    if (!loop->open)
        return;
    close_all(loop);
    uv_walk(&loop->uv, close_handle, NULL);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    failed = uv_loop_close(&loop->uv);
    REQUIRE(!failed);
    net_queue_close(&loop->inbox);
    free(loop->timers.place);
    free(loop->in);
    free(loop->out);
    free(loop->plain);
    free(loop->records);
    memset(loop, 0, sizeof *loop);
}

#include "server/worker.h"

#include <time.h>
#include <unistd.h>

#include "base/require.h"
#include "pb/kindred.api.h"
#include "server/node.h"

/* Who drains ends its streams at once; what is left are answers on their way,
 * and peers who do not read them. */
enum { INBOX = 8192, DRAIN_MS = 2000, GRACE_MS = 5000 };

enum { OUT_LEAST = 2 * HTTP_OUT_MAX }; /* somebody alone is not cut off */

enum { SICK_MS = 5000, GO_MS = 50, LOOK_MS = 1000 };

/* Which set of calls a call of this worker belongs to. */
static struct server_face *face_of(struct server_worker *worker, uint64_t call)
{
    return rpc_call_loop(call) == worker->number ? &worker->member
                                                 : &worker->operations;
}

void server_worker_hear(struct server_worker *worker,
                        const struct service_signal *signal)
{
    service_signal(&face_of(worker, signal->call)->service, signal);
}

/* --- the port of the loop --- */

static void say_health(struct server_worker *worker, bool serving)
{
    rpc_health_set(&worker->member.health, serving);
    if (worker->operations.made)
        rpc_health_set(&worker->operations.health, serving);
}

static void get_well(struct server_worker *worker, uint64_t now_ms)
{
    if (worker->sick_ms == 0 || now_ms < worker->sick_ms)
        return;
    worker->sick_ms = 0;
    if (!atomic_load(&worker->draining))
        say_health(worker, true);
}

/* Each look is at all streams, so one a second is enough, whoever rotates how
 * often. */
static void end_revoked(struct server_worker *worker, uint64_t now_ms)
{
    if (now_ms < worker->look_ms || !atomic_exchange(&worker->revoked, false))
        return;
    worker->look_ms = now_ms + LOOK_MS;
    service_revoked(&worker->member.service);
}

/* Who watches our health hears of it, and streams what to do, before any
 * connection is asked to go. */
static void drain(struct server_worker *worker)
{
    worker->go_ms = net_clock_mono_ms() + GO_MS;
    say_health(worker, false);
    rpc_server_drain(&worker->member.rpc);
    rpc_server_drain(&worker->operations.rpc);
}

static void take_record(void *above, const void *from)
{
    struct server_worker *worker = above;
    const struct server_mail *record = from;
    uint64_t now_ms = net_loop_now_ms(&worker->loop);

    rpc_server_tick(&worker->member.rpc, now_ms);
    rpc_server_tick(&worker->operations.rpc, now_ms);
    switch (record->kind) {
    case MAIL_REQUEST:
        service_stored(record->request);
        break;
    case MAIL_SIGNAL:
        server_worker_hear(worker, &record->signal);
        break;
    case MAIL_DRAIN:
        drain(worker);
        break;
    case MAIL_SICK:
        say_health(worker, false);
        worker->sick_ms = net_clock_mono_ms() + SICK_MS;
        break;
    case MAIL_WAKE:
        break;
    }
}

static void sooner(uint64_t *at_ms, uint64_t other_ms)
{
    if (other_ms < *at_ms)
        *at_ms = other_ms;
}

static uint64_t deadline_ms(void *above)
{
    const struct server_worker *worker = above;
    uint64_t at_ms = rpc_server_deadline_ms(&worker->member.rpc);

    sooner(&at_ms, server_port_deadline_ms(&worker->port));
    if (worker->sick_ms > 0)
        sooner(&at_ms, worker->sick_ms);
    if (worker->go_ms > 0)
        sooner(&at_ms, worker->go_ms);
    if (atomic_load(&worker->revoked))
        sooner(&at_ms, worker->look_ms);
    if (worker->number == 0)
        sooner(&at_ms, server_doors_deadline_ms(&worker->node->doors));
    sooner(&at_ms, rpc_server_deadline_ms(&worker->operations.rpc));
    return at_ms;
}

static void tick(void *above, uint64_t now_ms)
{
    struct server_worker *worker = above;

    server_port_tick(&worker->port, now_ms);
    get_well(worker, now_ms);
    if (worker->go_ms > 0 && now_ms >= worker->go_ms) {
        worker->go_ms = 0;
        net_loop_drain(&worker->loop);
    }
    if (worker->number == 0)
        server_doors_tick(&worker->node->doors, now_ms);
    rpc_server_tick(&worker->member.rpc, now_ms);
    rpc_server_tick(&worker->operations.rpc, now_ms);
    end_revoked(worker, now_ms);
    server_port_give(&worker->port);
}

/* --- birth and death --- */

/* The operators' part of what may wait is the least there is. */
static struct http_limits limits_of(const struct server_config *config,
                                    bool operations)
{
    const uint64_t out = operations ? 0 : config->out_bytes_max / config->loops;

    return (struct http_limits){
        .out_bytes_max = (uint32_t)(out > OUT_LEAST ? out : OUT_LEAST),
        .idle_ms = (uint32_t)config->connection_idle_ms,
        .ping_ms = (uint32_t)config->ping_ms,
        .pong_ms = (uint32_t)config->pong_ms,
        .ping_min_ms = (uint32_t)config->ping_min_ms,
        .age_ms = (uint32_t)config->connection_age_ms,
        .drain_ms = DRAIN_MS,
        .grace_ms = GRACE_MS};
}

static enum err make_face(struct server_worker *worker,
                          struct server_face *face, uint32_t number)
{
    enum err err = rpc_server_init(&face->rpc, number, &kindred_api, NULL);

    if (err != ERR_NONE)
        return err;
    face->made = true;
    face->service = (struct service){.config = &worker->node->service,
                                     .keys = worker->node->keys,
                                     .port = server_port_of(&worker->port),
                                     .rpc = &face->rpc};
    rpc_server_origins(&face->rpc, worker->node->config->cors_origin);
    rpc_health_init(&face->health, &face->rpc);
    rpc_reflection_init(&face->rpc);
    face->host.handler_of = rpc_server_handler();
    face->host.handler = &face->rpc;
    face->host.limits =
        limits_of(worker->node->config, number == SERVER_OPERATIONS);
    face->host.leave = rpc_server_leave;
    err = net_loop_host(&worker->loop, &face->host);
    face->hosted = err == ERR_NONE;
    return err;
}

enum err server_worker_init(struct server_worker *worker,
                            struct server_node *node, uint32_t number)
{
    const struct net_loop_config config = {
        .port = {.record = take_record,
                 .deadline_ms = deadline_ms,
                 .tick = tick,
                 .above = worker},
        .quota = &node->quota,
        .crowd = &node->crowd,
        .connections_max = node->quota.max,
        .record_size = sizeof(struct server_mail),
        .inbox_max = INBOX,
        .handshake_ms = (uint32_t)node->config->handshake_ms};
    enum err err;

    *worker = (struct server_worker){.node = node, .number = number};
    server_port_init(&worker->port, worker);
    err = net_loop_init(&worker->loop, &config);
    if (err == ERR_NONE) /* a place for the word to drain */
        err = net_queue_reserve(&worker->loop.inbox, 1);
    if (err == ERR_NONE)
        err = make_face(worker, &worker->member, number);
    if (err == ERR_NONE)
        service_bind(&worker->member.service);
    return err;
}

/* The set of calls for operators, when it is first wanted. */
static enum err operate(struct server_worker *worker)
{
    enum err err;

    REQUIRE(worker->number == 0);
    if (worker->operations.made)
        return ERR_NONE;
    err = make_face(worker, &worker->operations, SERVER_OPERATIONS);
    if (err == ERR_NONE)
        service_bind_operations(&worker->operations.service);
    return err;
}

enum err server_worker_listen(struct server_worker *worker,
                              const struct server_door *door, int fd)
{
    struct server_face *face =
        door->operations ? &worker->operations : &worker->member;
    struct net_listener *listener = &face->listener[face->listeners];
    enum err err = door->operations ? operate(worker) : ERR_NONE;

    REQUIRE(face->listeners < SERVER_LISTENERS_MAX);
    if (err == ERR_NONE)
        err = net_listener_start(listener, &worker->loop, &face->host, fd,
                                 &door->address);
    else
        (void)close(fd);
    if (err != ERR_NONE)
        return err;
    net_listener_secure(listener, door->credentials, door->caller);
    face->listeners++;
    return ERR_NONE;
}

static void run(void *arg)
{
    struct server_worker *worker = arg;

    server_worker_run(worker);
}

enum err server_worker_start(struct server_worker *worker)
{
    return net_thread_start(&worker->thread, "kindred-loop", run, worker);
}

void server_worker_run(struct server_worker *worker)
{
    say_health(worker, true); /* loops start when all else has */
    net_loop_run(&worker->loop);
    server_port_give(&worker->port); /* of streams that ended with it */
    atomic_store(&worker->ended, true);
}

void server_worker_drain(struct server_worker *worker)
{
    const struct server_mail record = {.kind = MAIL_DRAIN};

    if (atomic_exchange(&worker->draining, true))
        return;
    net_queue_put_reserved(&worker->loop.inbox, &record);
}

void server_worker_sick(struct server_worker *worker)
{
    const struct server_mail record = {.kind = MAIL_SICK};

    if (net_queue_put(&worker->loop.inbox, &record) != ERR_NONE)
        return; /* it hears of the next */
}

void server_worker_revoked(struct server_worker *worker)
{
    const struct server_mail record = {.kind = MAIL_WAKE};

    if (atomic_load(&worker->ended) || atomic_exchange(&worker->revoked, true))
        return;
    if (net_queue_put(&worker->loop.inbox, &record) != ERR_NONE)
        return; /* a loop with so much to take looks by itself */
}

void server_worker_join(struct server_worker *worker)
{
    net_thread_join(&worker->thread);
}

static void close_face(struct server_face *face)
{
    if (face->hosted)
        http_session_host_close(&face->host);
    if (face->made)
        rpc_server_close(&face->rpc);
    service_close(&face->service);
}

void server_worker_close(struct server_worker *worker)
{
    struct server_mail record;

    /* Requests that came back after the loop ended. */
    while (worker->loop.open &&
           net_queue_take(&worker->loop.inbox, &record, 1) == 1)
        if (record.kind == MAIL_REQUEST)
            service_stored(record.request);
    server_port_give(&worker->port); /* the turn frees them */
    net_loop_close(&worker->loop);
    close_face(&worker->member);
    close_face(&worker->operations);
    server_port_close(&worker->port);
}

void server_worker_tell(struct server_worker *worker)
{
    if (worker->tolds > 0)
        net_queue_put_all_reserved(&worker->loop.inbox, worker->told,
                                   worker->tolds);
    worker->tolds = 0;
}

void server_worker_signal(struct server_worker *worker,
                          const struct service_signal *signal, bool reserved)
{
    const struct server_mail record = {.kind = MAIL_SIGNAL, .signal = *signal};
    const struct timespec nap = {.tv_nsec = 1000000};

    if (reserved) {
        if (worker->tolds == WORKER_TOLD)
            server_worker_tell(worker);
        worker->told[worker->tolds++] = record;
        return;
    }
    server_worker_tell(worker);
    /* A loop never waits for the engine, so it makes room; one that has ended
     * has no calls any more. */
    while (net_queue_put(&worker->loop.inbox, &record) != ERR_NONE &&
           !atomic_load(&worker->ended))
        (void)nanosleep(&nap, NULL);
}

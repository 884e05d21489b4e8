#include "server/turn.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "net/entropy.h"
#include "server/effects.h"

enum {
    CALLS = 16384, /* calls that may wait for their reply */
    TAKE = 64,
    TICKS = 64,        /* timers in a turn: many may be due at once */
    FLIGHT_MAX = 4096, /* commands under way before orders wait */
    SPARE = 1024,      /* commands of no ticket, duty or talk; the sweep */
    SWEEP_MS = 10000,
    COUNT_MS = 100 /* between counts for others to read */
};

enum record_kind { RECORD_ORDER, RECORD_JOB, RECORD_DRAIN, RECORD_STOP };

struct record {
    enum record_kind kind;
    union {
        struct service_order *order;
        struct store_job *job;
    };
};

/* --- steps --- */

static void fill_fresh(struct match_event *event)
{
    net_entropy_ids(event->fresh, MATCH_FRESH_MAX);
}

static void step_once(struct server_turn *turn, struct match_event *event)
{
    if (event->now_ms < turn->now_ms) /* Law 1 */
        event->now_ms = turn->now_ms; /* it was made on another thread */
    turn->now_ms = event->now_ms;
    server_record_step(turn->config.record, turn->engine, event,
                       &turn->effects);
    for (uint32_t i = 0; i < turn->effects.n; i++)
        server_effects_carry_out(turn, &turn->effects.item[i]);
    turn->more = turn->effects.more;
    turn->uncounted = true;
}

void server_turn_step(struct server_turn *turn, struct match_event *event)
{
    step_once(turn, event);
    while (turn->more && turn->in_flight <= FLIGHT_MAX) {
        struct match_event tick = {.kind = EVENT_TICK, .now_ms = turn->now_ms};

        fill_fresh(&tick);
        step_once(turn, &tick);
    }
}

/* --- what comes back from the store --- */

/* Secrets of what has ended are needed no more (server/join law 2). */
static void forget_ended(struct server_turn *turn,
                         const struct match_result *result)
{
    for (uint32_t i = 0; i < result->rows; i++) {
        const struct match_row *row = &result->row[i];

        if (row->kind == ROW_TICKET && row->ticket.state >= TICKET_MATCHED)
            server_secrets_forget(&turn->tickets, row->ticket.id);
        if (row->kind == ROW_TALK && row->talk.state == TALK_ENDED)
            for (int side = 0; side < MATCH_ROLES; side++)
                server_secrets_forget(&turn->talks[side], row->talk.id);
    }
}

static void take_swept(struct server_turn *turn, const struct store_job *job)
{
    const struct store_result *result = &job->result;

    turn->sweeping = false;
    if (result->outcome != OUTCOME_OK)
        return; /* next time */
    for (uint32_t i = 0; i < result->swept.idles; i++) {
        struct match_event event = {.kind = EVENT_IDLE, .now_ms = turn->now_ms};

        event.talk.talk =
            server_join_talk_of(turn->talks, result->swept.idle[i]);
        fill_fresh(&event);
        if (event.talk.talk != 0)
            server_turn_step(turn, &event);
    }
    if (result->swept.more)
        turn->sweep_ms = turn->now_ms;
}

static void take_stored(struct server_turn *turn, struct store_job *job)
{
    struct match_event event = {.kind = EVENT_STORED,
                                .now_ms = net_clock_now_ms(turn->config.clock)};
    struct match_result *result = &job->result.match;
    bool fenced = job->result.outcome == OUTCOME_FENCED;

    result->outcome = job->result.outcome; /* what the engine reads */
    result->err = job->result.err;
    if (result->outcome == OUTCOME_OK || result->outcome == OUTCOME_REPLAY)
        server_join_stored(&turn->join, job);
    for (uint32_t i = 0; i < result->rows; i++)
        server_join_unmask(&turn->join, &result->row[i]);
    forget_ended(turn, result);
    fill_fresh(&event);
    event.stored.result = result;
    server_turn_step(turn, &event);
    if (fenced && !atomic_exchange(&turn->draining, true)) {
        atomic_store(&turn->open, false);
        turn->config.fenced(turn->config.arg);
    }
}

static void take_job(struct server_turn *turn, struct store_job *job)
{
    REQUIRE(turn->in_flight > 0);
    turn->in_flight--;
    if (job->command.kind == STORE_MATCH) {
        take_stored(turn, job);
    } else {
        REQUIRE(job->command.kind == STORE_SWEEP);
        take_swept(turn, job);
    }
    server_join_free(job);
}

static void sweep(struct server_turn *turn)
{
    struct store_job *job;

    turn->sweep_ms = turn->now_ms + SWEEP_MS;
    if (turn->sweeping)
        return;
    job = server_join_sweep(&turn->config.service->limits, turn->now_ms);
    if (!job)
        return; /* next time */
    turn->sweeping = true;
    server_effects_put(turn, job);
}

/* --- orders --- */

static void begin_order(struct server_turn *turn, struct service_order *order)
{
    struct match_event *event = &order->event;

    if (event->call == 0 || server_secrets_keep(&turn->calls, event->call,
                                                &order->secrets) == ERR_NONE) {
        server_turn_step(turn, event);
    } else {
        const struct service_signal full = {
            .kind = SIGNAL_REPLY, .call = event->call, .reply.err = ERR_FULL};

        turn->config.signal(turn->config.arg, &full, true);
    }
    service_order_used(order);
    REQUIRE(atomic_fetch_sub(&turn->orders, 1) > 0);
}

static struct service_order *next_order(struct server_turn *turn)
{
    struct service_order *order = turn->waiting[turn->waiting_head];

    REQUIRE(turn->waiting_n > 0);
    turn->waiting_head = (turn->waiting_head + 1) % turn->config.orders_max;
    turn->waiting_n--;
    return order;
}

/* Law 6 */
static void tell(struct server_turn *turn)
{
    turn->config.told(turn->config.arg);
}

/* Law 6: a round of beats wakes each loop once, not once a beat. */
static void begin_orders(struct server_turn *turn)
{
    while (turn->waiting_n > 0 && turn->in_flight <= FLIGHT_MAX) { /* Law 4 */
        uint32_t before = turn->in_flight;

        begin_order(turn, next_order(turn));
        if (turn->in_flight != before)
            tell(turn);
    }
    tell(turn);
}

static void add_order(struct server_turn *turn, struct service_order *order)
{
    uint32_t at =
        (turn->waiting_head + turn->waiting_n) % turn->config.orders_max;

    REQUIRE(turn->waiting_n < turn->config.orders_max); /* Law 4 */
    turn->waiting[at] = order;
    turn->waiting_n++;
}

/* --- the thread --- */

static void stop_offers(struct server_turn *turn)
{
    struct match_event event = {.kind = EVENT_DRAIN,
                                .now_ms = net_clock_now_ms(turn->config.clock)};

    fill_fresh(&event);
    server_turn_step(turn, &event);
}

static void take(struct server_turn *turn, const struct record *record)
{
    switch (record->kind) {
    case RECORD_ORDER:
        add_order(turn, record->order);
        break;
    case RECORD_JOB:
        take_job(turn, record->job);
        break;
    case RECORD_DRAIN:
        stop_offers(turn);
        break;
    case RECORD_STOP:
        turn->stopping = true;
        break;
    }
}

static void publish(struct server_turn *turn)
{
    uint64_t mono_ms = net_clock_mono_ms();
    struct match_engine_count count;

    if (!turn->uncounted || mono_ms < turn->counted_ms + COUNT_MS)
        return;
    turn->uncounted = false;
    turn->counted_ms = mono_ms;
    match_engine_count(turn->engine, &count);
    (void)pthread_mutex_lock(&turn->lock);
    turn->count = count;
    (void)pthread_mutex_unlock(&turn->lock);
}

static uint64_t deadline_ms(const struct server_turn *turn)
{
    return server_record_deadline_ms(turn->config.record, turn->engine);
}

/* Fire what is due, unless the store is far behind: then its results first. */
static void tick(struct server_turn *turn)
{
    uint64_t now_ms = net_clock_now_ms(turn->config.clock);

    if (turn->in_flight > FLIGHT_MAX)
        return;
    for (int i = 0; i < TICKS && turn->in_flight <= FLIGHT_MAX; i++) {
        struct match_event event = {.kind = EVENT_TICK, .now_ms = now_ms};

        if (!turn->more && deadline_ms(turn) > now_ms)
            break;
        fill_fresh(&event);
        server_turn_step(turn, &event);
    }
    if (now_ms > turn->now_ms)
        turn->now_ms = now_ms;
    if (turn->sweep_ms <= turn->now_ms)
        sweep(turn);
}

static uint64_t wait_ms(const struct server_turn *turn)
{
    uint64_t now_ms = net_clock_now_ms(turn->config.clock);
    uint64_t at_ms = deadline_ms(turn);

    if (turn->stopping || turn->in_flight > FLIGHT_MAX)
        return UINT64_MAX; /* results will come */
    if (turn->more || turn->waiting_n > 0)
        return 0;
    if (turn->sweep_ms < at_ms)
        at_ms = turn->sweep_ms;
    if (turn->uncounted && now_ms + COUNT_MS < at_ms)
        at_ms = now_ms + COUNT_MS;
    return at_ms > now_ms ? at_ms - now_ms : 0;
}

static void serve(void *arg)
{
    struct server_turn *turn = arg;
    struct record record[TAKE];

    while (!turn->stopping || turn->in_flight > 0) {
        uint32_t n;

        server_record_flush(turn->config.record);
        (void)net_queue_wait(&turn->inbox, wait_ms(turn));
        n = net_queue_take(&turn->inbox, record, TAKE);
        for (uint32_t i = 0; i < n; i++)
            take(turn, &record[i]);
        tell(turn);
        if (turn->stopping)
            continue;
        begin_orders(turn);
        tick(turn);
        tell(turn);
        publish(turn);
    }
}

static void job_back(void *arg, struct store_job *job)
{
    struct server_turn *turn = arg;
    const struct record record = {.kind = RECORD_JOB, .job = job};

    net_queue_put_reserved(&turn->inbox, &record);
}

/* --- from other threads --- */

enum err server_turn_reserve(struct server_turn *turn)
{
    if (!atomic_load(&turn->open)) /* Law 3 */
        return atomic_load(&turn->draining) ? ERR_DRAINING : ERR_STARTING;
    if (atomic_fetch_add(&turn->orders, 1) < turn->config.orders_max)
        return ERR_NONE;
    server_turn_release(turn);
    return ERR_FULL;
}

void server_turn_release(struct server_turn *turn)
{
    REQUIRE(atomic_fetch_sub(&turn->orders, 1) > 0);
}

void server_turn_order_reserved(struct server_turn *turn,
                                struct service_order *const *orders, uint32_t n)
{
    struct record record[TURN_ORDERS];

    REQUIRE(n <= TURN_ORDERS);
    for (uint32_t i = 0; i < n; i++)
        record[i] = (struct record){.kind = RECORD_ORDER, .order = orders[i]};
    /* Law 4: the inbox has room for all there can be. */
    REQUIRE(net_queue_put_all(&turn->inbox, record, n) == ERR_NONE);
}

void server_turn_drain(struct server_turn *turn)
{
    const struct record record = {.kind = RECORD_DRAIN};

    if (atomic_exchange(&turn->draining, true))
        return;
    atomic_store(&turn->open, false);
    net_queue_put_reserved(&turn->inbox, &record);
}

void server_turn_stop(struct server_turn *turn)
{
    const struct record record = {.kind = RECORD_STOP};

    if (!turn->thread.started)
        return;
    atomic_store(&turn->draining, true);
    atomic_store(&turn->open, false);
    net_queue_put_reserved(&turn->inbox, &record);
    net_thread_join(&turn->thread);
}

void server_turn_count(struct server_turn *turn,
                       struct match_engine_count *count)
{
    (void)pthread_mutex_lock(&turn->lock);
    *count = turn->count;
    (void)pthread_mutex_unlock(&turn->lock);
}

/* --- birth and death --- */

uint32_t server_turn_flights(const struct match_sizes *sizes)
{
    return sizes->tickets + sizes->duties + sizes->talks + SPARE;
}

static enum err init_tables(struct server_turn *turn)
{
    const struct match_sizes *sizes = &turn->config.sizes;
    uint32_t orders_max = turn->config.orders_max;
    enum err err = server_secrets_init(&turn->calls, CALLS);

    if (err == ERR_NONE)
        err = server_secrets_init(&turn->tickets, sizes->tickets);
    for (int side = 0; side < MATCH_ROLES && err == ERR_NONE; side++)
        err = server_secrets_init(&turn->talks[side], sizes->talks);
    if (err == ERR_NONE) /* two for the words to drain and to stop */
        err = net_queue_init(&turn->inbox, sizeof(struct record),
                             orders_max + server_turn_flights(sizes) + 2,
                             (struct net_queue_hook){0});
    if (err == ERR_NONE)
        err = net_queue_reserve(&turn->inbox, 2);
    turn->waiting = calloc(orders_max, sizeof(struct service_order *));
    turn->effects.item = calloc(TURN_EFFECTS, sizeof *turn->effects.item);
    if (err == ERR_NONE && (!turn->waiting || !turn->effects.item))
        err = ERR_NOMEM;
    return err;
}

enum err server_turn_init(struct server_turn *turn,
                          const struct server_turn_config *config)
{
    void *memory = calloc(1, match_engine_bytes(&config->sizes));
    enum err err;

    REQUIRE(config->orders_max > 0);
    memset(turn, 0, sizeof *turn);
    turn->config = *config;
    turn->origin = (struct server_origin){.back = job_back, .arg = turn};
    turn->join = (struct server_join){.keys = config->keys,
                                      .orders = &turn->calls,
                                      .tickets = &turn->tickets,
                                      .talks = turn->talks};
    turn->effects.cap = TURN_EFFECTS;
    if (!memory || pthread_mutex_init(&turn->lock, NULL) != 0) {
        free(memory);
        return ERR_NOMEM;
    }
    turn->engine =
        match_engine_init(memory, &config->sizes, &config->service->limits);
    err = init_tables(turn);
    if (err != ERR_NONE)
        server_turn_close(turn);
    return err;
}

static void drop_orders(struct server_turn *turn)
{
    struct record record;

    while (turn->waiting_n > 0)
        service_order_free(next_order(turn));
    while (turn->inbox.ring && net_queue_take(&turn->inbox, &record, 1) == 1)
        if (record.kind == RECORD_ORDER)
            service_order_free(record.order);
}

void server_turn_close(struct server_turn *turn)
{
    if (!turn->engine)
        return;
    drop_orders(turn);
    net_queue_close(&turn->inbox);
    server_secrets_close(&turn->calls);
    server_secrets_close(&turn->tickets);
    for (int side = 0; side < MATCH_ROLES; side++)
        server_secrets_close(&turn->talks[side]);
    (void)pthread_mutex_destroy(&turn->lock);
    free(turn->waiting);
    free(turn->effects.item);
    free(turn->engine);
    memset(turn, 0, sizeof *turn);
}

enum err server_turn_start(struct server_turn *turn)
{
    enum err err;

    turn->sweep_ms = turn->now_ms + SWEEP_MS;
    turn->uncounted = true;
    err = net_thread_start(&turn->thread, "kindred-engine", serve, turn);
    if (err == ERR_NONE)
        atomic_store(&turn->open, true);
    return err;
}

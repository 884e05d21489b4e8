#include "server/turn.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"
#include "net/entropy.h"
#include "server/join.h"

enum {
    INBOX = 16384,
    EFFECTS = 256,
    TAKE = 64,
    FLIGHT_MAX = 4096, /* commands under way before the door closes */
    SWEEP_MS = 10000
};

enum record_kind { RECORD_ORDER, RECORD_JOB, RECORD_DRAIN, RECORD_STOP };

struct record {
    enum record_kind kind;
    union {
        struct service_order *order;
        struct store_job *job;
    };
};

/* --- what the engine wants done --- */

static void send_signal(struct server_turn *turn,
                        const struct service_signal *signal, bool reserved)
{
    turn->config.signal(turn->config.arg, signal, reserved);
}

static void tell_talk(struct server_turn *turn,
                      const struct match_talk_view *view)
{
    struct service_signal signal = {.kind = SIGNAL_TALK, .talk = *view};

    for (int side = 0; side < MATCH_ROLES; side++) {
        signal.call = server_hub_find(turn->config.hub, view->talk,
                                      (enum match_role)side);
        if (signal.call != 0)
            send_signal(turn, &signal, false);
    }
}

static void put_job(struct server_turn *turn, struct store_job *job)
{
    /* The door was closed in time: there is room (Law 2). */
    atomic_fetch_add(&turn->in_flight, 1);
    REQUIRE(net_queue_reserve(&turn->inbox, 1) == ERR_NONE);
    REQUIRE(server_storage_put(turn->config.storage, job, &turn->origin) ==
            ERR_NONE);
}

static void carry_out_store(struct server_turn *turn,
                            const struct match_effect *effect)
{
    struct server_join join = {.keys = turn->config.keys,
                               .orders = &turn->orders,
                               .tickets = &turn->tickets,
                               .talks = turn->talks};
    struct store_job *job = server_join_command(&join, effect);

    /* Without memory for a command the promise behind it cannot be kept. */
    REQUIRE(job);
    put_job(turn, job);
}

static void carry_out(struct server_turn *turn,
                      const struct match_effect *effect)
{
    struct service_signal signal = {.call = effect->call};

    switch (effect->kind) {
    case EFFECT_STORE:
        carry_out_store(turn, effect);
        break;
    case EFFECT_REPLY:
        server_secrets_forget(&turn->orders, effect->call);
        signal.kind = SIGNAL_REPLY;
        signal.reply.err = effect->reply.err;
        signal.reply.reference = effect->reply.reference;
        send_signal(turn, &signal, true);
        break;
    case EFFECT_TELL_TICKET:
        signal.kind = SIGNAL_TICKET;
        signal.ticket = effect->ticket;
        send_signal(turn, &signal, false);
        break;
    case EFFECT_TELL_DUTY:
        signal.kind = SIGNAL_DUTY;
        signal.duty = effect->duty;
        send_signal(turn, &signal, false);
        break;
    case EFFECT_TELL_TALK:
        tell_talk(turn, &effect->talk);
        break;
    case EFFECT_DROP:
        signal.kind = SIGNAL_DROP;
        signal.drop = effect->drop;
        send_signal(turn, &signal, false);
        break;
    case EFFECT_NOTE:
        log_event(effect->note.code, effect->note.n, effect->note.reason);
        break;
    case EFFECT_KINDS:
        break;
    }
}

static void fill_fresh(uint64_t fresh[MATCH_FRESH_MAX])
{
    net_entropy_fill(fresh, MATCH_FRESH_MAX * sizeof fresh[0]);
    for (int i = 0; i < MATCH_FRESH_MAX; i++)
        if (fresh[i] == 0)
            fresh[i] = net_entropy_id();
}

/* Step, carry out, and follow `more` (Law 1). */
static void step(struct server_turn *turn, struct match_event *event)
{
    struct match_event tick = {.kind = EVENT_TICK};

    if (event->now_ms < turn->now_ms)
        event->now_ms = turn->now_ms; /* it was made on another thread */
    turn->now_ms = event->now_ms;
    for (;;) {
        match_engine_step(turn->engine, event, &turn->effects);
        for (uint32_t i = 0; i < turn->effects.n; i++)
            carry_out(turn, &turn->effects.item[i]);
        if (!turn->effects.more)
            return;
        tick.now_ms = turn->now_ms;
        fill_fresh(tick.fresh);
        event = &tick;
    }
}

/* --- what comes back from the store --- */

/* Secrets of what has ended are needed no more. */
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
        return;
    for (uint32_t i = 0; i < result->swept.idles; i++) {
        struct match_event event = {.kind = EVENT_IDLE, .now_ms = turn->now_ms};

        event.talk.talk =
            server_join_talk_of(turn->talks, result->swept.idle[i]);
        fill_fresh(event.fresh);
        if (event.talk.talk != 0)
            step(turn, &event);
    }
    if (result->swept.more)
        turn->sweep_ms = turn->now_ms;
}

static void take_stored(struct server_turn *turn, struct store_job *job)
{
    struct match_event event = {.kind = EVENT_STORED,
                                .now_ms = net_clock_now_ms(turn->config.clock)};
    const struct match_result *result = &job->result.match;

    if (job->result.outcome == OUTCOME_REFUSED &&
        job->result.err == ERR_STORE) {
        server_join_retry(job); /* nothing was done: the same again */
        put_job(turn, job);
        return;
    }
    if (job->result.outcome == OUTCOME_OK) {
        struct server_join join = {.keys = turn->config.keys,
                                   .orders = &turn->orders,
                                   .tickets = &turn->tickets,
                                   .talks = turn->talks};
        server_join_stored(&join, job);
    }
    forget_ended(turn, result);
    fill_fresh(event.fresh);
    event.stored.result = result;
    step(turn, &event);
    server_join_free(job);
}

static void take_job(struct server_turn *turn, struct store_job *job)
{
    REQUIRE(atomic_fetch_sub(&turn->in_flight, 1) > 0);
    if (job->command.kind == STORE_MATCH) {
        take_stored(turn, job);
        return;
    }
    REQUIRE(job->command.kind == STORE_SWEEP);
    take_swept(turn, job);
    server_join_free(job);
}

static void sweep(struct server_turn *turn)
{
    const struct match_limits *limits = &turn->config.service->limits;
    struct store_job *job;

    turn->sweep_ms = turn->now_ms + SWEEP_MS;
    if (turn->sweeping)
        return;
    job = server_join_sweep(limits, turn->now_ms);
    if (!job)
        return; /* next time */
    turn->sweeping = true;
    put_job(turn, job);
}

/* --- the thread --- */

static void take_order(struct server_turn *turn, struct service_order *order)
{
    struct match_event *event = &order->event;

    if ((event->kind == EVENT_ASK || event->kind == EVENT_ANSWER) &&
        server_secrets_keep(&turn->orders, event->call, &order->secrets) !=
            ERR_NONE) {
        const struct service_signal full = {
            .kind = SIGNAL_REPLY, .call = event->call, .reply.err = ERR_FULL};

        send_signal(turn, &full, true);
        service_order_free(order);
        return;
    }
    step(turn, event);
    service_order_free(order);
}

static void drain_streams(struct server_turn *turn)
{
    struct match_event event = {.kind = EVENT_DRAIN,
                                .now_ms = net_clock_now_ms(turn->config.clock)};
    struct service_signal drop = {.kind = SIGNAL_DROP, .drop = ERR_DRAINING};
    uint64_t call[TAKE];
    uint32_t n;

    fill_fresh(event.fresh);
    step(turn, &event);
    /* The receivers; each leaves its seat when its loop drops it, so ask for
     * the first TAKE again until none is new.  Bounded by the table. */
    n = server_hub_all(turn->config.hub, call, TAKE);
    for (uint32_t i = 0; i < n; i++) {
        drop.call = call[i];
        send_signal(turn, &drop, false);
    }
}

static void take(struct server_turn *turn, const struct record *record)
{
    switch (record->kind) {
    case RECORD_ORDER:
        take_order(turn, record->order);
        break;
    case RECORD_JOB:
        take_job(turn, record->job);
        break;
    case RECORD_DRAIN:
        drain_streams(turn);
        break;
    case RECORD_STOP:
        turn->stopping = true;
        break;
    }
}

static void publish(struct server_turn *turn)
{
    struct match_engine_count count;

    match_engine_count(turn->engine, &count);
    (void)pthread_mutex_lock(&turn->lock);
    turn->count = count;
    (void)pthread_mutex_unlock(&turn->lock);
}

/* Fire what is due, unless the store is far behind: then its results first. */
static void tick(struct server_turn *turn)
{
    uint64_t now_ms = net_clock_now_ms(turn->config.clock);
    struct match_event event = {.kind = EVENT_TICK, .now_ms = now_ms};

    if (atomic_load(&turn->in_flight) > FLIGHT_MAX)
        return;
    if (match_engine_deadline_ms(turn->engine) <= now_ms) {
        fill_fresh(event.fresh);
        step(turn, &event);
    }
    if (now_ms > turn->now_ms)
        turn->now_ms = now_ms;
    if (turn->sweep_ms <= turn->now_ms)
        sweep(turn);
}

static uint64_t wait_ms(const struct server_turn *turn)
{
    uint64_t now_ms = net_clock_now_ms(turn->config.clock);
    uint64_t at_ms = match_engine_deadline_ms(turn->engine);

    if (atomic_load(&turn->in_flight) > FLIGHT_MAX)
        return UINT64_MAX; /* results will come */
    if (turn->sweep_ms < at_ms)
        at_ms = turn->sweep_ms;
    return at_ms > now_ms ? at_ms - now_ms : 0;
}

static void serve(void *arg)
{
    struct server_turn *turn = arg;
    struct record record[TAKE];

    while (!turn->stopping || atomic_load(&turn->in_flight) > 0) {
        uint32_t n;

        if (turn->stopping)
            (void)net_queue_wait(&turn->inbox, UINT64_MAX);
        else
            (void)net_queue_wait(&turn->inbox, wait_ms(turn));
        n = net_queue_take(&turn->inbox, record, TAKE);
        for (uint32_t i = 0; i < n; i++)
            take(turn, &record[i]);
        if (!turn->stopping)
            tick(turn);
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

enum err server_turn_order(struct server_turn *turn,
                           struct service_order *order)
{
    const struct record record = {.kind = RECORD_ORDER, .order = order};

    if (!atomic_load(&turn->open)) /* Law 3 */
        return atomic_load(&turn->draining) ? ERR_DRAINING : ERR_STARTING;
    if (atomic_load(&turn->in_flight) > FLIGHT_MAX)
        return ERR_FULL;
    return net_queue_put(&turn->inbox, &record);
}

enum err server_turn_reserve(struct server_turn *turn)
{
    return net_queue_reserve(&turn->inbox, 1);
}

void server_turn_order_reserved(struct server_turn *turn,
                                struct service_order *order)
{
    const struct record record = {.kind = RECORD_ORDER, .order = order};

    net_queue_put_reserved(&turn->inbox, &record);
}

void server_turn_release(struct server_turn *turn)
{
    net_queue_release(&turn->inbox, 1);
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

/* --- birth, recovery, death --- */

enum err server_turn_init(struct server_turn *turn,
                          const struct server_turn_config *config)
{
    const struct match_sizes *sizes = &config->sizes;
    void *memory = malloc(match_engine_bytes(sizes));
    enum err err = memory ? ERR_NONE : ERR_NOMEM;

    *turn = (struct server_turn){.config = *config};
    if (err != ERR_NONE)
        return err;
    turn->engine = match_engine_init(memory, sizes, &config->service->limits);
    turn->origin = (struct server_origin){.back = job_back, .arg = turn};
    turn->effects.cap = EFFECTS;
    turn->effects.item = calloc(EFFECTS, sizeof *turn->effects.item);
    if (!turn->effects.item || pthread_mutex_init(&turn->lock, NULL) != 0)
        err = ERR_NOMEM;
    if (err == ERR_NONE)
        err = server_secrets_init(&turn->orders, INBOX);
    if (err == ERR_NONE)
        err = server_secrets_init(&turn->tickets, sizes->tickets);
    for (int side = 0; side < MATCH_ROLES && err == ERR_NONE; side++)
        err = server_secrets_init(&turn->talks[side], sizes->talks);
    if (err == ERR_NONE)
        err = net_queue_init(&turn->inbox, sizeof(struct record), INBOX,
                             (struct net_queue_hook){0});
    if (err == ERR_NONE) /* places for the words to drain and to stop */
        err = net_queue_reserve(&turn->inbox, 2);
    return err;
}

void server_turn_close(struct server_turn *turn)
{
    net_queue_close(&turn->inbox);
    server_secrets_close(&turn->orders);
    server_secrets_close(&turn->tickets);
    for (int side = 0; side < MATCH_ROLES; side++)
        server_secrets_close(&turn->talks[side]);
    free(turn->effects.item);
    free(turn->engine);
    *turn = (struct server_turn){0};
}

/* One row of the load, with what the turn alone can open. */
static enum err load_row(struct server_turn *turn,
                         const struct store_loaded *loaded)
{
    struct server_join join = {.keys = turn->config.keys,
                               .orders = &turn->orders,
                               .tickets = &turn->tickets,
                               .talks = turn->talks};
    struct match_event event = {.kind = EVENT_LOAD, .now_ms = turn->now_ms};
    struct match_card card;
    bool carded = false;
    enum err err = server_join_loaded(&join, loaded, &card, &carded);

    if (err != ERR_NONE)
        return err;
    event.load.row = &loaded->row;
    event.load.card = carded ? &card : NULL;
    fill_fresh(event.fresh);
    step(turn, &event);
    wipe(&card, sizeof card);
    if (loaded->row.kind == ROW_TICKET)
        log_event(LOG_RECOVERED_TICKETS, 1, ERR_NONE);
    if (loaded->row.kind == ROW_TALK)
        log_event(LOG_RECOVERED_TALKS, 1, ERR_NONE);
    return ERR_NONE;
}

static enum err load_all(struct server_turn *turn, struct store *store)
{
    uint64_t cursor = 0;
    enum err err = ERR_NONE;

    do {
        struct store_job *job = server_join_job(STORE_LOAD, turn->now_ms);

        if (!job)
            return ERR_NOMEM;
        job->command.epoch = turn->epoch;
        job->command.load.cursor = cursor;
        store_execute(store, &job, 1);
        if (job->result.outcome != OUTCOME_OK)
            err = ERR_STORE;
        for (uint32_t i = 0; err == ERR_NONE && i < job->result.load.rows; i++)
            err = load_row(turn, &job->result.load.row[i]);
        cursor = job->result.load.cursor;
        server_join_free(job);
    } while (err == ERR_NONE && cursor != 0);
    return err;
}

enum err server_turn_recover(struct server_turn *turn, struct store *store)
{
    struct match_event event = {.now_ms = net_clock_now_ms(turn->config.clock)};
    struct store_job *job = server_join_job(STORE_CLAIM, event.now_ms);
    enum err err = ERR_STORE;

    if (!job)
        return ERR_NOMEM;
    turn->now_ms = event.now_ms;
    store_execute(store, &job, 1);
    if (job->result.outcome == OUTCOME_OK) {
        turn->epoch = job->result.epoch;
        err = ERR_NONE;
    }
    server_join_free(job);
    if (err != ERR_NONE)
        return err;
    event.kind = EVENT_BEGIN;
    event.begin.epoch = turn->epoch;
    step(turn, &event);
    err = load_all(turn, store);
    if (err != ERR_NONE)
        return err;
    event = (struct match_event){.kind = EVENT_LIVE, .now_ms = turn->now_ms};
    fill_fresh(event.fresh);
    step(turn, &event);
    turn->sweep_ms = turn->now_ms + SWEEP_MS;
    publish(turn);
    return ERR_NONE;
}

enum err server_turn_start(struct server_turn *turn)
{
    enum err err =
        net_thread_start(&turn->thread, "kindred-engine", serve, turn);

    if (err == ERR_NONE)
        atomic_store(&turn->open, true);
    return err;
}

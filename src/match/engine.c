#include "match/engine.h"

#include <string.h>

#include "base/cut.h"
#include "base/require.h"
#include "match/adopt.h"
#include "match/agenda.h"
#include "match/bar.h"
#include "match/batch.h"
#include "match/check.h"
#include "match/fire.h"
#include "match/index.h"
#include "match/line.h"
#include "match/load.h"
#include "match/say.h"
#include "match/turn.h"

enum {
    OFFERS_KEPT = 1024 /* closed ones, in case they are answered again */
};

/* ---- memory ---- */

static void cut_map(struct cut *from, struct map *map, uint32_t n)
{
    uint32_t slots = map_slots_for(n);
    struct map_slot *slot = cut(from, slots, sizeof *slot);

    if (from->at)
        map_init(map, slot, slots);
}

static void cut_pool(struct cut *from, struct match_pool *pool, uint32_t terms)
{
    uint32_t slots = map_slots_for(terms);
    struct match_term *term = cut(from, terms, sizeof *term);
    struct map_slot *slot = cut(from, slots, sizeof *slot);

    if (!from->at)
        return;
    match_rarity_init(&pool->rarity, term, terms, slot, slots);
    list_init(&pool->tickets);
    list_init(&pool->waiting);
    list_init(&pool->duties);
    pool->page = UINT32_MAX;
}

static void cut_finders(struct cut *from, struct match_engine *e,
                        const struct match_sizes *sizes)
{
    uint32_t heads = map_slots_for(sizes->pairs), *named;
    struct match_pair_slot *pair = cut(from, sizes->pairs, sizeof *pair);
    struct map_slot *head = cut(from, heads, sizeof *head);
    struct heap_place *place, *line, *nap, *ticket, *duty;
    uint32_t timers = sizes->tickets * (TICKET_TIMERS + 1) +
                      sizes->duties * DUTY_TIMERS + sizes->talks * 2 +
                      OFFERS_KEPT + 2;

    named = cut(from, heads, sizeof *named);
    place = cut(from, timers, sizeof *place);
    line = cut(from, sizes->tickets, sizeof *line);
    nap = cut(from, (size_t)sizes->tickets + sizes->duties, sizeof *nap);
    ticket = cut(from, sizes->tickets, sizeof *ticket);
    duty = cut(from, sizes->duties, sizeof *duty);
    if (from->at) {
        match_pair_init(&e->pairs, pair, sizes->pairs, head, named, heads);
        e->timers = (struct heap){.place = place, .cap = timers};
        e->line = (struct heap){.place = line, .cap = sizes->tickets};
        e->naps =
            (struct heap){.place = nap, .cap = sizes->tickets + sizes->duties};
        e->ticket_moments =
            (struct heap){.place = ticket, .cap = sizes->tickets};
        e->duty_moments = (struct heap){.place = duty, .cap = sizes->duties};
    }
    cut_map(from, &e->ticket_by_id, sizes->tickets);
    cut_map(from, &e->ticket_by_member, sizes->tickets);
    cut_map(from, &e->ticket_by_stream, sizes->tickets);
    cut_map(from, &e->duty_by_member, sizes->duties);
    cut_map(from, &e->duty_by_stream, sizes->duties);
    cut_map(from, &e->talk_by_id, sizes->talks);
    cut_map(from, &e->talk_by_seeker, sizes->talks);
    cut_map(from, &e->offer_by_id, e->offers_max);
    cut_map(from, &e->flight_by_op, e->flights_max);
}

/* Lay the engine out; the bytes it takes.  from->at NULL: only count. */
static size_t lay_out(struct cut *from, struct match_engine *e,
                      const struct match_sizes *sizes)
{
    uint32_t batch = MATCH_BATCH_MAX, degree = MATCH_TOP_K_MAX;

    if (from->at) {
        batch = (uint32_t)e->limits.batch_tickets;
        degree = (uint32_t)e->limits.top_k;
    }
    (void)cut(from, 1, sizeof *e);
    e->offers_max = sizes->tickets + OFFERS_KEPT;
    e->flights_max =
        sizes->tickets + sizes->duties + sizes->talks + FLIGHT_SPARE;
    e->pool = cut(from, sizes->pools, sizeof *e->pool);
    e->ticket = cut(from, sizes->tickets, sizeof *e->ticket);
    e->duty = cut(from, sizes->duties, sizeof *e->duty);
    e->offer = cut(from, e->offers_max, sizeof *e->offer);
    e->talk = cut(from, sizes->talks, sizeof *e->talk);
    e->flight = cut(from, e->flights_max, sizeof *e->flight);
    e->chosen = cut(from, (size_t)batch * degree, sizeof *e->chosen);
    e->choice = cut(from, batch, sizeof *e->choice);
    match_slice_init(&e->slices, from, sizes);
    for (uint32_t i = 0; i < sizes->pools; i++)
        cut_pool(from, from->at ? &e->pool[i] : NULL, sizes->terms);
    cut_finders(from, e, sizes);
    if (from->at)
        match_assign_init(&e->assign, from->at + from->used, batch, degree);
    from->used += match_assign_bytes(batch, degree);
    return from->used;
}

size_t match_engine_bytes(const struct match_sizes *sizes)
{
    struct cut from = {.at = NULL};
    struct match_engine e;

    return lay_out(&from, &e, sizes);
}

static void free_lists(struct match_engine *e)
{
    struct list *const lists[] = {
        &e->duty_idle, &e->offer_closed, &e->in_flight, &e->latch_free,
        &e->latched,   &e->barring,      &e->tell,
    };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        list_init(lists[i]);
    spare_init(&e->ticket_free, &e->ticket->subject.table_link,
               sizeof *e->ticket, e->sizes.tickets);
    spare_init(&e->duty_free, &e->duty->subject.table_link, sizeof *e->duty,
               e->sizes.duties);
    spare_init(&e->offer_free, &e->offer->subject.table_link, sizeof *e->offer,
               e->offers_max);
    spare_init(&e->talk_free, &e->talk->subject.table_link, sizeof *e->talk,
               e->sizes.talks);
    spare_init(&e->flight_free, &e->flight->link, sizeof *e->flight,
               e->flights_max);
    for (uint32_t i = 0; i < FLIGHT_LATCHES; i++)
        list_push_back(&e->latch_free, &e->latch[i].link);
}

struct match_engine *match_engine_init(void *memory,
                                       const struct match_sizes *sizes,
                                       const struct match_limits *limits)
{
    struct match_engine *e = memory;
    struct cut from = {.at = memory};

    REQUIRE(memory != NULL);
    REQUIRE(sizes->pools > 0 && sizes->tickets > 0 && sizes->duties > 0);
    REQUIRE(sizes->talks > 0 && sizes->pairs > 0 && sizes->terms > 0);
    REQUIRE(limits->top_k >= 1 && limits->top_k <= MATCH_TOP_K_MAX);
    REQUIRE(limits->batch_tickets >= 1 &&
            limits->batch_tickets <= MATCH_BATCH_MAX);
    memset(e, 0, sizeof *e);
    e->limits = *limits;
    e->sizes = *sizes;
    (void)lay_out(&from, e, sizes); /* match/state law 1 */
    e->batch = (struct match_timer){.due = {.rank = TIMER_BATCH}, .owner = e};
    e->smooth = (struct match_timer){.due = {.rank = TIMER_SMOOTH}, .owner = e};
    free_lists(e);
    return e;
}

/* ---- steps ---- */

/* Replay, moments, pages, and what is to be told, as far as there is room. */
static bool finish(struct match_engine *engine)
{
    bool done;

    if (engine->mode == ENGINE_FENCED)
        done = match_flight_abandon(engine);
    else
        done = engine->mode != ENGINE_LIVE ||
               (match_flight_replay(engine) && match_agenda_run(engine) &&
                match_fire_page(engine));
    done = match_say_flush(engine) && done;
    if (engine->mode == ENGINE_LIVE)
        heap_set(&engine->timers, &engine->batch.due,
                 match_batch_due_ms(engine));
    return done;
}

static void tick(struct match_engine *engine)
{
    struct heap_item *due;

    if (engine->mode != ENGINE_LIVE || engine->unfinished)
        return;
    due = heap_pop(&engine->timers, engine->now_ms);
    if (due)
        match_fire(engine, LIST_ENTRY(due, struct match_timer, due));
}

static void load(struct match_engine *engine, const struct match_event *event)
{
    enum err err = match_load_row(engine, event->load.row, event->load.card);

    if (err != ERR_NONE)
        match_say_note(engine, LOG_QUEUE_FULL);
    match_say_reply(engine, event->call, err, 0);
}

static void load_rarity(struct match_engine *engine,
                        const struct match_event *event)
{
    enum err err = event->pool < engine->sizes.pools ? ERR_NONE : ERR_INVALID;

    if (err == ERR_NONE)
        match_rarity_unload(&engine->pool[event->pool].rarity);
    for (uint32_t i = 0; i < event->rarity.rows && err == ERR_NONE; i++)
        err = match_rarity_load(&engine->pool[event->pool].rarity,
                                event->rarity.row[i].token,
                                event->rarity.row[i].count_q8);
    match_index_unsettle(engine);
    match_say_reply(engine, event->call, err, 0);
}

/* An event of the outside: taken, latched, or refused, so that its call is
 * answered once (Law 5). */
static void take(struct match_engine *engine, const struct match_event *event)
{
    if (engine->mode != ENGINE_LIVE) {
        match_say_reply(
            engine, event->call,
            engine->mode == ENGINE_FENCED ? ERR_FENCED : ERR_STARTING, 0);
        return;
    }
    match_bar_arrived(engine, event->kind);
    if (match_turn_take(engine, event) || match_flight_latch(engine, event))
        return;
    match_turn_drop(engine, event);
    match_say_reply(engine, event->call, ERR_FULL, 0);
}

/* It is as late as the event says. */
static void go_on(struct match_engine *engine, const struct match_event *event)
{
    uint64_t passed_ms = event->now_ms - engine->now_ms;

    engine->now_ms = event->now_ms;
    if (event->kind != EVENT_TICK || passed_ms > 0)
        match_agenda_interrupt(engine);
    if (engine->mode != ENGINE_LIVE)
        return;
    if (passed_ms > engine->limits.fresh_ms) /* nobody was seen meanwhile */
        match_line_empty(engine);
    match_fire_wake(engine);
}

void match_engine_step(struct match_engine *engine,
                       const struct match_event *event,
                       struct match_effects *effects)
{
    REQUIRE(effects->cap >= 32);
    REQUIRE(event->now_ms >= engine->now_ms);
    effects->n = effects->fresh_used = 0;
    effects->more = false;
    engine->event = event;
    engine->effects = effects;
    go_on(engine, event);
    switch ((int)event->kind) {
    case EVENT_BEGIN:
        match_load_begin(engine, event->begin.epoch);
        break;
    case EVENT_LOAD:
        load(engine, event);
        break;
    case EVENT_LIVE:
        match_load_live(engine);
        break;
    case EVENT_RARITY:
        load_rarity(engine, event);
        break;
    case EVENT_STORED:
        if (engine->mode == ENGINE_LIVE)
            match_adopt_result(engine, event->stored.result);
        break;
    case EVENT_TICK:
        tick(engine);
        break;
    case EVENT_DRAIN:
        engine->draining = true;
        match_say_reply(engine, event->call, ERR_NONE, 0);
        break;
    default:
        take(engine, event);
    }
    engine->unfinished = !finish(engine);
    effects->more = engine->unfinished;
    engine->event = NULL;
    engine->effects = NULL;
}

uint64_t match_engine_deadline_ms(const struct match_engine *engine)
{
    uint64_t due_ms = heap_least(&engine->timers);

    if (engine->unfinished)
        return engine->now_ms;
    if (engine->mode != ENGINE_LIVE)
        return MATCH_NEVER;
    return due_ms > engine->now_ms ? due_ms : engine->now_ms;
}

/* ---- what it shows of itself ---- */

uint64_t match_engine_check(const struct match_engine *engine)
{
    if (engine->mode != ENGINE_LIVE)
        return 0; /* half loaded, or given up */
    return match_check_tables(engine) + match_check_members(engine);
}

void match_engine_count(const struct match_engine *engine,
                        struct match_engine_count *count)
{
    *count = (struct match_engine_count){
        .tickets_waiting = engine->tickets_in[TICKET_WAITING],
        .tickets_offered = engine->tickets_in[TICKET_OFFERED],
        .offers_open = engine->offers_open,
        .talks_live = engine->talks_live,
        .commands_in_flight = engine->in_flight_n};
    for (uint32_t i = 0; i < engine->sizes.pools; i++) {
        count->duties_on += engine->slices.pool[i].n;
        count->duties_paused +=
            engine->pool[i].duties_n - engine->slices.pool[i].n;
    }
}

bool match_engine_row(const struct match_engine *engine, uint64_t *cursor,
                      struct match_row *row)
{
    return match_check_row(engine, cursor, row);
}

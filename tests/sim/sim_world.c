/* What happens next, and what the engine makes of it. */
#define _DEFAULT_SOURCE 1 /* MADV_DONTNEED */

#include <stdlib.h>
#include <string.h>

#include "fresh.h"
#include "sim_cover.h"
#include "sim_model.h"

enum { ROWS_MAX = 1 << 16 };

uint64_t sim_roll(struct sim *sim, uint64_t sides)
{
    return chance_below(&sim->chance, sides);
}

bool sim_percent(struct sim *sim, uint32_t percent)
{
    return sim_roll(sim, 100) < percent;
}

uint64_t sim_id(struct sim *sim)
{
    return chance_next(&sim->chance) | 1;
}

/* One of a few values: the seed's character. */
static uint32_t pick(struct sim *sim, const uint32_t *from, uint32_t n)
{
    return from[sim_roll(sim, n)];
}

static void choose_mix(struct sim *sim)
{
    static const uint32_t delays[] = {0, 3, 40, 400, 4000};
    static const uint32_t lates[] = {0, 0, 5, 300};
    static const uint32_t acts[] = {50, 200, 500, 2000};
    static const uint32_t seldom[] = {0, 0, 1, 5, 20};
    static const uint32_t rates[] = {0, 0, 5, 20, 60};
    struct sim_mix *mix = &sim->mix;

#define PICK(from) pick(sim, from, sizeof from / sizeof from[0])
    mix->delay_ms = PICK(delays);
    mix->late_ms = PICK(lates);
    mix->act_ms = PICK(acts);
    mix->reorder = sim_percent(sim, 50) ? 50 : 0;
    mix->twice = PICK(seldom);
    mix->lose = PICK(seldom);
    mix->full_disk = PICK(seldom);
    mix->overtake = PICK(seldom);
    mix->crash = PICK(rates);
    mix->fence = PICK(rates);
    mix->settle = 100;
    mix->vanish = PICK(seldom);
    mix->patience = 40 + (uint32_t)sim_roll(sim, 60);
    mix->crowd = sim_percent(sim, 2);
    sim->members = mix->crowd ? SIM_MEMBERS : 14;
    sim->places = sim->members + 2;
    if (mix->crowd)
        mix->act_ms = 50;
}

/* Shorter times than in life, so that every timer fires in a seed. */
static void choose_limits(struct sim *sim)
{
    struct match_limits *limits = &sim->limits;

    match_limits_init(limits);
    if (sim_percent(sim, 40) || sim->mix.crowd) { /* else all fit in */
        limits->top_k = 1 + sim_roll(sim, 4);
        limits->batch_tickets = 1 + sim_roll(sim, 6);
    }
    if (sim_percent(sim, 20))
        return; /* as in life */
    limits->relax_ms = 5000 + sim_roll(sim, 20000);
    limits->bound_ms = 20000;
    limits->ticket_ms = 60000 + sim_roll(sim, 120000);
    limits->offer_ms = 5000 + sim_roll(sim, 10000);
    limits->offer_danger_ms = 4000;
    limits->grace_ticket_ms = 10000;
    limits->grace_duty_ms = 8000;
    limits->exclude_declined_ms = sim_percent(sim, 20) ? 0 : 90000;
    limits->exclude_lapsed_ms = sim_percent(sim, 20) ? 0 : 30000;
    limits->exclude_talked_ms = sim_percent(sim, 20) ? 0 : 60000;
    limits->offers_max = 1 + sim_roll(sim, 4);
    limits->backoff_ms = 10000;
    limits->join_ms = 8000;
    limits->carry_ms = 15000;
    limits->day_ms = 20000 + sim_roll(sim, 80000);
    limits->idle_ms = 60000;
    limits->talk_ms = 40000 + sim_roll(sim, 40000);
    limits->reflect_ms = 30000;
    limits->settle_ms = sim_roll(sim, 3000);
    limits->rarity_ms = 20000;
    limits->show_min = 1 + sim_roll(sim, 4);
    limits->lapses_max = 1 + sim_roll(sim, 3);
    limits->slack_ms = sim_roll(sim, 500);
}

/* ---- memory ---- */

enum { PIECES = 16 };

/* What seed after seed asks for, in the same order. */
static struct fresh piece[PIECES];
static uint32_t pieces; /* in use */

void *sim_need(size_t n, size_t size)
{
    LAW("simulator: memory", pieces < PIECES);
    return fresh(&piece[pieces++], n * size);
}

void sim_free(void)
{
    for (uint32_t i = 0; i < PIECES; i++)
        free(piece[i].at);
    memset(piece, 0, sizeof piece);
}

void sim_open(struct sim *sim, uint64_t seed)
{
    bool trace = sim->trace;

    memset(sim, 0, sizeof *sim);
    sim->trace = trace;
    sim->seed = seed;
    sim->chance = chance_mix(seed);
    sim->now_ms = 1000000 + sim_roll(sim, 10000000);
    sim->started_ms = sim->now_ms;
    choose_mix(sim);
    choose_limits(sim);
    sim->sizes = (struct match_sizes){.pools = SIM_POOLS,
                                      .tickets = sim->places,
                                      .duties = sim->places,
                                      .talks = sim->mix.crowd ? 512 : 128,
                                      .pairs = sim->mix.crowd ? 4096 : 1024,
                                      .terms = 64};
    sim_trace_open(sim);
    sim->bytes = match_engine_bytes(&sim->sizes);
    sim->memory = sim_need(1, sim->bytes);
    sim->request = sim_need(SIM_CALLS, sizeof *sim->request);
    sim->call = sim_need(SIM_CALLS, sizeof *sim->call);
    sim->flying = sim_need(SIM_FLYING, sizeof *sim->flying);
    for (int kind = 0; kind < ROW_PAIR; kind++)
        sim->kept[kind] = sim_need(1, sizeof *sim->kept[kind]);
    sim->run = sim_need(SIM_ROWS, sizeof *sim->run);
    sim->shown = sim_need(SIM_ROWS, sizeof *sim->shown);
    sim->effects.item = sim->effect;
    sim->effects.cap = 32 + (uint32_t)sim_roll(sim, SIM_EFFECTS - 31);
    sim->store = store_memory_new(ROWS_MAX);
    LAW("simulator: memory", sim->store != NULL);
    sim->requests = sim->calls = sim->first_call = 1;
    sim->last_heard = COMMAND_KINDS;
    sim_model_open(sim);
    sim_truth_open(sim);
    sim_people_open(sim);
    while (!sim_port_recover(sim))
        ;
    if (sim->mix.crowd)
        sim_people_gather(sim);
}

void sim_close(struct sim *sim)
{
    bool trace = sim->trace;

    for (uint32_t i = 0; i < sim->flyings; i++)
        arena_reset(&sim->flying[i].job.arena);
    arena_reset(&sim->other.job.arena);
    store_close(sim->store);
    pieces = 0;
    memset(sim, 0, sizeof *sim);
    sim->trace = trace;
}

static void carry_out(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->effects.n; i++) {
        const struct match_effect *effect = &sim->effects.item[i];

        switch (effect->kind) {
        case EFFECT_STORE:
            sim_port_send(sim, &effect->store);
            break;
        case EFFECT_REPLY:
            sim_people_reply(sim, effect);
            break;
        case EFFECT_TELL_TICKET:
        case EFFECT_TELL_DUTY:
        case EFFECT_TELL_TALK:
            sim_people_told(sim, effect);
            break;
        case EFFECT_DROP:
            sim_people_dropped(sim, effect->call);
            break;
        case EFFECT_NOTE:
            LAW("a note has a code", effect->note.code < LOG_COUNT);
            break;
        case EFFECT_KINDS:
            LAW("an effect has a kind", false);
        }
    }
}

/* Does what goes on wait for its TICK, so that others come between?  That of an
 * engine which is over does not. */
static bool puts_off(struct sim *sim)
{
    return !sim->quiet && !sim->fenced && sim_percent(sim, 30);
}

void sim_event(struct sim *sim, struct match_event *event)
{
    bool loading = event->kind == EVENT_BEGIN || event->kind == EVENT_LOAD;
    uint32_t rounds = 0;

    event->now_ms = sim->now_ms;
    sim_cover_event(sim, event);
    if (event->kind != EVENT_SEEN && event->kind != EVENT_STORED)
        sim_trace(sim, "%s member %04llx call %llu",
                  match_words_event(event->kind),
                  (unsigned long long)(event->member & 0xffff),
                  (unsigned long long)event->call);
    for (;;) {
        for (int i = 0; i < MATCH_FRESH_MAX; i++)
            event->fresh[i] = sim_id(sim);
        sim_model_before(sim, event);
        match_engine_step(sim->engine, event, &sim->effects);
        sim->events++;
        LAW("effects stay within their array",
            sim->effects.n <= sim->effects.cap &&
                sim->effects.fresh_used <= MATCH_FRESH_MAX);
        sim_model_after(sim, event);
        carry_out(sim);
        if (!sim->effects.more || (!loading && puts_off(sim)))
            break;
        LAW("more comes to an end", ++rounds < 10000);
        *event =
            (struct match_event){.kind = EVENT_TICK, .now_ms = sim->now_ms};
    }
    if (!loading) /* what is half loaded is no whole */
        sim->checked += match_engine_check(sim->engine);
}

static void come_up(struct sim *sim)
{
    sim->fenced = sim->draining = false;
    for (uint32_t i = 0; i < sim->members; i++)
        sim->member[i].heard_rest_ms = sim->member[i].heard_rest_seq = 0;
    while (!sim_port_recover(sim))
        sim_people_cut_off(sim);
    sim_people_come_back(sim);
}

void sim_crash(struct sim *sim)
{
    sim->crashes++;
    sim_trace(sim, "the process dies");
    sim_port_die(sim);
    sim_people_cut_off(sim);
    if (!sim->quiet)
        sim->now_ms += sim_roll(sim, 5000);
    come_up(sim);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void tick(struct sim *sim)
{
    struct match_event event = {.kind = EVENT_TICK};

    sim_event(sim, &event);
    sim->tick_late_ms =
        sim->quiet || !sim->mix.late_ms ? 0 : sim_roll(sim, sim->mix.late_ms);
}

static void trouble(struct sim *sim)
{
    if (!sim->quiet && sim_percent(sim, 3))
        sim_probe(sim);
    if (sim->fenced) { /* the engine is discarded */
        sim_settle_fenced(sim);
        sim_crash(sim);
    } else if (!sim->quiet &&
               sim_roll(sim, 10000) < sim->mix.crash + sim->draining * 300u) {
        sim_crash(sim);
    } else if (!sim->quiet && sim_roll(sim, 10000) < sim->mix.fence &&
               sim->epoch == sim->engine_epoch) {
        sim_port_fence(sim);
    }
}

bool sim_step(struct sim *sim)
{
    uint64_t tick_ms = match_engine_deadline_ms(sim->engine);
    uint64_t port_ms = sim_port_due_ms(sim), later_ms = sim_later_due_ms(sim);
    uint64_t act_ms = sim->quiet ? UINT64_MAX : sim->act_due_ms;
    uint64_t beat_ms = sim_people_due_ms(sim), first_ms;

    if (tick_ms != UINT64_MAX)
        tick_ms += sim->tick_late_ms;
    first_ms = earlier(earlier(earlier(tick_ms, port_ms), later_ms),
                       earlier(act_ms, beat_ms));
    if (first_ms == UINT64_MAX)
        return false;
    if (first_ms > sim->now_ms)
        sim->now_ms = first_ms;
    sim->steps++;
    sim->last_heard = COMMAND_KINDS;
    if (first_ms == later_ms)
        sim_later_step(sim);
    else if (first_ms == port_ms)
        sim_port_step(sim);
    else if (first_ms == beat_ms)
        sim_people_beat(sim);
    else if (first_ms == act_ms)
        sim_people_act(sim);
    else
        tick(sim);
    trouble(sim);
    return true;
}

#include "match/batch.h"

#include "base/chance.h"
#include "base/require.h"
#include "match/agenda.h"
#include "match/fit.h"
#include "match/index.h"
#include "match/line.h"

enum {
    MINUTE_MS = 60000,
    SLICE_WORK = 768,   /* in passes over blocks of columns, in one step, */
    TICKET_WORK = 16,   /* which a ticket takes besides its sweep, */
    SLICE_EDGES = 40000 /* or so many edges */
};

/* The first multiple of step at or after t. */
static uint64_t next_multiple(uint64_t t, uint64_t step)
{
    uint64_t past = t % step;

    REQUIRE(step > 0);
    return past == 0 ? t : match_timer_add(t, step - past);
}

uint64_t match_batch_due_ms(struct match_engine *engine)
{
    uint64_t due = engine->batch_next_ms; /* Law 1 */
    uint64_t settled = match_line_settled_ms(engine);
    bool anybody;

    if (engine->mode != ENGINE_LIVE || engine->draining)
        return MATCH_NEVER;
    anybody = match_line_first(engine) != NULL;
    if (engine->line.size == 0)
        return MATCH_NEVER;
    if (!anybody && due < settled)
        due = settled; /* who is in line waits for that */
    return next_multiple(due > engine->now_ms ? due : engine->now_ms,
                         engine->limits.batch_ms);
}

/* The first `most` of those who wait, in batch order, by id in choice[]. */
static uint32_t gather(struct match_engine *engine, uint32_t most)
{
    struct match_ticket *ticket;
    uint32_t n = 0;

    for (; n < most && (ticket = match_line_first(engine)); n++) {
        engine->choice[n] = ticket->row.id;
        match_line_leave(engine, ticket);
    }
    for (uint32_t i = 0; i < n; i++)
        match_line_up(engine, match_ticket_find(engine, engine->choice[i]));
    return n;
}

/* W·2^16 and the tie hash. */
static int64_t value(const struct match_engine *engine,
                     const struct match_ticket *ticket,
                     const struct match_rank *rank)
{
    const struct match_limits *limits = &engine->limits;
    uint64_t age =
        limits->age_per_min * match_ticket_age(engine, ticket) / MINUTE_MS;
    int64_t weight;

    if (age > limits->age_max)
        age = limits->age_max;
    weight =
        (int64_t)(rank->p + age) - (int64_t)(limits->load_weight * rank->load);
    if (weight < 1)
        weight = 1;
    if (ticket->row.danger)
        weight += (int64_t)1 << 32;
    REQUIRE(weight < (int64_t)1 << 33);
    return weight * 65536 + 65535 - (int64_t)(chance_mix(rank->h) >> 48);
}

/* The number of a peer in this batch. */
static uint32_t number(struct match_engine *engine, struct match_duty *duty)
{
    struct match_assign *assign = &engine->assign;

    if (duty->batch == engine->batches)
        return duty->batch_index;
    REQUIRE(match_duty_room(engine, duty) > 0);
    duty->batch = engine->batches;
    duty->batch_index = assign->peers++;
    assign->capacity[duty->batch_index] = match_duty_room(engine, duty);
    engine->chosen[duty->batch_index] = duty;
    return duty->batch_index;
}

/* The edges of the t-th ticket. */
static void add_ticket(struct match_engine *engine, uint32_t t)
{
    struct match_assign *assign = &engine->assign;
    struct match_ticket *ticket = match_ticket_find(engine, engine->choice[t]);
    struct match_rank rank[MATCH_TOP_K_MAX];
    uint32_t k = (uint32_t)engine->limits.top_k, n = 0;

    REQUIRE(k <= assign->degree_max);
    assign->edges[t] = 0;
    if (!ticket || !match_line_waits(engine, ticket))
        return; /* something came between */
    if (ticket->row.danger)
        n = match_index_top(engine, ticket, SWEEP_CRISIS, k, rank);
    if (n == 0)
        n = match_index_top(engine, ticket, SWEEP_ANY, k, rank);
    assign->edges[t] = n;
    for (uint32_t i = 0; i < n; i++)
        assign->edge[(size_t)t * assign->degree_max + i] =
            (struct match_assign_edge){.peer = number(engine, rank[i].duty),
                                       .value =
                                           value(engine, ticket, &rank[i])};
}

void match_batch_run(struct match_engine *engine)
{
    uint64_t step = engine->limits.batch_ms;

    REQUIRE(engine->choice_at == engine->choices);
    engine->batch_next_ms = engine->now_ms - engine->now_ms % step + step;
    engine->batches++;
    engine->choice_at = engine->batch_edged = engine->batch_placed = 0;
    engine->choices = gather(engine, (uint32_t)engine->limits.batch_tickets);
    engine->assign.tickets = engine->choices;
    engine->assign.peers = 0;
}

/* A slice of the search for candidates; false: more is to be done. */
static bool look(struct match_engine *engine)
{
    uint64_t work = 0;

    if (engine->batch_edged == engine->choices)
        return true;
    while (engine->batch_edged < engine->choices && work < SLICE_WORK) {
        uint64_t before = engine->work;

        add_ticket(engine, engine->batch_edged++);
        work += engine->work - before + TICKET_WORK;
    }
    if (engine->batch_edged == engine->choices)
        match_assign_begin(&engine->assign);
    return false;
}

/* A slice of the decision; false: more is to be done. */
static bool decide(struct match_engine *engine)
{
    uint32_t work = 0;

    for (; engine->batch_placed < engine->choices && work < SLICE_EDGES;
         engine->batch_placed++)
        work += match_assign_place(&engine->assign, engine->batch_placed);
    return engine->batch_placed == engine->choices;
}

/* The peer that the t-th ticket got, or NULL. */
static struct match_duty *peer_of(const struct match_engine *engine, uint32_t t)
{
    const struct match_assign *assign = &engine->assign;
    uint32_t edge = assign->chosen[t], peer;
    struct match_duty *duty;

    if (edge == MATCH_ASSIGN_NONE)
        return NULL;
    REQUIRE(edge < assign->edges[t]);
    peer = assign->edge[(size_t)t * assign->degree_max + edge].peer;
    REQUIRE(peer < assign->peers);
    duty = engine->chosen[peer];
    if (duty->batch != engine->batches || duty->batch_index != peer)
        return NULL; /* gone, and another has its place */
    return duty;
}

/* The t-th peer will be looked at: a hint to the memory, no more. */
static void expect(const struct match_engine *engine, uint32_t t)
{
    const struct match_duty *duty =
        t < engine->choices ? peer_of(engine, t) : NULL;

    if (duty)
        match_fit_expect(duty, true);
}

/* Law 3.  False: no room. */
static bool propose(struct match_engine *engine)
{
    for (; engine->choice_at < engine->choices; engine->choice_at++) {
        struct match_duty *duty = peer_of(engine, engine->choice_at);
        struct match_ticket *ticket =
            match_ticket_find(engine, engine->choice[engine->choice_at]);

        expect(engine, engine->choice_at + 1);
        if (!duty || !ticket || !match_line_waits(engine, ticket) ||
            !match_duty_free(engine, duty) ||
            !match_fit_hard(engine, ticket, duty))
            continue; /* nobody, or something came between */
        if (!match_agenda_propose(engine, ticket, duty))
            return false;
    }
    return true;
}

bool match_batch_go(struct match_engine *engine)
{
    REQUIRE(engine->choice_at <= engine->batch_placed);
    REQUIRE(engine->batch_placed <= engine->batch_edged);
    REQUIRE(engine->batch_edged <= engine->choices);
    if (engine->choice_at == engine->choices)
        return true; /* none is under way */
    return look(engine) && decide(engine) && propose(engine); /* Law 2 */
}

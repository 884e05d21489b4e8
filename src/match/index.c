#include "match/index.h"

#include "base/require.h"
#include "match/fit.h"
#include "match/score.h"

enum { WANTS_WORK = 3 }; /* to say who is wanted takes as long as passes */

/* ---- the columns ---- */

/* Held against what tickets remember. */
void match_index_rise(struct match_engine *engine, struct match_duty *duty)
{
    struct match_pool *pool = &engine->pool[duty->row.pool];

    pool->risen[pool->rises++ % STATE_RISEN] = duty;
}

void match_index_put(struct match_engine *engine, struct match_duty *duty)
{
    struct match_slices *slices = &engine->slices;
    uint32_t factor = match_score_factor(duty->row.yes, duty->row.total);
    bool crisis = duty->row.grade == GRADE_CRISIS_PEER;

    REQUIRE(duty->row.pool < engine->sizes.pools);
    if (duty->row.state != DUTY_ON || duty->hand.version == 0) {
        match_index_drop(engine, duty); /* Law 1 */
        return;
    }
    if (match_slice_is(slices, duty, factor, crisis))
        return;
    match_slice_drop(slices, duty);
    match_slice_put(slices, duty, factor);
    match_index_touch(engine, duty);
    match_index_rise(engine, duty);
}

void match_index_drop(struct match_engine *engine, struct match_duty *duty)
{
    match_slice_drop(&engine->slices, duty);
}

void match_index_touch(struct match_engine *engine,
                       const struct match_duty *duty)
{
    struct match_duty_load load = match_duty_load(engine, duty);

    match_slice_touch(&engine->slices, duty, match_duty_free(engine, duty),
                      &load);
}

void match_index_part(struct match_engine *engine, uint64_t a, uint64_t b)
{
    struct match_ticket *of[] = {match_ticket_of(engine, a),
                                 match_ticket_of(engine, b)};

    for (int i = 0; i < 2; i++)
        if (of[i])
            of[i]->best.until_ms = engine->now_ms;
}

void match_index_unsettle(struct match_engine *engine)
{
    for (uint32_t i = 0; i < engine->sizes.pools; i++)
        engine->pool[i].rises += STATE_RISEN + 1;
}

/* ---- the best of a ticket ---- */

/* Is its θ 0, whoever is there? */
static bool takes_anyone(const struct match_engine *engine,
                         const struct match_ticket *ticket)
{
    return ticket->row.danger || match_ticket_wishes(engine, ticket) ||
           match_ticket_age(engine, ticket) >= engine->limits.relax_ms;
}

/* θ where the best P is best_p. */
static uint32_t theta_of(const struct match_engine *engine,
                         const struct match_ticket *ticket, uint64_t best_p)
{
    const struct match_limits *limits = &engine->limits;
    uint64_t waited = match_ticket_age(engine, ticket);

    REQUIRE(!takes_anyone(engine, ticket));
    best_p = best_p * limits->theta_share >> 16;
    REQUIRE(best_p <= UINT32_MAX);
    return (uint32_t)(best_p * (limits->relax_ms - waited) / limits->relax_ms);
}

/* A P that somebody has, if only of who was the best: 0 if they are not there,
 * or may not meet any more.  The best has no less. */
static uint32_t known_p(const struct match_engine *engine,
                        const struct match_ticket *ticket)
{
    const struct match_duty *duty = ticket->best.duty;

    /* a duty of another in the same place is as good a witness */
    if (!duty || duty->row.state != DUTY_ON ||
        !match_fit_hard(engine, ticket, duty))
        return 0;
    return match_fit_p(engine, ticket, duty);
}

/* Is what is remembered still so? */
static bool still_best(const struct match_engine *engine,
                       const struct match_ticket *ticket, uint32_t known)
{
    const struct match_best *best = &ticket->best;
    const struct match_pool *pool = &engine->pool[ticket->row.pool];

    return best->ticket_stamp == ticket->hand.stamp &&
           engine->now_ms < best->until_ms &&
           pool->rises - best->rises <= STATE_RISEN && known == best->p;
}

/* Who came or changed since. */
static void catch_up(const struct match_engine *engine,
                     struct match_ticket *ticket)
{
    struct match_best *best = &ticket->best;
    const struct match_pool *pool = &engine->pool[ticket->row.pool];

    REQUIRE(pool->rises - best->rises <= STATE_RISEN);
    for (; best->rises != pool->rises; best->rises++) {
        struct match_duty *duty = pool->risen[best->rises % STATE_RISEN];
        uint32_t p;

        REQUIRE(duty != NULL); /* its place may be another's now: no harm */
        if (duty->row.state != DUTY_ON || duty->row.pool != ticket->row.pool)
            continue;
        p = match_fit_p(engine, ticket, duty);
        if (p > best->p)
            match_fit_claim(engine, ticket, best, duty, p);
    }
}

/* As if it had been looked for now: until a must of the ticket relaxes. */
static struct match_best best_of_none(const struct match_engine *engine,
                                      const struct match_ticket *ticket)
{
    uint32_t age =
        match_hand_relaxes(&ticket->hand, match_ticket_age(engine, ticket));

    return (struct match_best){
        .ticket_stamp = ticket->hand.stamp,
        .rises = engine->pool[ticket->row.pool].rises,
        .until_ms = ticket->held ? engine->now_ms
                    : age == UINT32_MAX
                        ? MATCH_NEVER
                        : match_timer_add(ticket->row.since_ms, age)};
}

/* Is the best of the ticket remembered?  Then it is so, and so up to now. */
static bool recall(const struct match_engine *engine,
                   struct match_ticket *ticket, uint32_t known)
{
    if (!still_best(engine, ticket, known))
        return false;
    catch_up(engine, ticket);
    return true;
}

static void look_for_best(struct match_sweep *sweep,
                          struct match_ticket *ticket)
{
    struct match_best found = best_of_none(sweep->engine, ticket);

    REQUIRE(sweep->ticket == ticket);
    match_sweep_best(sweep, &found);
    ticket->best = found;
}

/* The best and θ(ticket), what a P has to reach now, into a sweep for the
 * ticket.  False: nobody is compatible. */
static bool take_theta(struct match_sweep *sweep,
                       const struct match_ticket *ticket)
{
    sweep->p_best = ticket->best.p;
    sweep->theta = theta_of(sweep->engine, ticket, sweep->p_best);
    return sweep->p_best > 0;
}

/* The first k who reach θ of the most that the best could be: they reach θ,
 * and the best need not be looked for.  Mostly that is so; false: it is not,
 * there are fewer. */
static bool found_without(struct match_sweep *sweep)
{
    sweep->theta =
        theta_of(sweep->engine, sweep->ticket, match_sweep_most(sweep));
    if (match_sweep_top(sweep) == sweep->k)
        return true;
    sweep->theta = 0;
    return false;
}

/* ---- what is asked ---- */

bool match_index_wants(struct match_engine *engine, struct match_ticket *ticket,
                       const struct match_duty *duty)
{
    struct match_sweep sweep = {.engine = engine, .ticket = ticket};
    uint32_t p, known;

    if (!match_fit_hard(engine, ticket, duty))
        return false;
    if (takes_anyone(engine, ticket))
        return true;
    engine->work += WANTS_WORK;
    p = match_fit_p(engine, ticket, duty);
    known = known_p(engine, ticket);
    if (!recall(engine, ticket, known)) {
        if (p < theta_of(engine, ticket, known))
            return false; /* θ is no less */
        if (p >= theta_of(engine, ticket, match_sweep_most(&sweep)))
            return true; /* θ is no more */
        look_for_best(&sweep, ticket);
    }
    return p >= theta_of(engine, ticket, ticket->best.p);
}

uint32_t match_index_top(struct match_engine *engine,
                         struct match_ticket *ticket, enum match_sweep_who who,
                         uint32_t k, struct match_rank *rank)
{
    struct match_sweep sweep = {
        .engine = engine, .ticket = ticket, .who = who, .k = k, .rank = rank};

    if (takes_anyone(engine, ticket))
        return match_sweep_top(&sweep);
    if (!recall(engine, ticket, known_p(engine, ticket))) {
        if (found_without(&sweep))
            return k;
        look_for_best(&sweep, ticket);
    }
    return take_theta(&sweep, ticket) ? match_sweep_top(&sweep) : 0;
}

uint32_t match_index_compatible(struct match_engine *engine,
                                struct match_ticket *ticket)
{
    struct match_rank rank[INDEX_TOLD];
    struct match_sweep sweep = {.engine = engine,
                                .ticket = ticket,
                                .who = SWEEP_ON,
                                .k = INDEX_TOLD,
                                .rank = rank};

    return match_sweep_top(&sweep);
}

uint64_t match_index_check(const struct match_engine *engine,
                           const struct match_duty *duty)
{
    bool on = duty->row.state == DUTY_ON && duty->hand.version != 0;

    REQUIRE((duty->place != 0) == on); /* Law 1 */
    if (match_duty_free(engine, duty))
        REQUIRE(match_slice_is_free(&engine->slices, duty)); /* Law 2 */
    if (on) {                                                /* Law 3 */
        const struct match_slice_place *place =
            &engine->slices.place[duty->place - 1];
        struct match_duty_load load = match_duty_load(engine, duty);

        REQUIRE(place->load == load.offers ||
                !match_slice_knows(place, load.now));
    }
    return 3 + match_slice_check(&engine->slices, duty);
}

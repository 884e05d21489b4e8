#include "match/index.h"

#include "base/require.h"
#include "match/fit.h"
#include "match/probe.h"
#include "match/score.h"

/* ---- the columns ---- */

/* A peer who came or changed: held against what tickets remember. */
static void rise(struct match_engine *engine, struct match_duty *duty)
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
        match_index_drop(engine, duty); /* Law 2 */
        return;
    }
    if (match_slice_is(slices, duty, factor, crisis))
        return;
    match_slice_drop(slices, duty);
    match_slice_put(slices, duty, factor);
    match_index_touch(engine, duty);
    rise(engine, duty);
}

void match_index_drop(struct match_engine *engine, struct match_duty *duty)
{
    match_slice_drop(&engine->slices, duty);
}

/* Is it free, or will it be without being touched again, by time alone: at the
 * end of its rest, or of its day? */
static bool may_be_free(const struct match_engine *engine,
                        const struct match_duty *duty)
{
    return duty->row.rest_until_ms > engine->now_ms ||
                   match_duty_room(engine, duty) == 0
               ? match_duty_used(duty) < duty->row.capacity
               : match_duty_free(engine, duty);
}

void match_index_touch(struct match_engine *engine,
                       const struct match_duty *duty)
{
    match_slice_touch(&engine->slices, duty, may_be_free(engine, duty));
}

void match_index_unsettle(struct match_engine *engine)
{
    for (uint32_t i = 0; i < engine->sizes.pools; i++)
        engine->pool[i].rises += STATE_RISEN + 1;
}

/* ---- a sweep over a pool's columns ---- */

struct sweep { /* for the first k of the free, or (k = 0) for the best of all */
    struct match_engine *engine;
    const struct match_ticket *ticket;
    struct match_rank *rank; /* the first n of at most k */
    uint32_t n, k;
    enum match_index_who who;
    bool trusting;  /* the bits alone: whom they name is looked at in the end */
    uint32_t theta; /* no P below it matters; where k = 0, 0 */
    struct match_best best; /* so far; where k = 0 */
    uint32_t factor_most;   /* of the pool */
    uint32_t p_most;        /* no P is above it */
    uint32_t guess;         /* where nobody is found yet, what to aim at */
    uint32_t aimed;         /* the probe passes nobody of this P or more over */
    struct match_probe probe;
};

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

/* P desc, load asc, h asc, id asc. */
static bool before(const struct match_rank *a, const struct match_rank *b)
{
    if (a->p != b->p)
        return a->p > b->p;
    if (a->load != b->load)
        return a->load < b->load;
    if (a->h != b->h)
        return a->h < b->h;
    return a->duty->row.member < b->duty->row.member;
}

/* Put one among the n first of at most k, if it is before the last. */
static uint32_t insert(struct match_rank *rank, uint32_t n, uint32_t k,
                       const struct match_rank *one)
{
    uint32_t at;

    REQUIRE(k > 0);
    REQUIRE(n <= k);
    if (n < k)
        n++;
    for (at = n - 1; at > 0 && before(one, &rank[at - 1]); at--)
        rank[at] = rank[at - 1];
    rank[at] = *one;
    return n;
}

/* The P below which nobody can matter any more. */
static uint32_t least(const struct sweep *s)
{
    if (s->k == 0)
        return s->best.p + 1;
    return s->n == s->k && s->rank[s->n - 1].p > s->theta ? s->rank[s->n - 1].p
                                                          : s->theta;
}

/* Is the duty free now?  If it is not even but for its rest, that is noted. */
static bool is_free(const struct sweep *s, const struct match_duty *duty)
{
    if (match_duty_free(s->engine, duty))
        return true;
    match_index_touch(s->engine, duty);
    return false;
}

/* load(p), as far as it was not worked out in this bucket of time. */
static uint32_t load_of(const struct sweep *s, struct match_slice_place *place)
{
    uint32_t bucket = (uint32_t)(s->engine->now_ms / DUTY_BUCKET_MS);

    if (place->load == SLICE_LOAD_NONE || place->bucket != bucket) {
        place->load = (uint8_t)match_duty_load(s->engine, place->duty);
        place->bucket = bucket;
    }
    return place->load;
}

/* Does a column of this P belong among the first, if it is free? */
static bool ranks(const struct sweep *s, struct match_slice_place *place,
                  struct match_rank *one)
{
    const struct match_rank *last = s->n > 0 ? &s->rank[s->n - 1] : NULL;

    one->h = place->tie - s->ticket->row.tie;
    if (s->n == s->k && one->p == last->p && last->load == 0 &&
        one->h > last->h)
        return false; /* as of most of many equal ones */
    one->load = load_of(s, place);
    return s->n < s->k || before(one, last);
}

/* Is the peer one of those who are looked for, as Law 1 wants it? */
static bool offerable(const struct sweep *s, const struct match_duty *duty)
{
    return (s->who == INDEX_ON || is_free(s, duty)) &&
           match_fit_hard(s->engine, s->ticket, duty);
}

/* A duty of greater P than the best: it is that, unless Hard is against it. */
static void claim_best(const struct match_engine *engine,
                       const struct match_ticket *ticket,
                       struct match_best *best, struct match_duty *duty,
                       uint32_t p)
{
    uint64_t until_ms;

    REQUIRE(p > best->p);
    if (!match_fit_cards(engine, ticket, duty))
        return;
    until_ms = match_fit_parted_until_ms(engine, ticket, duty);
    if (until_ms == 0) {
        best->p = p;
        best->duty = duty;
    } else if (until_ms < best->until_ms) {
        best->until_ms = until_ms;
    }
}

/* A column that may matter, with its P. */
static void consider(struct sweep *s, struct match_slice_place *place,
                     uint32_t p)
{
    struct match_rank one = {.duty = place->duty, .p = p};

    if (s->k == 0)
        claim_best(s->engine, s->ticket, &s->best, place->duty, p);
    else if (ranks(s, place, &one) &&
             (s->trusting || offerable(s, place->duty)))
        s->n = insert(s->rank, s->n, s->k, &one);
}

/* Let the probe pass over all that cannot reach p. */
static void aim(struct sweep *s, uint32_t p)
{
    uint64_t most = s->factor_most; /* with it, whoever reaches p has h */
    uint64_t h = most == 0 ? 0 : (((uint64_t)p << 16) + most - 1) / most;

    s->aimed = p;
    match_probe_aim(&s->probe, h < 65536 ? (uint32_t)h : 65536);
}

/* The columns of a word with P below ceiling that matter. */
static void sweep_word(struct sweep *s, uint32_t first, uint64_t alive,
                       uint32_t ceiling)
{
    uint32_t h_most = match_probe_most(&s->probe);

    for (; alive != 0; alive &= alive - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(alive);
        struct match_slice_place *place = &s->engine->slices.place[first + at];
        uint32_t p, floor = least(s) > s->aimed ? least(s) : s->aimed;

        if (match_score_moved(h_most, place->factor) < floor)
            continue;
        p = match_score_moved(match_probe_h(&s->probe, first + at),
                              place->factor);
        if (p >= floor && p < ceiling)
            consider(s, place, p);
    }
}

/* The columns of a block of at least the P that is aimed at, below ceiling. */
static void sweep_columns(struct sweep *s, uint32_t block, uint32_t ceiling)
{
    const struct match_slices *slices = &s->engine->slices;
    const uint64_t *frees = match_slice_at(slices, block, SLICE_FREE);
    const uint64_t *crisis = match_slice_at(slices, block, SLICE_CRISIS);
    uint32_t n = slices->block[block].n;
    uint64_t alive[SLICE_WORDS];

    for (uint32_t w = 0; w < SLICE_WORDS; w++) {
        alive[w] = n >= w * 64 + 64 ? UINT64_MAX
                   : n > w * 64     ? ((uint64_t)1 << (n - w * 64)) - 1
                                    : 0;
        if (s->k > 0 && s->who != INDEX_ON)
            alive[w] &= frees[w];
        if (s->who == INDEX_CRISIS)
            alive[w] &= crisis[w];
    }
    s->engine->passes++;
    if (!match_probe_narrow(&s->probe, block, alive))
        return;
    for (uint32_t w = 0; w < SLICE_WORDS; w++)
        sweep_word(s, block * SLICE_PLACES + w * 64, alive[w], ceiling);
}

/* As long as nothing says how well one has to fit, those who may fit best are
 * looked at first, then those below: so few are scored in vain. */
static void sweep_block(struct sweep *s, uint32_t block)
{
    uint32_t step = s->p_most / 8, ceiling = UINT32_MAX;

    if (match_score_moved(match_probe_most(&s->probe),
                          s->engine->slices.block[block].factor_max) < least(s))
        return;
    for (;;) {
        uint32_t floor = least(s) < step ? s->guess : least(s);

        if (floor > s->aimed + s->aimed / 64 || floor < s->aimed)
            aim(s, floor);
        sweep_columns(s, block, ceiling);
        if (least(s) >= s->aimed)
            return;
        ceiling = s->aimed;
        s->guess = s->guess > step ? s->guess - step : 0;
    }
}

/* Is nobody in the sectors to come, who have h from h_least on, before those
 * who are found? */
static bool decided(const struct sweep *s, uint64_t h_least)
{
    if (s->k == 0)
        return s->best.p >= s->p_most;
    return s->n == s->k && s->rank[s->n - 1].p >= s->p_most &&
           s->rank[s->n - 1].load == 0 && s->rank[s->n - 1].h < h_least;
}

static void sweep(struct sweep *s)
{
    struct match_slices *slices = &s->engine->slices;
    const struct match_ticket *ticket = s->ticket;
    uint32_t pool = ticket->row.pool;
    uint32_t first = match_slice_sector(slices, ticket->row.tie);

    REQUIRE(ticket->hand.version != 0);
    match_probe_init(&s->probe, slices, pool, &s->engine->pool[pool].rarity,
                     &ticket->hand, match_ticket_age(s->engine, ticket));
    s->factor_most = match_slice_factor_max(slices, pool);
    s->p_most = match_score_moved(match_probe_most(&s->probe), s->factor_most);
    s->guess = s->p_most / 8 * 7;
    s->aimed = 0; /* as a new probe is */
    for (uint32_t i = 0; i < slices->sectors; i++) {
        uint32_t sector = (first + i) & (slices->sectors - 1);
        uint32_t block = slices->pool[pool].head[sector];

        if (i > 0 && decided(s, match_slice_sector_tie(slices, sector) -
                                    ticket->row.tie))
            break;
        while (block != SLICE_NONE) {
            uint32_t next = slices->block[block].next;

            if (next != SLICE_NONE)
                match_probe_expect(&s->probe, next);
            sweep_block(s, block);
            block = next;
        }
    }
}

/* ---- the best of a ticket ---- */

/* Is what is remembered still so? */
static bool still_best(const struct match_engine *engine,
                       const struct match_ticket *ticket)
{
    const struct match_best *best = &ticket->best;
    const struct match_pool *pool = &engine->pool[ticket->row.pool];

    if (best->ticket_stamp != ticket->hand.stamp ||
        engine->now_ms >= best->until_ms ||
        pool->rises - best->rises > STATE_RISEN)
        return false;
    if (!best->duty)
        return true;
    /* a duty of another in the same place is as good a witness */
    return best->duty->row.state == DUTY_ON &&
           match_fit_hard(engine, ticket, best->duty) &&
           match_fit_p(engine, ticket, best->duty) == best->p;
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
            claim_best(engine, ticket, best, duty, p);
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

/* The best of the ticket: as it is remembered, or looked for. */
static const struct match_best *best(struct match_engine *engine,
                                     struct match_ticket *ticket)
{
    struct sweep s = {.engine = engine, .ticket = ticket};

    if (still_best(engine, ticket)) {
        catch_up(engine, ticket);
        return &ticket->best;
    }
    s.best = best_of_none(engine, ticket);
    sweep(&s);
    ticket->best = s.best;
    return &ticket->best;
}

/* θ(ticket): what a P has to reach now. */
static uint32_t theta(struct match_engine *engine, struct match_ticket *ticket)
{
    return takes_anyone(engine, ticket)
               ? 0
               : theta_of(engine, ticket, best(engine, ticket)->p);
}

/* ---- what is asked ---- */

bool match_index_wants(struct match_engine *engine, struct match_ticket *ticket,
                       const struct match_duty *duty)
{
    return match_fit_hard(engine, ticket, duty) &&
           match_fit_p(engine, ticket, duty) >= theta(engine, ticket);
}

/* Are those who were found what the bits said? */
static bool confirmed(const struct sweep *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (!offerable(s, s->rank[i].duty))
            return false;
    return true;
}

/* Whoever is waited for alone. */
static uint32_t top_wish(struct sweep *s)
{
    const struct match_duty *duty =
        match_duty_of(s->engine, s->ticket->row.wish);

    if (duty && duty->place != 0)
        consider(s, &s->engine->slices.place[duty->place - 1],
                 match_fit_p(s->engine, s->ticket, duty));
    return s->n;
}

static uint32_t top(struct sweep *s)
{
    REQUIRE(s->k > 0);
    REQUIRE(s->k <= MATCH_TOP_K_MAX);
    if (match_ticket_wishes(s->engine, s->ticket))
        return top_wish(s);
    s->trusting = true;
    sweep(s);
    if (!confirmed(s)) { /* one by one, then */
        s->trusting = false;
        s->n = 0;
        sweep(s);
    }
    return s->n;
}

uint32_t match_index_top(struct match_engine *engine,
                         struct match_ticket *ticket, enum match_index_who who,
                         uint32_t k, struct match_rank *rank)
{
    struct sweep s = {.engine = engine,
                      .ticket = ticket,
                      .rank = rank,
                      .k = k,
                      .who = who,
                      .theta = theta(engine, ticket)};

    return top(&s);
}

uint32_t match_index_compatible(struct match_engine *engine,
                                struct match_ticket *ticket)
{
    struct match_rank rank[INDEX_TOLD];
    struct sweep s = {.engine = engine,
                      .ticket = ticket,
                      .rank = rank,
                      .k = INDEX_TOLD,
                      .who = INDEX_ON};

    return top(&s);
}

uint64_t match_index_check(const struct match_engine *engine,
                           const struct match_duty *duty)
{
    bool on = duty->row.state == DUTY_ON && duty->hand.version != 0;

    REQUIRE((duty->place != 0) == on); /* Law 2 */
    if (match_duty_free(engine, duty))
        REQUIRE(match_slice_is_free(&engine->slices, duty)); /* Law 3 */
    return 2 + match_slice_check(&engine->slices, duty);
}

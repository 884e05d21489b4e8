/* Long because what a walk knows and what moves it on are one thing. */
#include "match/sweep.h"

#include "base/require.h"
#include "match/fit.h"
#include "match/index.h"
#include "match/score.h"

enum {
    BLOCKS = 16,  /* that are taken at a time, at most */
    WINDOWS = 8,  /* from the most there may be down to nothing */
    RENEWALS = 8, /* of blocks that are passed over, in one walk */
    FEW = 8,      /* who are scored without asking who fits */
    SCORED = 8    /* take as long as a pass over a block, at most */
};

struct taken { /* a block */
    uint32_t block;
    uint32_t load_end;          /* the walk's, when `seen` was told */
    bool left;                  /* somebody is */
    uint64_t h;                 /* nobody in it has less */
    uint64_t seen[SLICE_WORDS]; /* scored, or not looked for */
    uint64_t alive[SLICE_WORDS];
};

struct walk {
    struct match_sweep *s;
    struct match_best *best; /* what is looked for, where it is not rank[] */
    struct match_slices *slices;
    bool trusting; /* the bits alone: whom they name is looked at in the end */
    bool over;     /* nobody is left who could matter */
    uint32_t factor_most;    /* of the pool */
    uint32_t h_most, p_most; /* no H, no P is above it */
    uint64_t h;              /* nobody who is looked at from here on has less */
    uint32_t least;          /* no P of theirs below it can matter any more, */
    uint32_t load_end;       /* nor this load or more, unless it is 0 */
    uint64_t h_end;          /* nobody of more h is among the first */
    uint32_t aimed;        /* the probe passes nobody of this P or more over */
    uint32_t window;       /* where to aim next, of WINDOWS */
    uint32_t blocks, room; /* taken, of as many as are taken now */
    uint32_t lefts;        /* in them, whom the probe left */
    uint32_t renewals;     /* that may still be */
    struct taken taken[BLOCKS];
    uint32_t left[SLICE_PLACES]; /* places of a block */
    struct match_probe *probe;
};

/* ---- who is found ---- */

/* What of those who have h and more can matter, now that these are found? */
static void tighten(struct walk *walk, uint64_t h)
{
    const struct match_sweep *s = walk->s;
    const struct match_rank *last;

    walk->h = h;
    if (walk->best)
        walk->least = walk->best->p + 1;
    if (walk->best || s->n < s->k)
        return;
    last = &s->rank[s->k - 1];
    REQUIRE(last->p >= s->theta);
    walk->least = last->p;
    if (last->load == 0 && last->h < h)
        walk->least++; /* equals come by h */
    if (last->p < walk->p_most)
        return;
    if (last->load == 0) /* and nobody is better */
        walk->h_end = last->h;
    walk->load_end = last->load + (last->h >= h);
}

/* Is the duty free now?  If it is not, that is noted. */
static bool is_free(const struct match_sweep *s, const struct match_duty *duty)
{
    if (match_duty_free(s->engine, duty))
        return true;
    match_index_touch(s->engine, duty);
    return false;
}

/* load(p), worked out only where what was said of it may be over. */
static uint32_t load_of(const struct match_sweep *s,
                        struct match_slice_place *place)
{
    if (!match_slice_knows(place, match_duty_bucket(s->engine))) {
        struct match_duty_load load = match_duty_load(s->engine, place->duty);

        match_slice_load(&s->engine->slices, place, &load);
    }
    return place->load;
}

/* Does a column of this P belong among the first, if it is free? */
static bool ranks(const struct match_sweep *s, struct match_slice_place *place,
                  struct match_rank *one)
{
    const struct match_rank *last = s->n == s->k ? &s->rank[s->k - 1] : NULL;

    REQUIRE(s->k > 0);
    one->h = place->tie - s->ticket->row.tie;
    if (last && one->p == last->p && last->load == 0 && one->h > last->h)
        return false; /* as of most of many equal ones */
    one->load = load_of(s, place);
    return !last || match_rank_before(one, last);
}

/* Is the h of a column (ENGINE.md §3) at most this? */
static bool within(const struct walk *walk, uint32_t at, uint64_t h)
{
    return h == UINT64_MAX ||
           walk->slices->place[at].tie - walk->s->ticket->row.tie <= h;
}

/* Is a column after all who are found, even if it had the most P there is? */
static bool beaten(const struct walk *walk, uint32_t at)
{
    return match_score_moved(walk->h_most, walk->slices->fit[at].factor) <
               walk->least ||
           !within(walk, at, walk->h_end);
}

/* Is the peer one of those who are looked for, as Law 1 wants it?  sure: the
 * bits have shown that the cards are compatible. */
static bool offerable(const struct match_sweep *s,
                      const struct match_duty *duty, bool sure)
{
    if (s->who != SWEEP_ON && !is_free(s, duty))
        return false;
    return sure ? match_fit_people(s->engine, s->ticket, duty) &&
                      match_fit_parted_until_ms(s->engine, s->ticket, duty) == 0
                : match_fit_hard(s->engine, s->ticket, duty);
}

/* A column that may matter, with its P. */
static void consider(struct walk *walk, struct match_slice_place *place,
                     uint32_t p)
{
    struct match_sweep *s = walk->s;
    struct match_rank one = {.duty = place->duty,
                             .p = p,
                             .place =
                                 (uint32_t)(place - s->engine->slices.place)};

    if (walk->best)
        match_fit_claim(s->engine, s->ticket, walk->best, place->duty, p);
    else if (ranks(s, place, &one) &&
             (walk->trusting || offerable(s, place->duty, false)))
        s->n = match_rank_insert(s->rank, s->n, s->k, &one);
}

/* Is nobody who has h and more before those who are found? */
static bool decided(struct walk *walk, uint64_t h)
{
    tighten(walk, h);
    return walk->least > walk->p_most;
}

/* ---- the blocks that are taken ---- */

/* Let the probe pass over all that cannot reach p. */
static void aim(struct walk *walk, uint32_t p)
{
    uint64_t most = walk->factor_most; /* with it, whoever reaches p has h */
    uint64_t h = most == 0 ? 0 : (((uint64_t)p << 16) + most - 1) / most;

    if (walk->aimed == p)
        return;
    walk->aimed = p;
    match_probe_aim(walk->probe, h < 65536 ? (uint32_t)h : 65536);
}

/* Who has so many offers that they cannot matter any more is not looked for. */
static void pass_over_laden(struct walk *walk, struct taken *taken)
{
    uint32_t bucket = match_duty_bucket(walk->s->engine);
    uint64_t laden[SLICE_WORDS];

    if (walk->load_end == taken->load_end || walk->load_end > DUTY_LOAD_MAX)
        return;
    taken->load_end = walk->load_end;
    if (walk->renewals > 0 &&
        match_slice_renew(walk->slices, taken->block, bucket))
        walk->renewals--;
    match_slice_laden(walk->slices, taken->block, walk->load_end, bucket,
                      laden);
    for (uint32_t w = 0; w < SLICE_WORDS; w++)
        taken->seen[w] |= laden[w];
}

/* Who is looked for in a block; false: nobody. */
static bool look(struct walk *walk, struct taken *taken)
{
    enum match_sweep_who who = walk->best ? SWEEP_ON : walk->s->who;
    const uint64_t *frees =
        match_slice_at(walk->slices, taken->block, SLICE_FREE);
    const uint64_t *crisis =
        match_slice_at(walk->slices, taken->block, SLICE_CRISIS);
    uint32_t n = walk->slices->block[taken->block].n;
    uint64_t all = UINT64_MAX;

    if (who == SWEEP_ON) {
        for (uint32_t w = 0; w < SLICE_WORDS; w++)
            taken->seen[w] = n >= w * 64 + 64 ? 0
                             : n > w * 64     ? UINT64_MAX << (n - w * 64)
                                              : UINT64_MAX;
        return n > 0;
    }
    for (uint32_t w = 0; w < SLICE_WORDS; w++) /* match/slice law 3 */
        taken->seen[w] =
            ~(who == SWEEP_CRISIS ? frees[w] & crisis[w] : frees[w]);
    pass_over_laden(walk, taken);
    for (uint32_t w = 0; w < SLICE_WORDS; w++)
        all &= taken->seen[w];
    return all != UINT64_MAX;
}

/* Those who are left, how many they are, will be looked at: a hint to the
 * memory, no more. */
static uint32_t expect(const struct walk *walk, const struct taken *taken)
{
    const struct match_slices *slices = walk->slices;
    uint32_t n = 0;

    for (uint32_t w = 0; w < SLICE_WORDS; w++) {
        uint32_t first = taken->block * SLICE_PLACES + w * 64;

        for (uint64_t alive = taken->alive[w]; alive != 0; alive &= alive - 1) {
            uint32_t at = first + (uint32_t)__builtin_ctzll(alive);

            n++;
            __builtin_prefetch(&slices->fit[at]);
            if (!walk->best) /* then many are ranked */
                __builtin_prefetch(&slices->place[at]);
        }
    }
    return n;
}

static void narrow(struct walk *walk, struct taken *taken)
{
    for (uint32_t w = 0; w < SLICE_WORDS; w++) /* look() set all of them */
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign) */
        taken->alive[w] = ~taken->seen[w];
    walk->s->engine->work++;
    taken->left = match_probe_narrow(walk->probe, taken->block, taken->alive);
    if (taken->left)
        walk->lefts += expect(walk, taken);
}

/* All who are left of a block, can still matter and have this h at most, into
 * left[]; they are seen.  What they seek is called for. */
static uint32_t gather(struct walk *walk, struct taken *taken, uint64_t h)
{
    const struct match_slices *slices = walk->slices;
    uint32_t n = 0;

    pass_over_laden(walk, taken);
    for (uint32_t w = 0; w < SLICE_WORDS; w++) {
        uint32_t first = taken->block * SLICE_PLACES + w * 64;
        uint64_t left = taken->alive[w] & ~taken->seen[w];

        for (; left != 0; left &= left - 1) {
            uint32_t at = first + (uint32_t)__builtin_ctzll(left);

            if (!within(walk, at, h))
                continue;
            walk->left[n++] = at;
            taken->seen[w] |= left & -left;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        match_profile_expect(&slices->profiles,
                             slices->fit[walk->left[i]].profile);
    return n;
}

/* One who is left: what costs least to know is looked at first.  False: not at
 * this aim, but perhaps at a lower one. */
static bool score_one(struct walk *walk, uint32_t at)
{
    uint32_t factor = walk->slices->fit[at].factor, to, p;

    if (beaten(walk, at))
        return true;
    to = match_probe_to(walk->probe, at);
    if (!match_probe_may(walk->probe, to))
        return false;
    p = match_score_moved(match_probe_most_of(walk->probe, to), factor);
    if (p < walk->least)
        return true;
    p = match_score_moved(match_probe_h(walk->probe, at, to), factor);
    if (p >= walk->least) {
        consider(walk, &walk->slices->place[at], p);
        tighten(walk, walk->h);
    }
    return true;
}

/* All who are left of a block, of this h at most. */
static void score(struct walk *walk, struct taken *taken, uint64_t h)
{
    uint32_t n = gather(walk, taken, h);

    walk->s->engine->work += n / SCORED;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = walk->left[i];

        if (!score_one(walk, at))
            taken->seen[at % SLICE_PLACES / 64] &= ~((uint64_t)1 << at % 64);
    }
}

/* All who are left of the blocks that were taken, of this h at most; over, if
 * that is no less than h_end. */
static void score_taken(struct walk *walk, uint64_t h)
{
    for (uint32_t i = 0; i < walk->blocks; i++) {
        if (decided(walk, walk->taken[i].h)) {
            /* else some who were passed by are before the last found */
            walk->over = walk->h_end <= h;
            return;
        }
        if (walk->taken[i].left)
            score(walk, &walk->taken[i], h);
    }
}

/* Where all who are left may have the most P there is, and they are many: those
 * of little h first, who are before the others if they do; about twice as many
 * as are looked for. */
static void score_first(struct walk *walk)
{
    uint32_t enough = 2 * walk->s->k;

    if (!walk->best && walk->aimed >= walk->p_most && walk->lefts > enough)
        score_taken(walk, UINT64_MAX / walk->lefts * enough);
}

/* The P to aim at.  As long as nothing that was found says it, those who may
 * fit best are looked at first, then those below: few are scored in vain. */
static uint32_t next_aim(struct walk *walk)
{
    uint32_t floor = walk->least, p, most = walk->p_most;
    uint32_t low = walk->s->theta > 0 ? floor : 0;

    if (walk->best ? walk->best->p > 0 : walk->s->n == walk->s->k)
        return floor;
    REQUIRE(low <= most);
    p = most - (most - low) * walk->window / WINDOWS;
    if (walk->window < WINDOWS)
        walk->window += low > 0 ? 2 : 1;
    return p > floor ? p : floor;
}

/* Be done with the blocks that were taken. */
static void finish(struct walk *walk)
{
    while (walk->blocks > 0 && !walk->over) {
        tighten(walk, walk->taken[0].h);
        aim(walk, next_aim(walk));
        walk->lefts = 0;
        for (uint32_t i = 0; i < walk->blocks; i++) {
            if (i + 1 < walk->blocks)
                match_probe_expect(walk->probe, walk->taken[i + 1].block);
            narrow(walk, &walk->taken[i]);
        }
        score_first(walk);
        if (!walk->over)
            score_taken(walk, walk->h_end);
        tighten(walk, walk->taken[0].h);
        if (walk->least >= walk->aimed)
            break; /* Law 2: whoever is left has a P below what is found */
    }
    walk->blocks = 0;
    walk->room = walk->room < BLOCKS ? 2 * walk->room : BLOCKS;
}

/* Take a block of those with this h and more. */
static void take(struct walk *walk, uint32_t block, uint64_t h)
{
    if (walk->blocks == 0 && decided(walk, h)) {
        walk->over = true;
        return;
    }
    if (match_score_moved(walk->h_most, walk->slices->block[block].factor_max) <
        walk->least)
        return;
    walk->taken[walk->blocks].block = block;
    walk->taken[walk->blocks].h = h;
    walk->taken[walk->blocks].load_end = 0;
    if (look(walk, &walk->taken[walk->blocks]) && ++walk->blocks == walk->room)
        finish(walk);
}

/* ---- the walk ---- */

/* Make the engine's probe this ticket's. */
static const struct match_probe *ask(struct match_sweep *s)
{
    struct match_engine *engine = s->engine;
    uint32_t pool = s->ticket->row.pool;

    REQUIRE(s->ticket->hand.version != 0);
    if (!s->asked)
        match_probe_init(&engine->probe, &engine->slices, pool,
                         &engine->pool[pool].rarity, &s->ticket->hand,
                         match_ticket_age(engine, s->ticket));
    s->asked = true;
    return &engine->probe;
}

uint32_t match_sweep_most(struct match_sweep *sweep)
{
    return match_score_moved(match_probe_most(ask(sweep)),
                             match_slice_factor_max(&sweep->engine->slices,
                                                    sweep->ticket->row.pool));
}

static void begin(struct walk *walk)
{
    struct match_sweep *s = walk->s;

    REQUIRE(!walk->best || (s->p_best == 0 && s->theta == 0));
    walk->slices = &s->engine->slices;
    walk->probe = &s->engine->probe;
    walk->factor_most =
        match_slice_factor_max(walk->slices, s->ticket->row.pool);
    walk->h_most = match_probe_most(ask(s));
    walk->p_most = s->p_best > 0 ? s->p_best : match_sweep_most(s);
    walk->over = false;
    walk->blocks = 0;
    walk->room = walk->best || s->k == 1 ? 1 : BLOCKS;
    walk->aimed = UINT32_MAX; /* at nothing yet */
    walk->window = 0;
    walk->least = s->theta;
    walk->h_end = UINT64_MAX;
    walk->load_end = 0;
    walk->renewals = RENEWALS;
    tighten(walk, 0);
}

static void go(struct walk *walk)
{
    const struct match_ticket *ticket = walk->s->ticket;
    uint32_t first, sectors;

    begin(walk);
    first = match_slice_sector(walk->slices, ticket->row.tie);
    sectors = walk->slices->sectors;
    for (uint32_t i = 0; i < sectors && !walk->over; i++) {
        uint32_t sector = (first + i) & (sectors - 1);
        uint32_t block = walk->slices->pool[ticket->row.pool].head[sector];
        uint64_t h = i == 0 ? 0
                            : match_slice_sector_tie(walk->slices, sector) -
                                  ticket->row.tie;

        for (; block != SLICE_NONE && !walk->over;
             block = walk->slices->block[block].next)
            take(walk, block, h);
    }
    finish(walk);
}

void match_sweep_best(struct match_sweep *sweep, struct match_best *best)
{
    struct walk walk;

    walk.s = sweep;
    walk.best = best;
    go(&walk);
}

/* Are those who were found what the bits said?  Law 1. */
static bool confirmed(const struct match_sweep *s)
{
    const struct match_probe *probe = &s->engine->probe;
    bool sure[MATCH_TOP_K_MAX];

    for (uint32_t i = 0; i < s->n; i++) {
        sure[i] = match_probe_sure(probe, s->rank[i].place);
        match_fit_expect(s->rank[i].duty, !sure[i]);
    }
    for (uint32_t i = 0; i < s->n; i++)
        if (!offerable(s, s->rank[i].duty, sure[i]))
            return false;
    return true;
}

/* Who need not be looked for: whoever is waited for alone; or who may be free,
 * where that is hardly anybody.  How many; FEW + 1: they are more. */
static uint32_t find_few(const struct match_sweep *s,
                         const struct match_duty *few[FEW])
{
    if (match_ticket_wishes(s->engine, s->ticket)) {
        few[0] = match_duty_of(s->engine, s->ticket->row.wish);
        return few[0] && few[0]->place != 0;
    }
    if (s->who == SWEEP_ON)
        return FEW + 1;
    return match_slice_frees(&s->engine->slices, s->ticket->row.pool, few, FEW);
}

/* Those one by one; false: they are more. */
static bool consider_few(struct walk *walk)
{
    const struct match_sweep *s = walk->s;
    const struct match_duty *few[FEW];
    uint32_t n = find_few(s, few);

    walk->trusting = false;
    for (uint32_t i = 0; i < n && n <= FEW; i++) {
        uint32_t p = match_fit_p(s->engine, s->ticket, few[i]);

        if (p >= s->theta &&
            (s->who != SWEEP_CRISIS || few[i]->row.grade == GRADE_CRISIS_PEER))
            consider(walk, &s->engine->slices.place[few[i]->place - 1], p);
    }
    return n <= FEW;
}

uint32_t match_sweep_top(struct match_sweep *sweep)
{
    struct walk walk;

    REQUIRE(sweep->k > 0);
    REQUIRE(sweep->k <= MATCH_TOP_K_MAX);
    walk.s = sweep;
    walk.best = NULL;
    sweep->n = 0;
    if (consider_few(&walk))
        return sweep->n;
    /* A moment's one: whoever was offered may meet the same again, in vain. */
    walk.trusting = sweep->k > 1 || sweep->ticket->row.offers == 0;
    go(&walk);
    if (walk.trusting && !confirmed(sweep)) { /* one by one, then */
        walk.trusting = false;
        sweep->n = 0;
        go(&walk);
    }
    return sweep->n;
}

#include "match/probe.h"

#include "base/require.h"
#include "match/score.h"

enum {
    ONE = 65536,
    EXPECTED = 4, /* rows that are looked at in every block */
    UNITS = (1 << NARROW_PLANES) - 1 /* of what a column may lack */
};

/* ---- the question ---- */

/* The row of a term in a kind, if anybody uses it. */
static bool used_row(const struct match_slices *slices, uint32_t pool,
                     enum match_slice_kind kind, uint32_t term, uint32_t *row)
{
    *row = match_slice_row(slices, kind, term);
    return slices->pool[pool].use[*row].uses > 0;
}

static bool is_only(const struct match_slices *slices, uint32_t pool,
                    uint32_t row, uint32_t term)
{
    return slices->pool[pool].use[row].only == term;
}

static void add_row(struct match_narrow_rows *rows, uint32_t row)
{
    REQUIRE(rows->n < MATCH_MUST_TOKENS_MAX);
    rows->row[rows->n++] = row;
}

/* One more row of a group that begins at `first`. */
static void add_to_group(struct match_narrow_groups *groups, uint32_t first,
                         uint32_t row)
{
    REQUIRE(groups->n < MATCH_MUST_TOKENS_MAX);
    if (groups->n > first)
        groups->of[groups->n - 1].more = UINT64_MAX;
    groups->of[groups->n].row = row;
    groups->of[groups->n].kept = groups->n > first ? UINT64_MAX : 0;
    groups->of[groups->n++].more = 0;
}

/* Whoever has the row is ruled out, if that is for this term. */
static void bar(struct match_probe *p, uint32_t pool, uint32_t row,
                uint32_t term)
{
    if (is_only(p->slices, pool, row, term))
        add_row(&p->rows.barred, row);
    else
        p->sure = false;
}

/* What the ticket requires and rules out. */
static void ask_limits(struct match_probe *p, uint32_t pool, uint64_t waited_ms)
{
    const struct match_hand *hand = p->hand;
    uint32_t row;

    for (uint8_t i = 0; i < hand->musts; i++) {
        uint32_t before = p->rows.must.n;

        if (hand->must[i].relax_after_ms != 0 &&
            waited_ms >= hand->must[i].relax_after_ms)
            continue;
        for (uint8_t j = 0; j < hand->must[i].count; j++) {
            uint32_t term = hand->must_term[hand->must[i].first + j];

            if (!used_row(p->slices, pool, SLICE_HAVE, term, &row))
                continue;
            add_to_group(&p->rows.must, before, row);
            p->sure = p->sure && is_only(p->slices, pool, row, term);
        }
        if (p->rows.must.n == before)
            p->nobody = true;
    }
    for (uint8_t i = 0; i < hand->must_nots; i++)
        if (used_row(p->slices, pool, SLICE_HAVE, hand->must_not[i], &row))
            bar(p, pool, row, hand->must_not[i]);
}

/* What peers seek, require and rule out of what the ticket has. */
static void ask_peers(struct match_probe *p, uint32_t pool)
{
    uint32_t row;

    for (uint8_t i = 0; i < p->hand->haves; i++) {
        uint32_t term = p->hand->have[i];

        if (used_row(p->slices, pool, SLICE_SEEK, term, &row))
            add_row(&p->rows.sought, row);
        if (used_row(p->slices, pool, SLICE_MUST, term, &row)) {
            add_row(&p->rows.required, row);
            p->sure = p->sure && is_only(p->slices, pool, row, term);
        }
        if (used_row(p->slices, pool, SLICE_MUST_NOT, term, &row))
            bar(p, pool, row, term);
    }
}

struct group { /* of what is sought */
    uint8_t number;
    uint32_t bits; /* of its rarest term */
    uint64_t weight;
};

static struct group group_of(const struct match_probe *p, uint8_t number)
{
    const struct match_seek *seek = &p->hand->seek;
    struct group group = {.number = number};

    for (uint8_t i = 0; i < seek->group[number].count; i++) {
        uint32_t term = seek->term[seek->group[number].first + i];

        if (p->rarity->term[term].bits > group.bits)
            group.bits = p->rarity->term[term].bits;
    }
    group.weight =
        match_score_weight(group.bits, seek->group[number].importance);
    return group;
}

/* The levels of one group, rarest first. */
static void ask_group(struct match_probe *p, uint32_t pool,
                      const struct group *group)
{
    const struct match_seek *seek = &p->hand->seek;
    const uint32_t *term = &seek->term[seek->group[group->number].first];
    uint8_t n = seek->group[group->number].count, first = p->levels;
    uint64_t most = group->bits, weight = group->weight;
    uint32_t row;

    p->weights += weight;
    for (uint8_t i = 0; i < n; i++) {
        uint64_t bits = p->rarity->term[term[i]].bits;
        uint64_t value = weight * (most == 0 ? ONE : ONE * bits / most);
        uint8_t at = p->levels;

        if (value == 0 || !used_row(p->slices, pool, SLICE_HAVE, term[i], &row))
            continue;
        REQUIRE(at < MATCH_SEEK_TOKENS_MAX);
        for (; at > first && p->level[at - 1].lost < value; at--)
            p->level[at] = p->level[at - 1];
        p->level[at] = (struct match_probe_level){
            .at = (size_t)row * p->slices->stride * SLICE_WORDS,
            .row = row,
            .term = term[i],
            .only = is_only(p->slices, pool, row, term[i]),
            .lost = value};
        p->plain = p->plain && p->level[at].only;
        p->levels++;
    }
    p->missing += weight * ONE - (p->levels > first ? p->level[first].lost : 0);
    for (uint8_t i = first; i < p->levels; i++) {
        p->level[i].next = p->levels;
        p->level[i].kept = i > first ? UINT64_MAX : 0;
        if (i + 1 < p->levels) /* who lacks this has the next still */
            p->level[i].lost -= p->level[i + 1].lost;
    }
}

/* H of who seeks something and finds nothing. */
static uint32_t unmet(uint64_t to)
{
    return match_score_mean((uint32_t)to, 0);
}

uint32_t match_probe_most_of(const struct match_probe *probe, uint32_t to)
{
    uint32_t h;

    if (probe->weights == 0)
        return probe->rows.sought.n > 0 ? ONE : ONE / 2;
    if (probe->rows.sought.n > 0)
        return match_score_mean(to, ONE);
    h = match_score_mean(to, to); /* of who seeks nothing */
    return h > unmet(to) ? h : unmet(to);
}

/* Law 3, of who has all that anybody has. */
static uint32_t most(const struct match_probe *p)
{
    uint64_t missing =
        p->weights == 0 ? 0 : (p->missing + p->weights - 1) / p->weights;

    return match_probe_most_of(p, (uint32_t)(ONE - missing));
}

/* The groups, dearest first, and of equal ones the rarest. */
static void ask_groups(struct match_probe *p, uint32_t pool)
{
    struct group groups[MATCH_SEEK_MAX];
    uint8_t n = p->hand->seek.groups;

    REQUIRE(n <= MATCH_SEEK_MAX);
    for (uint8_t i = 0; i < n; i++) {
        struct group group = group_of(p, i);
        uint8_t at = i;

        for (; at > 0 && (groups[at - 1].weight < group.weight ||
                          (groups[at - 1].weight == group.weight &&
                           groups[at - 1].bits < group.bits));
             at--)
            groups[at] = groups[at - 1];
        groups[at] = group;
    }
    for (uint8_t i = 0; i < n; i++)
        ask_group(p, pool, &groups[i]);
}

void match_probe_init(struct match_probe *probe, struct match_slices *slices,
                      uint32_t pool, const struct match_rarity *rarity,
                      const struct match_hand *hand, uint64_t waited_ms)
{
    struct match_probe *p = probe;

    REQUIRE(hand->version != 0);
    p->slices = slices;
    p->rarity = rarity;
    p->hand = hand;
    p->rows.must.n = p->rows.barred.n = p->rows.required.n = p->rows.sought.n =
        0;
    p->levels = 0;
    p->plain = true;
    p->weights = p->missing = 0;
    p->nobody = slices->pool[pool].n == 0;
    p->sure = true;
    match_profile_ask(&slices->profiles);
    ask_limits(p, pool, waited_ms);
    ask_peers(p, pool);
    ask_groups(p, pool);
    p->most = most(p);
}

/* The least D toward a peer with which H can reach `least`. */
static uint32_t least_toward(const struct match_probe *p, uint64_t least)
{
    if (least <= unmet(ONE))
        return 0;
    return (uint32_t)(p->rows.sought.n > 0 ? ONE * least / (2 * ONE - least)
                                           : least);
}

/* By how much the weighted sum toward a peer may lack what is to be had, for D
 * of at least `least`; negative: nobody has that much. */
static int64_t spare_of(const struct match_probe *p, uint64_t least)
{
    return (int64_t)((ONE - least) * p->weights) - (int64_t)p->missing;
}

/* What lacking one level after another of a group costs.  If one must have it
 * or what is before it, what is after it matters to nobody: from that level on
 * all who are left have what the group is worth.  Which; if none, the next
 * group's first. */
static uint8_t aim_group(struct match_probe *p, uint8_t first, uint64_t unit)
{
    uint32_t lacked = p->rows.lacked.n, wanted = p->rows.wanted.n;

    for (uint8_t i = first; i < p->level[first].next; i++) {
        uint64_t units = p->level[i].lost / unit;

        if (units > UNITS) {
            for (uint8_t j = first; j <= i; j++)
                add_to_group(&p->rows.wanted, wanted, p->level[j].row);
            return i;
        }
        p->rows.lacked.of[p->rows.lacked.n].row = p->level[i].row;
        p->rows.lacked.of[p->rows.lacked.n].kept =
            p->rows.lacked.n > lacked ? UINT64_MAX : 0;
        for (int bit = 0; bit < NARROW_PLANES; bit++)
            p->rows.lacked.of[p->rows.lacked.n].units[bit] =
                0 - (units >> bit & 1);
        p->rows.lacked.n++;
    }
    return p->level[first].next;
}

/* Which levels of a group are asked of who is left: all before `from`; and the
 * others too, where a row of the question is several terms'.  Law 5. */
static void open_group(struct match_probe *p, uint8_t first, uint8_t from)
{
    uint8_t next = p->level[first].next;

    for (uint8_t i = first; i < next; i++)
        if (p->plain && i >= from)
            p->had += p->level[i].lost;
        else
            p->open[p->opens++] = p->level[i];
}

void match_probe_aim(struct match_probe *probe, uint32_t least)
{
    struct match_probe *p = probe;
    uint32_t toward = least_toward(p, least);
    int64_t spare = spare_of(p, toward), own;
    uint64_t unit = UINT64_MAX;

    REQUIRE(least <= ONE);
    p->toward = p->weights == 0 ? 0 : toward;
    p->rows.met_wanted = least > unmet(p->weights == 0 ? 0 : ONE);
    p->rows.seeking_wanted = p->weights == 0 && least > ONE / 2;
    p->rows.choosy = p->weights > 0 && toward > 0;
    p->nobody_so_well = p->weights > 0 && spare < 0;
    if (p->weights == 0 || spare < 0)
        return;
    own =
        spare_of(p, toward == 0 ? 0 : least); /* H of who seeks nothing is D */
    if (toward > 0)
        unit = (uint64_t)spare / UNITS + 1;
    p->rows.seeking_wanted = own < 0;
    p->rows.units = (uint8_t)(own < 0 ? 0 : (uint64_t)own / unit);
    p->rows.wanted.n = p->rows.lacked.n = 0;
    p->opens = 0;
    p->had = 0;
    for (uint8_t i = 0; i < p->levels; i = p->level[i].next)
        open_group(p, i, aim_group(p, i, unit));
}

bool match_probe_narrow(const struct match_probe *probe, uint32_t block,
                        uint64_t alive[SLICE_WORDS])
{
    return !probe->nobody && !probe->nobody_so_well && /* Law 1 */
           match_narrow(&probe->rows, probe->slices, block, alive);
}

void match_probe_expect(const struct match_probe *probe, uint32_t block)
{
    for (uint8_t i = 0; i < probe->levels && i < EXPECTED; i++)
        __builtin_prefetch(
            match_slice_at(probe->slices, block, probe->level[i].row));
}

/* ---- one column ---- */

/* Has the column a level's term, by its bit? */
static inline uint64_t bit_of(const struct match_probe_level *level,
                              const uint64_t *word, uint32_t place)
{
    return word[level->at] >> place % 64 & 1;
}

/* The same where a row may be several terms'. */
static uint64_t term_of(const struct match_probe *p,
                        const struct match_probe_level *level,
                        const uint64_t *word, uint32_t place)
{
    uint64_t bit = bit_of(level, word, place);

    return bit && !level->only
               ? match_hand_has(&p->slices->place[place].duty->hand,
                                level->term)
               : bit;
}

bool match_probe_sure(const struct match_probe *probe, uint32_t place)
{
    const uint64_t *picky =
        match_slice_at(probe->slices, place / SLICE_PLACES, SLICE_PICKY);

    return probe->sure && /* Law 4 */
           (picky[place % SLICE_PLACES / 64] >> place % 64 & 1) == 0;
}

uint32_t match_probe_to(const struct match_probe *probe, uint32_t place)
{
    const struct match_probe *p = probe;
    const struct match_probe_level *level = p->open, *end = level + p->opens;
    const uint64_t *word = match_slice_at(p->slices, place / SLICE_PLACES, 0) +
                           place % SLICE_PLACES / 64;
    uint64_t sum = p->had, has = 0;

    if (p->weights == 0)
        return ONE / 2;
    for (; level < end; level++) {
        has = (has & level->kept) | (p->plain ? bit_of(level, word, place)
                                              : term_of(p, level, word, place));
        sum += level->lost & (0 - has);
    }
    return (uint32_t)(sum / p->weights);
}

uint32_t match_probe_h(const struct match_probe *probe, uint32_t place,
                       uint32_t to)
{
    const struct match_probe *p = probe;
    uint32_t profile = p->slices->fit[place].profile, from;

    if (profile == PROFILE_NONE)
        return match_score_mean(to, to);
    from = match_profile_d(&p->slices->profiles, profile, p->rarity, p->hand);
    return match_score_mean(p->weights > 0 ? to : from, from); /* Law 2 */
}

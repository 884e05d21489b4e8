#include "match/probe.h"

#include "base/require.h"
#include "match/score.h"

enum {
    ONE = 65536,
    EXPECTED = 4, /* rows that are looked at in every block */
    PLANES = 5,
    UNITS = (1 << PLANES) - 1, /* of what a column may lack */
    UNITS_ALL = 1 << PLANES    /* more than that: it must have it */
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

static void add_row(struct match_probe_rows *rows, uint32_t row)
{
    REQUIRE(rows->n < MATCH_MUST_TOKENS_MAX);
    rows->row[rows->n++] = row;
}

/* What the ticket requires and rules out. */
static void ask_limits(struct match_probe *p, uint32_t pool, uint64_t waited_ms)
{
    const struct match_hand *hand = p->hand;
    uint32_t row;

    for (uint8_t i = 0; i < hand->musts; i++) {
        uint32_t before = p->must.n;

        if (hand->must[i].relax_after_ms != 0 &&
            waited_ms >= hand->must[i].relax_after_ms)
            continue;
        for (uint8_t j = 0; j < hand->must[i].count; j++)
            if (used_row(p->slices, pool, SLICE_HAVE,
                         hand->must_term[hand->must[i].first + j], &row))
                add_row(&p->must, row);
        REQUIRE(p->musts < MATCH_MUST_MAX);
        if (p->must.n == before)
            p->nobody = true;
        p->must_end[p->musts++] = (uint8_t)p->must.n;
    }
    for (uint8_t i = 0; i < hand->must_nots; i++)
        if (used_row(p->slices, pool, SLICE_HAVE, hand->must_not[i], &row) &&
            is_only(p->slices, pool, row, hand->must_not[i]))
            add_row(&p->must_not, row);
}

/* What peers seek, require and rule out of what the ticket has. */
static void ask_peers(struct match_probe *p, uint32_t pool)
{
    uint32_t row;

    for (uint8_t i = 0; i < p->hand->haves; i++) {
        uint32_t term = p->hand->have[i];

        if (used_row(p->slices, pool, SLICE_SEEK, term, &row))
            add_row(&p->sought, row);
        if (used_row(p->slices, pool, SLICE_MUST, term, &row))
            add_row(&p->required, row);
        if (used_row(p->slices, pool, SLICE_MUST_NOT, term, &row) &&
            is_only(p->slices, pool, row, term))
            add_row(&p->ruled_out, row);
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
        for (; at > first && p->level[at - 1].value < value; at--)
            p->level[at] = p->level[at - 1];
        p->level[at] = (struct match_probe_level){
            .row = row,
            .term = term[i],
            .only = is_only(p->slices, pool, row, term[i]),
            .value = value};
        p->levels++;
    }
    for (uint8_t i = first; i < p->levels; i++)
        p->level[i].next = p->levels;
    p->missing +=
        weight * ONE - (p->levels > first ? p->level[first].value : 0);
}

/* H of who seeks something and finds nothing. */
static uint32_t unmet(uint64_t to)
{
    return match_score_mean((uint32_t)to, 0);
}

/* Law 3. */
static uint32_t most(const struct match_probe *p)
{
    uint32_t a, h;

    if (p->weights == 0)
        return p->sought.n > 0 ? ONE : ONE / 2;
    a = (uint32_t)(ONE - (p->missing + p->weights - 1) / p->weights);
    if (p->sought.n > 0)
        return match_score_mean(a, ONE);
    h = match_score_mean(a, a);
    return h > unmet(a) ? h : unmet(a);
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
    p->must.n = p->must_not.n = 0;
    p->required.n = p->ruled_out.n = p->sought.n = 0;
    p->levels = p->musts = 0;
    p->weights = p->missing = 0;
    p->nobody_so_well = false;
    p->nobody = slices->pool[pool].n == 0;
    match_profile_ask(&slices->profiles);
    ask_limits(p, pool, waited_ms);
    ask_peers(p, pool);
    ask_groups(p, pool);
    p->most = most(p);
    match_probe_aim(p, 0);
}

/* The least D toward a peer with which H can reach `least`. */
static uint32_t least_toward(const struct match_probe *p, uint64_t least)
{
    if (least <= unmet(ONE))
        return 0;
    return (uint32_t)(p->sought.n > 0 ? ONE * least / (2 * ONE - least)
                                      : least);
}

/* By how much the weighted sum toward a peer may lack what is to be had, for D
 * of at least `least`; negative: nobody has that much. */
static int64_t spare_of(const struct match_probe *p, uint64_t least)
{
    return (int64_t)((ONE - least) * p->weights) - (int64_t)p->missing;
}

void match_probe_aim(struct match_probe *probe, uint32_t least)
{
    struct match_probe *p = probe;
    uint32_t toward = least_toward(p, least);
    int64_t spare, own;
    uint64_t unit = UINT64_MAX;

    REQUIRE(least <= ONE);
    p->choosy = p->seeking_wanted = false;
    p->toward = p->weights == 0 ? 0 : toward;
    p->met_wanted = least > unmet(p->weights == 0 ? 0 : ONE);
    if (p->weights == 0) {
        p->seeking_wanted = p->choosy = least > ONE / 2;
        return;
    }
    spare = spare_of(p, toward);
    own =
        spare_of(p, toward == 0 ? 0 : least); /* H of who seeks nothing is D */
    p->choosy = toward > 0;
    p->nobody_so_well = spare < 0;
    if (spare < 0)
        return;
    if (toward > 0)
        unit = (uint64_t)spare / UNITS + 1;
    p->seeking_wanted = own < 0;
    p->units = (uint8_t)(own < 0 ? 0 : (uint64_t)own / unit);
    for (uint8_t i = 0; i < p->levels; i++) {
        bool last = i + 1 == p->level[i].next;
        uint64_t lost = p->level[i].value - (last ? 0 : p->level[i + 1].value);

        p->level[i].units =
            (uint8_t)(lost / unit < UNITS_ALL ? lost / unit : UNITS_ALL);
    }
}

/* ---- rows ---- */

static void row_or(uint64_t to[SLICE_WORDS], const uint64_t *row)
{
    for (int w = 0; w < SLICE_WORDS; w++)
        to[w] |= row[w];
}

static void row_and(uint64_t to[SLICE_WORDS], const uint64_t *row)
{
    for (int w = 0; w < SLICE_WORDS; w++)
        to[w] &= row[w];
}

static void row_and_not(uint64_t to[SLICE_WORDS], const uint64_t *row)
{
    for (int w = 0; w < SLICE_WORDS; w++)
        to[w] &= ~row[w];
}

static bool row_any(const uint64_t row[SLICE_WORDS])
{
    uint64_t any = 0;

    for (int w = 0; w < SLICE_WORDS; w++)
        any |= row[w];
    return any != 0;
}

/* Who must have one of the terms up to some level of a group, and has not. */
static void narrow_musts(const struct match_probe *p, uint32_t block,
                         uint64_t alive[SLICE_WORDS])
{
    for (uint8_t i = 0; i < p->levels; i = p->level[i].next) {
        uint64_t has[SLICE_WORDS] = {0};
        uint32_t last = i;

        while (last < p->level[i].next && p->level[last].units != UNITS_ALL)
            last++;
        if (last == p->level[i].next)
            continue; /* one may do without it */
        for (uint32_t j = i; j <= last; j++)
            row_or(has, match_slice_at(p->slices, block, p->level[j].row));
        row_and(alive, has);
        if (!row_any(alive))
            return;
    }
}

struct lack { /* of a word's columns, in units, bit by bit */
    uint64_t plane[PLANES], over;
};

/* units more for each column of which the bit is set. */
static void lack_more(struct lack *lack, uint64_t columns, uint8_t units)
{
    uint64_t carry = 0;

    for (int bit = 0; bit < PLANES; bit++) {
        uint64_t a = lack->plane[bit];
        uint64_t b = units >> bit & 1 ? columns : 0;

        lack->plane[bit] = a ^ b ^ carry;
        carry = (a & b) | (carry & (a ^ b));
    }
    lack->over |= carry;
}

/* The columns that lack more than so many. */
static uint64_t lack_above(const struct lack *lack, uint8_t units)
{
    uint64_t more = 0, same = UINT64_MAX;

    for (int bit = PLANES; bit-- > 0;) {
        uint64_t of_units = units >> bit & 1 ? UINT64_MAX : 0;

        more |= same & lack->plane[bit] & ~of_units;
        same &= ~(lack->plane[bit] ^ of_units);
    }
    return more | lack->over;
}

/* Of a word's columns, those that lack no more than they may.  word: of row 0. */
static uint64_t narrow_word(const struct match_probe *p, const uint64_t *word,
                            uint64_t alive)
{
    size_t stride = (size_t)p->slices->stride * SLICE_WORDS;
    uint64_t unsought = word[SLICE_UNSOUGHT * stride];
    struct lack lack = {.over = 0};

    for (uint8_t i = 0; i < p->levels;) {
        uint64_t has = 0;
        uint8_t end = p->level[i].next;

        /* from a level that all must have on, nobody lacks anything */
        for (; i < end && p->level[i].units != UNITS_ALL; i++) {
            has |= word[p->level[i].row * stride];
            if (p->level[i].units > 0)
                lack_more(&lack, ~has, p->level[i].units);
        }
        i = end;
    }
    return alive & ~lack.over & ~(lack_above(&lack, p->units) & unsought);
}

static void narrow_seeks(const struct match_probe *p, uint32_t block,
                         uint64_t alive[SLICE_WORDS])
{
    const uint64_t *rows = match_slice_at(p->slices, block, 0);

    if (p->seeking_wanted)
        row_and_not(alive, match_slice_at(p->slices, block, SLICE_UNSOUGHT));
    narrow_musts(p, block, alive);
    for (int w = 0; w < SLICE_WORDS; w++)
        if (alive[w] != 0)
            alive[w] = narrow_word(p, rows + w, alive[w]);
}

/* What either side requires or rules out. */
static void narrow_limits(const struct match_probe *p, uint32_t block,
                          uint64_t alive[SLICE_WORDS])
{
    uint32_t at = 0;
    uint64_t met[SLICE_WORDS];

    for (uint8_t group = 0; group < p->musts; group++) {
        uint64_t has[SLICE_WORDS] = {0};

        for (; at < p->must_end[group]; at++)
            row_or(has, match_slice_at(p->slices, block, p->must.row[at]));
        row_and(alive, has);
    }
    for (uint32_t i = 0; i < p->must_not.n; i++)
        row_and_not(alive,
                    match_slice_at(p->slices, block, p->must_not.row[i]));
    for (uint32_t i = 0; i < p->ruled_out.n; i++)
        row_and_not(alive,
                    match_slice_at(p->slices, block, p->ruled_out.row[i]));
    for (int w = 0; w < SLICE_WORDS; w++)
        met[w] = match_slice_at(p->slices, block, SLICE_MUSTLESS)[w];
    for (uint32_t i = 0; i < p->required.n; i++)
        row_or(met, match_slice_at(p->slices, block, p->required.row[i]));
    row_and(alive, met);
}

bool match_probe_narrow(struct match_probe *probe, uint32_t block,
                        uint64_t alive[SLICE_WORDS])
{
    struct match_probe *p = probe;
    const uint64_t *unsought;

    if (p->nobody || p->nobody_so_well || !row_any(alive))
        return false;
    if (p->choosy)
        narrow_seeks(p, block, alive);
    if (!row_any(alive))
        return false;
    narrow_limits(p, block, alive);
    if (!row_any(alive))
        return false;
    unsought = match_slice_at(p->slices, block, SLICE_UNSOUGHT);
    for (int w = 0; w < SLICE_WORDS; w++)
        p->met[w] = 0;
    for (uint32_t i = 0; i < p->sought.n; i++)
        row_or(p->met, match_slice_at(p->slices, block, p->sought.row[i]));
    if (p->met_wanted)
        for (int w = 0; w < SLICE_WORDS; w++)
            alive[w] &= p->met[w] | unsought[w];
    return row_any(alive); /* Law 1 */
}

void match_probe_expect(const struct match_probe *probe, uint32_t block)
{
    for (uint8_t i = 0; i < probe->levels && i < EXPECTED; i++)
        __builtin_prefetch(
            match_slice_at(probe->slices, block, probe->level[i].row));
}

/* ---- one column ---- */

/* D toward the peer; the ticket seeks something. */
static uint32_t toward(const struct match_probe *p, uint32_t place)
{
    uint32_t at = place % SLICE_PLACES;
    const struct match_hand *hand = &p->slices->place[place].duty->hand;
    const uint64_t *word =
        match_slice_at(p->slices, place / SLICE_PLACES, 0) + at / 64;
    size_t stride = (size_t)p->slices->stride * SLICE_WORDS;
    uint64_t sum = 0;

    REQUIRE(p->weights > 0);
    for (uint8_t i = 0; i < p->levels;) {
        const struct match_probe_level *level = &p->level[i];

        if ((word[level->row * stride] >> (at % 64) & 1) &&
            (level->only || match_hand_has(hand, level->term))) {
            sum += level->value;
            i = level->next;
        } else {
            i++;
        }
    }
    return (uint32_t)(sum / p->weights);
}

uint32_t match_probe_h(const struct match_probe *probe, uint32_t place)
{
    const struct match_probe *p = probe;
    uint32_t at = place % SLICE_PLACES, to = 0, from = 0;
    const uint64_t *unsought =
        match_slice_at(p->slices, place / SLICE_PLACES, SLICE_UNSOUGHT);

    if (p->weights > 0)
        to = toward(p, place);
    if (to < p->toward)
        return 0;
    if (unsought[at / 64] >> (at % 64) & 1)
        return match_score_mean(p->weights > 0 ? to : ONE / 2,
                                p->weights > 0 ? to : ONE / 2);
    if (p->met[at / 64] >> (at % 64) & 1)
        from = match_profile_d(&p->slices->profiles,
                               p->slices->place[place].profile, p->rarity,
                               p->hand);
    return match_score_mean(p->weights > 0 ? to : from, from); /* Law 2 */
}

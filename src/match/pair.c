#include "match/pair.h"

#include <stddef.h>

#include "base/chance.h"
#include "base/require.h"
#include "match/timer.h"

void match_pair_init(struct match_pairs *pairs, struct match_pair_slot *slot,
                     uint32_t cap, struct map_slot *head, uint32_t *named,
                     uint32_t heads)
{
    REQUIRE(cap > 0);
    REQUIRE(cap < MAP_NONE);
    *pairs = (struct match_pairs){
        .slot = slot, .cap = cap, .free = MAP_NONE, .heads = heads};
    pairs->named = named;
    map_init(&pairs->head, head, heads);
}

static uint32_t *named(const struct match_pairs *pairs, uint64_t member)
{
    return &pairs->named[chance_mix(member) & (pairs->heads - 1)];
}

/* The same for (a, b) and (b, a); never 0. */
static uint64_t hash(uint64_t a, uint64_t b)
{
    uint64_t low = a < b ? a : b, high = a < b ? b : a;
    uint64_t key = chance_mix(low ^ chance_rotl(chance_mix(high), 32));

    return key != 0 ? key : 1;
}

static bool same_pair(const struct match_pair_row *row, uint64_t a, uint64_t b)
{
    return (row->a == a && row->b == b) || (row->a == b && row->b == a);
}

/* Law 1. */
static bool replaces(const struct match_pair_row *new,
                     const struct match_pair_row *old)
{
    if (new->kind != old->kind || !same_pair(new, old->a, old->b))
        return false;
    if (new->kind == PAIR_BLOCK)
        return new->a == old->a;
    return new->kind != PAIR_TICKET || new->ticket == old->ticket;
}

static uint64_t forget_ms(const struct match_pair_row *row,
                          uint64_t ticket_ends_ms)
{
    if (row->gone)
        return 0;
    if (row->kind == PAIR_RESTS)
        return row->until_ms;
    return row->kind == PAIR_TICKET ? ticket_ends_ms : MATCH_NEVER;
}

static uint32_t take(struct match_pairs *pairs)
{
    uint32_t at = pairs->free;

    if (at != MAP_NONE)
        pairs->free = pairs->slot[at].next;
    else if (pairs->used < pairs->cap)
        at = pairs->used++;
    return at;
}

enum err match_pair_put(struct match_pairs *pairs,
                        const struct match_pair_row *row, uint64_t seq,
                        uint64_t ticket_ends_ms)
{
    uint64_t key = hash(row->a, row->b);
    uint32_t first = map_get(&pairs->head, key), at;

    REQUIRE(row->a != 0);
    REQUIRE(row->b != 0);
    for (at = first; at != MAP_NONE; at = pairs->slot[at].next)
        if (replaces(row, &pairs->slot[at].row))
            break;
    if (at == MAP_NONE) {
        at = take(pairs);
        if (at == MAP_NONE)
            return ERR_FULL;
        if (map_put(&pairs->head, key, at) != ERR_NONE) {
            pairs->slot[at] = (struct match_pair_slot){.next = pairs->free};
            pairs->free = at;
            return ERR_FULL;
        }
        pairs->slot[at] = (struct match_pair_slot){.next = first};
        pairs->n++;
        ++*named(pairs, row->a);
        ++*named(pairs, row->b);
    }
    if (seq < pairs->slot[at].seq)
        return ERR_NONE;
    pairs->slot[at].row = *row;
    pairs->slot[at].seq = seq;
    pairs->slot[at].forget_ms = forget_ms(row, ticket_ends_ms);
    return ERR_NONE;
}

void match_pair_remove(struct match_pairs *pairs, uint32_t at)
{
    struct match_pair_slot *slot = &pairs->slot[at];
    uint64_t key = hash(slot->row.a, slot->row.b);
    uint32_t before = map_get(&pairs->head, key);

    REQUIRE(slot->row.a != 0);
    REQUIRE(before != MAP_NONE);
    if (before == at && slot->next == MAP_NONE) {
        REQUIRE(map_remove(&pairs->head, key));
    } else if (before == at) {
        REQUIRE(map_put(&pairs->head, key, slot->next) == ERR_NONE);
    } else {
        while (pairs->slot[before].next != at)
            before = pairs->slot[before].next;
        pairs->slot[before].next = slot->next;
    }
    REQUIRE(*named(pairs, slot->row.a) > 0); /* Law 3 */
    REQUIRE(*named(pairs, slot->row.b) > 0);
    --*named(pairs, slot->row.a);
    --*named(pairs, slot->row.b);
    *slot = (struct match_pair_slot){.next = pairs->free};
    pairs->free = at;
    pairs->n--;
}

uint64_t match_pair_until_ms(const struct match_pairs *pairs, uint64_t seeker,
                             uint64_t peer, uint64_t ticket, uint64_t now_ms)
{
    uint64_t rests_ms = 0;
    bool bond = false;
    uint32_t at = MAP_NONE;

    REQUIRE(seeker != 0);
    REQUIRE(peer != 0);
    if (*named(pairs, seeker) != 0) /* Law 3: most who ask are in none */
        at = map_get(&pairs->head, hash(seeker, peer));
    for (; at != MAP_NONE; at = pairs->slot[at].next) {
        const struct match_pair_row *row = &pairs->slot[at].row;

        if (row->gone || !same_pair(row, seeker, peer))
            continue;
        if (row->kind == PAIR_BLOCK ||
            (row->kind == PAIR_TICKET && row->ticket == ticket))
            return MATCH_NEVER;
        if (row->kind == PAIR_RESTS && now_ms < row->until_ms)
            rests_ms = row->until_ms;
        bond = bond || row->kind == PAIR_BOND;
    }
    return bond ? 0 : rests_ms; /* Law 2 */
}

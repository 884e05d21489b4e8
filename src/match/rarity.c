#include "match/rarity.h"

#include <stddef.h>
#include <string.h>

#include "base/require.h"

uint32_t match_rarity_log2(uint32_t x)
{
    uint32_t k = 0, bits;
    uint64_t m;

    REQUIRE(x >= 1);
    while (k < 31 && x >> (k + 1) != 0)
        k++;
    m = (uint64_t)x << (31 - k);
    bits = k << 8;
    for (uint32_t i = 8; i-- > 0;) { /* Law 1 */
        m = (m * m) >> 31;
        if (m >= (uint64_t)1 << 32) {
            m >>= 1;
            bits |= (uint32_t)1 << i;
        }
    }
    REQUIRE(bits < 32u << 8);
    return bits;
}

void match_rarity_init(struct match_rarity *rarity, struct match_term *term,
                       uint32_t cap, struct map_slot *slot, uint32_t slots)
{
    REQUIRE(cap > 0);
    REQUIRE(cap < MAP_NONE);
    *rarity = (struct match_rarity){.term = term, .cap = cap, .free = MAP_NONE};
    map_init(&rarity->index, slot, slots);
}

/* The term of token, new or not, held by nobody yet. */
static uint32_t intern(struct match_rarity *rarity, uint64_t token)
{
    uint32_t at = map_get(&rarity->index, token);

    REQUIRE(token != 0);
    if (at != MAP_NONE)
        return at;
    at = rarity->free;
    if (at == MAP_NONE && rarity->used == rarity->cap)
        return MAP_NONE;
    if (at == MAP_NONE)
        at = rarity->used;
    if (map_put(&rarity->index, token, at) != ERR_NONE)
        return MAP_NONE;
    if (at == rarity->free)
        rarity->free = rarity->term[at].next;
    else
        rarity->used++;
    rarity->term[at] = (struct match_term){.token = token};
    if (!rarity->frozen) { /* n_t = 0: as rare as can be */
        uint32_t top =
            match_rarity_log2((uint32_t)(rarity->members_q8 >> 8) + 8);

        rarity->term[at].bits = top - match_rarity_log2(8);
    }
    return at;
}

/* Forget a term that nobody holds and that counts for nothing. */
static void release(struct match_rarity *rarity, uint32_t at)
{
    struct match_term *term = &rarity->term[at];

    if (term->refs > 0 || term->loaded || term->count_q8 != 0)
        return; /* Law 3 */
    REQUIRE(term->holders == 0);
    REQUIRE(map_remove(&rarity->index, term->token));
    *term = (struct match_term){.next = rarity->free};
    rarity->free = at;
}

uint32_t match_rarity_hold(struct match_rarity *rarity, uint64_t token)
{
    uint32_t at = intern(rarity, token);

    if (at != MAP_NONE)
        rarity->term[at].refs++;
    return at;
}

void match_rarity_drop(struct match_rarity *rarity, uint32_t term)
{
    REQUIRE(term < rarity->used);
    REQUIRE(rarity->term[term].refs > 0); /* Law 3 */
    rarity->term[term].refs--;
    release(rarity, term);
}

/* From now on only what comes from outside counts. */
static void freeze(struct match_rarity *rarity)
{
    if (rarity->frozen)
        return;
    rarity->frozen = true;
    match_rarity_refresh(rarity);
}

void match_rarity_unload(struct match_rarity *rarity)
{
    freeze(rarity);
    for (uint32_t i = 0; i < rarity->used; i++) {
        if (!rarity->term[i].loaded)
            continue;
        rarity->term[i].loaded = false;
        rarity->term[i].bits = 0;
        release(rarity, i);
    }
}

enum err match_rarity_load(struct match_rarity *rarity, uint64_t token,
                           uint64_t bits_q8)
{
    uint32_t at;

    if (token == 0 || bits_q8 > 32u << 8)
        return ERR_INVALID;
    freeze(rarity);
    at = intern(rarity, token);
    if (at == MAP_NONE)
        return ERR_FULL;
    rarity->term[at].bits = (uint32_t)bits_q8;
    rarity->term[at].loaded = true;
    return ERR_NONE;
}

enum err match_rarity_restore(struct match_rarity *rarity, uint64_t token,
                              uint64_t count_q8)
{
    uint32_t at;

    if (count_q8 >> 8 >= UINT32_MAX - 8)
        return ERR_INVALID;
    if (token == 0) {
        rarity->members_q8 = count_q8;
        return ERR_NONE;
    }
    at = intern(rarity, token);
    if (at == MAP_NONE)
        return ERR_FULL;
    rarity->term[at].count_q8 = count_q8;
    return ERR_NONE;
}

void match_rarity_refresh(struct match_rarity *rarity)
{
    uint32_t members = (uint32_t)(rarity->members_q8 >> 8);
    uint32_t top = match_rarity_log2(members + 8);

    REQUIRE(members <= UINT32_MAX - 8);
    for (uint32_t i = 0; i < rarity->used; i++) {
        struct match_term *term = &rarity->term[i];
        uint32_t own = match_rarity_log2((uint32_t)(term->count_q8 >> 8) + 8);

        if (term->token == 0 || term->loaded)
            continue;
        term->bits = rarity->frozen || own >= top ? 0 : top - own;
    }
}

void match_rarity_smooth(struct match_rarity *rarity, uint64_t members)
{
    REQUIRE(members < UINT32_MAX / 8);
    rarity->members_q8 = (7 * rarity->members_q8 + (members << 8)) / 8;
    for (uint32_t i = 0; i < rarity->used; i++) {
        struct match_term *term = &rarity->term[i];

        if (term->token == 0)
            continue;
        REQUIRE(term->now <= members);
        term->count_q8 = (7 * term->count_q8 + ((uint64_t)term->now << 8)) / 8;
        term->now = 0;
        release(rarity, i);
    }
    match_rarity_refresh(rarity); /* Law 2 */
}

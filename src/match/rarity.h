/* match/rarity -- how rare a term is in a pool, in bits of Q8.
 *
 * Tokens are interned: a term is the index of a token, so that the engine's
 * cards are small and a rarity is one load.  One table per pool, on memory the
 * caller gives, sized once.
 *
 * Counts are smoothed, c' = (7c + now) / 8 in Q8, and floored for L; rarities
 * stand still in between.  A table from outside replaces them by its own bits
 * and is frozen for ever: a term not in it has 0.
 *
 * Laws
 *   1. L(x) = floor(256 log2 x) for 1 <= x < 2^32, in integers alone.
 *   2. What is held and dropped, counted and restored changes no rarity: it
 *      changes when counts are smoothed or refreshed, and when a table from
 *      outside comes or goes.
 *   3. A term stays the same index while a card holds it. */
#ifndef MATCH_RARITY_H
#define MATCH_RARITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

struct match_term {
    uint64_t token; /* 0 = free, linked by next */
    uint64_t count_q8;
    uint32_t bits;    /* its rarity, Q8 */
    uint32_t refs;    /* cards that hold it, in any place */
    uint32_t holders; /* live cards whose have holds it */
    uint32_t now;     /* members who have it, counted for the smoothing */
    uint32_t next;
    bool loaded; /* bits came from outside */
};

struct match_rarity { /* read-only outside */
    struct match_term *term;
    struct map index; /* token → term */
    uint32_t cap, used, free;
    uint64_t members_q8; /* N */
    bool frozen;
};

uint32_t match_rarity_log2(uint32_t x); /* L(x), x >= 1 */

void match_rarity_init(struct match_rarity *rarity, struct match_term *term,
                       uint32_t cap, struct map_slot *slot, uint32_t slots);

/* Hold the term of a token (never 0): its index, or MAP_NONE if the table is
 * full.  Drop what was held. */
uint32_t match_rarity_hold(struct match_rarity *rarity, uint64_t token);
void match_rarity_drop(struct match_rarity *rarity, uint32_t term);

/* Freeze, and forget what came from outside: each term has 0 until it is loaded
 * again. */
void match_rarity_unload(struct match_rarity *rarity);

/* One term from outside, and freeze.  ERR_FULL: no room; nothing changed. */
MUST_USE enum err match_rarity_load(struct match_rarity *rarity, uint64_t token,
                                    uint64_t bits_q8);

/* One stored line, at recovery (token 0: N); then _refresh() once. */
MUST_USE enum err match_rarity_restore(struct match_rarity *rarity,
                                       uint64_t token, uint64_t count_q8);
void match_rarity_refresh(struct match_rarity *rarity);

/* Smooth with the members now and each term's `now`, which is cleared. */
void match_rarity_smooth(struct match_rarity *rarity, uint64_t members);

#endif

/* match/score -- how well two people fit, exactly.
 *
 * ENGINE.md §2: unsigned integers, 64-bit intermediates, floor division.
 * Q16: 65536 is 1.
 *
 * Laws
 *   1. 0 < H <= 65536, and P <= H * 15 / 16 < H.
 *   2. H(a, b) = H(b, a). */
#ifndef MATCH_SCORE_H
#define MATCH_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "match/hand.h"

/* D(a→b): how much of what a seeks b has lived.  False: a seeks nothing. */
bool match_score_toward(const struct match_rarity *rarity,
                        const struct match_hand *a, const struct match_hand *b,
                        uint32_t *d);

/* H: the harmonic mean of both directions, each at least 4096. */
uint32_t match_score_both(const struct match_rarity *rarity,
                          const struct match_hand *a,
                          const struct match_hand *b);

/* P: H moved by the peer's record, yes of total. */
uint32_t match_score_record(uint32_t h, uint32_t yes, uint32_t total);

#endif

/* match/score -- how well two people fit, exactly.
 *
 * ENGINE.md §2: unsigned integers, 64-bit intermediates, floor division.
 * Q16: 65536 is 1.
 *
 * Laws
 *   1. 4096 <= H <= 65536, and H * 3 / 4 <= P < H; without a record P is
 *      H * 15 / 16.
 *   2. H(a, b) = H(b, a). */
#ifndef MATCH_SCORE_H
#define MATCH_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/require.h"
#include "match/hand.h"

/* W of a group whose rarest term has so many bits (Q8). */
uint64_t match_score_weight(uint32_t bits, uint8_t importance);

/* D: how much of what is sought another has lived.  False: nothing is. */
bool match_score_toward(const struct match_rarity *rarity,
                        const struct match_seek *seek,
                        const struct match_hand *other, uint32_t *d);

/* H: the harmonic mean of both directions, each at least 4096. */
uint32_t match_score_both(const struct match_rarity *rarity,
                          const struct match_hand *a,
                          const struct match_hand *b);

/* H of two directions, each taken as at least 4096. */
static inline uint32_t match_score_mean(uint32_t to, uint32_t from)
{
    uint64_t x = to > 4096 ? to : 4096, y = from > 4096 ? from : 4096;

    REQUIRE(x <= 65536);
    REQUIRE(y <= 65536);
    return (uint32_t)(2 * x * y / (x + y)); /* Laws 1, 2 */
}

/* By what a peer's record, yes of total, moves H: 49152 to 65535. */
uint32_t match_score_factor(uint32_t yes, uint32_t total);

/* P: H moved by the peer's record. */
static inline uint32_t match_score_moved(uint32_t h, uint32_t factor)
{
    return (uint32_t)((uint64_t)h * factor >> 16);
}
uint32_t match_score_record(uint32_t h, uint32_t yes, uint32_t total);

#endif

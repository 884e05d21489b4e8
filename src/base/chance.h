/* base/chance -- seeded chance: the same seed, the same dice, everywhere.
 *
 * SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
 * generators", OOPSLA 2014).  For ties, simulators and tests; never for a
 * secret: those come from the operating system through seal/. */
#ifndef BASE_CHANCE_H
#define BASE_CHANCE_H

#include <stdint.h>

/* The output function alone: a bijective mix of 64 bits. */
static inline uint64_t chance_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline uint64_t chance_rotl(uint64_t x, unsigned bits)
{
    return (x << (bits & 63)) | (x >> ((64 - bits) & 63));
}

/* The next 64 bits of the sequence that *state seeds. */
static inline uint64_t chance_next(uint64_t *state)
{
    uint64_t out = chance_mix(*state);

    *state += 0x9e3779b97f4a7c15u;
    return out;
}

/* A number below sides (> 0).  The bias is at most sides / 2^64. */
static inline uint64_t chance_below(uint64_t *state, uint64_t sides)
{
    return chance_next(state) % sides;
}

#endif

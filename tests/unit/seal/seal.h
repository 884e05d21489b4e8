/* seal -- what the tests of this layer share: bytes from a seed, and every
 * one-bit change of something. */
#ifndef SEAL_TEST_H
#define SEAL_TEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/chance.h"
#include "check.h"

static inline void fill(void *bytes, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)chance_next(&seed);
}

/* For each bit of bytes[size]: change it, do, change it back. */
#define EACH_BIT(bytes, size, do)                                              \
    for (size_t bit_ = 0; bit_ < (size_t)(size)*8; bit_++) {                   \
        ((uint8_t *)(bytes))[bit_ / 8] ^= (uint8_t)(1u << bit_ % 8);           \
        do                                                                     \
            ;                                                                  \
        ((uint8_t *)(bytes))[bit_ / 8] ^= (uint8_t)(1u << bit_ % 8);           \
    }

#endif

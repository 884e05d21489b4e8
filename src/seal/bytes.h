/* seal/bytes -- integers to bytes and back, low byte first. */
#ifndef SEAL_BYTES_H
#define SEAL_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint8_t *seal_bytes_put(uint8_t *out, uint64_t value,
                                      unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *out++ = (uint8_t)(value >> (8 * i));
    return out;
}

static inline uint64_t seal_bytes_get(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)in[i] << (8 * i);
    return value;
}

#endif

#include "seal/veil.h"

#include <sodium.h>
#include <string.h>

#include "base/wipe.h"
#include "seal/bytes.h"

enum { VEIL_ROUNDS = 8 };

_Static_assert(SEAL_VEIL_KEY == crypto_shorthash_KEYBYTES,
               "the key is SipHash's");

void seal_veil_init(struct seal_veil *veil,
                    const uint8_t key[static SEAL_VEIL_KEY])
{
    memcpy(veil->key, key, SEAL_VEIL_KEY);
}

void seal_veil_close(struct seal_veil *veil)
{
    wipe(veil, sizeof *veil); /* Law 4 */
}

static uint32_t mix(const struct seal_veil *veil, uint8_t kind, unsigned round,
                    uint32_t half)
{
    uint8_t in[8] = {0}, out[crypto_shorthash_BYTES];

    (void)seal_bytes_put(in, half, 4);
    in[4] = (uint8_t)round;
    in[5] = kind; /* Law 3 */
    (void)crypto_shorthash(out, in, sizeof in, veil->key);
    return (uint32_t)seal_bytes_get(out, 4);
}

static uint64_t forth(const struct seal_veil *veil, uint8_t kind, uint64_t x)
{
    uint32_t left = (uint32_t)(x >> 32), right = (uint32_t)x;

    for (unsigned round = 0; round < VEIL_ROUNDS; round++) {
        uint32_t next = left ^ mix(veil, kind, round, right);

        left = right;
        right = next;
    }
    return (uint64_t)left << 32 | right;
}

static uint64_t back(const struct seal_veil *veil, uint8_t kind, uint64_t x)
{
    uint32_t left = (uint32_t)(x >> 32), right = (uint32_t)x;

    for (unsigned round = VEIL_ROUNDS; round-- > 0;) {
        uint32_t last = right ^ mix(veil, kind, round, left);

        right = left;
        left = last;
    }
    return (uint64_t)left << 32 | right;
}

/* Law 2: 0 has its own image; whoever would come to 0 takes 0's place. */
uint64_t seal_veil_draw(const struct seal_veil *veil, uint8_t kind,
                        uint64_t plain)
{
    uint64_t veiled = plain != 0 ? forth(veil, kind, plain) : 0;

    return plain != 0 && veiled == 0 ? forth(veil, kind, 0) : veiled;
}

/* Law 1 */
uint64_t seal_veil_lift(const struct seal_veil *veil, uint8_t kind,
                        uint64_t veiled)
{
    uint64_t plain = veiled != 0 ? back(veil, kind, veiled) : 0;

    return veiled != 0 && plain == 0 ? back(veil, kind, 0) : plain;
}

/* seal/veil -- a u64 for a u64, by a key that is never written down.
 *
 * What a recording writes in place of an id, a call, a key or a token: distinct
 * numbers stay distinct, nothing else of them can be seen.  Each kind has a
 * permutation of its own, so that a key that a client chose cannot be held
 * against a token.
 *
 * A Feistel network of VEIL_ROUNDS rounds over two halves of 32 bits; the round
 * function is crypto_shorthash (SipHash-2-4) keyed by the recording's key, of
 * half (u32le), round (1), kind (1), 0 (2), low half of its 64 bits.  Four such
 * rounds are a strong pseudorandom permutation (Luby and Rackoff, SIAM J.
 * Comput. 17, 1988); six and more are one for nearly 2^32 numbers (Patarin,
 * "Security of balanced and unbalanced Feistel schemes", 2010).
 *
 * Laws
 *   1. Of each kind it is a permutation, and lift is its inverse.
 *   2. 0 stays 0: "none" is no secret.
 *   3. Kinds and keys give unlike permutations.
 *   4. After close nothing of the key is left; closing twice is harmless. */
#ifndef SEAL_VEIL_H
#define SEAL_VEIL_H

#include <stdint.h>

enum { SEAL_VEIL_KEY = 16 };

struct seal_veil { /* all private */
    uint8_t key[SEAL_VEIL_KEY];
};

void seal_veil_init(struct seal_veil *veil,
                    const uint8_t key[static SEAL_VEIL_KEY]);
void seal_veil_close(struct seal_veil *veil);

uint64_t seal_veil_draw(const struct seal_veil *veil, uint8_t kind,
                        uint64_t plain);
uint64_t seal_veil_lift(const struct seal_veil *veil, uint8_t kind,
                        uint64_t veiled);

#endif

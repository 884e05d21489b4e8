/* seal/token -- the access token: what the server wants to be told again.
 *
 * XChaCha20-Poly1305 under keys.token; the server keeps no sessions.  A token
 * is as long as any other and says nothing to whoever holds it.
 *
 * Layout: base64url without padding of
 *   version  1  0x02; additional data
 *   nonce   24  random
 *   sealed  89  member u64le  pool u32le  grade u8  grade_until_ms u64le
 *               until_ms u64le  since_ms u64le  generation u32le
 *               proof key (32; zeros: none)  tag (16)
 *
 * Laws
 *   1. Only what was sealed under the same key opens, to the same values.
 *   2. Nothing opens at or after until_ms.
 *   3. Every token text has SEAL_TOKEN_TEXT bytes. */
#ifndef SEAL_TOKEN_H
#define SEAL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "seal/keys.h"

enum {
    SEAL_TOKEN_NONCE = 24,
    SEAL_TOKEN_BYTES = 1 + 24 + 73 + 16,
    SEAL_TOKEN_PROOF = 32,
    SEAL_TOKEN_TEXT = (SEAL_TOKEN_BYTES * 4 + 2) / 3, /* without the zero */
    SEAL_TOKEN_LIFE_MS = 15 * 60 * 1000               /* the longest */
};

struct seal_token {
    uint64_t member;
    uint32_t pool;
    uint8_t grade;
    uint64_t grade_until_ms; /* 0 = no end */
    uint64_t until_ms;       /* of the token */
    uint64_t since_ms;       /* when its account was looked up */
    uint32_t generation;     /* of the key that logged in: seal/revoked */
    uint8_t proof_key[SEAL_TOKEN_PROOF]; /* all zero: a plain bearer */
};

void seal_token_seal(char text[static SEAL_TOKEN_TEXT + 1],
                     const struct seal_token *token,
                     const uint8_t key[static SEAL_KEY],
                     const uint8_t nonce[static SEAL_TOKEN_NONCE]);

/* ERR_UNAUTHENTICATED: not a token of this key.  ERR_TOKEN_EXPIRED.  *token is
 * unset then. */
MUST_USE enum err seal_token_open(struct seal_token *token, const char *text,
                                  size_t size,
                                  const uint8_t key[static SEAL_KEY],
                                  uint64_t now_ms);

/* Is it bound to a proof key (seal/proof)? */
bool seal_token_bound(const struct seal_token *token);

#endif

/* seal/proof -- that who sends a token also made the request.
 *
 * A token may be bound to a key that its client made; then each call with that
 * token shows a MAC by the key over what it asks.  Who only saw the token, in
 * a log or a header, has no use for it; who saw a whole call can at most
 * repeat it as it was while the token lives: one that changes something is done
 * once by its idempotency key, one that reads is answered again.
 *
 * Layout: base64url without padding of crypto_auth of libsodium (HMAC-SHA-512,
 *   its first 32 bytes) with the proof key over
 *   "kindred.v1.proof" 0x00  u16le method size  method  message
 *
 * Laws
 *   1. Only the proof of this key, this method and this message fits; no part
 *      of one can pass for part of another.
 *   2. How long a check takes tells nothing of how much of a proof fits. */
#ifndef SEAL_PROOF_H
#define SEAL_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    SEAL_PROOF_KEY = 32,
    SEAL_PROOF_TEXT = 43, /* without the zero */
    SEAL_PROOF_METHOD_MAX = 65535
};

struct seal_proof_call { /* borrowed */
    const char *method;  /* "/kindred.v1.Cards/PutCard" */
    const uint8_t *message;
    size_t size;
};

void seal_proof_make(char text[static SEAL_PROOF_TEXT + 1],
                     const struct seal_proof_call *call,
                     const uint8_t key[static SEAL_PROOF_KEY]);

/* text: what was sent, or NULL.  ERR_PROOF. */
MUST_USE enum err seal_proof_check(const char *text,
                                   const struct seal_proof_call *call,
                                   const uint8_t key[static SEAL_PROOF_KEY]);

#endif

/* seal/account -- who one is: a key made on the device, and proof of it.
 *
 * Ed25519 of libsodium, which refuses keys of small order and signatures that
 * are not canonical.  What is signed names the call, the server and a nonce
 * of the server, so that a signature is worth nothing elsewhere or later.
 *
 * Layout (u16le: low byte first)
 *   login   "kindred.v1.login"  0x00  u16le origin size  origin  nonce (32)
 *           proof key (32), if the token is to be bound to one
 *   enroll  "kindred.v1.enroll" 0x00  u16le origin size  origin  nonce (32)
 *           u16le pool size  pool  grade (1 byte, the number in the proto)
 *   rotate  "kindred.v1.rotate" 0x00  u16le origin size  origin  nonce (32)
 *           idempotency key (16)  public key (32)  new public key (32);
 *           signed by both keys
 *
 * Laws
 *   1. A signature verifies for exactly the claim and the key it was made
 *      with.
 *   2. Two claims that differ have different messages.
 *   3. A handle depends on every byte of the key it stands for and of the
 *      server's; without the server's it says nothing. */
#ifndef SEAL_ACCOUNT_H
#define SEAL_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "seal/keys.h"

enum {
    SEAL_ACCOUNT_PUBLIC = 32,
    SEAL_ACCOUNT_SECRET = 64,
    SEAL_ACCOUNT_SIGNATURE = 64,
    SEAL_ACCOUNT_HANDLE = 32,
    SEAL_ACCOUNT_NONCE = 32,
    SEAL_ACCOUNT_ORIGIN_MAX = 255, /* bytes, without the zero at the end */
    SEAL_ACCOUNT_POOL_MAX = 32,
    SEAL_ACCOUNT_PROOF = 32,
    SEAL_ACCOUNT_IDEMPOTENCY = 16,
    SEAL_ACCOUNT_MESSAGE_MAX = 18 + 2 + 255 + 32 + 16 + 32 + 32
};

enum seal_account_call {
    SEAL_ACCOUNT_LOGIN,
    SEAL_ACCOUNT_ENROLL,
    SEAL_ACCOUNT_ROTATE
};

struct seal_account_claim { /* what is signed; borrowed */
    enum seal_account_call call;
    const char *origin;   /* 1 to SEAL_ACCOUNT_ORIGIN_MAX bytes */
    const uint8_t *nonce; /* SEAL_ACCOUNT_NONCE bytes */
    union {
        const uint8_t *proof_key; /* of a login: SEAL_ACCOUNT_PROOF, or NULL */
        struct {
            const char *pool; /* 1 to SEAL_ACCOUNT_POOL_MAX bytes */
            uint8_t grade;
        } enroll;
        struct {
            const uint8_t *idempotency_key;   /* SEAL_ACCOUNT_IDEMPOTENCY */
            const uint8_t *old_key, *new_key; /* SEAL_ACCOUNT_PUBLIC each */
        } rotate;
    };
};

/* The key pair of a seed; the same seed, the same pair. */
void seal_account_keypair(uint8_t public_key[static SEAL_ACCOUNT_PUBLIC],
                          uint8_t secret_key[static SEAL_ACCOUNT_SECRET],
                          const uint8_t seed[static 32]);

/* What is signed, and its size.  0 if origin or pool breaks its bound. */
size_t seal_account_message(uint8_t message[static SEAL_ACCOUNT_MESSAGE_MAX],
                            const struct seal_account_claim *claim);

/* ERR_INVALID: origin or pool breaks its bound; signature is unset then. */
MUST_USE enum err
seal_account_sign(uint8_t signature[static SEAL_ACCOUNT_SIGNATURE],
                  const struct seal_account_claim *claim,
                  const uint8_t secret_key[static SEAL_ACCOUNT_SECRET]);

/* ERR_BAD_SIGNATURE; ERR_INVALID as above. */
MUST_USE enum err
seal_account_verify(const uint8_t signature[static SEAL_ACCOUNT_SIGNATURE],
                    const struct seal_account_claim *claim,
                    const uint8_t public_key[static SEAL_ACCOUNT_PUBLIC]);

/* The login index of a key: BLAKE2b-256 keyed with keys.handle. */
void seal_account_handle(uint8_t handle[static SEAL_ACCOUNT_HANDLE],
                         const uint8_t key[static SEAL_KEY],
                         const uint8_t public_key[static SEAL_ACCOUNT_PUBLIC]);

#endif

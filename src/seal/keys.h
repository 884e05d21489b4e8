/* seal/keys -- one master key, a subkey for each use.
 *
 * A server's live in guarded pages: locked into memory where the system lets
 * us, in no core dump, between pages that nobody may touch, and read-only once
 * they are made.
 * Each use names its own subkey, so that no two uses can ever share one.
 *
 * A subkey is crypto_kdf of libsodium (BLAKE2b) with the context "kindred1"
 * and the number of the use, from 1, in the order below.
 *
 * Laws
 *   1. The same master key gives the same subkeys, and no two are equal.
 *   2. After close no byte of a key is left; closing twice is harmless.
 *   3. Who writes to fixed keys ends the process. */
#ifndef SEAL_KEYS_H
#define SEAL_KEYS_H

#include <stdint.h>

enum { SEAL_KEY = 32 };

struct seal_keys {               /* read-only outside */
    uint8_t handle[SEAL_KEY];    /* seal/account */
    uint8_t token[SEAL_KEY];     /* seal/token */
    uint8_t row[SEAL_KEY];       /* seal/row */
    uint8_t mailbox[SEAL_KEY];   /* seal/mailbox */
    uint8_t name[SEAL_KEY];      /* seal/name */
    uint8_t challenge[SEAL_KEY]; /* seal/challenge */
    uint8_t request[SEAL_KEY];   /* seal/request */
};

void seal_keys_init(struct seal_keys *keys,
                    const uint8_t master[static SEAL_KEY]);
void seal_keys_close(struct seal_keys *keys);

/* Guarded pages for keys, NULL: out of memory; nobody writes there from now on;
 * and no more of them.  To free NULL is harmless. */
struct seal_keys *seal_keys_new(void);
void seal_keys_fix(struct seal_keys *keys);
void seal_keys_free(struct seal_keys *keys);

#endif

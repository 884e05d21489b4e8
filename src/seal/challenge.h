/* seal/challenge -- a nonce that the server need not remember until it is used.
 *
 * A nonce carries the time it was made, hidden and MACed; only nonces that
 * were used are kept, in memory the caller gives, and no longer than they are
 * valid.  Making and checking need the key alone and may run on any thread;
 * a book of used ones is for one thread at a time.  What was used before a
 * restart is not remembered: so a book refuses what is older than itself.
 *
 * Layout (32 bytes), k = keys.challenge, u64le: low byte first
 *   mac    16  BLAKE2b-128 keyed k over "kindred.v1.challenge" 0x00
 *              time (u64le, ms)  salt (8)
 *   time    8  XOR the first 8 bytes of BLAKE2b-128 keyed k over
 *              "kindred.v1.challenge.time" 0x00  mac
 *   salt    8  random
 *
 * Laws
 *   1. A nonce is good from when it was made (clocks of threads may differ by
 *      SEAL_CHALLENGE_SKEW_MS) for SEAL_CHALLENGE_VALID_MS, with the key it
 *      was made with, and with not a bit changed.
 *   2. A book accepts a nonce at most once, and none made before the book.
 *   3. A book holds at most cap nonces and never refuses one for want of room:
 *      who is full forgets the one used longest ago, and takes from then on
 *      none as old as that one.  So nobody, with one account or with many, can
 *      close the book to others: whoever fills it only shortens the time in
 *      which a nonce may be used, to that in which cap of them are. */
#ifndef SEAL_CHALLENGE_H
#define SEAL_CHALLENGE_H

#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "seal/keys.h"

enum {
    SEAL_CHALLENGE = 32,
    SEAL_CHALLENGE_SALT = 8,
    SEAL_CHALLENGE_VALID_MS = 60000,
    SEAL_CHALLENGE_SKEW_MS = 1000
};

struct seal_challenge_used { /* private */
    uint64_t id, made_ms;
};

struct seal_challenge_book { /* private */
    struct map map;
    struct seal_challenge_used *ring; /* in order of use */
    uint32_t cap, head;
    uint64_t since_ms;
};

void seal_challenge_make(uint8_t nonce[static SEAL_CHALLENGE],
                         const uint8_t key[static SEAL_KEY], uint64_t now_ms,
                         const uint8_t salt[static SEAL_CHALLENGE_SALT]);

/* ERR_CHALLENGE: not ours, or not valid at now_ms. */
MUST_USE enum err
seal_challenge_check(const uint8_t nonce[static SEAL_CHALLENGE],
                     const uint8_t key[static SEAL_KEY], uint64_t now_ms);

/* An empty book of cap (> 0) nonces on ring[cap] and
 * slot[map_slots_for(cap)]. */
void seal_challenge_book_init(struct seal_challenge_book *book,
                              struct seal_challenge_used *ring, uint32_t cap,
                              struct map_slot *slot, uint64_t now_ms);

/* Check, and write into the book.  ERR_CHALLENGE: as above, or used, or older
 * than the book, or than what it had to forget.  Nothing changed then. */
MUST_USE enum err
seal_challenge_book_use(struct seal_challenge_book *book,
                        const uint8_t nonce[static SEAL_CHALLENGE],
                        const uint8_t key[static SEAL_KEY], uint64_t now_ms);

#endif

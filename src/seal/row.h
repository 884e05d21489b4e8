/* seal/row -- what the database may hold but not read.
 *
 * XChaCha20-Poly1305 under keys.row.  The additional data names the row, so a
 * blob that is moved to another row, or to another column, does not open.
 *
 * Layout
 *   version  1  0x01
 *   nonce   24  random
 *   sealed   n  plain, then tag (16); additional data:
 *               version  kind u8  id u64le  sub u64le
 *
 * Laws
 *   1. A blob opens only under its key, its kind, its id and its sub, and
 *      with not a bit changed.
 *   2. A sealed blob is exactly SEAL_ROW_OVERHEAD longer than the plain.
 *   3. Masked tokens come back under the same offer and key alone. */
#ifndef SEAL_ROW_H
#define SEAL_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "seal/keys.h"
#include "seal/mailbox.h"

enum seal_row_kind {
    SEAL_ROW_TICKET = 1,  /* id: ticket */
    SEAL_ROW_LINK = 2,    /* id: talk */
    SEAL_ROW_MAILBOX = 3, /* id, sub: first 16 bytes of its receive hash */
    SEAL_ROW_CARD = 4     /* id: member; sub: role */
};

enum {
    SEAL_ROW_NONCE = 24,
    SEAL_ROW_OVERHEAD = 1 + 24 + 16,
    SEAL_ROW_PLAIN_MAX = 4096 - SEAL_ROW_OVERHEAD,
    SEAL_ROW_SIDE = 4 * 32,
    SEAL_ROW_TICKET_SIZE = SEAL_ROW_SIDE + SEAL_ROW_OVERHEAD,
    SEAL_ROW_LINK_SIZE = 2 * SEAL_ROW_SIDE + SEAL_ROW_OVERHEAD,
    SEAL_ROW_MAILBOX_SIZE = 9 + SEAL_ROW_OVERHEAD
};

struct seal_row { /* whose blob it is */
    enum seal_row_kind kind;
    uint64_t id, sub;
};

/* What one side brought to a talk. */
struct seal_row_side {
    uint8_t talk_key[32];        /* X25519, public */
    uint8_t send_capability[32]; /* into this side's mailbox, for the other */
    uint8_t receive_hash[32], send_hash[32];
};

/* Seal plain (size ≤ SEAL_ROW_PLAIN_MAX) into out[size + SEAL_ROW_OVERHEAD]. */
void seal_row_seal(uint8_t *out, const struct seal_row *row,
                   const uint8_t *plain, size_t size,
                   const uint8_t key[static SEAL_KEY],
                   const uint8_t nonce[static SEAL_ROW_NONCE]);

/* Open in[size] into plain[size - SEAL_ROW_OVERHEAD].  ERR_INTERNAL: it is not
 * the blob of this row; plain is wiped then. */
MUST_USE enum err seal_row_open(uint8_t *plain, const struct seal_row *row,
                                const uint8_t *in, size_t size,
                                const uint8_t key[static SEAL_KEY]);

/* What two were shown of each other stands in the rows of an offer and of its
 * talk, as tokens that anybody could look up: each is XORed with 8 bytes of
 *   BLAKE2b-512 keyed with keys.row over "kindred.v1.shown" 0x00 offer u64le
 * in order.  Doing it twice undoes it. */
enum { SEAL_ROW_SHOWN_MAX = 8 };
void seal_row_mask_shown(uint64_t *token, size_t tokens, uint64_t offer,
                         const uint8_t key[static SEAL_KEY]);

/* The rows of the rarity table hold tokens permuted: a balanced Feistel
 * network of 6 rounds, its function the first 4 bytes of BLAKE2b-128 keyed with
 * keys.row over "kindred.v1.term.row" 0x00 round (1) half u32le. */
void seal_row_mask_term(uint64_t *token, const uint8_t key[static SEAL_KEY]);
void seal_row_unmask_term(uint64_t *token, const uint8_t key[static SEAL_KEY]);

/* The same for the blobs of fixed shape: a ticket's secrets (the seeker's
 * side), a talk's link (both sides, seeker first), a mailbox's link. */
void seal_row_seal_ticket(uint8_t out[static SEAL_ROW_TICKET_SIZE],
                          uint64_t ticket, const struct seal_row_side *side,
                          const uint8_t key[static SEAL_KEY],
                          const uint8_t nonce[static SEAL_ROW_NONCE]);
MUST_USE enum err seal_row_open_ticket(struct seal_row_side *side,
                                       uint64_t ticket, const uint8_t *in,
                                       size_t size,
                                       const uint8_t key[static SEAL_KEY]);

void seal_row_seal_link(uint8_t out[static SEAL_ROW_LINK_SIZE], uint64_t talk,
                        const struct seal_row_side side[static 2],
                        const uint8_t key[static SEAL_KEY],
                        const uint8_t nonce[static SEAL_ROW_NONCE]);
MUST_USE enum err seal_row_open_link(struct seal_row_side side[static 2],
                                     uint64_t talk, const uint8_t *in,
                                     size_t size,
                                     const uint8_t key[static SEAL_KEY]);

struct seal_row_mailbox { /* whose mailbox it is */
    uint64_t talk;
    uint8_t side; /* who receives there: 0 seeker, 1 peer */
};

void seal_row_seal_mailbox(uint8_t out[static SEAL_ROW_MAILBOX_SIZE],
                           const uint8_t receive_hash[static SEAL_MAILBOX_HASH],
                           const struct seal_row_mailbox *mailbox,
                           const uint8_t key[static SEAL_KEY],
                           const uint8_t nonce[static SEAL_ROW_NONCE]);
MUST_USE enum err
seal_row_open_mailbox(struct seal_row_mailbox *mailbox,
                      const uint8_t receive_hash[static SEAL_MAILBOX_HASH],
                      const uint8_t *in, size_t size,
                      const uint8_t key[static SEAL_KEY]);

#endif

#include "seal/row.h"

#include <sodium.h>
#include <string.h>

#include "base/require.h"
#include "seal/bytes.h"

enum { VERSION = 1, HEAD = 1 + SEAL_ROW_NONCE, NAME = 1 + 1 + 8 + 8 };

_Static_assert(SEAL_ROW_OVERHEAD ==
                   HEAD + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "the layout in the header"); /* Law 2 */
_Static_assert(sizeof(struct seal_row_side) == SEAL_ROW_SIDE,
               "bytes only: sealed as it stands");

/* The additional data: what the blob is tied to (Law 1). */
static void name_row(uint8_t name[static NAME], const struct seal_row *row)
{
    uint8_t *at = name;

    *at++ = VERSION;
    *at++ = (uint8_t)row->kind;
    at = seal_bytes_put(at, row->id, 8);
    at = seal_bytes_put(at, row->sub, 8);
    REQUIRE(at == name + NAME);
}

void seal_row_seal(uint8_t *out, const struct seal_row *row,
                   const uint8_t *plain, size_t size,
                   const uint8_t key[static SEAL_KEY],
                   const uint8_t nonce[static SEAL_ROW_NONCE])
{
    uint8_t name[NAME];

    REQUIRE(size <= SEAL_ROW_PLAIN_MAX);
    name_row(name, row);
    out[0] = VERSION;
    memcpy(out + 1, nonce, SEAL_ROW_NONCE);
    REQUIRE(crypto_aead_xchacha20poly1305_ietf_encrypt(out + HEAD, NULL, plain,
                                                       size, name, sizeof name,
                                                       NULL, nonce, key) == 0);
}

enum err seal_row_open(uint8_t *plain, const struct seal_row *row,
                       const uint8_t *in, size_t size,
                       const uint8_t key[static SEAL_KEY])
{
    uint8_t name[NAME];

    if (size < SEAL_ROW_OVERHEAD ||
        size > SEAL_ROW_PLAIN_MAX + SEAL_ROW_OVERHEAD || in[0] != VERSION)
        return ERR_INTERNAL;
    name_row(name, row);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, in + HEAD,
                                                   size - HEAD, name,
                                                   sizeof name, in + 1, key)) {
        sodium_memzero(plain, size - SEAL_ROW_OVERHEAD);
        return ERR_INTERNAL; /* Law 1 */
    }
    return ERR_NONE;
}

void seal_row_seal_ticket(uint8_t out[static SEAL_ROW_TICKET_SIZE],
                          uint64_t ticket, const struct seal_row_side *side,
                          const uint8_t key[static SEAL_KEY],
                          const uint8_t nonce[static SEAL_ROW_NONCE])
{
    struct seal_row row = {.kind = SEAL_ROW_TICKET, .id = ticket};

    seal_row_seal(out, &row, (const uint8_t *)side, sizeof *side, key, nonce);
}

enum err seal_row_open_ticket(struct seal_row_side *side, uint64_t ticket,
                              const uint8_t *in, size_t size,
                              const uint8_t key[static SEAL_KEY])
{
    struct seal_row row = {.kind = SEAL_ROW_TICKET, .id = ticket};

    if (size != SEAL_ROW_TICKET_SIZE)
        return ERR_INTERNAL;
    return seal_row_open((uint8_t *)side, &row, in, size, key);
}

void seal_row_seal_link(uint8_t out[static SEAL_ROW_LINK_SIZE], uint64_t talk,
                        const struct seal_row_side side[static 2],
                        const uint8_t key[static SEAL_KEY],
                        const uint8_t nonce[static SEAL_ROW_NONCE])
{
    struct seal_row row = {.kind = SEAL_ROW_LINK, .id = talk};

    seal_row_seal(out, &row, (const uint8_t *)side, 2 * sizeof *side, key,
                  nonce);
}

enum err seal_row_open_link(struct seal_row_side side[static 2], uint64_t talk,
                            const uint8_t *in, size_t size,
                            const uint8_t key[static SEAL_KEY])
{
    struct seal_row row = {.kind = SEAL_ROW_LINK, .id = talk};

    if (size != SEAL_ROW_LINK_SIZE)
        return ERR_INTERNAL;
    return seal_row_open((uint8_t *)side, &row, in, size, key);
}

static struct seal_row
mailbox_row(const uint8_t receive_hash[static SEAL_MAILBOX_HASH])
{
    return (struct seal_row){.kind = SEAL_ROW_MAILBOX,
                             .id = seal_bytes_get(receive_hash, 8),
                             .sub = seal_bytes_get(receive_hash + 8, 8)};
}

void seal_row_seal_mailbox(uint8_t out[static SEAL_ROW_MAILBOX_SIZE],
                           const uint8_t receive_hash[static SEAL_MAILBOX_HASH],
                           const struct seal_row_mailbox *mailbox,
                           const uint8_t key[static SEAL_KEY],
                           const uint8_t nonce[static SEAL_ROW_NONCE])
{
    struct seal_row row = mailbox_row(receive_hash);
    uint8_t plain[9];

    REQUIRE(mailbox->side < 2);
    *seal_bytes_put(plain, mailbox->talk, 8) = mailbox->side;
    seal_row_seal(out, &row, plain, sizeof plain, key, nonce);
    sodium_memzero(plain, sizeof plain);
}

enum err
seal_row_open_mailbox(struct seal_row_mailbox *mailbox,
                      const uint8_t receive_hash[static SEAL_MAILBOX_HASH],
                      const uint8_t *in, size_t size,
                      const uint8_t key[static SEAL_KEY])
{
    struct seal_row row = mailbox_row(receive_hash);
    uint8_t plain[9];
    enum err err;

    if (size != SEAL_ROW_MAILBOX_SIZE)
        return ERR_INTERNAL;
    err = seal_row_open(plain, &row, in, size, key);
    if (err)
        return err;
    *mailbox = (struct seal_row_mailbox){.talk = seal_bytes_get(plain, 8),
                                         .side = plain[8]};
    sodium_memzero(plain, sizeof plain);
    return mailbox->side < 2 ? ERR_NONE : ERR_INTERNAL;
}

void seal_row_mask_shown(uint64_t *token, size_t tokens, uint64_t offer,
                         const uint8_t key[static SEAL_KEY])
{
    static const char label[] = "kindred.v1.shown"; /* with its zero byte */
    uint8_t mask[8 * SEAL_ROW_SHOWN_MAX], in[sizeof label + 8];

    REQUIRE(tokens <= SEAL_ROW_SHOWN_MAX);
    memcpy(in, label, sizeof label);
    (void)seal_bytes_put(in + sizeof label, offer, 8);
    REQUIRE(crypto_generichash(mask, sizeof mask, in, sizeof in, key,
                               SEAL_KEY) == 0);
    for (size_t i = 0; i < tokens; i++) /* Law 3 */
        token[i] ^= seal_bytes_get(mask + 8 * i, 8);
    sodium_memzero(mask, sizeof mask);
}

enum { TERM_ROUNDS = 6 };

static uint32_t term_round(uint32_t half, unsigned round,
                           const uint8_t key[static SEAL_KEY])
{
    static const char label[] = "kindred.v1.term.row"; /* with its zero byte */
    uint8_t in[sizeof label + 5], out[16];

    memcpy(in, label, sizeof label);
    in[sizeof label] = (uint8_t)round;
    (void)seal_bytes_put(in + sizeof label + 1, half, 4);
    REQUIRE(crypto_generichash(out, sizeof out, in, sizeof in, key, SEAL_KEY) ==
            0);
    return (uint32_t)seal_bytes_get(out, 4);
}

void seal_row_mask_term(uint64_t *token, const uint8_t key[static SEAL_KEY])
{
    uint32_t left = (uint32_t)(*token >> 32), right = (uint32_t)*token;

    for (unsigned round = 0; round < TERM_ROUNDS; round++) { /* Law 3 */
        uint32_t next = left ^ term_round(right, round, key);

        left = right;
        right = next;
    }
    *token = (uint64_t)left << 32 | right;
}

void seal_row_unmask_term(uint64_t *token, const uint8_t key[static SEAL_KEY])
{
    uint32_t left = (uint32_t)(*token >> 32), right = (uint32_t)*token;

    for (unsigned round = TERM_ROUNDS; round-- > 0;) {
        uint32_t before = right ^ term_round(left, round, key);

        right = left;
        left = before;
    }
    *token = (uint64_t)left << 32 | right;
}

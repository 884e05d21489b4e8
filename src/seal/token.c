#include "seal/token.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/require.h"
#include "seal/bytes.h"

enum {
    VERSION = 2,
    PLAIN = 8 + 4 + 1 + 8 + 8 + 8 + 4 + SEAL_TOKEN_PROOF,
    HEAD = 1 + SEAL_TOKEN_NONCE
};

_Static_assert(SEAL_TOKEN_BYTES ==
                   HEAD + PLAIN + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "the layout in the header");
_Static_assert(SEAL_TOKEN_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
               "of libsodium");

void seal_token_seal(char text[static SEAL_TOKEN_TEXT + 1],
                     const struct seal_token *token,
                     const uint8_t key[static SEAL_KEY],
                     const uint8_t nonce[static SEAL_TOKEN_NONCE])
{
    uint8_t plain[PLAIN], out[SEAL_TOKEN_BYTES], *at = plain;

    at = seal_bytes_put(at, token->member, 8);
    at = seal_bytes_put(at, token->pool, 4);
    at = seal_bytes_put(at, token->grade, 1);
    at = seal_bytes_put(at, token->grade_until_ms, 8);
    at = seal_bytes_put(at, token->until_ms, 8);
    at = seal_bytes_put(at, token->since_ms, 8);
    at = seal_bytes_put(at, token->generation, 4);
    memcpy(at, token->proof_key, SEAL_TOKEN_PROOF);
    at += SEAL_TOKEN_PROOF;
    REQUIRE(at == plain + PLAIN);
    out[0] = VERSION;
    memcpy(out + 1, nonce, SEAL_TOKEN_NONCE);
    REQUIRE(crypto_aead_xchacha20poly1305_ietf_encrypt(
                out + HEAD, NULL, plain, PLAIN, out, 1, NULL, nonce, key) == 0);
    REQUIRE(sodium_bin2base64(
        text, SEAL_TOKEN_TEXT + 1, out, sizeof out,
        sodium_base64_VARIANT_URLSAFE_NO_PADDING)); /* Law 3 */
    sodium_memzero(plain, sizeof plain);
}

/* All ones if c is of the n characters from `first` on, else 0. */
static uint8_t mask_of(uint8_t c, uint8_t first, uint8_t n)
{
    return (uint8_t) - (uint8_t)((uint8_t)(c - first) < n);
}

/* The six bits that c stands for, or 255: the same steps whatever c is. */
static uint8_t six_of(uint8_t c)
{
    uint8_t upper = mask_of(c, 'A', 26), lower = mask_of(c, 'a', 26);
    uint8_t digit = mask_of(c, '0', 10), minus = mask_of(c, '-', 1);
    uint8_t under = mask_of(c, '_', 1);
    uint8_t known = upper | lower | digit | minus | under;

    return (uint8_t)((upper & (c - 'A')) | (lower & (c - 'a' + 26)) |
                     (digit & (c - '0' + 52)) | (minus & 62) | (under & 63) |
                     (uint8_t)~known);
}

/* base64url without padding, of this one length: every call has a token, and
 * libsodium takes it byte by byte. */
static bool decode(uint8_t out[static SEAL_TOKEN_BYTES],
                   const char text[static SEAL_TOKEN_TEXT])
{
    enum { WHOLE = SEAL_TOKEN_BYTES / 3 };
    uint8_t six[(WHOLE + 1) * 4] = {0}, bad = 0, all[(WHOLE + 1) * 3];

    for (size_t i = 0; i < SEAL_TOKEN_TEXT; i++)
        six[i] = six_of((uint8_t)text[i]);
    for (size_t i = 0; i < SEAL_TOKEN_TEXT; i++)
        bad |= six[i] & 0xc0;
    for (size_t i = 0; i <= WHOLE; i++) {
        const uint8_t *at = six + 4 * i;

        all[3 * i] = (uint8_t)(at[0] << 2 | at[1] >> 4);
        all[3 * i + 1] = (uint8_t)(at[1] << 4 | at[2] >> 2);
        all[3 * i + 2] = (uint8_t)(at[2] << 6 | at[3]);
    }
    for (size_t i = SEAL_TOKEN_BYTES; i < sizeof all; i++)
        bad |= all[i]; /* bits beyond the last byte are 0 */
    memcpy(out, all, SEAL_TOKEN_BYTES);
    sodium_memzero(six, sizeof six);
    sodium_memzero(all, sizeof all);
    return bad == 0;
}

enum err seal_token_open(struct seal_token *token, const char *text,
                         size_t size, const uint8_t key[static SEAL_KEY],
                         uint64_t now_ms)
{
    uint8_t in[SEAL_TOKEN_BYTES], plain[PLAIN];
    enum err err = ERR_TOKEN_EXPIRED;
    struct seal_token opened;

    if (size != SEAL_TOKEN_TEXT || !decode(in, text) || in[0] != VERSION)
        return ERR_UNAUTHENTICATED;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, in + HEAD, sizeof in - HEAD, in, 1, in + 1, key))
        return ERR_UNAUTHENTICATED; /* Law 1 */
    opened = (struct seal_token){
        .member = seal_bytes_get(plain, 8),
        .pool = (uint32_t)seal_bytes_get(plain + 8, 4),
        .grade = plain[12],
        .grade_until_ms = seal_bytes_get(plain + 13, 8),
        .until_ms = seal_bytes_get(plain + 21, 8),
        .since_ms = seal_bytes_get(plain + 29, 8),
        .generation = (uint32_t)seal_bytes_get(plain + 37, 4),
    };
    memcpy(opened.proof_key, plain + 41, SEAL_TOKEN_PROOF);
    sodium_memzero(in, sizeof in);
    sodium_memzero(plain, sizeof plain);
    if (now_ms < opened.until_ms) {
        *token = opened;
        err = ERR_NONE;
    }
    sodium_memzero(&opened, sizeof opened);
    return err; /* Law 2 */
}

bool seal_token_bound(const struct seal_token *token)
{
    uint8_t bits = 0; /* as sodium_is_zero(), not a byte at a time */

    for (size_t i = 0; i < sizeof token->proof_key; i++)
        bits |= token->proof_key[i];
    return bits != 0;
}

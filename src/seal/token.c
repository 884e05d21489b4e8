#include "seal/token.h"

#include <sodium.h>
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

enum err seal_token_open(struct seal_token *token, const char *text,
                         size_t size, const uint8_t key[static SEAL_KEY],
                         uint64_t now_ms)
{
    uint8_t in[SEAL_TOKEN_BYTES], plain[PLAIN];
    enum err err = ERR_TOKEN_EXPIRED;
    struct seal_token opened;
    size_t got;

    if (size != SEAL_TOKEN_TEXT)
        return ERR_UNAUTHENTICATED;
    for (size_t i = 0; i < size; i++) /* libsodium reads 0x80..0xff as '_' */
        if ((unsigned char)text[i] >= 0x80)
            return ERR_UNAUTHENTICATED;
    if (sodium_base642bin(in, sizeof in, text, size, NULL, &got, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
        got != sizeof in || in[0] != VERSION)
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
    sodium_memzero(plain, sizeof plain);
    if (now_ms < opened.until_ms) {
        *token = opened;
        err = ERR_NONE;
    }
    sodium_memzero(opened.proof_key, sizeof opened.proof_key);
    return err; /* Law 2 */
}

bool seal_token_bound(const struct seal_token *token)
{
    return !sodium_is_zero(token->proof_key, sizeof token->proof_key);
}

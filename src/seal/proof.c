#include "seal/proof.h"

#include <sodium.h>
#include <string.h>

#include "base/require.h"
#include "seal/bytes.h"

static const char label[] = "kindred.v1.proof"; /* with its zero byte */

/* Law 1: what comes before the message has a known size. */
void seal_proof_make(char text[static SEAL_PROOF_TEXT + 1],
                     const struct seal_proof_call *call,
                     const uint8_t key[static SEAL_PROOF_KEY])
{
    crypto_auth_hmacsha512256_state state;
    uint8_t mac[crypto_auth_BYTES], size[2];
    size_t method = strlen(call->method);

    _Static_assert(crypto_auth_BYTES == 32 &&
                       crypto_auth_KEYBYTES == SEAL_PROOF_KEY,
                   "the layout in the header");
    REQUIRE(method <= SEAL_PROOF_METHOD_MAX);
    (void)seal_bytes_put(size, method, sizeof size);
    (void)crypto_auth_hmacsha512256_init(&state, key, SEAL_PROOF_KEY);
    (void)crypto_auth_hmacsha512256_update(&state, (const uint8_t *)label,
                                           sizeof label);
    (void)crypto_auth_hmacsha512256_update(&state, size, sizeof size);
    (void)crypto_auth_hmacsha512256_update(
        &state, (const uint8_t *)call->method, method);
    (void)crypto_auth_hmacsha512256_update(&state, call->message, call->size);
    (void)crypto_auth_hmacsha512256_final(&state, mac);
    REQUIRE(sodium_bin2base64(text, SEAL_PROOF_TEXT + 1, mac, sizeof mac,
                              sodium_base64_VARIANT_URLSAFE_NO_PADDING));
    sodium_memzero(mac, sizeof mac);
    sodium_memzero(&state, sizeof state);
}

enum err seal_proof_check(const char *text, const struct seal_proof_call *call,
                          const uint8_t key[static SEAL_PROOF_KEY])
{
    char wanted[SEAL_PROOF_TEXT + 1];
    enum err err = ERR_PROOF;

    if (!text || strlen(text) != SEAL_PROOF_TEXT)
        return ERR_PROOF;
    seal_proof_make(wanted, call, key);
    if (sodium_memcmp(wanted, text, SEAL_PROOF_TEXT) == 0) /* Law 2 */
        err = ERR_NONE;
    sodium_memzero(wanted, sizeof wanted);
    return err;
}

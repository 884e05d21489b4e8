#include "seal/request.h"

#include <sodium.h>

#include "base/require.h"
#include "seal/bytes.h"

static const char label[] = "kindred.v1.request"; /* with its zero byte */

/* Law 1 */
uint64_t seal_request_hash(const uint8_t key[static SEAL_KEY], uint32_t call,
                           const uint8_t *body, size_t size)
{
    crypto_generichash_state state;
    uint8_t hash[16], number[4];

    (void)seal_bytes_put(number, call, sizeof number);
    REQUIRE(crypto_generichash_init(&state, key, SEAL_KEY, sizeof hash) == 0);
    REQUIRE(crypto_generichash_update(&state, (const uint8_t *)label,
                                      sizeof label) == 0);
    REQUIRE(crypto_generichash_update(&state, number, sizeof number) == 0);
    REQUIRE(crypto_generichash_update(&state, body, size) == 0);
    REQUIRE(crypto_generichash_final(&state, hash, sizeof hash) == 0);
    return seal_bytes_get(hash, 8);
}

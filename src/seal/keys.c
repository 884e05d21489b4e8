#include "seal/keys.h"

#include <sodium.h>

#include "base/require.h"

static const char context[crypto_kdf_CONTEXTBYTES + 1] = "kindred1";

void seal_keys_init(struct seal_keys *keys,
                    const uint8_t master[static SEAL_KEY])
{
    uint8_t *const use[] = {keys->handle,  keys->token, keys->row,
                            keys->mailbox, keys->name,  keys->challenge,
                            keys->request};

    for (uint64_t i = 0; i < sizeof use / sizeof use[0]; i++)
        REQUIRE(crypto_kdf_derive_from_key(use[i], SEAL_KEY, i + 1, context,
                                           master) == 0); /* Law 1 */
}

void seal_keys_close(struct seal_keys *keys)
{
    sodium_memzero(keys, sizeof *keys); /* Law 2 */
}

struct seal_keys *seal_keys_new(void)
{
    return sodium_malloc(sizeof(struct seal_keys));
}

void seal_keys_fix(struct seal_keys *keys)
{
    (void)sodium_mprotect_readonly(keys); /* Law 3 */
}

void seal_keys_free(struct seal_keys *keys)
{
    sodium_free(keys); /* Law 2 */
}

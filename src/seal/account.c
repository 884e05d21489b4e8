#include "seal/account.h"

#include <sodium.h>
#include <string.h>

#include "base/require.h"
#include "seal/bytes.h"

static const struct {
    const char *text;
    size_t size; /* with its zero byte */
} labels[] = {
    [SEAL_ACCOUNT_LOGIN] = {"kindred.v1.login", sizeof "kindred.v1.login"},
    [SEAL_ACCOUNT_ENROLL] = {"kindred.v1.enroll", sizeof "kindred.v1.enroll"},
    [SEAL_ACCOUNT_ROTATE] = {"kindred.v1.rotate", sizeof "kindred.v1.rotate"},
};

void seal_account_keypair(uint8_t public_key[static SEAL_ACCOUNT_PUBLIC],
                          uint8_t secret_key[static SEAL_ACCOUNT_SECRET],
                          const uint8_t seed[static 32])
{
    REQUIRE(crypto_sign_seed_keypair(public_key, secret_key, seed) == 0);
}

/* The size of a text of 1 to most bytes; else 0. */
static size_t text_size(const char *text, size_t most)
{
    size_t size = 0;

    while (size <= most && text[size])
        size++;
    return size <= most ? size : 0;
}

static uint8_t *put_text(uint8_t *out, const char *text, size_t size)
{
    out = seal_bytes_put(out, size, 2);
    memcpy(out, text, size);
    return out + size;
}

static uint8_t *put_bytes(uint8_t *out, const uint8_t *bytes, size_t size)
{
    memcpy(out, bytes, size);
    return out + size;
}

/* What is the call's own; NULL: it breaks its bound. */
static uint8_t *put_call(uint8_t *out, const struct seal_account_claim *claim)
{
    size_t pool;

    switch (claim->call) {
    case SEAL_ACCOUNT_LOGIN:
        if (claim->proof_key)
            out = put_bytes(out, claim->proof_key, SEAL_ACCOUNT_PROOF);
        return out;
    case SEAL_ACCOUNT_ENROLL:
        pool = text_size(claim->enroll.pool, SEAL_ACCOUNT_POOL_MAX);
        if (!pool)
            return NULL;
        out = put_text(out, claim->enroll.pool, pool);
        *out++ = claim->enroll.grade;
        return out;
    case SEAL_ACCOUNT_ROTATE:
        out = put_bytes(out, claim->rotate.idempotency_key,
                        SEAL_ACCOUNT_IDEMPOTENCY);
        out = put_bytes(out, claim->rotate.old_key, SEAL_ACCOUNT_PUBLIC);
        return put_bytes(out, claim->rotate.new_key, SEAL_ACCOUNT_PUBLIC);
    }
    return NULL;
}

/* Law 2: the label tells the calls apart, each text has its size before it,
 * and a login with a proof key is longer by that, so no byte of one field can
 * pass for one of another. */
size_t seal_account_message(uint8_t message[static SEAL_ACCOUNT_MESSAGE_MAX],
                            const struct seal_account_claim *claim)
{
    size_t origin = text_size(claim->origin, SEAL_ACCOUNT_ORIGIN_MAX);
    size_t label = labels[claim->call].size;
    uint8_t *out = message;

    if (!origin)
        return 0;
    memcpy(out, labels[claim->call].text, label);
    out = put_text(out + label, claim->origin, origin);
    out = put_bytes(out, claim->nonce, SEAL_ACCOUNT_NONCE);
    out = put_call(out, claim);
    REQUIRE(out <= message + SEAL_ACCOUNT_MESSAGE_MAX);
    return out ? (size_t)(out - message) : 0;
}

enum err seal_account_sign(uint8_t signature[static SEAL_ACCOUNT_SIGNATURE],
                           const struct seal_account_claim *claim,
                           const uint8_t secret_key[static SEAL_ACCOUNT_SECRET])
{
    uint8_t message[SEAL_ACCOUNT_MESSAGE_MAX];
    size_t size = seal_account_message(message, claim);

    if (!size)
        return ERR_INVALID;
    REQUIRE(crypto_sign_detached(signature, NULL, message, size, secret_key) ==
            0);
    return ERR_NONE;
}

enum err
seal_account_verify(const uint8_t signature[static SEAL_ACCOUNT_SIGNATURE],
                    const struct seal_account_claim *claim,
                    const uint8_t public_key[static SEAL_ACCOUNT_PUBLIC])
{
    uint8_t message[SEAL_ACCOUNT_MESSAGE_MAX];
    size_t size = seal_account_message(message, claim);

    if (!size)
        return ERR_INVALID;
    if (crypto_sign_verify_detached(signature, message, size, public_key))
        return ERR_BAD_SIGNATURE; /* Law 1 */
    return ERR_NONE;
}

/* Law 3 */
void seal_account_handle(uint8_t handle[static SEAL_ACCOUNT_HANDLE],
                         const uint8_t key[static SEAL_KEY],
                         const uint8_t public_key[static SEAL_ACCOUNT_PUBLIC])
{
    REQUIRE(crypto_generichash(handle, SEAL_ACCOUNT_HANDLE, public_key,
                               SEAL_ACCOUNT_PUBLIC, key, SEAL_KEY) == 0);
}

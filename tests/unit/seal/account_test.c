#include "seal/account.h"

#include <sodium.h>
#include <string.h>

#include "seal.h"

static uint8_t nonce[SEAL_ACCOUNT_NONCE];
static uint8_t public_key[SEAL_ACCOUNT_PUBLIC], secret_key[SEAL_ACCOUNT_SECRET];

static const struct seal_account_claim login = {.origin = "kindred://here",
                                                .nonce = nonce};
static const struct seal_account_claim enroll = {
    .origin = "kindred://here", .nonce = nonce, .pool = "adult", .grade = 2};

static enum err verify(const uint8_t *signature,
                       const struct seal_account_claim *claim)
{
    return seal_account_verify(signature, claim, public_key);
}

/* Law 1: not a bit of signature, nonce or key, and no other claim. */
static void signs(const struct seal_account_claim *claim)
{
    uint8_t signature[SEAL_ACCOUNT_SIGNATURE];
    struct seal_account_claim other = *claim;

    CHECK(seal_account_sign(signature, claim, secret_key) == ERR_NONE);
    CHECK(verify(signature, claim) == ERR_NONE);
    EACH_BIT(signature, sizeof signature,
             CHECK(verify(signature, claim) == ERR_BAD_SIGNATURE));
    EACH_BIT(nonce, sizeof nonce,
             CHECK(verify(signature, claim) == ERR_BAD_SIGNATURE));
    EACH_BIT(public_key, sizeof public_key,
             CHECK(verify(signature, claim) == ERR_BAD_SIGNATURE));
    other.origin = "kindred://there";
    CHECK(verify(signature, &other) == ERR_BAD_SIGNATURE);
    other.origin = "kindred://her";
    CHECK(verify(signature, &other) == ERR_BAD_SIGNATURE);
    CHECK(verify(signature, claim->pool ? &login : &enroll) ==
          ERR_BAD_SIGNATURE);
    if (!claim->pool)
        return;
    other = *claim;
    other.pool = "adult2";
    CHECK(verify(signature, &other) == ERR_BAD_SIGNATURE);
    other = *claim;
    other.grade = 3;
    CHECK(verify(signature, &other) == ERR_BAD_SIGNATURE);
}

/* Law 2: random claims, messages compared pairwise; and a shift of bytes
 * between origin and nonce, and between pool and grade. */
static void messages_differ(void)
{
    static const char *const origin[] = {"a", "aa", "a\x01", "b"};
    static const char *const pool[] = {NULL, "a", "aa", "a\x01"};
    static uint8_t message[128][SEAL_ACCOUNT_MESSAGE_MAX];
    static size_t size[128];
    int n = 0;

    for (int o = 0; o < 4; o++)
        for (int p = 0; p < 4; p++)
            for (unsigned grade = 1; grade < (pool[p] ? 4u : 2u); grade++) {
                struct seal_account_claim claim = {.origin = origin[o],
                                                   .nonce = nonce,
                                                   .pool = pool[p],
                                                   .grade = (uint8_t)grade};
                size[n] = seal_account_message(message[n], &claim);
                CHECK(size[n] > 0);
                n++;
            }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            CHECK(size[i] != size[j] ||
                  memcmp(message[i], message[j], size[i]) != 0);
}

/* The layout as the header has it, written down by hand. */
static void layout(void)
{
    static const char want[] = "kindred.v1.enroll\0\x01\0"
                               "o"
                               "NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN"
                               "\x05\0"
                               "adult\x02";
    uint8_t message[SEAL_ACCOUNT_MESSAGE_MAX], n[SEAL_ACCOUNT_NONCE];
    struct seal_account_claim claim = {
        .origin = "o", .nonce = n, .pool = "adult", .grade = 2};

    memset(n, 'N', sizeof n);
    CHECK(seal_account_message(message, &claim) == sizeof want - 1);
    CHECK(memcmp(message, want, sizeof want - 1) == 0);
}

static void bounds(void)
{
    char origin[SEAL_ACCOUNT_ORIGIN_MAX + 2], pool[SEAL_ACCOUNT_POOL_MAX + 2];
    uint8_t message[SEAL_ACCOUNT_MESSAGE_MAX], signature[64] = {0};
    struct seal_account_claim claim = {
        .origin = origin, .nonce = nonce, .pool = pool, .grade = 255};

    memset(origin, 'o', sizeof origin);
    memset(pool, 'p', sizeof pool);
    origin[SEAL_ACCOUNT_ORIGIN_MAX] = 0;
    pool[SEAL_ACCOUNT_POOL_MAX] = 0;
    CHECK(seal_account_message(message, &claim) == SEAL_ACCOUNT_MESSAGE_MAX);
    pool[SEAL_ACCOUNT_POOL_MAX] = 'p';
    pool[SEAL_ACCOUNT_POOL_MAX + 1] = 0;
    CHECK(seal_account_message(message, &claim) == 0);
    CHECK(seal_account_sign(signature, &claim, secret_key) == ERR_INVALID);
    CHECK(verify(signature, &claim) == ERR_INVALID);
    pool[0] = 0;
    CHECK(seal_account_message(message, &claim) == 0);
    claim.pool = NULL;
    CHECK(seal_account_message(message, &claim) > 0);
    origin[SEAL_ACCOUNT_ORIGIN_MAX] = 'o';
    origin[SEAL_ACCOUNT_ORIGIN_MAX + 1] = 0;
    CHECK(seal_account_message(message, &claim) == 0);
    origin[0] = 0;
    CHECK(seal_account_message(message, &claim) == 0);
}

/* A key of small order fits many signatures: refused. */
static void small_order(void)
{
    uint8_t identity[SEAL_ACCOUNT_PUBLIC] = {1}, signature[64] = {1};

    CHECK(seal_account_verify(signature, &login, identity) ==
          ERR_BAD_SIGNATURE);
    memset(identity, 0, sizeof identity);
    CHECK(seal_account_verify(signature, &login, identity) ==
          ERR_BAD_SIGNATURE);
}

/* Law 3 */
static void handles(void)
{
    uint8_t key[SEAL_KEY], a[SEAL_ACCOUNT_HANDLE], b[SEAL_ACCOUNT_HANDLE];

    fill(key, sizeof key, 7);
    seal_account_handle(a, key, public_key);
    seal_account_handle(b, key, public_key);
    CHECK(memcmp(a, b, sizeof a) == 0);
    EACH_BIT(public_key, sizeof public_key, {
        seal_account_handle(b, key, public_key);
        CHECK(memcmp(a, b, sizeof a) != 0);
    });
    EACH_BIT(key, sizeof key, {
        seal_account_handle(b, key, public_key);
        CHECK(memcmp(a, b, sizeof a) != 0);
    });
}

int main(void)
{
    uint8_t seed[32];

    CHECK(sodium_init() >= 0);
    fill(seed, sizeof seed, 3);
    fill(nonce, sizeof nonce, 4);
    seal_account_keypair(public_key, secret_key, seed);
    signs(&login);
    signs(&enroll);
    messages_differ();
    layout();
    bounds();
    small_order();
    handles();
    return check_report("seal/account");
}

#include "seal/account.h"

#include <sodium.h>
#include <string.h>

#include "seal.h"

static uint8_t nonce[SEAL_ACCOUNT_NONCE];
static uint8_t public_key[SEAL_ACCOUNT_PUBLIC], secret_key[SEAL_ACCOUNT_SECRET];

static uint8_t other_key[SEAL_ACCOUNT_PUBLIC], once[SEAL_ACCOUNT_IDEMPOTENCY];

static const struct seal_account_claim login = {
    .call = SEAL_ACCOUNT_LOGIN, .origin = "kindred://here", .nonce = nonce};
static const struct seal_account_claim bound = {.call = SEAL_ACCOUNT_LOGIN,
                                                .origin = "kindred://here",
                                                .nonce = nonce,
                                                .proof_key = other_key};
static const struct seal_account_claim enroll = {
    .call = SEAL_ACCOUNT_ENROLL,
    .origin = "kindred://here",
    .nonce = nonce,
    .enroll = {.pool = "adult", .grade = 2}};
static const struct seal_account_claim rotate = {
    .call = SEAL_ACCOUNT_ROTATE,
    .origin = "kindred://here",
    .nonce = nonce,
    .rotate = {
        .idempotency_key = once, .old_key = public_key, .new_key = other_key}};
static const struct seal_account_claim *const claims[] = {&login, &bound,
                                                          &enroll, &rotate};

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
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        if (claims[i] != claim)
            CHECK(verify(signature, claims[i]) == ERR_BAD_SIGNATURE);
}

/* Law 1: and not a bit of what is the call's own. */
static void signs_all(void)
{
    uint8_t signature[SEAL_ACCOUNT_SIGNATURE], zero[32] = {0};
    struct seal_account_claim other = enroll;

    CHECK(seal_account_sign(signature, &enroll, secret_key) == ERR_NONE);
    other.enroll.pool = "adult2";
    CHECK(verify(signature, &other) == ERR_BAD_SIGNATURE);
    other = enroll;
    other.enroll.grade = 3;
    CHECK(verify(signature, &other) == ERR_BAD_SIGNATURE);

    CHECK(seal_account_sign(signature, &bound, secret_key) == ERR_NONE);
    EACH_BIT(other_key, sizeof other_key,
             CHECK(verify(signature, &bound) == ERR_BAD_SIGNATURE));

    CHECK(seal_account_sign(signature, &rotate, secret_key) == ERR_NONE);
    EACH_BIT(other_key, sizeof other_key,
             CHECK(verify(signature, &rotate) == ERR_BAD_SIGNATURE));
    EACH_BIT(once, sizeof once,
             CHECK(verify(signature, &rotate) == ERR_BAD_SIGNATURE));
    other = rotate;
    other.rotate.old_key = zero;
    CHECK(verify(signature, &other) == ERR_BAD_SIGNATURE);
    other.rotate.old_key = other_key; /* the other way round */
    other.rotate.new_key = public_key;
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
                struct seal_account_claim claim = {.call = SEAL_ACCOUNT_LOGIN,
                                                   .origin = origin[o],
                                                   .nonce = nonce};

                if (pool[p]) {
                    claim.call = SEAL_ACCOUNT_ENROLL;
                    claim.enroll.pool = pool[p];
                    claim.enroll.grade = (uint8_t)grade;
                }
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
    struct seal_account_claim claim = {.call = SEAL_ACCOUNT_ENROLL,
                                       .origin = "o",
                                       .nonce = n,
                                       .enroll = {.pool = "adult", .grade = 2}};

    memset(n, 'N', sizeof n);
    CHECK(seal_account_message(message, &claim) == sizeof want - 1);
    CHECK(memcmp(message, want, sizeof want - 1) == 0);
}

static void layout_of_rotation(void)
{
    static const char want[] = "kindred.v1.rotate\0\x01\0"
                               "o"
                               "NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN"
                               "IIIIIIIIIIIIIIII"
                               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                               "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    uint8_t message[SEAL_ACCOUNT_MESSAGE_MAX], n[32], i[16], a[32], b[32];
    struct seal_account_claim claim = {
        .call = SEAL_ACCOUNT_ROTATE,
        .origin = "o",
        .nonce = n,
        .rotate = {.idempotency_key = i, .old_key = a, .new_key = b}};

    memset(n, 'N', sizeof n);
    memset(i, 'I', sizeof i);
    memset(a, 'A', sizeof a);
    memset(b, 'B', sizeof b);
    CHECK(seal_account_message(message, &claim) == sizeof want - 1);
    CHECK(memcmp(message, want, sizeof want - 1) == 0);
}

static void bounds(void)
{
    char origin[SEAL_ACCOUNT_ORIGIN_MAX + 2], pool[SEAL_ACCOUNT_POOL_MAX + 2];
    uint8_t message[SEAL_ACCOUNT_MESSAGE_MAX], signature[64] = {0};
    struct seal_account_claim claim = {.call = SEAL_ACCOUNT_ENROLL,
                                       .origin = origin,
                                       .nonce = nonce,
                                       .enroll = {.pool = pool, .grade = 255}};

    memset(origin, 'o', sizeof origin);
    memset(pool, 'p', sizeof pool);
    origin[SEAL_ACCOUNT_ORIGIN_MAX] = 0;
    pool[SEAL_ACCOUNT_POOL_MAX] = 0;
    CHECK(seal_account_message(message, &claim) > 0);
    pool[SEAL_ACCOUNT_POOL_MAX] = 'p';
    pool[SEAL_ACCOUNT_POOL_MAX + 1] = 0;
    CHECK(seal_account_message(message, &claim) == 0);
    CHECK(seal_account_sign(signature, &claim, secret_key) == ERR_INVALID);
    CHECK(verify(signature, &claim) == ERR_INVALID);
    pool[0] = 0;
    CHECK(seal_account_message(message, &claim) == 0);
    claim = rotate;
    claim.origin = origin;
    CHECK(seal_account_message(message, &claim) == SEAL_ACCOUNT_MESSAGE_MAX);
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
    fill(other_key, sizeof other_key, 5);
    fill(once, sizeof once, 6);
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        signs(claims[i]);
    signs_all();
    messages_differ();
    layout();
    layout_of_rotation();
    bounds();
    small_order();
    handles();
    return check_report("seal/account");
}

#include "seal/known.h"

#include <sodium.h>
#include <string.h>

#include "seal.h"

enum { TOKENS = 4, STEPS = 20000, NOW_MS = 1000 };

static uint8_t key[SEAL_KEY];
static const struct seal_known none;

static struct seal_token sealed(char text[static SEAL_TOKEN_TEXT + 1],
                                uint64_t member, uint64_t until_ms)
{
    struct seal_token token = {.member = member, .until_ms = until_ms};
    uint8_t nonce[SEAL_TOKEN_NONCE];

    fill(nonce, sizeof nonce, member);
    fill(token.proof_key, sizeof token.proof_key, member);
    seal_token_seal(text, &token, key, nonce);
    return token;
}

/* Law 1: as the slow one, whoever comes, with what text and when. */
static void as_the_other(void)
{
    char text[TOKENS][SEAL_TOKEN_TEXT + 1];
    struct seal_known known = none;
    uint64_t seed = 1, now_ms;

    for (uint64_t i = 0; i < TOKENS; i++)
        (void)sealed(text[i], i + 1, NOW_MS + i);
    for (int i = 0; i < STEPS; i++) {
        struct seal_token got = {.member = 77}, wanted = got;
        char said[SEAL_TOKEN_TEXT + 1];
        size_t size = SEAL_TOKEN_TEXT;
        enum err err;

        memcpy(said, text[chance_below(&seed, TOKENS)], sizeof said);
        if (chance_below(&seed, 3) == 0) /* another, or a shorter one */
            said[chance_below(&seed, size)] = 'A';
        if (chance_below(&seed, 8) == 0)
            size = chance_below(&seed, size);
        now_ms = NOW_MS - 2 + chance_below(&seed, TOKENS + 3);
        err = seal_token_open(&wanted, said, size, key, now_ms);
        CHECK(seal_known_open(&known, &got, said, size, key, now_ms) == err);
        CHECK(got.member == wanted.member);
        CHECK(err != ERR_NONE || (got.until_ms == wanted.until_ms &&
                                  memcmp(got.proof_key, wanted.proof_key,
                                         sizeof got.proof_key) == 0));
    }
}

/* Law 1: every byte counts, also beside one that it knows. */
static void tampered(void)
{
    struct seal_known known = none;
    struct seal_token got;
    char text[SEAL_TOKEN_TEXT + 1];

    (void)sealed(text, 1, NOW_MS);
    CHECK(seal_known_open(&known, &got, text, SEAL_TOKEN_TEXT, key, 1) ==
          ERR_NONE);
    for (size_t i = 0; i < SEAL_TOKEN_TEXT; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ 1 << bit);
            CHECK(seal_known_open(&known, &got, text, SEAL_TOKEN_TEXT, key,
                                  1) == ERR_UNAUTHENTICATED);
            text[i] = (char)(text[i] ^ 1 << bit);
        }
    }
}

/* It is the text it knows that answers, not the key: else Law 1 is no gain. */
static void known_again(void)
{
    static const uint8_t other[SEAL_KEY] = {1};
    struct seal_known known = none;
    struct seal_token got;
    char text[SEAL_TOKEN_TEXT + 1];

    (void)sealed(text, 1, NOW_MS);
    CHECK(seal_known_open(&known, &got, text, SEAL_TOKEN_TEXT, key, 1) ==
          ERR_NONE);
    CHECK(seal_known_open(&known, &got, text, SEAL_TOKEN_TEXT, other, 1) ==
          ERR_NONE);
}

/* Law 2: by whatever is heard next. */
static void forgotten(void)
{
    struct seal_known known = none;
    struct seal_token got;
    char text[SEAL_TOKEN_TEXT + 1];

    (void)sealed(text, 1, NOW_MS);
    CHECK(seal_known_open(&known, &got, text, SEAL_TOKEN_TEXT, key, 1) ==
          ERR_NONE);
    CHECK(memcmp(&known, &none, sizeof known) != 0);
    CHECK(seal_known_open(&known, &got, "x", 1, key, NOW_MS) ==
          ERR_UNAUTHENTICATED);
    CHECK(memcmp(&known, &none, sizeof known) == 0);
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    fill(key, sizeof key, 5);
    as_the_other();
    tampered();
    known_again();
    forgotten();
    return check_report("seal/known");
}

#include "seal/token.h"

#include <sodium.h>
#include <string.h>

#include "seal.h"

static uint8_t key[SEAL_KEY];

static struct seal_token sample(uint64_t seed)
{
    struct seal_token token = {.member = chance_next(&seed),
                               .pool = (uint32_t)chance_next(&seed),
                               .grade = (uint8_t)chance_next(&seed),
                               .grade_until_ms = chance_next(&seed),
                               .until_ms = chance_next(&seed) | 1,
                               .since_ms = chance_next(&seed),
                               .generation = (uint32_t)chance_next(&seed)};

    if (seed % 2)
        fill(token.proof_key, sizeof token.proof_key, seed);
    return token;
}

static bool same(const struct seal_token *a, const struct seal_token *b)
{
    return a->member == b->member && a->pool == b->pool &&
           a->grade == b->grade && a->grade_until_ms == b->grade_until_ms &&
           a->until_ms == b->until_ms && a->since_ms == b->since_ms &&
           a->generation == b->generation &&
           memcmp(a->proof_key, b->proof_key, sizeof a->proof_key) == 0;
}

/* Laws 1, 2, 3 for any values. */
static void round_trip(void)
{
    for (uint64_t seed = 1; seed < 500; seed++) {
        struct seal_token token = sample(seed), got;
        char text[SEAL_TOKEN_TEXT + 1];
        uint8_t nonce[SEAL_TOKEN_NONCE];

        fill(nonce, sizeof nonce, seed);
        seal_token_seal(text, &token, key, nonce);
        CHECK(strlen(text) == SEAL_TOKEN_TEXT);
        CHECK(seal_token_open(&got, text, SEAL_TOKEN_TEXT, key,
                              token.until_ms - 1) == ERR_NONE);
        CHECK(same(&token, &got));
        CHECK(seal_token_bound(&got) ==
              (token.proof_key[0] != 0 || token.proof_key[1] != 0));
        CHECK(seal_token_open(&got, text, SEAL_TOKEN_TEXT, key,
                              token.until_ms) == ERR_TOKEN_EXPIRED);
        CHECK(seal_token_open(&got, text, SEAL_TOKEN_TEXT, key, UINT64_MAX) ==
              ERR_TOKEN_EXPIRED);
    }
}

/* Law 1: no other byte in any place, no other size, no other key. */
static void tampered(void)
{
    struct seal_token token = sample(1), got = {.member = 7};
    char text[SEAL_TOKEN_TEXT + 1];
    uint8_t nonce[SEAL_TOKEN_NONCE], other[SEAL_KEY];

    fill(nonce, sizeof nonce, 1);
    seal_token_seal(text, &token, key, nonce);
    for (size_t i = 0; i < SEAL_TOKEN_TEXT; i++) {
        char was = text[i];

        for (int c = 0; c < 256; c++) {
            text[i] = (char)c;
            if (text[i] != was)
                CHECK(seal_token_open(&got, text, SEAL_TOKEN_TEXT, key, 1) ==
                      ERR_UNAUTHENTICATED);
        }
        text[i] = was;
    }
    for (size_t size = 0; size < SEAL_TOKEN_TEXT; size++)
        CHECK(seal_token_open(&got, text, size, key, 1) == ERR_UNAUTHENTICATED);
    CHECK(seal_token_open(&got, text, SEAL_TOKEN_TEXT + 1, key, 1) ==
          ERR_UNAUTHENTICATED);
    fill(other, sizeof other, 42);
    CHECK(seal_token_open(&got, text, SEAL_TOKEN_TEXT, other, 1) ==
          ERR_UNAUTHENTICATED);
    CHECK(got.member == 7);
    CHECK(seal_token_open(&got, text, SEAL_TOKEN_TEXT, key, 1) == ERR_NONE);
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    fill(key, sizeof key, 5);
    round_trip();
    tampered();
    return check_report("seal/token");
}

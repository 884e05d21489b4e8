/* fuzz/token -- any text as an access token.
 *
 * The first byte says whether the rest is the text, or changes to one that was
 * sealed: pairs of a place and a mask.  Only what was sealed opens, to what it
 * said (seal/token laws 1 and 2). */
#include "seal/token.h"

#include <string.h>

#include "base/require.h"
#include "fuzz.h"
#include "seal/ready.h"

static const uint8_t key[SEAL_KEY] = {1, 2, 3, 5, 8, 13, 21, 34};
static const uint8_t nonce[SEAL_TOKEN_NONCE] = {2, 7, 1, 8};
static const struct seal_token said = {.member = 77,
                                       .pool = 3,
                                       .grade = 2,
                                       .grade_until_ms = 5000,
                                       .until_ms = 9000};

static void opens(const char *text, size_t size, const char *sealed)
{
    struct seal_token token;
    bool same = size == SEAL_TOKEN_TEXT && memcmp(text, sealed, size) == 0;

    REQUIRE(seal_token_open(&token, text, size, key, 9000) != ERR_NONE);
    if (seal_token_open(&token, text, size, key, 8999) != ERR_NONE) {
        REQUIRE(!same);
        return;
    }
    REQUIRE(same);
    REQUIRE(token.member == said.member && token.pool == said.pool);
    REQUIRE(token.grade == said.grade && token.until_ms == said.until_ms);
    REQUIRE(token.grade_until_ms == said.grade_until_ms);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char sealed[SEAL_TOKEN_TEXT + 1], text[SEAL_TOKEN_TEXT + 1];

    if (size < 1)
        return 0;
    REQUIRE(seal_ready());
    seal_token_seal(sealed, &said, key, nonce);
    if (data[0] == 0) {
        opens((const char *)data + 1, size - 1, sealed);
        return 0;
    }
    memcpy(text, sealed, sizeof text);
    for (size_t i = 1; i + 1 < size; i += 2)
        text[data[i] % SEAL_TOKEN_TEXT] ^= (char)data[i + 1];
    opens(text, SEAL_TOKEN_TEXT, sealed);
    return 0;
}

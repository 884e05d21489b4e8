#include "seal/proof.h"

#include <sodium.h>
#include <string.h>

#include "seal.h"

static uint8_t key[SEAL_PROOF_KEY], message[40];
static char method[] = "/kindred.v1.Cards/PutCard";
static const struct seal_proof_call call = {method, message, sizeof message};

/* Law 1: not a bit of key, method, message or proof. */
static void exact(void)
{
    char text[SEAL_PROOF_TEXT + 1], other[SEAL_PROOF_TEXT + 2];

    seal_proof_make(text, &call, key);
    CHECK(strlen(text) == SEAL_PROOF_TEXT);
    CHECK(seal_proof_check(text, &call, key) == ERR_NONE);
    EACH_BIT(key, sizeof key,
             CHECK(seal_proof_check(text, &call, key) == ERR_PROOF));
    EACH_BIT(message, sizeof message,
             CHECK(seal_proof_check(text, &call, key) == ERR_PROOF));
    EACH_BIT(method, sizeof method - 1,
             CHECK(seal_proof_check(text, &call, key) == ERR_PROOF));
    for (size_t i = 0; i < SEAL_PROOF_TEXT; i++)
        for (int c = 1; c < 256; c++) {
            memcpy(other, text, sizeof text);
            other[i] = (char)c;
            if (c != (unsigned char)text[i])
                CHECK(seal_proof_check(other, &call, key) == ERR_PROOF);
        }
    CHECK(seal_proof_check(text, &call, key) == ERR_NONE);
}

/* Law 1: bytes moved between method and message, and cut from either. */
static void no_part_passes_for_another(void)
{
    static const struct {
        const char *method, *message;
    } cases[] = {{"ab", "c"}, {"a", "bc"}, {"", "abc"}, {"abc", ""},
                 {"ab", ""},  {"a", "b"},  {"", "ab"}};
    enum { CASES = sizeof cases / sizeof cases[0] };
    char text[CASES][SEAL_PROOF_TEXT + 1];

    for (int i = 0; i < CASES; i++) {
        const struct seal_proof_call at = {cases[i].method,
                                           (const uint8_t *)cases[i].message,
                                           strlen(cases[i].message)};

        seal_proof_make(text[i], &at, key);
        for (int j = 0; j < i; j++)
            CHECK(seal_proof_check(text[j], &at, key) == ERR_PROOF);
    }
}

/* Law 2 cannot be seen in a test that asserts no time: what comes is compared
 * whole, whatever its size. */
static void sizes(void)
{
    char text[SEAL_PROOF_TEXT + 2];

    seal_proof_make(text, &call, key);
    text[SEAL_PROOF_TEXT] = 'A';
    text[SEAL_PROOF_TEXT + 1] = 0;
    CHECK(seal_proof_check(text, &call, key) == ERR_PROOF);
    for (size_t size = SEAL_PROOF_TEXT; size-- > 0;) {
        text[size] = 0;
        CHECK(seal_proof_check(text, &call, key) == ERR_PROOF);
    }
    CHECK(seal_proof_check(NULL, &call, key) == ERR_PROOF);
}

/* The layout as the header has it, in one piece. */
static void layout(void)
{
    static const char in[] = "kindred.v1.proof\0\x02\0/mbody";
    const struct seal_proof_call at = {"/m", (const uint8_t *)"body", 4};
    uint8_t mac[crypto_auth_BYTES];
    char want[SEAL_PROOF_TEXT + 1], text[SEAL_PROOF_TEXT + 1];

    CHECK(crypto_auth(mac, (const uint8_t *)in, sizeof in - 1, key) == 0);
    CHECK(sodium_bin2base64(want, sizeof want, mac, sizeof mac,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING) == want);
    seal_proof_make(text, &at, key);
    CHECK(strcmp(text, want) == 0);
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    fill(key, sizeof key, 1);
    fill(message, sizeof message, 2);
    exact();
    no_part_passes_for_another();
    sizes();
    layout();
    return check_report("seal/proof");
}

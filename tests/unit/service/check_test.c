#include "service/check.h"

#include <sodium.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "seal/mailbox.h"

static void countries(void)
{
    static const char *const good[] = {"", "US", "DE", "XX", "AA", "ZZ"};
    static const char *const bad[] = {"U",  "USA", "us",   "Us", "uS", "1A",
                                      "A1", " US", "US ",  "@A", "[A", "A[",
                                      "ÄÖ", "-",   "U\nS", "U-"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK(service_check_country(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!service_check_country(bad[i]));
}

static void languages(void)
{
    static const char *const good[] = {"",
                                       "e",
                                       "en",
                                       "en-US",
                                       "zh-Hant-TW",
                                       "es-419",
                                       "sl-IT-nedis",
                                       "de-CH-1996",
                                       "x-whatever",
                                       "abcdefgh-12345678-abcdefgh-12345678"};
    static const char *const bad[] = {"-",
                                      "en-",
                                      "-en",
                                      "en--US",
                                      "1en",
                                      "419",
                                      "en_US",
                                      "abcdefghi",
                                      "en-123456789",
                                      "en US",
                                      "é",
                                      "en\n",
                                      "abcdefgh-12345678-abcdefgh-123456789"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK(service_check_language(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!service_check_language(bad[i]));
}

/* The rule once more, subtag by subtag. */
static bool slow_language(const char *text)
{
    char copy[64], *tag = copy;
    bool first = true;

    if (strlen(text) > 35)
        return false;
    if (text[0] == '\0')
        return true;
    (void)strcpy(copy, text);
    for (;;) {
        size_t size = strcspn(tag, "-");

        if (size < 1 || size > 8)
            return false;
        if (strspn(tag, first ? "abcdefgxyzABCXYZ"
                              : "abcdefgxyzABCXYZ0123456789") < size)
            return false;
        if (tag[size] == '\0')
            return true;
        tag += size + 1;
        first = false;
    }
}

static void random_languages(void)
{
    static const char from[] = "abzAZ09-_ aabb--";
    uint64_t seed = 7;

    for (int round = 0; round < 50000; round++) {
        char text[64] = {0};
        size_t size = chance_next(&seed) % 40;

        for (size_t i = 0; i < size; i++)
            text[i] = from[chance_next(&seed) % (sizeof from - 1)];
        CHECK(service_check_language(text) == slow_language(text));
    }
}

static void secrets(void)
{
    struct seal_keys keys;
    struct service service = {.keys = &keys};
    struct seal_row_side side;
    uint8_t master[SEAL_KEY] = {1}, bytes[64], hash[32], send[32];

    seal_keys_init(&keys, master);
    memset(bytes, 7, sizeof bytes);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        ProtobufCBinaryData whole = {.data = bytes, .len = 32};
        ProtobufCBinaryData some = {.data = bytes, .len = size};
        enum err want = size == 32 ? ERR_NONE : ERR_INVALID;

        CHECK(service_check_secrets(&service, some, whole, &side) == want);
        CHECK(service_check_secrets(&service, whole, some, &side) == want);
    }
    seal_mailbox_hash(hash, keys.mailbox, bytes);
    CHECK(memcmp(side.receive_hash, hash, sizeof hash) == 0);
    seal_mailbox_send(send, bytes);
    CHECK(memcmp(side.send_capability, send, sizeof send) == 0);
    seal_mailbox_hash(hash, keys.mailbox, send);
    CHECK(memcmp(side.send_hash, hash, sizeof hash) == 0);
    CHECK(memcmp(side.talk_key, bytes, sizeof side.talk_key) == 0);
    seal_keys_close(&keys);
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    countries();
    languages();
    random_languages();
    secrets();
    return check_report("service/check");
}

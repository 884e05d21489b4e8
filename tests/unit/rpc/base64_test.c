#include "rpc/base64.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"

/* RFC 4648, section 10; and the bytes whose text tells the alphabets apart. */
static void vectors(void)
{
    static const struct {
        const char *bytes, *padded, *bare;
    } cases[] = {{"", "", ""},
                 {"f", "Zg==", "Zg"},
                 {"fo", "Zm8=", "Zm8"},
                 {"foo", "Zm9v", "Zm9v"},
                 {"foob", "Zm9vYg==", "Zm9vYg"},
                 {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                 {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                 {"\xfb\xff\xbf", "+/+/", "-_-_"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *in = (const uint8_t *)cases[i].bytes;
        size_t size = strlen(cases[i].bytes), got;
        uint8_t out[16];
        char text[16];

        got = rpc_base64_encode(in, size, true, text);
        CHECK(got == strlen(cases[i].padded) && got == RPC_BASE64_SIZE(size));
        CHECK(memcmp(text, cases[i].padded, got) == 0);
        CHECK(rpc_base64_encode(in, size, false, text) ==
              strlen(cases[i].bare));
        CHECK(rpc_base64_decode(cases[i].padded, strlen(cases[i].padded), out,
                                &got));
        CHECK(got == size && memcmp(out, in, size) == 0);
        CHECK(
            rpc_base64_decode(cases[i].bare, strlen(cases[i].bare), out, &got));
        CHECK(got == size && memcmp(out, in, size) == 0);
    }
}

/* Law 2 */
static void refused(void)
{
    static const char *const cases[] = {
        "A",     "AAAAA",  "=",    "==",        "====",  "A===",
        "AA=",   "AAA==",  "AA=A", "A=AA",      "AAAA=", "AAAA====",
        "Zm 9v", "Zm9v\n", "Zm9*", "Z\xc3\xa9g"};
    uint8_t out[16];
    size_t got;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(!rpc_base64_decode(cases[i], strlen(cases[i]), out, &got));
}

/* Law 1, in place too. */
static void random_history(void)
{
    uint64_t chance = 1;

    for (int run = 0; run < 2000; run++) {
        uint8_t bytes[100], back[RPC_BASE64_SIZE(100)];
        size_t size = chance_below(&chance, 101), text_size, got;

        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)chance_next(&chance);
        text_size = rpc_base64_encode(bytes, size, run % 2 == 0, (char *)back);
        CHECK(text_size <= sizeof back);
        CHECK(rpc_base64_decode((char *)back, text_size, back, &got));
        CHECK(got == size && memcmp(back, bytes, size) == 0);
    }
}

int main(void)
{
    vectors();
    refused();
    random_history();
    return check_report("rpc/base64");
}

#include "cli/text.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"

static uint32_t code_of(const char *text, size_t *bytes)
{
    uint32_t code;

    *bytes = cli_text_next(text, strlen(text), &code);
    return code;
}

static void test_characters(void)
{
    static const struct {
        const char *text;
        uint32_t code;
        size_t bytes;
        unsigned width;
    } rows[] = {{"a", 'a', 1, 1},
                {"é", 0xe9, 2, 1},
                {"✓", 0x2713, 3, 1},
                {"漢", 0x6f22, 3, 2},
                {"😀", 0x1f600, 4, 2},
                {"\xcc\x81", 0x301, 2, 0}, /* combining acute */
                {"\xe2\x80\x8d", 0x200d, 3, 0},
                {"\xf4\x8f\xbf\xbf", 0x10ffff, 4, 1}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t bytes;

        CHECK(code_of(rows[i].text, &bytes) == rows[i].code);
        CHECK(bytes == rows[i].bytes);
        CHECK(cli_text_last(rows[i].text, bytes) == bytes);
        CHECK(cli_text_width(rows[i].code) == rows[i].width);
        CHECK(!cli_text_is_control(rows[i].code));
    }
}

/* Not UTF-8: cut, overlong, a surrogate, past the end of Unicode. */
static void test_malformed(void)
{
    static const char *const rows[] = {"\x80",
                                       "\xff",
                                       "\xc3",
                                       "\xc3x",
                                       "\xc0\x80",
                                       "\xc1\xbf",
                                       "\xe0\x9f\xbf",
                                       "\xed\xa0\x80",
                                       "\xe2\x9c",
                                       "\xe2\x9cx",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\x9b"};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t bytes;

        CHECK(code_of(rows[i], &bytes) == CLI_TEXT_BAD);
        CHECK(bytes == 1);
    }
    CHECK(cli_text_is_control(CLI_TEXT_BAD));
}

/* Law 2 */
static void test_controls(void)
{
    static const uint32_t some[] = {0,      '\t',   '\n',   '\r',   0x1b,
                                    0x7f,   0x80,   0x85,   0x9b,   0x9f,
                                    0x200e, 0x202a, 0x202e, 0x2028, 0x2029,
                                    0x2066, 0x2069, 0xfeff, 0x61c,  0xe0041};
    static const uint32_t none[] = {' ',    '~',    0xa0,   0xe9, 0x200d,
                                    0x2027, 0x202f, 0x206a, '?',  0x1f600};

    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        CHECK(cli_text_is_control(some[i]));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CHECK(!cli_text_is_control(none[i]));
    for (uint32_t code = 0; code < 0xa0; code++)
        CHECK(cli_text_is_control(code) ==
              (code < 0x20 || (code >= 0x7f && code < 0xa0)));
}

/* Law 3: they take no room, and what changes how others look is none. */
static void test_hidden(void)
{
    static const uint32_t shapes[] = {0x200c, 0x200d, 0x301, 0xfe0f, 0xad, ' '};
    uint32_t count = 0;

    for (uint32_t code = 0; code <= CLI_TEXT_BAD; code++) {
        if (!cli_text_is_hidden(code))
            continue;
        count++;
        CHECK(!cli_text_is_control(code));
        CHECK(code == 0x200b || (code >= 0x2060 && code <= 0x206f));
        if (code != 0x2065) /* not given out yet */
            CHECK(cli_text_width(code) == 0);
    }
    CHECK(count == 13);
    for (uint32_t code = 0x200b; code <= 0x206f; code++) /* seen, or known */
        CHECK(cli_text_is_hidden(code) || cli_text_is_control(code) ||
              code == 0x200c || code == 0x200d ||
              (code >= 0x2010 && code <= 0x2027) ||
              (code >= 0x202f && code <= 0x205f));
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        CHECK(!cli_text_is_hidden(shapes[i]));
}

/* What RFC 3629 makes of a code, to be held against. */
static size_t encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    if (code < 0x10000)
        return 3;
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static void test_every_code(void)
{
    uint32_t wrong = 0;

    for (uint32_t code = 0; code < CLI_TEXT_BAD; code++) {
        bool is = code < 0xd800 || code > 0xdfff;
        char text[4];
        size_t size = encode(code, text), bytes;
        uint32_t read;

        bytes = cli_text_next(text, size, &read);
        wrong += is ? read != code || bytes != size
                    : read != CLI_TEXT_BAD || bytes != 1;
        wrong += is && cli_text_last(text, size) != size;
    }
    CHECK(wrong == 0);
}

/* Law 1, of bytes that are anything: forwards they are all taken, each once,
 * and what was taken forwards is found again backwards. */
static void test_any_bytes(void)
{
    static const char likely[] = "a\xc3\xa9\xe2\x9c\x93\xf0\x9f\x98\x80\x80";
    uint64_t chance = 7;

    for (int round = 0; round < 20000; round++) {
        char text[12];
        size_t size = 1 + (size_t)chance_below(&chance, sizeof text), at = 0;

        for (size_t i = 0; i < size; i++)
            text[i] = likely[chance_below(&chance, sizeof likely)];
        while (at < size) {
            uint32_t code, again;
            size_t bytes = cli_text_next(text + at, size - at, &code);

            CHECK(bytes >= 1 && bytes <= size - at && bytes <= 4);
            CHECK(code != CLI_TEXT_BAD || bytes == 1);
            at += bytes;
            if (code == CLI_TEXT_BAD)
                continue;
            CHECK(cli_text_last(text, at) == bytes);
            CHECK(cli_text_next(text + at - bytes, bytes, &again) == bytes);
            CHECK(again == code);
        }
        CHECK(at == size);
    }
}

int main(void)
{
    test_characters();
    test_malformed();
    test_controls();
    test_hidden();
    test_every_code();
    test_any_bytes();
    return check_report("cli/text");
}

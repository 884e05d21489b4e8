#include "http/lines.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"

static enum err head(const char *text, size_t size, bool request, size_t *whole)
{
    return http_lines_head((const uint8_t *)text, size, 0, request, whole);
}

/* Laws 1 and 2: what is refused, and why. */
static void heads(void)
{
    static const struct {
        const char *text;
        enum err err;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", ERR_NONE},
        {"GET / HTTP/1.0\r\na: b\r\n\r\n", ERR_NONE},
        {"P-_.!#$%&'*+^`|~9 * HTTP/1.1\r\na:\r\nb: \tc\xff d\t\r\n\r\n",
         ERR_NONE},
        {"GET / HTTP/1.1\r\na: b\r\nC-d: e:f\r\n\r\n", ERR_NONE},
        {"GET / HTTP/1.1\r\na : b\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\na\t: b\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\n a: b\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\na: b\r\n\tc: d\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\na: b\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\na: b\rc: d\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\na: b\r\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\na: b\x01\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\na: b\x7f\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\n: b\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\nab\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\n(a): b\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1\r\na\xc3\xa9: b\r\n\r\n", ERR_INVALID},
        {"GET  / HTTP/1.1\r\n\r\n", ERR_INVALID},
        {"GET /a b HTTP/1.1\r\n\r\n", ERR_INVALID},
        {"GET /\tb HTTP/1.1\r\n\r\n", ERR_INVALID},
        {" GET / HTTP/1.1\r\n\r\n", ERR_INVALID},
        {"GET  HTTP/1.1\r\n\r\n", ERR_INVALID},
        {"G(T / HTTP/1.1\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.2\r\n\r\n", ERR_INVALID},
        {"GET / HTTP/1.1 \r\n\r\n", ERR_PROTOCOL},
        {"GET / HTTP/2.0\r\n\r\n", ERR_PROTOCOL},
        {"GET / http/1.1\r\n\r\n", ERR_PROTOCOL},
        {"GET /\r\n\r\n", ERR_PROTOCOL},
        {"\r\nGET / HTTP/1.1\r\n\r\n", ERR_INVALID},
        {"\x16\x03\x01\r\n\r\n", ERR_PROTOCOL}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = strlen(cases[i].text), whole;
        enum err err = head(cases[i].text, size, true, &whole);

        CHECK(err == cases[i].err);
        CHECK(whole == (err == ERR_NONE ? size : 0));
        if (err != ERR_NONE)
            continue;
        for (size_t part = 0; part < size; part++) { /* not yet */
            CHECK(head(cases[i].text, part, true, &whole) == ERR_NONE);
            CHECK(whole == 0);
        }
    }
}

static void trailers(void)
{
    size_t whole;

    CHECK(head("\r\nrest", 6, false, &whole) == ERR_NONE && whole == 2);
    CHECK(head("a: b\r\n\r\nrest", 12, false, &whole) == ERR_NONE);
    CHECK(whole == 8);
    CHECK(head("a: b\r\n c\r\n\r\n", 12, false, &whole) == ERR_INVALID);
    CHECK(head("a: b\nc: d\r\n\r\n", 13, false, &whole) == ERR_INVALID);
    CHECK(head("\r", 1, false, &whole) == ERR_NONE && whole == 0);
}

/* Law 3 */
static void chunks(void)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"0\r\n", true},        {"fF09aA\r\nrest", true},
                 {"12345678\r\n", true}, {"123456789\r\n", false},
                 {"\r\n", false},        {"g\r\n", false},
                 {"1 \r\n", false},      {" 1\r\n", false},
                 {"+1\r\n", false},      {"0x1\r\n", false},
                 {"1;a=b\r\n", false},   {"1\n", false},
                 {"1\rx", false},        {"1_\r\n", false}};
    size_t whole;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *text = (const uint8_t *)cases[i].text;
        size_t size = strlen(cases[i].text);

        CHECK((http_lines_chunk(text, size, &whole) == ERR_NONE) ==
              cases[i].good);
        CHECK(!cases[i].good || (whole > 2 && text[whole - 1] == '\n' &&
                                 text[whole - 2] == '\r'));
    }
    CHECK(http_lines_chunk((const uint8_t *)"12\r", 3, &whole) == ERR_NONE);
    CHECK(whole == 0);
    CHECK(http_lines_chunk_end((const uint8_t *)"\r\nx", 3, &whole) ==
          ERR_NONE);
    CHECK(whole == 2);
    CHECK(http_lines_chunk_end((const uint8_t *)"\r", 1, &whole) == ERR_NONE);
    CHECK(whole == 0);
    CHECK(http_lines_chunk_end((const uint8_t *)"\rx", 2, &whole) ==
          ERR_INVALID);
    CHECK(http_lines_chunk_end((const uint8_t *)"x", 1, &whole) == ERR_INVALID);
}

/* Law 1 against a slow look at every byte, and `seen` that changes nothing. */
static void random_history(void)
{
    static const char letters[] = "\r\n\r\n\r\n: \tab\x01";
    uint64_t chance = 7;

    for (int round = 0; round < 200000; round++) {
        char text[40] = "GET / HTTP/1.1\r\n";
        size_t size = 16, whole, again, seen;
        bool pairs = true;
        enum err err;

        while (size < 30)
            text[size++] = letters[chance_below(&chance, sizeof letters - 1)];
        err = head(text, size, true, &whole);
        if (err != ERR_NONE)
            continue;
        seen = (size_t)chance_below(&chance, whole > 0 ? whole : size + 1);
        CHECK(http_lines_head((const uint8_t *)text, size, seen, true,
                              &again) == err);
        CHECK(again == whole);
        for (size_t i = 0; i < whole; i++)
            pairs &= text[i] == '\r'   ? text[i + 1] == '\n'
                     : text[i] == '\n' ? text[i - 1] == '\r'
                                       : text[i] != '\x01';
        CHECK(pairs);
    }
}

int main(void)
{
    heads();
    trailers();
    chunks();
    random_history();
    return check_report("http/lines");
}

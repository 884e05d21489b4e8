#include "rpc/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "rpc/scan.h"

/* On memory of its own size, so that a sanitizer sees a step too far. */
static struct rpc_json_text text_of(const char *words, uint8_t **memory)
{
    const size_t size = strlen(words);

    *memory = malloc(size > 0 ? size : 1);
    memcpy(*memory, words, size);
    return (struct rpc_json_text){*memory, *memory + size};
}

/* One value and nothing after it. */
static enum err whole(const char *words)
{
    uint8_t *memory;
    struct rpc_json_text text = text_of(words, &memory);
    enum err err = rpc_json_text_skip(&text);

    if (err == ERR_NONE && rpc_json_text_peek(&text) != 0)
        err = ERR_JSON;
    free(memory);
    return err;
}

/* Law 1 */
static const char *const values[] = {
    "0",
    "-0",
    "10",
    "-1.5",
    "1e1",
    "1E+10",
    "0.0e-0",
    "\"\"",
    "\"a\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    " [ ] ",
    "\t{\n}\r",
    "[1,2]",
    "[[],{}]",
    "{\"a\":1}",
    "{\"a\":{\"b\":[1,{\"c\":null}]},\"\":\"\"}",
    "\"\x7f\"",
    "\"\xc3\xa9\xf0\x9f\x8c\x8a\"",
    "\"12345678901234567890\"",
    "\"\\u0000\"",
    "[1 , 2]",
    "{\"a\" : 1 , \"b\" : 2}"};
static const char *const no_values[] = {"",
                                        " ",
                                        "-",
                                        "+1",
                                        "01",
                                        "-01",
                                        "00",
                                        ".5",
                                        "1.",
                                        "1.e1",
                                        "1e",
                                        "1e+",
                                        "0x1",
                                        "1_0",
                                        "--1",
                                        "NaN",
                                        "Infinity",
                                        "tru",
                                        "truE",
                                        "nul",
                                        "falsey",
                                        "true1",
                                        "\"",
                                        "\"a",
                                        "\"\\\"",
                                        "\"\\a\"",
                                        "\"\\u12\"",
                                        "\"\\u12g4\"",
                                        "\"\n\"",
                                        "\"1234567\x1f\"",
                                        "\"\x01xxxxxxxxxxxxxx\"",
                                        "'a'",
                                        "[",
                                        "]",
                                        "{",
                                        "}",
                                        "[1",
                                        "[1,",
                                        "[1,]",
                                        "[,1]",
                                        "[1 2]",
                                        "[1}",
                                        "{1:2}",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\":1,}",
                                        "{,}",
                                        "{\"a\":1]",
                                        "{\"a\" 1}",
                                        "{a:1}",
                                        "{\"a\":1 \"b\":2}",
                                        "1 1",
                                        "[]]",
                                        "{}{}",
                                        "/**/1",
                                        "1//",
                                        "[1,,2]",
                                        "{\"a\":1,,\"b\":2}",
                                        "\xef\xbb\xbf{}",
                                        "\v1",
                                        "\302\2401"};

static void grammar(void)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        CHECK(whole(values[i]) == ERR_NONE);
    for (size_t i = 0; i < sizeof no_values / sizeof *no_values; i++)
        CHECK(whole(no_values[i]) == ERR_JSON);
}

static void depth(void)
{
    char words[2 * (RPC_SCAN_DEPTH + 1) + 1];

    for (size_t deep = RPC_SCAN_DEPTH - 1; deep <= RPC_SCAN_DEPTH + 1; deep++) {
        memset(words, '[', deep);
        memset(words + deep, ']', deep);
        words[2 * deep] = '\0';
        CHECK(whole(words) == (deep > RPC_SCAN_DEPTH ? ERR_BUDGET : ERR_NONE));
    }
}

/* Law 2, and what an escape is. */
static void escapes(void)
{
    static const struct {
        const char *words, *plain;
        size_t size;
    } good[] = {{"\"plain\"", "plain", 5},
                {"\"\\u0041b\\u00e9\"", "Ab\xc3\xa9", 4},
                {"\"\\u20ac\\uFFFF\"", "\xe2\x82\xac\xef\xbf\xbf", 6},
                {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4},
                {"\"\\uDBFF\\uDFFF\"", "\xf4\x8f\xbf\xbf", 4},
                {"\"\\ud7ff\\ue000\"", "\xed\x9f\xbf\xee\x80\x80", 6},
                {"\"a\\u0000b\"", "a\0b", 3},
                {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
                {"\"12345678\\n12345678\"", "12345678\n12345678", 17}};
    static const char *const bad[] = {
        "\"\\ud83d\"",        "\"\\ude00\"",
        "\"\\ude00\\ud83d\"", "\"\\ud83d\\ud83d\"",
        "\"\\ud83dx\"",       "\"\\ud83d\\u0041\"",
        "\"\\ud83d\\n\"",     "\"\\ud83d\\ude0\"",
        "\"\\ud83d",          "\"\\ud83d\\ude00\\ude00\""};
    struct rpc_json_string string;
    uint8_t plain[32], *memory;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct rpc_json_text text = text_of(good[i].words, &memory);

        CHECK(rpc_json_text_string(&text, &string) == ERR_NONE);
        CHECK(text.at == text.end);
        CHECK(string.raw == strlen(good[i].words) - 2);
        CHECK(string.size == good[i].size);
        CHECK(string.zero == (memchr(good[i].plain, 0, good[i].size) != NULL));
        rpc_json_text_unescape(&string, plain);
        CHECK(memcmp(plain, good[i].plain, good[i].size) == 0);
        free(memory);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(whole(bad[i]) == ERR_JSON);
}

int main(void)
{
    grammar();
    depth();
    escapes();
    return check_report("rpc/json_text");
}

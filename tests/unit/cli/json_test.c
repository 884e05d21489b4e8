/* Laws 1 and 2: what is taken, what it says, and that jansson agrees on texts
 * made by chance. */
#include "cli/json.h"

#include <jansson.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"

enum { NODES = 64, SEEDS = 20, TEXTS = 20000 };

static struct cli_json_node node[NODES];
static char text[4096];
static size_t at;

static enum cli_json_end read_size(const char *from, size_t size)
{
    memcpy(text, from, size);
    return cli_json_read(text, size, node, NODES, &at);
}

static enum cli_json_end read_text(const char *from)
{
    return read_size(from, strlen(from));
}

static void values(void)
{
    CHECK(read_text(" [ {\"a\":1,\"b\":[]} , \"x\" , true,false,null ] ") ==
          CLI_JSON_OK);
    CHECK(node[0].type == CLI_JSON_LIST && node[0].size == 5);
    CHECK(node[0].span == 10);
    CHECK(node[1].type == CLI_JSON_OBJECT && node[1].size == 2);
    CHECK(strcmp(node[2].text, "a") == 0 && node[3].count == 1);
    CHECK(node[5].type == CLI_JSON_LIST && node[5].size == 0);
    CHECK(cli_json_after(&node[1]) == &node[6]);
    CHECK(node[6].type == CLI_JSON_TEXT && node[6].size == 1);
    CHECK(node[7].type == CLI_JSON_TRUE && node[8].type == CLI_JSON_FALSE);
    CHECK(node[9].type == CLI_JSON_NULL);
}

static void numbers(void)
{
    CHECK(read_text("0") == CLI_JSON_OK && node[0].type == CLI_JSON_COUNT);
    CHECK(read_text("9223372036854775807") == CLI_JSON_OK);
    CHECK(node[0].type == CLI_JSON_COUNT && node[0].count == INT64_MAX);
    CHECK(read_text("9223372036854775808") == CLI_JSON_OK);
    CHECK(node[0].type == CLI_JSON_NUMBER);
    CHECK(read_text("99999999999999999999999999") == CLI_JSON_OK);
    CHECK(node[0].type == CLI_JSON_NUMBER);
    CHECK(read_text("-1") == CLI_JSON_OK && node[0].type == CLI_JSON_NUMBER);
    CHECK(read_text("1.5") == CLI_JSON_OK && node[0].type == CLI_JSON_NUMBER);
    CHECK(read_text("1e3") == CLI_JSON_OK && node[0].type == CLI_JSON_NUMBER);
    CHECK(read_text("01") == CLI_JSON_BROKEN);
    CHECK(read_text("1.") == CLI_JSON_BROKEN);
    CHECK(read_text("-") == CLI_JSON_BROKEN);
    CHECK(read_text("+1") == CLI_JSON_BROKEN);
}

/* Law 1: a byte that may not stand as it is is found wherever it is, however
 * much is read at a time. */
static void odd_byte(void)
{
    static const char odd[] = "\x1f\x80\xff\n\"\\";
    char wide[32];

    for (size_t size = 0; size <= 20; size++)
        for (size_t where = 0; where < size; where++)
            for (size_t i = 0; odd[i]; i++) {
                bool high = (unsigned char)odd[i] >= 0x80;

                memset(wide, i % 2 ? '\x7f' : ' ', sizeof wide);
                wide[0] = wide[size + 1] = '"';
                CHECK(read_size(wide, size + 2) == CLI_JSON_OK);
                CHECK(node[0].size == size && node[0].text[size] == '\0');
                wide[1 + where] = odd[i];
                CHECK(read_size(wide, size + 2) ==
                      (high ? CLI_JSON_UTF8 : CLI_JSON_BROKEN));
                CHECK(at >= 1 + where);
                CHECK(!high || at == 1 + where);
            }
}

/* Law 1. */
static void strings(void)
{
    CHECK(read_text("\"\\u0041\\n\\\"\\/\\u00e9\\ud83d\\ude00\"") ==
          CLI_JSON_OK);
    CHECK(strcmp(node[0].text, "A\n\"/\xc3\xa9\xf0\x9f\x98\x80") == 0);
    CHECK(node[0].size == 10);
    CHECK(read_text("\"\xe2\x82\xac\"") == CLI_JSON_OK && node[0].size == 3);
    CHECK(read_text("\"\\u0000\"") == CLI_JSON_BROKEN);
    CHECK(read_text("\"\\udc00\"") == CLI_JSON_BROKEN);
    CHECK(read_text("\"\\ud800x\"") == CLI_JSON_BROKEN);
    CHECK(read_text("\"\xc0\xaf\"") == CLI_JSON_UTF8 && at == 1);
    CHECK(read_text("\"\xed\xa0\x80\"") == CLI_JSON_UTF8);
    CHECK(read_text("\"\xf4\x90\x80\x80\"") == CLI_JSON_UTF8);
    CHECK(read_size("\"\xe2\x82", 3) == CLI_JSON_UTF8);
    CHECK(read_text("\"a") == CLI_JSON_BROKEN && at == 2);
    CHECK(read_size("\"a\0\"", 4) == CLI_JSON_BROKEN);
    odd_byte();
    CHECK(read_size("1\0", 2) == CLI_JSON_BROKEN && at == 1);
}

/* Law 2. */
static void bounds(void)
{
    char many[2 * NODES + 2] = "[";

    CHECK(read_text("[[[[[[[[]]]]]]]]") == CLI_JSON_OK);
    CHECK(read_text("[[[[[[[[[]]]]]]]]]") == CLI_JSON_DEEP);
    for (int i = 0; i < NODES - 1; i++)
        (void)strcat(many, i ? ",1" : "1");
    (void)strcat(many, "]");
    CHECK(read_text(many) == CLI_JSON_OK && node[0].span == NODES);
    many[strlen(many) - 1] = '\0';
    (void)strcat(many, ",1]");
    CHECK(read_text(many) == CLI_JSON_MANY);
}

/* Do a node and a value of jansson's say the same? */
static bool same(const struct cli_json_node *ours, const json_t *theirs)
{
    const struct cli_json_node *inside = ours + 1;

    switch (ours->type) {
    case CLI_JSON_OBJECT:
        if (!json_is_object(theirs))
            return false;
        for (uint32_t i = 0; i < ours->size; i++) {
            const json_t *value = json_object_get(theirs, inside->text);

            inside = cli_json_after(inside);
            if (!value || !same(inside, value))
                return false;
            inside = cli_json_after(inside);
        }
        return json_object_size(theirs) == ours->size;
    case CLI_JSON_LIST:
        if (!json_is_array(theirs) || json_array_size(theirs) != ours->size)
            return false;
        for (uint32_t i = 0; i < ours->size; i++) {
            if (!same(inside, json_array_get(theirs, i)))
                return false;
            inside = cli_json_after(inside);
        }
        return true;
    case CLI_JSON_TEXT:
        return json_is_string(theirs) &&
               strcmp(json_string_value(theirs), ours->text) == 0;
    case CLI_JSON_COUNT:
        return json_is_integer(theirs) &&
               (uint64_t)json_integer_value(theirs) == ours->count;
    case CLI_JSON_NUMBER:
        return json_is_number(theirs);
    case CLI_JSON_TRUE:
        return json_is_true(theirs);
    case CLI_JSON_FALSE:
        return json_is_false(theirs);
    case CLI_JSON_NULL:
        return json_is_null(theirs);
    }
    return false;
}

/* Pieces strung together by chance: some of it is JSON. */
static size_t make(uint64_t *seed, char *out)
{
    static const char *const pieces[] = {
        "{",  "}",    "[",  "]",  ",",       ":",      "\"k\"",
        "1",  "\"a",  "\"", "0",  "-",       ".5",     "e1",
        " ",  "true", "nu", "ll", "\\u00e9", "\\ud83", "\xc3\xa9",
        "\\", "n",    "\t", "\"", "\xff",    "false",  "{\"m\":"};
    uint64_t n = 1 + chance_below(seed, 8);
    size_t size = 0;

    for (uint64_t i = 0; i < n; i++) {
        const char *piece =
            pieces[chance_below(seed, sizeof pieces / sizeof pieces[0])];

        memcpy(out + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return size;
}

static void jansson_agrees(uint64_t seed, uint32_t *taken)
{
    char made[256];

    for (int i = 0; i < TEXTS; i++) {
        size_t size = make(&seed, made);
        json_t *theirs = json_loadb(
            made, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        bool ok = read_size(made, size) == CLI_JSON_OK;

        if (theirs)
            CHECK(ok && same(node, theirs));
        else if (ok) /* a key twice is not its to refuse */
            CHECK((theirs = json_loadb(made, size, JSON_DECODE_ANY, NULL)) !=
                  NULL);
        *taken += ok;
        json_decref(theirs);
    }
}

int main(void)
{
    uint32_t taken = 0;

    values();
    numbers();
    strings();
    bounds();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        jansson_agrees(seed, &taken);
    CHECK(taken > 1000);
    return check_report("cli/json");
}

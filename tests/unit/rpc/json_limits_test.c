/* rpc/json law 2: what a text may cost. */
#include <stdlib.h>
#include <string.h>

#include "rpc_json.h"

/* Some text so many times, and its end as often. */
static char *nested(const char *open, const char *middle, const char *close,
                    size_t deep)
{
    char *text =
        malloc(deep * (strlen(open) + strlen(close)) + strlen(middle) + 1);

    *text = '\0';
    for (size_t i = 0; i < deep; i++)
        memcpy(text + i * strlen(open), open, strlen(open) + 1);
    (void)strcat(text, middle);
    for (size_t i = 0; i < deep; i++)
        (void)strcat(text, close);
    return text;
}

/* Law 2: levels are those of the bytes, so that the scan has nothing to add. */
static void depth(void)
{
    static const struct {
        const ProtobufCMessageDescriptor *type;
        const char *open, *middle, *close;
        size_t most;
    } cases[] = {
        {KINDS, "{\"aMessage\":", "{}", "}", RPC_SCAN_DEPTH - 1},
        {TREE, "{\"child\":[", "{}", "]}", RPC_SCAN_DEPTH - 1},
        {TREE, "{\"byName\":{\"\":", "{}", "}}", (RPC_SCAN_DEPTH - 1) / 2},
        {VALUE, "[", "1", "]", (RPC_SCAN_DEPTH - 1) / 2},
        {VALUE, "{\"\":", "1", "}", (RPC_SCAN_DEPTH - 1) / 3},
        {&google__protobuf__any__descriptor,
         "{\"@type\":\"/google.protobuf.Any\",\"value\":", "{}", "}",
         RPC_SCAN_DEPTH - 1},
        {&google__protobuf__any__descriptor,
         "{\"@type\":\"/json.testing.Known\",\"any\":", "{}", "}",
         RPC_SCAN_DEPTH - 1}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t more = 0; more < 2; more++) {
            char *back, *text = nested(cases[i].open, cases[i].middle,
                                       cases[i].close, cases[i].most + more);

            CHECK(again(cases[i].type, text, strlen(text), &back) ==
                  (more ? ERR_BUDGET : ERR_NONE));
            free(back);
            free(text);
        }
}

/* Levels that are closed are not counted. */
static void breadth(void)
{
    static const struct {
        const ProtobufCMessageDescriptor *type;
        const char *before, *item, *after;
    } cases[] = {
        {LISTS, "{\"messages\":[{}", ",{\"maps\":{\"byBool\":{}}}", "]}"},
        {VALUE, "[0", ",[]", "]"},
        {VALUE, "[{}", ",{\"a\":{}}", "]"}};
    char text[10000], *back;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)strcpy(text, cases[i].before);
        for (int items = 0; items < 2 * RPC_SCAN_DEPTH; items++)
            (void)strcat(text, cases[i].item);
        (void)strcat(text, cases[i].after);
        CHECK(again(cases[i].type, text, strlen(text), &back) == ERR_NONE);
        free(back);
    }
}

/* Law 2: an Any whose type comes last is read ahead, but not for ever. */
static void any_read_ahead(void)
{
    char *back, *text = nested("{\"value\":", "{}",
                               ",\"@type\":\"/google.protobuf.Any\"}", 3);

    CHECK(again(&google__protobuf__any__descriptor, text, strlen(text),
                &back) == ERR_NONE);
    free(back);
    free(text);
    text =
        nested("{\"value\":", "{}", ",\"@type\":\"/google.protobuf.Any\"}", 60);
    CHECK(again(&google__protobuf__any__descriptor, text, strlen(text),
                &back) == ERR_BUDGET);
    free(text);
}

/* Law 2: memory beside the bytes. */
static void memory(void)
{
    const size_t size = (size_t)6 * RPC_JSON_BYTES;
    char *text = malloc(size + 32), *back;
    size_t at = (size_t)sprintf(text, "{\"aBytes\":\"");

    while (at < size) /* "A", six bytes each time */
        at += (size_t)sprintf(text + at, "\\u0041");
    (void)strcpy(text + at, "\"}");
    CHECK(again(KINDS, text, at + 2, &back) == ERR_BUDGET);
    free(text);
}

/* Law 2: keys of one map. */
static void keys(void)
{
    char *text = malloc((size_t)16 * RPC_SCAN_ELEMENTS), *back;

    for (int more = 0; more < 2; more++) {
        size_t at = (size_t)sprintf(text, "{\"byInt32\":{\"0\":0");

        for (int i = 1; i < RPC_SCAN_ELEMENTS + more; i++)
            at += (size_t)sprintf(text + at, ",\"%d\":0", i * 7 % 65521);
        (void)strcpy(text + at, "}}");
        CHECK(again(MAPS, text, at + 2, &back) ==
              (more ? ERR_BUDGET : ERR_NONE));
        free(back);
    }
    free(text);
}

int main(void)
{
    rpc_json_init(&json, &testing_api, false);
    depth();
    breadth();
    any_read_ahead();
    memory();
    keys();
    return check_report("rpc/json, its limits");
}

#include "cli/workload_field.h"

#include <string.h>

#include "base/require.h"

static enum err bad(struct cli_workload_why *why,
                    enum cli_workload_why_code code,
                    const struct cli_workload_field *field)
{
    why->number[1] = field->most;
    return cli_workload_why_say(why, code, field->name, field->least);
}

static bool within(uint64_t n, const struct cli_workload_field *field)
{
    return n >= field->least && n <= field->most;
}

static enum err fits(const struct cli_json_node *value,
                     const struct cli_workload_field *field,
                     struct cli_workload_why *why)
{
    switch (field->type) {
    case CLI_WORKLOAD_FIELD_COUNT:
        if (value->type == CLI_JSON_COUNT && within(value->count, field))
            return ERR_NONE;
        return bad(why, CLI_WORKLOAD_WHY_COUNT, field);
    case CLI_WORKLOAD_FIELD_NAME:
        if (value->type == CLI_JSON_TEXT && within(value->size, field))
            return ERR_NONE;
        return bad(why, CLI_WORKLOAD_WHY_NAME, field);
    case CLI_WORKLOAD_FIELD_FLAG:
        if (value->type == CLI_JSON_TRUE || value->type == CLI_JSON_FALSE)
            return ERR_NONE;
        return bad(why, CLI_WORKLOAD_WHY_FLAG, field);
    case CLI_WORKLOAD_FIELD_LIST:
        if (value->type == CLI_JSON_LIST && within(value->size, field))
            return ERR_NONE;
        return bad(why, CLI_WORKLOAD_WHY_LIST, field);
    case CLI_WORKLOAD_FIELD_TABLE:
        if (value->type == CLI_JSON_OBJECT && within(value->size, field))
            return ERR_NONE;
        return bad(why, CLI_WORKLOAD_WHY_TABLE, field);
    }
    return ERR_INVALID;
}

/* The place in the table of this key; that of its end if it is not there.  Most
 * keys come in order, this one as number `guess`, which is in the table. */
static uint32_t place(const struct cli_workload_field *field,
                      const struct cli_json_node *key, uint32_t guess)
{
    uint32_t at = 0;

    if (cli_workload_field_same(field[guess].name, key->text))
        return guess;
    while (field[at].name &&
           !cli_workload_field_same(field[at].name, key->text))
        at++;
    REQUIRE(at < CLI_WORKLOAD_FIELD_MAX);
    return at;
}

enum err cli_workload_field_check(const struct cli_json_node *object,
                                  const struct cli_workload_field *field,
                                  const struct cli_json_node *found[],
                                  struct cli_workload_why *why)
{
    const struct cli_json_node *key = object + 1;
    uint32_t n = 0;

    if (object->type != CLI_JSON_OBJECT)
        return cli_workload_why_say(why, CLI_WORKLOAD_WHY_OBJECT, NULL, 0);
    while (field[n].name)
        found[n++] = NULL;
    REQUIRE(n > 0);
    for (uint32_t i = 0; i < object->size; i++) {
        uint32_t at = place(field, key, i < n ? i : 0);
        const struct cli_json_node *value = cli_json_after(key);

        if (!field[at].name)
            return cli_workload_why_say(why, CLI_WORKLOAD_WHY_FIELD, NULL,
                                        i + 1);
        if (found[at])
            return bad(why, CLI_WORKLOAD_WHY_TWICE, &field[at]);
        if (fits(value, &field[at], why) != ERR_NONE)
            return ERR_INVALID;
        found[at] = value;
        key = cli_json_after(value);
    }
    for (uint32_t i = 0; field[i].name; i++)
        if (!found[i] && !field[i].optional)
            return bad(why, CLI_WORKLOAD_WHY_MISSING, &field[i]);
    return ERR_NONE;
}

const struct cli_json_node *
cli_workload_field_get(const struct cli_json_node *object, const char *name)
{
    const struct cli_json_node *key = object + 1;

    REQUIRE(object->type == CLI_JSON_OBJECT);
    for (uint32_t i = 0; i < object->size; i++) {
        const struct cli_json_node *value = cli_json_after(key);

        if (cli_workload_field_same(key->text, name))
            return value;
        key = cli_json_after(value);
    }
    return NULL;
}

int cli_workload_field_word(const struct cli_json_node *text,
                            const char *const word[], int n)
{
    REQUIRE(text->type == CLI_JSON_TEXT);
    for (int i = 0; i < n; i++)
        if (cli_workload_field_same(word[i], text->text))
            return i;
    return -1;
}

#include "cli/workload_json.h"

#include <string.h>

#include "base/require.h"

static const char *const wrong_type[] = {
    [CLI_WORKLOAD_JSON_COUNT] = "not a whole number, or out of its bounds",
    [CLI_WORKLOAD_JSON_NAME] = "not a string, empty, or too long",
    [CLI_WORKLOAD_JSON_FLAG] = "not true or false",
    [CLI_WORKLOAD_JSON_LIST] = "not a list, or too long",
    [CLI_WORKLOAD_JSON_TABLE] = "not an object, or too many keys",
};

static bool fits(const json_t *value,
                 const struct cli_workload_json_field *field)
{
    switch (field->type) {
    case CLI_WORKLOAD_JSON_COUNT:
        return json_is_integer(value) && json_integer_value(value) >= 0 &&
               (uint64_t)json_integer_value(value) <= field->most;
    case CLI_WORKLOAD_JSON_NAME:
        return json_is_string(value) && json_string_length(value) >= 1 &&
               json_string_length(value) <= field->most;
    case CLI_WORKLOAD_JSON_FLAG:
        return json_is_boolean(value);
    case CLI_WORKLOAD_JSON_LIST:
        return json_is_array(value) && json_array_size(value) <= field->most;
    case CLI_WORKLOAD_JSON_TABLE:
        return json_is_object(value) && json_object_size(value) <= field->most;
    }
    return false;
}

/* Check the fields of one table; *seen counts those that are there. */
static enum err check_fields(const json_t *object,
                             const struct cli_workload_json_field *field,
                             size_t *seen, struct cli_workload_json_why *why)
{
    for (; field && field->name; field++) {
        const json_t *value = json_object_get(object, field->name);

        if (!value && field->optional)
            continue;
        why->where = field->name;
        why->what = value ? wrong_type[field->type] : "missing";
        if (!value || !fits(value, field))
            return ERR_INVALID;
        (*seen)++;
    }
    return ERR_NONE;
}

enum err cli_workload_json_check(const json_t *object,
                                 const struct cli_workload_json_field *base,
                                 const struct cli_workload_json_field *field,
                                 struct cli_workload_json_why *why)
{
    size_t seen = 0;

    *why = (struct cli_workload_json_why){"not a JSON object", ""};
    if (!json_is_object(object))
        return ERR_INVALID;
    if (check_fields(object, base, &seen, why) != ERR_NONE ||
        check_fields(object, field, &seen, why) != ERR_NONE)
        return ERR_INVALID;
    *why = (struct cli_workload_json_why){"has a field that is not known", ""};
    return seen == json_object_size(object) ? ERR_NONE : ERR_INVALID;
}

uint64_t cli_workload_json_count(const json_t *object, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(object, name));
}

bool cli_workload_json_flag(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

const char *cli_workload_json_name(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

int cli_workload_json_word(const json_t *object, const char *name,
                           const char *const word[], int n)
{
    const char *text = cli_workload_json_name(object, name);

    REQUIRE(n > 0);
    for (int i = 0; i < n; i++)
        if (strcmp(word[i], text) == 0)
            return i;
    return -1;
}

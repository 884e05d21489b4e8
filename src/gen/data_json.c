#include "gen/data.h"

#include <stdlib.h>
#include <string.h>

void gen_data_fail(const struct gen_data_at *at, const char *field,
                   const char *words)
{
    (void)fprintf(stderr, "%s: %s%s%s: %s\n", at->path, at->key,
                  at->key[0] && field[0] ? "." : "", field, words);
    exit(1);
}

json_t *gen_data_json_load(struct gen_data_at *at, const char *kind)
{
    static json_t *loaded; /* keeps what the tables borrow */
    json_error_t error;
    json_t *root = json_load_file(at->path, JSON_REJECT_DUPLICATES, &error);

    if (!root) {
        (void)snprintf(at->key, sizeof at->key, "line %d", error.line);
        gen_data_fail(at, "", "this is not a JSON file that can be read");
    }
    if (!loaded)
        loaded = json_array();
    if (json_array_append_new(loaded, root))
        gen_data_fail(at, "", "there is no memory for it");
    if (!json_is_object(root))
        gen_data_fail(at, "", "an object is wanted here");
    if (strcmp(gen_data_json_string(at, root, "kindred", GEN_DATA_ID), kind) !=
        0)
        gen_data_fail(at, "kindred", "this is another kind of file");
    return root;
}

static bool listed(const char *word, const char *words)
{
    size_t n = strlen(word);

    for (const char *at = words; (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
            return true;
    return false;
}

void gen_data_json_keys(const struct gen_data_at *at, json_t *object,
                        const char *allowed)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        gen_data_fail(at, "", "an object is wanted here");
    json_object_foreach (object, key, value)
        if (!listed(key, allowed))
            gen_data_fail(at, key, "there is no such field");
}

const char *gen_data_json_optional(const struct gen_data_at *at, json_t *object,
                                   const char *field, size_t bytes_max)
{
    json_t *value = json_object_get(object, field);
    const char *string = json_string_value(value);

    if (!value)
        return NULL;
    if (!string || json_string_length(value) != strlen(string))
        gen_data_fail(at, field, "a string is wanted here");
    if (!string[0])
        gen_data_fail(at, field, "it may not be empty");
    if (strlen(string) > bytes_max)
        gen_data_fail(at, field, "it is longer than allowed");
    for (const char *c = string; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            gen_data_fail(at, field, "it holds a control character");
    return string;
}

const char *gen_data_json_string(const struct gen_data_at *at, json_t *object,
                                 const char *field, size_t bytes_max)
{
    const char *string = gen_data_json_optional(at, object, field, bytes_max);

    if (!string)
        gen_data_fail(at, field, "it is missing");
    return string;
}

unsigned gen_data_json_number(const struct gen_data_at *at, json_t *object,
                              const char *field, unsigned max)
{
    json_t *value = json_object_get(object, field);
    json_int_t number = json_integer_value(value);

    if (!value)
        gen_data_fail(at, field, "it is missing");
    if (!json_is_integer(value) || number < 0 || number > (json_int_t)max)
        gen_data_fail(at, field, "a whole number in range is wanted here");
    return (unsigned)number;
}

bool gen_data_json_bool(const struct gen_data_at *at, json_t *object,
                        const char *field, bool absent)
{
    json_t *value = json_object_get(object, field);

    if (!value)
        return absent;
    if (!json_is_boolean(value))
        gen_data_fail(at, field, "true or false is wanted here");
    return json_is_true(value);
}

json_t *gen_data_json_list(const struct gen_data_at *at, json_t *object,
                           const char *field, size_t max)
{
    json_t *list = json_object_get(object, field);

    if (!json_is_array(list) || json_array_size(list) == 0)
        gen_data_fail(at, field, "a list that is not empty is wanted here");
    if (json_array_size(list) > max)
        gen_data_fail(at, field, "the list is longer than allowed");
    return list;
}

struct gen_data_text gen_data_json_text(const struct gen_data_at *at,
                                        json_t *object, size_t bytes_max)
{
    return (struct gen_data_text){
        .en = gen_data_json_string(at, object, "en", bytes_max),
        .es = gen_data_json_string(at, object, "es", bytes_max)};
}

/* The id of object, which becomes the key that complaints name. */
const char *gen_data_json_id(struct gen_data_at *at, json_t *object)
{
    const char *id;

    if (!json_is_object(object))
        gen_data_fail(at, "", "an object is wanted here");
    id = gen_data_json_string(at, object, "id", GEN_DATA_ID);
    (void)snprintf(at->key, sizeof at->key, "%s", id);
    for (const char *c = id; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-:>=", *c))
            gen_data_fail(at, "id", "it is of a-z, 0-9, '-', ':', '>' and '='");
    return id;
}

/* A date as 2024, 2024-05 or 2024-05-31. */
static bool date_like(const char *date)
{
    static const char shape[] = "dddd-dd-dd";
    size_t n = strlen(date);

    if (n != 4 && n != 7 && n != 10)
        return false;
    for (size_t i = 0; i < n; i++)
        if (shape[i] == '-' ? date[i] != '-' : date[i] < '0' || date[i] > '9')
            return false;
    return true;
}

unsigned gen_data_json_sources(struct gen_data_at *at, json_t *root,
                               struct gen_data_source *source)
{
    json_t *list = gen_data_json_list(at, root, "sources", GEN_DATA_SOURCES);
    unsigned n = 0;
    json_t *object;
    size_t i;

    json_array_foreach (list, i, object) {
        struct gen_data_source *s = &source[n];
        s->id = gen_data_json_id(at, object);
        gen_data_json_keys(at, object, "id publisher title url date");
        s->publisher = gen_data_json_string(at, object, "publisher", 100);
        s->title = gen_data_json_string(at, object, "title", 150);
        s->url = gen_data_json_optional(at, object, "url", 200);
        s->date = gen_data_json_string(at, object, "date", 10);
        if (!date_like(s->date))
            gen_data_fail(at, "date", "a date is YYYY, YYYY-MM or YYYY-MM-DD");
        for (unsigned before = 0; before < n; before++)
            if (!strcmp(source[before].id, s->id))
                gen_data_fail(at, "id", "this id is used twice");
        n++;
    }
    at->key[0] = '\0';
    return n;
}

unsigned gen_data_json_source(const struct gen_data_at *at,
                              const struct gen_data_source *source, unsigned n,
                              const char *id)
{
    for (unsigned i = 0; i < n; i++)
        if (!strcmp(source[i].id, id))
            return i;
    gen_data_fail(at, "source", "there is no such source in this file");
}

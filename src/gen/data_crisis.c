#include "gen/data.h"

#include <string.h>

const char *const gen_data_text_names[] = {
    "heading", "danger", "unconfirmed", "unknown_country", "meanwhile", NULL};

/* A number as a person dials it. */
static const char *phone(const struct gen_data_at *at, json_t *object)
{
    const char *number = gen_data_json_optional(at, object, "phone", 32);
    unsigned digits = 0;

    for (const char *c = number; c && *c; c++) {
        if (!strchr("0123456789 +-()*#/", *c))
            gen_data_fail(at, "phone", "it holds what no telephone can dial");
        digits += *c >= '0' && *c <= '9';
    }
    if (number && digits < 2)
        gen_data_fail(at, "phone", "a number has two digits at least");
    return number;
}

static const char *web(const struct gen_data_at *at, json_t *object)
{
    const char *url = gen_data_json_optional(at, object, "web", 200);

    if (url && strncmp(url, "https://", 8) != 0 &&
        strncmp(url, "http://", 7) != 0)
        gen_data_fail(at, "web", "it begins with https:// or http://");
    if (url && strchr(url, ' '))
        gen_data_fail(at, "web", "an address holds no blank");
    return url;
}

/* ["en", "es"] as "en es", in memory that stays. */
static const char *languages(const struct gen_data_at *at, json_t *object)
{
    static char pool[GEN_DATA_ENTRIES * 24];
    static size_t used;
    char *joined = pool + used;
    json_t *list = gen_data_json_list(at, object, "languages", 16), *value;
    size_t i;

    json_array_foreach (list, i, value) {
        const char *code = json_string_value(value);
        size_t n = code ? strlen(code) : 0;

        if (n < 2 || n > 3 || strspn(code, "abcdefghijklmnopqrstuvwxyz") != n)
            gen_data_fail(at, "languages",
                          "a language is two or three letters");
        if (used + n + 2 > sizeof pool)
            gen_data_fail(at, "languages", "the list is longer than allowed");
        if (i)
            pool[used++] = ' ';
        memcpy(pool + used, code, n + 1);
        used += n;
    }
    used++;
    return joined;
}

static void read_entry(struct gen_data_at *at, json_t *object,
                       struct gen_data_crisis *c, bool emergency)
{
    struct gen_data_entry *e = &c->entry[c->entries];
    json_t *confirmed;

    if (c->entries == GEN_DATA_ENTRIES)
        gen_data_fail(at, "", "the file has more entries than allowed");
    *e = (struct gen_data_entry){.emergency = emergency,
                                 .country = c->countries};
    e->id = gen_data_json_id(at, object);
    gen_data_json_keys(at, object,
                       emergency ? "id phone serves source also confirmed"
                                 : "id name phone text web languages hours "
                                   "serves source also confirmed");
    for (unsigned i = 0; i < c->entries; i++)
        if (!strcmp(c->entry[i].id, e->id))
            gen_data_fail(at, "id", "this id is used twice"); /* Law 1 */
    e->phone = phone(at, object);
    if (!emergency) {
        e->name = gen_data_json_string(at, object, "name", 128);
        e->text = gen_data_json_optional(at, object, "text", 80);
        e->web = web(at, object);
        e->hours = gen_data_json_optional(at, object, "hours", 80);
        e->languages = languages(at, object);
    }
    if (emergency ? !e->phone : !e->phone && !e->text && !e->web)
        gen_data_fail(at, "phone", "it says no way to reach anyone");
    if (e->text && !strpbrk(e->text, "0123456789"))
        gen_data_fail(at, "text", "it holds no number");
    json_t *serves = json_object_get(object, "serves");
    if (serves) {
        gen_data_json_keys(at, serves, "en es");
        e->serves = gen_data_json_text(at, serves, GEN_DATA_LABEL);
    }
    e->source = gen_data_json_source(
        at, c->source, c->sources, /* Law 5 */
        gen_data_json_string(at, object, "source", GEN_DATA_ID));
    const char *also = gen_data_json_optional(at, object, "also", GEN_DATA_ID);
    e->also = also ? gen_data_json_source(at, c->source, c->sources, also)
                   : GEN_DATA_NONE;
    confirmed = json_object_get(object, "confirmed");
    if (!json_is_false(confirmed))
        gen_data_fail(at, "confirmed", "only an operator confirms: say false");
    c->entries++;
}

static void read_country(struct gen_data_at *at, json_t *object,
                         struct gen_data_crisis *c)
{
    struct gen_data_country *country = &c->country[c->countries];
    json_t *list, *entry;
    size_t i;

    gen_data_json_keys(at, object, "code en es emergency entries");
    country->code = gen_data_json_string(at, object, "code", 2);
    (void)snprintf(at->key, sizeof at->key, "%s", country->code);
    if (strspn(country->code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
        gen_data_fail(at, "code",
                      "a country is two capital letters (ISO 3166)");
    if (c->countries && strcmp(country[-1].code, country->code) >= 0)
        gen_data_fail(at, "code",
                      "countries stand in the order of their codes");
    country->name = gen_data_json_text(at, object, GEN_DATA_LABEL);
    country->first = c->entries;
    list = gen_data_json_list(at, object, "emergency", 4);
    json_array_foreach (list, i, entry)
        read_entry(at, entry, c, true);
    (void)snprintf(at->key, sizeof at->key, "%s", country->code);
    list = gen_data_json_list(at, object, "entries", 16);
    json_array_foreach (list, i, entry)
        read_entry(at, entry, c, false);
    country->entries = c->entries - country->first;
    c->countries++;
}

static void read_texts(struct gen_data_at *at, json_t *root,
                       struct gen_data_crisis *c)
{
    json_t *texts = json_object_get(root, "texts");

    (void)snprintf(at->key, sizeof at->key, "texts");
    gen_data_json_keys(at, texts,
                       "heading danger unconfirmed unknown_country meanwhile");
    for (; gen_data_text_names[c->texts]; c->texts++) {
        json_t *text = json_object_get(texts, gen_data_text_names[c->texts]);

        (void)snprintf(at->key, sizeof at->key, "texts.%s",
                       gen_data_text_names[c->texts]);
        if (!text)
            gen_data_fail(at, "", "it is missing");
        gen_data_json_keys(at, text, "en es");
        c->text[c->texts] = gen_data_json_text(at, text, 240);
    }
    at->key[0] = '\0';
}

void gen_data_crisis_read(const char *path, struct gen_data_crisis *crisis)
{
    struct gen_data_at at = {.path = path};
    json_t *root = gen_data_json_load(&at, "crisis"), *list, *country;
    size_t i;

    gen_data_json_keys(&at, root,
                       "kindred about version texts sources countries");
    crisis->version = gen_data_json_number(&at, root, "version", 0xffff);
    crisis->sources = gen_data_json_sources(&at, root, crisis->source);
    read_texts(&at, root, crisis);
    list = gen_data_json_list(&at, root, "countries", GEN_DATA_COUNTRIES);
    json_array_foreach (list, i, country) {
        (void)snprintf(at.key, sizeof at.key, "countries[%zu]", i);
        read_country(&at, country, crisis);
    }
}

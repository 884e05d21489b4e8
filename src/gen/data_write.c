#include "gen/data.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A C string literal; NULL stays NULL. */
static void put_string(FILE *out, const char *string)
{
    if (!string) {
        (void)fputs("NULL", out);
        return;
    }
    (void)fputc('"', out);
    for (const char *c = string; *c; c++) {
        if (strchr("\"\\?", *c)) /* '?': no trigraph by chance */
            (void)fputc('\\', out);
        (void)fputc(*c, out);
    }
    (void)fputc('"', out);
}

static void put_strings(FILE *out, const char *const *string, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        put_string(out, string[i]);
        (void)fputs(", ", out);
    }
}

static void put_text(FILE *out, const struct gen_data_text *text)
{
    (void)fputc('{', out);
    put_string(out, text->en);
    (void)fputs(", ", out);
    put_string(out, text->es);
    (void)fputs("}, ", out);
}

static unsigned rarities(const struct gen_data_vocabulary *v,
                         const struct gen_data_demo *demo)
{
    unsigned n = 0;

    for (unsigned i = 0; i < v->terms; i++)
        n += demo->has[i] > 0;
    return n;
}

static const char *const header_types =
    "enum { DATA_NONE = 0xffff, DATA_GROUP_MAX = 8, DATA_LABEL_MAX = 80 };\n"
    "\n"
    "/* How a term may be used on a card, as bits (ENGINE.md, Words). */\n"
    "enum { DATA_HAVE = 1, DATA_SEEK = 2, DATA_MUST = 4, DATA_MUST_NOT = 8 };\n"
    "\n"
    "/* How many terms of a facet one person has: any number, at most one, or\n"
    " * a level and with it all levels below. */\n"
    "enum data_pick { DATA_PICK_MANY, DATA_PICK_ONE, DATA_PICK_LEVEL };\n"
    "\n"
    "struct data_text { /* UTF-8 */\n"
    "    const char *en, *es;\n"
    "};\n"
    "\n"
    "struct data_source {\n"
    "    const char *id, *publisher, *title;\n"
    "    const char *url;  /* or NULL */\n"
    "    const char *date; /* YYYY, YYYY-MM or YYYY-MM-DD */\n"
    "};\n"
    "\n"
    "struct data_facet {\n"
    "    const char *id;\n"
    "    struct data_text label; /* ≤ 80 bytes */\n"
    "    struct data_text ask;   /* the question a client may put; ≤ 160 bytes "
    "*/\n"
    "    uint16_t first, terms;  /* data_terms[first .. first + terms) */\n"
    "    uint16_t source;        /* index into data_sources[] */\n"
    "    uint8_t seeker, peer;   /* DATA_HAVE …: what each may do with it */\n"
    "    uint8_t suggest;        /* the uses a client offers first */\n"
    "    uint8_t importance;     /* 1..3, suggested for seek; 0 = none */\n"
    "    enum data_pick pick;\n"
    "    bool show; /* terms may be named as a reason unless they say not */\n"
    "};\n"
    "\n"
    "struct data_term {\n"
    "    uint64_t token;         /* first 8 bytes, little-endian, of "
    "BLAKE2b-256 of\n"
    "                             * \"kindred.v1.term\", a zero byte and the "
    "id */\n"
    "    const char *id;         /* ascii, ≤ 40 bytes */\n"
    "    struct data_text label; /* ≤ 80 bytes */\n"
    "    uint16_t facet, source;\n"
    "    uint16_t group[DATA_GROUP_MAX]; /* itself, the term above, … the root "
    "*/\n"
    "    uint8_t group_size;             /* 1..8 */\n"
    "    uint8_t level;                  /* of a DATA_PICK_LEVEL facet; else 0 "
    "*/\n"
    "    uint16_t since;                 /* the version that brought it */\n"
    "    uint16_t retired;               /* the version that retired it; 0 = "
    "none */\n"
    "    uint16_t successor;             /* of a retired term; else DATA_NONE "
    "*/\n"
    "    bool show;                      /* may be named as a reason */\n"
    "};\n"
    "\n"
    "struct data_crisis_entry {\n"
    "    const char *id;    /* what an operator lists as confirmed */\n"
    "    const char *name;  /* as the organisation writes it; NULL: emergency "
    "*/\n"
    "    const char *phone; /* as dialled in the country; this and the next\n"
    "                        * four are NULL where nothing was published */\n"
    "    const char *text, *web, *hours, *languages; /* \"en es\" */\n"
    "    struct data_text serves; /* whom or what it is for; NULLs: everyone "
    "*/\n"
    "    uint16_t source;    /* index into data_crisis_sources[] */\n"
    "    uint16_t also;      /* a second source that agrees, or DATA_NONE */\n"
    "    uint16_t country;\n"
    "    bool emergency; /* the emergency number, not a helpline */\n"
    "};\n"
    "\n"
    "struct data_country {\n"
    "    char code[3]; /* ISO 3166-1 alpha-2 */\n"
    "    struct data_text name;\n"
    "    uint16_t first, entries; /* emergency numbers first */\n"
    "};\n"
    "\n"
    "struct data_demo_variable { /* a column of TEDS */\n"
    "    const char *id, *column;\n"
    "    bool one; /* at most one row holds (one draw); else each by itself "
    "*/\n"
    "    uint16_t first, rows;\n"
    "    uint32_t of; /* records that answered */\n"
    "};\n"
    "\n"
    "struct data_demo_row {\n"
    "    uint16_t term;\n"
    "    uint32_t p; /* in 1/65536, floored */\n"
    "};\n"
    "\n"
    "struct data_demo_rarity { /* terms with p = 0 are not listed */\n"
    "    uint16_t term;\n"
    "    uint16_t bits; /* Q8: 4096 - floor(256 log2 p), p in 1/65536 */\n"
    "};\n";

static const char *const header_externs =
    "extern const struct data_source data_sources[DATA_SOURCES];\n"
    "extern const struct data_facet data_facets[DATA_FACETS];\n"
    "extern const struct data_term data_terms[DATA_TERMS];\n"
    "extern const struct data_source "
    "data_crisis_sources[DATA_CRISIS_SOURCES];\n"
    "extern const struct data_country data_countries[DATA_COUNTRIES];\n"
    "extern const struct data_crisis_entry "
    "data_crisis_entries[DATA_CRISIS_ENTRIES];\n"
    "extern const struct data_text data_crisis_texts[DATA_CRISIS_TEXTS];\n"
    "extern const char data_demo_source[];\n"
    "extern const struct data_demo_variable "
    "data_demo_variables[DATA_DEMO_VARIABLES];\n"
    "extern const struct data_demo_row data_demo_rows[DATA_DEMO_ROWS];\n"
    "extern const struct data_demo_rarity "
    "data_demo_rarities[DATA_DEMO_RARITIES];\n"
    "\n"
    "/* Indexes into data_terms[] and data_countries[], or DATA_NONE. */\n"
    "uint16_t data_find_term(const char *id);\n"
    "uint16_t data_find_token(uint64_t token);\n"
    "uint16_t data_find_country(const char *code);\n";

void gen_data_write_header(FILE *out, const struct gen_data_vocabulary *v,
                           const struct gen_data_crisis *c,
                           const struct gen_data_demo *d)
{
    (void)fputs(
        "/* generated/kindred_data -- the data that ships: vocabulary, crisis\n"
        " * resources, demo frequencies.  Written by src/gen/data.c from\n"
        " * deploy/; const, so any thread may read it. */\n"
        "#ifndef KINDRED_DATA_H\n#define KINDRED_DATA_H\n\n"
        "#include <stdbool.h>\n#include <stdint.h>\n\n",
        out);
    (void)fprintf(out,
                  "enum {\n    DATA_VOCABULARY_VERSION = %u,\n"
                  "    DATA_VOCABULARY_MIN_VERSION = %u,\n"
                  "    DATA_SOURCES = %u,\n    DATA_FACETS = %u,\n"
                  "    DATA_TERMS = %u,\n    DATA_CRISIS_VERSION = %u,\n"
                  "    DATA_CRISIS_SOURCES = %u,\n    DATA_COUNTRIES = %u,\n"
                  "    DATA_CRISIS_ENTRIES = %u,\n",
                  v->version, v->min_version, v->sources, v->facets, v->terms,
                  c->version, c->sources, c->countries, c->entries);
    (void)fprintf(out,
                  "    DATA_DEMO_YEAR = %u,\n    DATA_DEMO_RECORDS = %u,\n"
                  "    DATA_DEMO_VARIABLES = %u,\n    DATA_DEMO_ROWS = %u,\n"
                  "    DATA_DEMO_RARITIES = %u\n};\n\n",
                  d->year, d->n, d->variables, d->rows, rarities(v, d));
    (void)fputs("/* What a server says around the numbers. */\nenum {\n", out);
    for (unsigned i = 0; i < c->texts; i++) {
        (void)fputs("    DATA_CRISIS_TEXT_", out);
        for (const char *n = gen_data_text_names[i]; *n; n++)
            (void)fputc(*n == '_' ? '_' : *n - 'a' + 'A', out);
        (void)fputs(",\n", out);
    }
    (void)fputs("    DATA_CRISIS_TEXTS\n};\n\n", out);
    (void)fprintf(out, "%s\n%s\n#endif\n", header_types, header_externs);
}

static void put_sources(FILE *out, const char *table, const char *count,
                        const struct gen_data_source *source, unsigned n)
{
    (void)fprintf(out, "const struct data_source %s[%s] = {\n", table, count);
    for (unsigned i = 0; i < n; i++) {
        const char *const strings[] = {source[i].id, source[i].publisher,
                                       source[i].title, source[i].url,
                                       source[i].date};
        (void)fputs("    {", out);
        put_strings(out, strings, 5);
        (void)fputs("},\n", out);
    }
    (void)fputs("};\n\n", out);
}

static unsigned source_index(const struct gen_data_vocabulary *v,
                             const char *id)
{
    unsigned i = 0;

    while (strcmp(v->source[i].id, id) != 0) /* checked when it was read */
        i++;
    return i;
}

static void put_facets(FILE *out, const struct gen_data_vocabulary *v)
{
    (void)fputs("const struct data_facet data_facets[DATA_FACETS] = {\n", out);
    for (unsigned i = 0; i < v->facets; i++) {
        const struct gen_data_facet *f = &v->facet[i];

        (void)fputs("    {", out);
        put_strings(out, &f->id, 1);
        put_text(out, &f->label);
        put_text(out, &f->ask);
        (void)fprintf(
            out, "%u, %u, %u, %u, %u, %u, %u, (enum data_pick)%d, %d},\n",
            f->first, f->terms, source_index(v, f->source), f->seeker, f->peer,
            f->suggest, f->importance, (int)f->pick, f->show);
    }
    (void)fputs("};\n\n", out);
}

static void put_terms(FILE *out, const struct gen_data_vocabulary *v)
{
    (void)fputs("const struct data_term data_terms[DATA_TERMS] = {\n", out);
    for (unsigned i = 0; i < v->terms; i++) {
        const struct gen_data_term *t = &v->term[i];

        (void)fprintf(out, "    {0x%016" PRIx64 "u, ", t->token);
        put_strings(out, &t->id, 1);
        put_text(out, &t->label);
        (void)fprintf(out, "%u, %u, {", t->facet, source_index(v, t->source));
        for (unsigned g = 0; g < t->group_size; g++)
            (void)fprintf(out, "%s%u", g ? ", " : "", t->group[g]);
        (void)fprintf(out, "}, %u, %u, %u, %u, %u, %d},\n", t->group_size,
                      t->level, t->since, t->retired, t->successor, t->show);
    }
    (void)fputs("};\n\n", out);
}

static void put_crisis(FILE *out, const struct gen_data_crisis *c)
{
    put_sources(out, "data_crisis_sources", "DATA_CRISIS_SOURCES", c->source,
                c->sources);
    (void)fputs(
        "const struct data_country data_countries[DATA_COUNTRIES] = {\n", out);
    for (unsigned i = 0; i < c->countries; i++) {
        (void)fputs("    {", out);
        put_strings(out, &c->country[i].code, 1);
        put_text(out, &c->country[i].name);
        (void)fprintf(out, "%u, %u},\n", c->country[i].first,
                      c->country[i].entries);
    }
    (void)fputs("};\n\nconst struct data_crisis_entry\n"
                "    data_crisis_entries[DATA_CRISIS_ENTRIES] = {\n",
                out);
    for (unsigned i = 0; i < c->entries; i++) {
        const struct gen_data_entry *e = &c->entry[i];
        const char *const strings[] = {e->id,  e->name,  e->phone,    e->text,
                                       e->web, e->hours, e->languages};
        (void)fputs("    {", out);
        put_strings(out, strings, 7);
        put_text(out, &e->serves);
        (void)fprintf(out, "%u, %u, %u, %d},\n", e->source, e->also, e->country,
                      e->emergency);
    }
    (void)fputs("};\n\nconst struct data_text "
                "data_crisis_texts[DATA_CRISIS_TEXTS] = {\n",
                out);
    for (unsigned i = 0; i < c->texts; i++) {
        (void)fputs("    ", out);
        put_text(out, &c->text[i]);
        (void)fputc('\n', out);
    }
    (void)fputs("};\n\n", out);
}

static void put_demo(FILE *out, const struct gen_data_vocabulary *v,
                     const struct gen_data_demo *d)
{
    (void)fputs("const char data_demo_source[] = ", out);
    put_string(out, d->source);
    (void)fputs(";\n\nconst struct data_demo_variable\n"
                "    data_demo_variables[DATA_DEMO_VARIABLES] = {\n",
                out);
    for (unsigned i = 0; i < d->variables; i++) {
        const struct gen_data_variable *x = &d->variable[i];

        (void)fputs("    {", out);
        put_strings(out, &x->id, 1);
        put_strings(out, &x->column, 1);
        (void)fprintf(out, "%d, %u, %u, %u},\n", x->one, x->first, x->rows,
                      x->of);
    }
    (void)fputs("};\n\nconst struct data_demo_row "
                "data_demo_rows[DATA_DEMO_ROWS] = {\n",
                out);
    for (unsigned i = 0; i < d->rows; i++)
        (void)fprintf(out, "    {%u, %u},\n", d->row[i].term, d->row[i].p);
    (void)fputs("};\n\nconst struct data_demo_rarity\n"
                "    data_demo_rarities[DATA_DEMO_RARITIES] = {\n",
                out);
    for (unsigned i = 0; i < v->terms; i++)
        if (d->has[i])
            (void)fprintf(out, "    {%u, %u},\n", i,
                          4096 - gen_data_demo_log2(d->has[i]));
    (void)fputs("};\n\n", out);
}

static const char *const finders =
    "uint16_t data_find_term(const char *id)\n{\n"
    "    uint16_t low = 0, high = DATA_TERMS;\n\n"
    "    while (low < high) {\n"
    "        uint16_t mid = (uint16_t)((low + high) / 2);\n"
    "        int order = strcmp(id, data_terms[by_id[mid]].id);\n\n"
    "        if (order == 0)\n            return by_id[mid];\n"
    "        if (order < 0)\n            high = mid;\n"
    "        else\n            low = (uint16_t)(mid + 1);\n"
    "    }\n    return DATA_NONE;\n}\n\n"
    "uint16_t data_find_token(uint64_t token)\n{\n"
    "    uint16_t low = 0, high = DATA_TERMS;\n\n"
    "    while (low < high) {\n"
    "        uint16_t mid = (uint16_t)((low + high) / 2);\n"
    "        uint64_t here = data_terms[by_token[mid]].token;\n\n"
    "        if (token == here)\n            return by_token[mid];\n"
    "        if (token < here)\n            high = mid;\n"
    "        else\n            low = (uint16_t)(mid + 1);\n"
    "    }\n    return DATA_NONE;\n}\n\n"
    "uint16_t data_find_country(const char *code)\n{\n"
    "    for (uint16_t i = 0; i < DATA_COUNTRIES; i++)\n"
    "        if (!strcmp(code, data_countries[i].code))\n            return "
    "i;\n"
    "    return DATA_NONE;\n}\n";

static const struct gen_data_vocabulary *sorted; /* for the two orders */

static int order_id(const void *a, const void *b)
{
    return strcmp(sorted->term[*(const unsigned *)a].id,
                  sorted->term[*(const unsigned *)b].id);
}

static int order_token(const void *a, const void *b)
{
    uint64_t x = sorted->term[*(const unsigned *)a].token;
    uint64_t y = sorted->term[*(const unsigned *)b].token;

    return (x > y) - (x < y);
}

static void put_order(FILE *out, const char *name,
                      const struct gen_data_vocabulary *v,
                      int (*order)(const void *, const void *))
{
    static unsigned index[GEN_DATA_TERMS];

    for (unsigned i = 0; i < v->terms; i++)
        index[i] = i;
    sorted = v;
    qsort(index, v->terms, sizeof index[0], order);
    (void)fprintf(out, "static const uint16_t %s[DATA_TERMS] = {", name);
    for (unsigned i = 0; i < v->terms; i++)
        (void)fprintf(out, "%s%u,", i % 12 ? " " : "\n    ", index[i]);
    (void)fputs("\n};\n\n", out);
}

void gen_data_write_tables(FILE *out, const struct gen_data_vocabulary *v,
                           const struct gen_data_crisis *c,
                           const struct gen_data_demo *d)
{
    (void)fputs("/* Written by src/gen/data.c; change deploy/ instead. */\n"
                "#include \"kindred_data.h\"\n\n#include <stddef.h>\n"
                "#include <string.h>\n\n",
                out);
    put_sources(out, "data_sources", "DATA_SOURCES", v->source, v->sources);
    put_facets(out, v);
    put_terms(out, v);
    put_crisis(out, c);
    put_demo(out, v, d);
    put_order(out, "by_id", v, order_id);
    put_order(out, "by_token", v, order_token);
    (void)fputs(finders, out);
}

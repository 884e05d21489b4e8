/* gen/data -- the build-time compiler of the data that Kindred ships: the
 * vocabulary, the crisis resources, the frequencies of the demo.
 *
 * It reads three JSON files, checks them, and writes one C header and one C
 * file of const tables.  All strings are borrowed from the parsed files, which
 * live until the program ends.  It mends nothing: the first violation ends it
 * with status 1 and one line: file, key, a fixed sentence.  Long because it
 * declares the tables that its five small parts share.
 *
 * Laws
 *   1. An id names one term, facet or crisis entry in the whole file.
 *   2. A term and its ancestors are at most GEN_DATA_GROUP terms of one facet;
 *      a term stands after the one above it, a level on the level below it.
 *   3. No two terms have the same token; none has token 0.
 *   4. Nothing is older than what it stands on; what is retired has a living
 *      successor in its facet, and no card older than that is accepted.
 *   5. Every number to call names its source and that source's date, and none
 *      is confirmed in the file.
 *   6. Nothing is written unless everything is right.
 *   7. What may not be shown is not shown by a term below it. */
#ifndef GEN_DATA_H
#define GEN_DATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    GEN_DATA_GROUP = 8,
    GEN_DATA_LABEL = 80, /* bytes of a label, at most */
    GEN_DATA_ASK = 160,  /* of a question */
    GEN_DATA_ID = 40,
    GEN_DATA_FACETS = 64,
    GEN_DATA_TERMS = 4096,
    GEN_DATA_COUNTRIES = 256,
    GEN_DATA_ENTRIES = 1024,
    GEN_DATA_SOURCES = 256,
    GEN_DATA_VARIABLES = 32,
    GEN_DATA_ROWS = 512,
    GEN_DATA_NONE = 0xffff
};

enum {
    GEN_DATA_HAVE = 1,
    GEN_DATA_SEEK = 2,
    GEN_DATA_MUST = 4,
    GEN_DATA_NOT = 8
};
enum gen_data_pick { GEN_DATA_MANY, GEN_DATA_ONE, GEN_DATA_LEVEL };

struct gen_data_text {
    const char *en, *es;
};

struct gen_data_source { /* what is quoted, and what it said when */
    const char *id, *publisher, *title, *url, *date;
};

struct gen_data_facet {
    const char *id;
    struct gen_data_text label, ask;
    const char *source;
    unsigned first, terms;
    unsigned seeker, peer, suggest; /* GEN_DATA_HAVE and so on */
    unsigned importance;
    enum gen_data_pick pick;
    bool show;
};

struct gen_data_term {
    uint64_t token;
    const char *id, *parent, *next, *source;
    struct gen_data_text label;
    unsigned facet, level, since, retired; /* retired: the version; 0 = never */
    unsigned successor;                    /* or GEN_DATA_NONE */
    unsigned group[GEN_DATA_GROUP], group_size; /* itself, parent, … root */
    bool show;
};

struct gen_data_vocabulary {
    unsigned version, min_version, facets, terms, sources;
    struct gen_data_facet facet[GEN_DATA_FACETS];
    struct gen_data_term term[GEN_DATA_TERMS];
    struct gen_data_source source[GEN_DATA_SOURCES];
};

struct gen_data_entry {
    const char *id, *name, *phone, *text, *web, *hours, *languages;
    struct gen_data_text serves; /* of NULLs: everyone */
    unsigned source, also;       /* also: a second source, or GEN_DATA_NONE */
    unsigned country;
    bool emergency;
};

struct gen_data_country {
    const char *code;
    struct gen_data_text name;
    unsigned first, entries;
};

enum { GEN_DATA_TEXTS = 8 };
struct gen_data_crisis {
    unsigned version, countries, entries, sources, texts;
    struct gen_data_country country[GEN_DATA_COUNTRIES];
    struct gen_data_entry entry[GEN_DATA_ENTRIES];
    struct gen_data_source source[GEN_DATA_SOURCES];
    struct gen_data_text text[GEN_DATA_TEXTS]; /* as gen_data_text_names */
};
extern const char *const gen_data_text_names[]; /* NULL-terminated */

struct gen_data_variable {
    const char *id, *column;
    bool one; /* one row at most holds; else each by itself */
    unsigned first, rows, of;
};

struct gen_data_row {
    unsigned term, p; /* p in 1/65536 */
};

struct gen_data_demo {
    const char *source;
    unsigned year, n, variables, rows;
    struct gen_data_variable variable[GEN_DATA_VARIABLES];
    struct gen_data_row row[GEN_DATA_ROWS];
    unsigned has[GEN_DATA_TERMS]; /* how many in 65536 hold this term */
};

/* Where the reader is: enough to say what is wrong. */
struct gen_data_at {
    const char *path;
    char key[96];
};

_Noreturn void gen_data_fail(const struct gen_data_at *at, const char *field,
                             const char *words);

/* src/gen/data_json.c: one field at a time, checked. */
json_t *gen_data_json_load(struct gen_data_at *at, const char *kind);
void gen_data_json_keys(const struct gen_data_at *at, json_t *object,
                        const char *allowed);
const char *gen_data_json_string(const struct gen_data_at *at, json_t *object,
                                 const char *field, size_t bytes_max);
const char *gen_data_json_optional(const struct gen_data_at *at, json_t *object,
                                   const char *field, size_t bytes_max);
unsigned gen_data_json_number(const struct gen_data_at *at, json_t *object,
                              const char *field, unsigned max);
bool gen_data_json_bool(const struct gen_data_at *at, json_t *object,
                        const char *field, bool absent);
json_t *gen_data_json_list(const struct gen_data_at *at, json_t *object,
                           const char *field, size_t max);
struct gen_data_text gen_data_json_text(const struct gen_data_at *at,
                                        json_t *object, size_t bytes_max);
const char *gen_data_json_id(struct gen_data_at *at, json_t *object);
unsigned gen_data_json_sources(struct gen_data_at *at, json_t *root,
                               struct gen_data_source *source);
unsigned gen_data_json_source(const struct gen_data_at *at,
                              const struct gen_data_source *source, unsigned n,
                              const char *id);

/* Each reads and checks one file, or ends the program. */
void gen_data_vocabulary_read(const char *path,
                              struct gen_data_vocabulary *vocabulary);
void gen_data_crisis_read(const char *path, struct gen_data_crisis *crisis);
void gen_data_demo_read(const char *path,
                        const struct gen_data_vocabulary *vocabulary,
                        struct gen_data_demo *demo);

/* The index of a term, or GEN_DATA_NONE. */
unsigned gen_data_vocabulary_find(const struct gen_data_vocabulary *vocabulary,
                                  const char *id);

/* floor(256 · log2 x) of ENGINE.md, x ≥ 1. */
unsigned gen_data_demo_log2(uint32_t x);

/* src/gen/data_write.c */
void gen_data_write_header(FILE *out,
                           const struct gen_data_vocabulary *vocabulary,
                           const struct gen_data_crisis *crisis,
                           const struct gen_data_demo *demo);
void gen_data_write_tables(FILE *out,
                           const struct gen_data_vocabulary *vocabulary,
                           const struct gen_data_crisis *crisis,
                           const struct gen_data_demo *demo);

#endif

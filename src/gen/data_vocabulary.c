#include "gen/data.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

unsigned gen_data_vocabulary_find(const struct gen_data_vocabulary *vocabulary,
                                  const char *id)
{
    for (unsigned i = 0; i < vocabulary->terms; i++)
        if (!strcmp(vocabulary->term[i].id, id))
            return i;
    return GEN_DATA_NONE;
}

/* "have seek must must_not" as bits. */
static unsigned uses(const struct gen_data_at *at, json_t *object,
                     const char *field)
{
    static const char *const name[] = {"have", "seek", "must", "must_not"};
    json_t *list = json_object_get(object, field), *value;
    unsigned bits = 0;
    size_t i;

    if (!json_is_array(list))
        gen_data_fail(at, field, "a list of uses is wanted here");
    json_array_foreach (list, i, value) {
        unsigned bit = 0;
        for (unsigned use = 0; use < 4 && json_is_string(value); use++)
            if (!strcmp(json_string_value(value), name[use]))
                bit = 1u << use;
        if (!bit)
            gen_data_fail(at, field, "a use is have, seek, must or must_not");
        bits |= bit;
    }
    return bits;
}

static enum gen_data_pick pick(const struct gen_data_at *at, json_t *object)
{
    const char *word = gen_data_json_string(at, object, "pick", GEN_DATA_ID);

    if (!strcmp(word, "many"))
        return GEN_DATA_MANY;
    if (!strcmp(word, "one"))
        return GEN_DATA_ONE;
    if (strcmp(word, "level") != 0)
        gen_data_fail(at, "pick", "it is many, one or level");
    return GEN_DATA_LEVEL;
}

static void read_facet(struct gen_data_at *at, json_t *object,
                       struct gen_data_vocabulary *v)
{
    struct gen_data_facet *f = &v->facet[v->facets];

    f->id = gen_data_json_id(at, object);
    gen_data_json_keys(at, object,
                       "id en es ask source pick seeker peer suggest "
                       "importance show terms");
    f->label = gen_data_json_text(at, object, GEN_DATA_LABEL);
    json_t *ask = json_object_get(object, "ask");
    gen_data_json_keys(at, ask, "en es");
    f->ask = gen_data_json_text(at, ask, GEN_DATA_ASK);
    f->source = gen_data_json_string(at, object, "source", GEN_DATA_ID);
    (void)gen_data_json_source(at, v->source, v->sources, f->source);
    f->pick = pick(at, object);
    f->seeker = uses(at, object, "seeker");
    f->peer = uses(at, object, "peer");
    f->suggest = uses(at, object, "suggest");
    if (f->suggest & ~(f->seeker | f->peer))
        gen_data_fail(at, "suggest", "it suggests a use that nobody has");
    f->importance = gen_data_json_number(at, object, "importance", 3);
    f->show = gen_data_json_bool(at, object, "show", true);
    f->first = v->terms;
    for (unsigned i = 0; i < v->facets; i++)
        if (!strcmp(v->facet[i].id, f->id))
            gen_data_fail(at, "id", "this id is used twice"); /* Law 1 */
    if (gen_data_vocabulary_find(v, f->id) != GEN_DATA_NONE)
        gen_data_fail(at, "id", "this is the id of a term"); /* Law 1 */
}

static void read_term(struct gen_data_at *at, json_t *object,
                      struct gen_data_vocabulary *v)
{
    const struct gen_data_facet *f = &v->facet[v->facets];
    struct gen_data_term *t = &v->term[v->terms];

    t->id = gen_data_json_id(at, object);
    gen_data_json_keys(at, object,
                       "id in level en es source show since retired successor");
    t->label = gen_data_json_text(at, object, GEN_DATA_LABEL);
    t->parent = gen_data_json_optional(at, object, "in", GEN_DATA_ID);
    t->next = gen_data_json_optional(at, object, "successor", GEN_DATA_ID);
    t->source = gen_data_json_optional(at, object, "source", GEN_DATA_ID);
    if (t->source)
        (void)gen_data_json_source(at, v->source, v->sources, t->source);
    else
        t->source = f->source;
    t->show = gen_data_json_bool(at, object, "show", f->show);
    t->since = 1;
    if (json_object_get(object, "since"))
        t->since = gen_data_json_number(at, object, "since", v->version);
    if (t->since == 0)
        gen_data_fail(at, "since", "versions count from 1");
    if (json_object_get(object, "retired"))
        t->retired = gen_data_json_number(at, object, "retired", v->version);
    if (f->pick == GEN_DATA_LEVEL)
        t->level = gen_data_json_number(at, object, "level", GEN_DATA_GROUP);
    else if (json_object_get(object, "level"))
        gen_data_fail(at, "level", "only a facet of levels has them");
    t->facet = v->facets;
    t->successor = GEN_DATA_NONE;
    if (gen_data_vocabulary_find(v, t->id) != GEN_DATA_NONE)
        gen_data_fail(at, "id", "this id is used twice"); /* Law 1 */
    for (unsigned i = 0; i <= v->facets; i++)
        if (!strcmp(v->facet[i].id, t->id))
            gen_data_fail(at, "id", "this is the id of a facet"); /* Law 1 */
    v->terms++;
}

/* The term above t, or GEN_DATA_NONE.  Law 2. */
static unsigned above(const struct gen_data_at *at,
                      const struct gen_data_vocabulary *v, unsigned t)
{
    const struct gen_data_term *term = &v->term[t];
    unsigned up;

    if (v->facet[term->facet].pick == GEN_DATA_LEVEL) {
        if (term->parent)
            gen_data_fail(at, "in", "a level stands on the level below it");
        return term->level > 1 ? t - 1 : GEN_DATA_NONE;
    }
    if (!term->parent)
        return GEN_DATA_NONE;
    up = gen_data_vocabulary_find(v, term->parent);
    if (up == GEN_DATA_NONE)
        gen_data_fail(at, "in", "there is no such term");
    if (v->term[up].facet != term->facet)
        gen_data_fail(at, "in", "the term above is of another facet");
    if (up >= t) /* so the terms above never run in a circle */
        gen_data_fail(at, "in", "the term above stands before it in the file");
    return up;
}

static void check_levels(struct gen_data_at *at,
                         const struct gen_data_vocabulary *v,
                         const struct gen_data_facet *f)
{
    for (unsigned i = 0; i < f->terms; i++) {
        const struct gen_data_term *t = &v->term[f->first + i];
        char end[16];

        (void)snprintf(at->key, sizeof at->key, "%s", t->id);
        (void)snprintf(end, sizeof end, ">=%u", i + 1);
        if (t->level != i + 1)
            gen_data_fail(at, "level", "levels count 1, 2, 3 … in order");
        if (strlen(t->id) <= strlen(end) ||
            strcmp(t->id + strlen(t->id) - strlen(end), end) != 0)
            gen_data_fail(at, "id", "the id of a level ends in >=LEVEL");
        if (t->retired)
            gen_data_fail(at, "retired", "a level cannot be retired alone");
    }
}

/* Laws 2, 4, 7. */
static void link_term(struct gen_data_at *at, struct gen_data_vocabulary *v,
                      unsigned index)
{
    struct gen_data_term *t = &v->term[index];

    (void)snprintf(at->key, sizeof at->key, "%s", t->id);
    for (unsigned up = index; up != GEN_DATA_NONE; up = above(at, v, up)) {
        if (t->group_size == GEN_DATA_GROUP)
            gen_data_fail(at, "in", "more than 7 terms stand above it");
        t->group[t->group_size++] = up;
        if (v->term[up].since > t->since)
            gen_data_fail(at, "in", "the term above it is newer than it");
        if (t->show && !v->term[up].show)
            gen_data_fail(at, "show", "it would show the term above it");
        if (v->term[up].retired && !t->retired)
            gen_data_fail(at, "in", "the term above it is retired");
    }
    if (!t->retired != !t->next)
        gen_data_fail(at, "successor", "retired and successor go together");
    if (!t->retired)
        return;
    t->successor = gen_data_vocabulary_find(v, t->next); /* Law 4 */
    if (t->successor == GEN_DATA_NONE)
        gen_data_fail(at, "successor", "there is no such term");
    if (v->term[t->successor].retired)
        gen_data_fail(at, "successor", "the successor is retired itself");
    if (v->term[t->successor].facet != t->facet)
        gen_data_fail(at, "successor", "the successor is of another facet");
    if (t->retired <= t->since)
        gen_data_fail(at, "retired", "it is retired before it was there");
    if (t->retired > v->min_version)
        gen_data_fail(at, "retired", "retiring a term raises min_version");
}

/* DESIGN §3: BLAKE2b-256 of "kindred.v1.term", a zero byte and the id; its
 * first 8 bytes, little-endian. */
static uint64_t token_of(const char *id)
{
    static const char label[] = "kindred.v1.term"; /* with its zero byte */
    unsigned char hash[32];
    crypto_generichash_state state;
    uint64_t token = 0;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_update(&state, (const unsigned char *)label,
                                    sizeof label);
    (void)crypto_generichash_update(&state, (const unsigned char *)id,
                                    strlen(id));
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    for (int i = 7; i >= 0; i--)
        token = token << 8 | hash[i];
    return token;
}

static void give_tokens(struct gen_data_at *at, struct gen_data_vocabulary *v)
{
    for (unsigned i = 0; i < v->terms; i++) {
        (void)snprintf(at->key, sizeof at->key, "%s", v->term[i].id);
        v->term[i].token = token_of(v->term[i].id);
        if (v->term[i].token == 0)
            gen_data_fail(at, "id", "its token is 0; choose another id");
        for (unsigned j = 0; j < i; j++)
            if (v->term[j].token == v->term[i].token) /* Law 3 */
                gen_data_fail(at, "id", "its token is that of another term");
    }
}

static void read_facets(struct gen_data_at *at, json_t *root,
                        struct gen_data_vocabulary *v)
{
    json_t *facets = gen_data_json_list(at, root, "facets", GEN_DATA_FACETS);
    json_t *facet, *term;
    size_t i, j;

    json_array_foreach (facets, i, facet) {
        read_facet(at, facet, v);
        json_t *terms =
            gen_data_json_list(at, facet, "terms", GEN_DATA_TERMS - v->terms);
        json_array_foreach (terms, j, term)
            read_term(at, term, v);
        v->facet[v->facets].terms = v->terms - v->facet[v->facets].first;
        if (v->facet[v->facets].pick == GEN_DATA_LEVEL)
            check_levels(at, v, &v->facet[v->facets]);
        v->facets++;
        at->key[0] = '\0';
    }
}

void gen_data_vocabulary_read(const char *path,
                              struct gen_data_vocabulary *vocabulary)
{
    struct gen_data_at at = {.path = path};
    json_t *root = gen_data_json_load(&at, "vocabulary");

    gen_data_json_keys(&at, root,
                       "kindred about version min_version sources facets");
    vocabulary->version = gen_data_json_number(&at, root, "version", 0xffff);
    vocabulary->min_version =
        gen_data_json_number(&at, root, "min_version", vocabulary->version);
    if (vocabulary->min_version == 0)
        gen_data_fail(&at, "min_version", "versions count from 1");
    vocabulary->sources = gen_data_json_sources(&at, root, vocabulary->source);
    read_facets(&at, root, vocabulary);
    for (unsigned i = 0; i < vocabulary->terms; i++)
        link_term(&at, vocabulary, i);
    give_tokens(&at, vocabulary);
}

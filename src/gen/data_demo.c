#include "gen/data.h"

#include <string.h>

enum { UNITY = 65536 };

static void read_row(struct gen_data_at *at, json_t *object,
                     const struct gen_data_vocabulary *v,
                     struct gen_data_demo *demo)
{
    struct gen_data_variable *variable = &demo->variable[demo->variables];
    struct gen_data_row *row = &demo->row[demo->rows];
    const char *term;
    uint64_t count;

    if (demo->rows == GEN_DATA_ROWS)
        gen_data_fail(at, "rows", "the file has more rows than allowed");
    gen_data_json_keys(at, object, "term count p");
    term = gen_data_json_string(at, object, "term", GEN_DATA_ID);
    (void)snprintf(at->key, sizeof at->key, "%s.%s", variable->id, term);
    row->term = gen_data_vocabulary_find(v, term);
    if (row->term == GEN_DATA_NONE)
        gen_data_fail(at, "term", "there is no such term");
    if (v->term[row->term].retired)
        gen_data_fail(at, "term", "this term is retired");
    for (unsigned i = variable->first; i < demo->rows; i++)
        if (demo->row[i].term == row->term)
            gen_data_fail(at, "term", "this term stands here twice");
    count = gen_data_json_number(at, object, "count", variable->of);
    row->p = gen_data_json_number(at, object, "p", UNITY);
    if (row->p != count * UNITY / variable->of)
        gen_data_fail(at, "p", "it is not count * 65536 / of, floored");
    demo->rows++;
}

static void read_variable(struct gen_data_at *at, json_t *object,
                          const struct gen_data_vocabulary *v,
                          struct gen_data_demo *demo)
{
    struct gen_data_variable *variable = &demo->variable[demo->variables];
    json_t *list, *row;
    unsigned sum = 0;
    size_t i;

    variable->id = gen_data_json_id(at, object);
    gen_data_json_keys(at, object, "id column pick of rows");
    variable->column = gen_data_json_string(at, object, "column", 40);
    const char *word = gen_data_json_string(at, object, "pick", 8);
    variable->one = !strcmp(word, "one");
    if (!variable->one && strcmp(word, "each") != 0)
        gen_data_fail(at, "pick", "it is one or each");
    variable->of = gen_data_json_number(at, object, "of", demo->n);
    if (variable->of == 0)
        gen_data_fail(at, "of", "a share of nothing is no share");
    variable->first = demo->rows;
    list = gen_data_json_list(at, object, "rows", GEN_DATA_ROWS);
    json_array_foreach (list, i, row) {
        read_row(at, row, v, demo);
        sum += demo->row[demo->rows - 1].p;
    }
    (void)snprintf(at->key, sizeof at->key, "%s", variable->id);
    if (variable->one && sum > UNITY)
        gen_data_fail(at, "rows", "the shares are more than the whole");
    variable->rows = demo->rows - variable->first;
    demo->variables++;
}

unsigned gen_data_demo_log2(uint32_t x)
{
    unsigned k = 0, r;
    uint64_t m;

    for (uint32_t y = x; y >>= 1;)
        k++;
    m = (uint64_t)x << (31 - k);
    r = k << 8;
    for (int i = 7; i >= 0; i--) {
        m = m * m >> 31;
        if (m >> 32) {
            m >>= 1;
            r |= 1u << i;
        }
    }
    return r;
}

static bool under(const struct gen_data_term *term, unsigned ancestor)
{
    for (unsigned i = 0; i < term->group_size; i++)
        if (term->group[i] == ancestor)
            return true;
    return false;
}

/* How many in 65536 do not get the term from this variable. */
static uint64_t without(const struct gen_data_demo *demo,
                        const struct gen_data_variable *variable,
                        const struct gen_data_vocabulary *v, unsigned term)
{
    uint64_t left = UNITY;

    for (unsigned i = 0; i < variable->rows; i++) {
        const struct gen_data_row *row = &demo->row[variable->first + i];

        if (!under(&v->term[row->term], term))
            continue;
        left = variable->one ? left - row->p : left * (UNITY - row->p) / UNITY;
    }
    return left;
}

void gen_data_demo_read(const char *path,
                        const struct gen_data_vocabulary *vocabulary,
                        struct gen_data_demo *demo)
{
    struct gen_data_at at = {.path = path};
    json_t *root = gen_data_json_load(&at, "demo"), *list, *variable;
    size_t i;

    gen_data_json_keys(&at, root, "kindred about source year n variables");
    demo->source = gen_data_json_string(&at, root, "source", 240);
    demo->year = gen_data_json_number(&at, root, "year", 9999);
    demo->n = gen_data_json_number(&at, root, "n", 1000000000);
    list = gen_data_json_list(&at, root, "variables", GEN_DATA_VARIABLES);
    json_array_foreach (list, i, variable)
        read_variable(&at, variable, vocabulary, demo);
    for (unsigned term = 0; term < vocabulary->terms; term++) {
        uint64_t left = UNITY;

        for (unsigned j = 0; j < demo->variables; j++)
            left = left * without(demo, &demo->variable[j], vocabulary, term) /
                   UNITY;
        demo->has[term] = (unsigned)(UNITY - left);
    }
}

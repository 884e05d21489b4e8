#include "cli/workload_card.h"

#include "cli/workload.h"

#define RELAX_MAX UINT32_MAX

const struct cli_workload_json_field cli_workload_card_fields[] = {
    {"member", CLI_WORKLOAD_JSON_NAME, false, CLI_WORKLOAD_NAME_MAX},
    {"role", CLI_WORKLOAD_JSON_NAME, false, CLI_WORKLOAD_NAME_MAX},
    {"pool", CLI_WORKLOAD_JSON_NAME, true, CLI_WORKLOAD_NAME_MAX},
    {"have", CLI_WORKLOAD_JSON_LIST, true, MATCH_HAVE_MAX},
    {"seek", CLI_WORKLOAD_JSON_LIST, true, MATCH_SEEK_MAX},
    {"must", CLI_WORKLOAD_JSON_LIST, true, MATCH_MUST_MAX},
    {"must_not", CLI_WORKLOAD_JSON_LIST, true, MATCH_MUST_NOT_MAX},
    {0},
};

static const struct cli_workload_json_field seek_fields[] = {
    {"any", CLI_WORKLOAD_JSON_LIST, false, MATCH_GROUP_MAX},
    {"importance", CLI_WORKLOAD_JSON_COUNT, false, 3},
    {0},
};

static const struct cli_workload_json_field must_fields[] = {
    {"any", CLI_WORKLOAD_JSON_LIST, false, MATCH_GROUP_MAX},
    {"relax_after_ms", CLI_WORKLOAD_JSON_COUNT, false, RELAX_MAX},
    {0},
};

static enum err bad(struct cli_workload_json_why *why, const char *what,
                    const char *where)
{
    *why = (struct cli_workload_json_why){what, where};
    return ERR_INVALID;
}

/* The terms of a list, appended to token[*n], at most `most` there. */
static enum err read_terms(const json_t *list, struct cli_names *terms,
                           uint64_t *token, uint8_t *n, uint8_t most,
                           struct cli_workload_json_why *why)
{
    const char *where = why->where;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        uint32_t id;
        enum err err;

        if (!json_is_string(item) || json_string_length(item) == 0 ||
            json_string_length(item) > CLI_WORKLOAD_NAME_MAX)
            return bad(why, "a term is not a string, empty, or too long",
                       where);
        if (*n == most)
            return bad(why, "too many terms", where);
        err = cli_names_add(terms, json_string_value(item), &id);
        if (err == ERR_FULL)
            return bad(why, "too many different terms", where);
        if (err != ERR_NONE)
            return err;
        token[(*n)++] = id;
    }
    return ERR_NONE;
}

static enum err read_seek(const json_t *group, struct cli_names *terms,
                          struct match_card *card,
                          struct cli_workload_json_why *why)
{
    struct match_group *out = &card->seek[card->seeks];
    enum err err;

    if (cli_workload_json_check(group, NULL, seek_fields, why) != ERR_NONE)
        return ERR_INVALID;
    out->first = card->seek_tokens;
    out->importance = (uint8_t)cli_workload_json_count(group, "importance");
    why->where = "seek";
    err = read_terms(json_object_get(group, "any"), terms, card->seek_token,
                     &card->seek_tokens, MATCH_SEEK_TOKENS_MAX, why);
    out->count = (uint8_t)(card->seek_tokens - out->first);
    card->seeks++;
    return err;
}

static enum err read_must(const json_t *group, struct cli_names *terms,
                          struct match_card *card,
                          struct cli_workload_json_why *why)
{
    struct match_group *out = &card->must[card->musts];
    enum err err;

    if (cli_workload_json_check(group, NULL, must_fields, why) != ERR_NONE)
        return ERR_INVALID;
    out->first = card->must_tokens;
    out->relax_after_ms =
        (uint32_t)cli_workload_json_count(group, "relax_after_ms");
    why->where = "must";
    err = read_terms(json_object_get(group, "any"), terms, card->must_token,
                     &card->must_tokens, MATCH_MUST_TOKENS_MAX, why);
    out->count = (uint8_t)(card->must_tokens - out->first);
    card->musts++;
    return err;
}

enum err cli_workload_card_read(const json_t *line, struct cli_names *terms,
                                struct match_card *card,
                                struct cli_workload_json_why *why)
{
    const json_t *seek = json_object_get(line, "seek");
    const json_t *must = json_object_get(line, "must");
    enum err err;

    why->where = "have";
    err = read_terms(json_object_get(line, "have"), terms, card->have,
                     &card->haves, MATCH_HAVE_MAX, why);
    if (err == ERR_NONE) {
        why->where = "must_not";
        err =
            read_terms(json_object_get(line, "must_not"), terms, card->must_not,
                       &card->must_nots, MATCH_MUST_NOT_MAX, why);
    }
    for (size_t i = 0; i < json_array_size(seek) && err == ERR_NONE; i++)
        err = read_seek(json_array_get(seek, i), terms, card, why);
    for (size_t i = 0; i < json_array_size(must) && err == ERR_NONE; i++)
        err = read_must(json_array_get(must, i), terms, card, why);
    if (err != ERR_NONE)
        return err;
    if (match_card_check(card) != ERR_NONE)
        return bad(why, err_text(ERR_CARD), "");
    return ERR_NONE;
}

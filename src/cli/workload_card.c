#include "cli/workload_card.h"

#include "base/require.h"

struct read { /* one card */
    struct cli_names *terms;
    struct match_card *card;
    struct cli_workload_why *why;
};

struct tokens { /* one of its lists, as it grows */
    uint64_t *token;
    uint8_t *n, most;
};

static const struct cli_workload_field seek_fields[] = {
    {"any", CLI_WORKLOAD_FIELD_LIST, false, 1, MATCH_GROUP_MAX},
    {"importance", CLI_WORKLOAD_FIELD_COUNT, false, 1, 3},
    {0},
};

static const struct cli_workload_field must_fields[] = {
    {"any", CLI_WORKLOAD_FIELD_LIST, false, 1, MATCH_GROUP_MAX},
    {"relax_after_ms", CLI_WORKLOAD_FIELD_COUNT, false, 0, UINT32_MAX},
    {0},
};

static bool contains(const uint64_t *token, uint32_t n, uint64_t wanted)
{
    for (uint32_t i = 0; i < n; i++)
        if (token[i] == wanted)
            return true;
    return false;
}

/* The terms of a list, appended, none of them twice in it. */
static enum err read_terms(struct read *read, const char *field,
                           const struct cli_json_node *list,
                           const struct tokens *to)
{
    const struct cli_json_node *item = list ? list + 1 : NULL;
    uint8_t first = *to->n;

    for (uint32_t i = 0; list && i < list->size; i++) {
        uint32_t id;
        enum err err;

        read->why->number[1] = 1;
        read->why->number[2] = CLI_WORKLOAD_NAME_MAX;
        if (item->type != CLI_JSON_TEXT || item->size == 0 ||
            item->size > CLI_WORKLOAD_NAME_MAX)
            return cli_workload_why_say(read->why, CLI_WORKLOAD_WHY_TERM, field,
                                        i + 1);
        if (*to->n == to->most)
            return cli_workload_why_say(read->why, CLI_WORKLOAD_WHY_TERMS,
                                        field, to->most);
        err = cli_names_add(read->terms, item->text, &id);
        if (err == ERR_FULL)
            return cli_workload_why_say(read->why, CLI_WORKLOAD_WHY_ALL_TERMS,
                                        field, read->terms->max);
        if (err != ERR_NONE)
            return err;
        if (contains(to->token + first, *to->n - first, id))
            return cli_workload_why_say(read->why, CLI_WORKLOAD_WHY_TERM_TWICE,
                                        field, i + 1);
        to->token[(*to->n)++] = id;
        item = cli_json_after(item);
    }
    return ERR_NONE;
}

static enum err read_seek(struct read *read, const struct cli_json_node *group)
{
    enum { ANY, IMPORTANCE };
    struct match_card *card = read->card;
    struct match_group *out = &card->seek[card->seeks];
    const struct tokens to = {card->seek_token, &card->seek_tokens,
                              MATCH_SEEK_TOKENS_MAX};
    const struct cli_json_node *found[CLI_WORKLOAD_FIELD_MAX];
    enum err err =
        cli_workload_field_check(group, seek_fields, found, read->why);

    if (err != ERR_NONE)
        return err;
    out->first = card->seek_tokens;
    out->importance = (uint8_t)found[IMPORTANCE]->count;
    err = read_terms(read, "any", found[ANY], &to);
    out->count = (uint8_t)(card->seek_tokens - out->first);
    card->seeks++;
    return err;
}

static enum err read_must(struct read *read, const struct cli_json_node *group)
{
    enum { ANY, RELAX };
    struct match_card *card = read->card;
    struct match_group *out = &card->must[card->musts];
    const struct tokens to = {card->must_token, &card->must_tokens,
                              MATCH_MUST_TOKENS_MAX};
    const struct cli_json_node *found[CLI_WORKLOAD_FIELD_MAX];
    enum err err =
        cli_workload_field_check(group, must_fields, found, read->why);

    if (err != ERR_NONE)
        return err;
    out->first = card->must_tokens;
    out->relax_after_ms = (uint32_t)found[RELAX]->count;
    if (card->role == MATCH_PEER && out->relax_after_ms != 0)
        return cli_workload_why_say(read->why, CLI_WORKLOAD_WHY_RELAX,
                                    "relax_after_ms", 0);
    err = read_terms(read, "any", found[ANY], &to);
    if (err != ERR_NONE)
        return err;
    out->count = (uint8_t)(card->must_tokens - out->first);
    card->musts++;
    return match_card_satisfiable(card, out)
               ? ERR_NONE
               : cli_workload_why_say(read->why, CLI_WORKLOAD_WHY_CONTRADICTION,
                                      "any", 0);
}

static enum err read_groups(struct read *read, const char *name,
                            const struct cli_json_node *list,
                            enum err read_group(struct read *,
                                                const struct cli_json_node *))
{
    const struct cli_json_node *group = list ? list + 1 : NULL;
    enum err err = ERR_NONE;

    read->why->list = name;
    for (uint32_t i = 0; list && i < list->size && err == ERR_NONE; i++) {
        read->why->item = i + 1;
        err = read_group(read, group);
        group = cli_json_after(group);
    }
    if (err == ERR_NONE)
        read->why->list = NULL;
    return err;
}

enum err cli_workload_card_read(const struct cli_workload_card *lists,
                                struct cli_names *terms,
                                struct match_card *card,
                                struct cli_workload_why *why)
{
    struct read read = {.terms = terms, .card = card, .why = why};
    const struct tokens have = {card->have, &card->haves, MATCH_HAVE_MAX};
    const struct tokens not = {card->must_not, &card->must_nots,
                               MATCH_MUST_NOT_MAX};
    enum err err = read_terms(&read, "have", lists->have, &have);

    if (err == ERR_NONE)
        err = read_terms(&read, "must_not", lists->must_not, &not );
    if (err == ERR_NONE)
        err = read_groups(&read, "seek", lists->seek, read_seek);
    if (err == ERR_NONE)
        err = read_groups(&read, "must", lists->must, read_must);
    if (err == ERR_NONE)
        REQUIRE(match_card_check(card) == ERR_NONE);
    return err;
}

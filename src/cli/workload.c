#include "cli/workload.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "cli/workload_card.h"
#include "cli/workload_json.h"

#define T_MAX ((uint64_t)366 * 24 * 60 * 60 * 1000) /* a year */

typedef enum err read_fn(struct cli_workload *workload, const json_t *object,
                         struct cli_workload_line *line);

static read_fn read_rarity, read_card, read_attend, read_capacity, read_plain,
    read_ask, read_reflect;

static const struct cli_workload_json_field common[] = {
    {"t", CLI_WORKLOAD_JSON_COUNT, false, T_MAX},
    {"do", CLI_WORKLOAD_JSON_NAME, false, CLI_WORKLOAD_NAME_MAX},
    {0},
};

#define NAME(field)                                                            \
    {                                                                          \
        field, CLI_WORKLOAD_JSON_NAME, false, CLI_WORKLOAD_NAME_MAX            \
    }
#define COUNT(field, most)                                                     \
    {                                                                          \
        field, CLI_WORKLOAD_JSON_COUNT, false, most                            \
    }
#define FLAG(field)                                                            \
    {                                                                          \
        field, CLI_WORKLOAD_JSON_FLAG, false, 0                                \
    }

static const struct cli_workload_json_field rarity_fields[] = {
    NAME("pool"),
    {"table", CLI_WORKLOAD_JSON_TABLE, false, CLI_WORKLOAD_TERMS_MAX},
    {0},
};
static const struct cli_workload_json_field attend_fields[] = {
    NAME("member"),
    COUNT("capacity", MATCH_CAPACITY_MAX),
    NAME("grade"),
    COUNT("rest_ms", T_MAX),
    {"answers", CLI_WORKLOAD_JSON_LIST, true, CLI_WORKLOAD_ANSWERS_MAX},
    {0},
};
static const struct cli_workload_json_field answer_fields[] = {
    NAME("say"),
    {"after_ms", CLI_WORKLOAD_JSON_COUNT, true, T_MAX},
    {0},
};
static const struct cli_workload_json_field capacity_fields[] = {
    NAME("member"), COUNT("capacity", MATCH_CAPACITY_MAX), {0}};
static const struct cli_workload_json_field member_fields[] = {NAME("member"),
                                                               {0}};
static const struct cli_workload_json_field ticket_fields[] = {NAME("ticket"),
                                                               {0}};
static const struct cli_workload_json_field block_fields[] = {
    NAME("member"), NAME("other"), {0}};
static const struct cli_workload_json_field ask_fields[] = {
    NAME("member"),
    NAME("ticket"),
    FLAG("danger"),
    COUNT("talk_ms", T_MAX),
    {0}};
static const struct cli_workload_json_field reflect_fields[] = {
    NAME("ticket"), NAME("side"), FLAG("understood"), FLAG("again"), {0}};

static const struct {
    const char *name;
    const struct cli_workload_json_field *fields;
    read_fn *read;
} dos[CLI_WORKLOAD_DOS] = {
    [CLI_WORKLOAD_RARITY] = {"rarity", rarity_fields, read_rarity},
    [CLI_WORKLOAD_CARD] = {"card", cli_workload_card_fields, read_card},
    [CLI_WORKLOAD_ATTEND] = {"attend", attend_fields, read_attend},
    [CLI_WORKLOAD_CAPACITY] = {"capacity", capacity_fields, read_capacity},
    [CLI_WORKLOAD_PAUSE] = {"pause", member_fields, read_plain},
    [CLI_WORKLOAD_RESUME] = {"resume", member_fields, read_plain},
    [CLI_WORKLOAD_LEAVE] = {"leave", member_fields, read_plain},
    [CLI_WORKLOAD_ASK] = {"ask", ask_fields, read_ask},
    [CLI_WORKLOAD_WITHDRAW] = {"withdraw", ticket_fields, read_plain},
    [CLI_WORKLOAD_LOST] = {"lost", member_fields, read_plain},
    [CLI_WORKLOAD_BACK] = {"back", member_fields, read_plain},
    [CLI_WORKLOAD_BLOCK] = {"block", block_fields, read_plain},
    [CLI_WORKLOAD_END] = {"end", ticket_fields, read_plain},
    [CLI_WORKLOAD_REFLECT] = {"reflect", reflect_fields, read_reflect},
};

static const char *const roles[MATCH_ROLES] = {"seeker", "peer"};

enum err cli_workload_init(struct cli_workload *workload, FILE *file)
{
    *workload = (struct cli_workload){.file = file};
    cli_names_init(&workload->members, CLI_WORKLOAD_MEMBERS_MAX);
    cli_names_init(&workload->tickets, 4 * CLI_WORKLOAD_MEMBERS_MAX);
    cli_names_init(&workload->pools, CLI_WORKLOAD_POOLS_MAX);
    cli_names_init(&workload->terms, CLI_WORKLOAD_MEMBERS_MAX);
    workload->text = malloc(CLI_WORKLOAD_LINE_MAX + 1);
    workload->rarity =
        malloc(CLI_WORKLOAD_TERMS_MAX * sizeof *workload->rarity);
    if (workload->text && workload->rarity)
        return ERR_NONE;
    cli_workload_close(workload);
    return ERR_NOMEM;
}

void cli_workload_close(struct cli_workload *workload)
{
    cli_names_close(&workload->members);
    cli_names_close(&workload->tickets);
    cli_names_close(&workload->pools);
    cli_names_close(&workload->terms);
    free(workload->member);
    free(workload->text);
    free(workload->rarity);
    *workload = (struct cli_workload){0};
}

static enum err bad(struct cli_workload *workload, const char *what,
                    const char *where)
{
    workload->why_what = what;
    workload->why_where = where;
    return ERR_INVALID;
}

static enum err check(struct cli_workload *workload, const json_t *object,
                      const struct cli_workload_json_field *base,
                      const struct cli_workload_json_field *field)
{
    struct cli_workload_json_why why;

    if (cli_workload_json_check(object, base, field, &why) == ERR_NONE)
        return ERR_NONE;
    return bad(workload, why.what, why.where);
}

/* The number of a name that may be new; full says what there is too many of. */
static enum err number(struct cli_workload *workload, struct cli_names *names,
                       const char *name, uint32_t *id, const char *full)
{
    enum err err = cli_names_add(names, name, id);

    return err == ERR_FULL ? bad(workload, full, "") : err;
}

/* Law 3. */
static enum err known(struct cli_workload *workload,
                      const struct cli_names *names, const json_t *object,
                      const char *field, uint32_t *id)
{
    *id = cli_names_find(names, cli_workload_json_name(object, field));
    return *id ? ERR_NONE
               : bad(workload, "unknown: nothing before made it", field);
}

static enum err read_pool(struct cli_workload *workload, const json_t *object,
                          uint32_t *pool)
{
    const char *name = cli_workload_json_name(object, "pool");
    enum err err = number(workload, &workload->pools, *name ? name : "adult",
                          pool, "too many pools");

    if (err == ERR_NONE)
        (*pool)--; /* the engine counts pools from 0 */
    return err;
}

static enum err read_rarity(struct cli_workload *workload, const json_t *object,
                            struct cli_workload_line *line)
{
    const json_t *table = json_object_get(object, "table");
    const char *term;
    json_t *value;
    enum err err;

    if (workload->asked)
        return bad(workload, "a rarity line after the first ask", "");
    err = read_pool(workload, object, &line->pool);
    if (err != ERR_NONE)
        return err;
    line->rarity = workload->rarity;
    /* jansson's iterators take a table that is not const */
    json_object_foreach ((json_t *)(uintptr_t)table, term, value) {
        struct match_rarity_row *row = &line->rarity[line->rarities];
        uint32_t id;

        if (!*term || strlen(term) > CLI_WORKLOAD_NAME_MAX ||
            !json_is_integer(value) || json_integer_value(value) < 0 ||
            json_integer_value(value) > CLI_WORKLOAD_RARITY_MAX)
            return bad(workload, "a term or its bits are out of bounds",
                       "table");
        err = number(workload, &workload->terms, term, &id,
                     "too many different terms");
        if (err != ERR_NONE)
            return err;
        *row = (struct match_rarity_row){
            .token = id,
            .count_q8 = (uint64_t)json_integer_value(value),
            .pool = line->pool};
        line->rarities++;
    }
    return ERR_NONE;
}

/* Room for what we know of member id. */
static enum err note_member(struct cli_workload *workload, uint32_t id,
                            uint32_t pool)
{
    if (id > workload->members_cap) {
        uint32_t cap = workload->members_cap ? workload->members_cap * 2 : 64;
        struct cli_workload_member *member =
            realloc(workload->member, cap * sizeof *member);

        if (!member)
            return ERR_NOMEM;
        memset(member + workload->members_cap, 0,
               (cap - workload->members_cap) * sizeof *member);
        workload->member = member;
        workload->members_cap = cap;
    }
    workload->member[id - 1].pool = pool;
    return ERR_NONE;
}

static enum err read_card(struct cli_workload *workload, const json_t *object,
                          struct cli_workload_line *line)
{
    struct cli_workload_json_why why = {"", ""};
    int role = cli_workload_json_word(object, "role", roles, MATCH_ROLES);
    uint32_t known_members = workload->members.n;
    enum err err;

    if (role < 0)
        return bad(workload, "neither seeker nor peer", "role");
    err = read_pool(workload, object, &line->pool);
    if (err == ERR_NONE)
        err = number(workload, &workload->members,
                     cli_workload_json_name(object, "member"), &line->member,
                     "too many members");
    if (err == ERR_NONE && line->member > known_members)
        err = note_member(workload, line->member, line->pool);
    if (err != ERR_NONE)
        return err;
    struct cli_workload_member *member = &workload->member[line->member - 1];

    if (member->pool != line->pool)
        return bad(workload, "this member is in another pool", "pool");
    line->card.role = (enum match_role)role;
    line->card.version = ++member->version[role];
    line->card.vocabulary_version = 1;
    err = cli_workload_card_read(object, &workload->terms, &line->card, &why);
    return err == ERR_INVALID ? bad(workload, why.what, why.where) : err;
}

static enum err read_answers(struct cli_workload *workload, const json_t *list,
                             struct cli_workload_line *line)
{
    static const char *const says[] = {"accept", "decline", "silence"};

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        struct cli_workload_answer *answer = &line->answer[line->answers++];
        int say;

        if (check(workload, item, NULL, answer_fields) != ERR_NONE)
            return ERR_INVALID;
        say = cli_workload_json_word(item, "say", says, CLI_WORKLOAD_SAYS);
        if (say < 0)
            return bad(workload, "not accept, decline or silence", "say");
        if (say != CLI_WORKLOAD_SILENCE && !json_object_get(item, "after_ms"))
            return bad(workload, "missing", "after_ms");
        answer->say = (enum cli_workload_say)say;
        answer->after_ms = cli_workload_json_count(item, "after_ms");
    }
    return ERR_NONE;
}

static enum err read_attend(struct cli_workload *workload, const json_t *object,
                            struct cli_workload_line *line)
{
    static const char *const grades[] = {"peer", "crisis_peer"};
    int grade = cli_workload_json_word(object, "grade", grades, 2);
    struct cli_workload_member *member;

    if (grade < 0)
        return bad(workload, "neither peer nor crisis_peer", "grade");
    if (read_plain(workload, object, line) != ERR_NONE)
        return ERR_INVALID;
    member = &workload->member[line->member - 1];
    if (member->version[MATCH_PEER] == 0)
        return bad(workload, "this member has no peer card", "member");
    workload->peers += !member->attended;
    member->attended = true;
    line->grade = grade == 0 ? GRADE_PEER : GRADE_CRISIS_PEER;
    line->capacity = (uint8_t)cli_workload_json_count(object, "capacity");
    line->rest_ms = cli_workload_json_count(object, "rest_ms");
    return read_answers(workload, json_object_get(object, "answers"), line);
}

static enum err read_capacity(struct cli_workload *workload,
                              const json_t *object,
                              struct cli_workload_line *line)
{
    line->capacity = (uint8_t)cli_workload_json_count(object, "capacity");
    return read_plain(workload, object, line);
}

/* Whichever of member, other and ticket the line has. */
static enum err read_plain(struct cli_workload *workload, const json_t *object,
                           struct cli_workload_line *line)
{
    if (json_object_get(object, "member") &&
        known(workload, &workload->members, object, "member", &line->member) !=
            ERR_NONE)
        return ERR_INVALID;
    if (json_object_get(object, "other") &&
        known(workload, &workload->members, object, "other", &line->other) !=
            ERR_NONE)
        return ERR_INVALID;
    if (json_object_get(object, "ticket") &&
        known(workload, &workload->tickets, object, "ticket", &line->ticket) !=
            ERR_NONE)
        return ERR_INVALID;
    if (line->what == CLI_WORKLOAD_BLOCK && line->member == line->other)
        return bad(workload, "a member cannot block themselves", "other");
    if (line->member)
        line->pool = workload->member[line->member - 1].pool;
    return ERR_NONE;
}

static enum err read_ask(struct cli_workload *workload, const json_t *object,
                         struct cli_workload_line *line)
{
    const char *ticket = cli_workload_json_name(object, "ticket");
    struct cli_workload_member *member;

    if (known(workload, &workload->members, object, "member", &line->member) !=
        ERR_NONE)
        return ERR_INVALID;
    member = &workload->member[line->member - 1];
    if (member->version[MATCH_SEEKER] == 0)
        return bad(workload, "this member has no seeker card", "member");
    if (cli_names_find(&workload->tickets, ticket))
        return bad(workload, "this ticket's name was used before", "ticket");
    line->pool = member->pool;
    line->danger = cli_workload_json_flag(object, "danger");
    line->talk_ms = cli_workload_json_count(object, "talk_ms");
    workload->asked = true;
    workload->seekers += !member->asked;
    member->asked = true;
    return number(workload, &workload->tickets, ticket, &line->ticket,
                  "too many tickets");
}

static enum err read_reflect(struct cli_workload *workload,
                             const json_t *object,
                             struct cli_workload_line *line)
{
    int side = cli_workload_json_word(object, "side", roles, MATCH_ROLES);

    if (side < 0)
        return bad(workload, "neither seeker nor peer", "side");
    line->side = (enum match_role)side;
    line->understood = cli_workload_json_flag(object, "understood");
    line->again = cli_workload_json_flag(object, "again");
    return read_plain(workload, object, line);
}

/* One line of text; *size its bytes without the newline. */
static enum err read_text(struct cli_workload *workload, size_t *size,
                          bool *end)
{
    size_t n = 0;
    int c;

    while ((c = getc(workload->file)) != EOF && c != '\n') {
        if (n == CLI_WORKLOAD_LINE_MAX) {
            workload->lines++;
            return bad(workload, "the line is too long", "");
        }
        workload->text[n++] = (char)c;
    }
    *end = c == EOF && n == 0;
    *size = n;
    if (*end && ferror(workload->file))
        return bad(workload, "the file cannot be read", "");
    if (!*end)
        workload->lines++;
    return ERR_NONE;
}

static enum err read_object(struct cli_workload *workload, const json_t *object,
                            struct cli_workload_line *line)
{
    const char *what = NULL;
    int at = 0;

    if (json_is_object(object))
        what = json_string_value(json_object_get(object, "do"));
    while (what && at < CLI_WORKLOAD_DOS && strcmp(dos[at].name, what) != 0)
        at++;
    if (!what || at == CLI_WORKLOAD_DOS)
        return bad(workload, "not a word that is known", "do");
    if (check(workload, object, common, dos[at].fields) != ERR_NONE)
        return ERR_INVALID;
    line->what = (enum cli_workload_do)at;
    line->t_ms = cli_workload_json_count(object, "t");
    if (line->t_ms < workload->t_ms)
        return bad(workload, "earlier than the line before", "t"); /* Law 1 */
    workload->t_ms = line->t_ms;
    return dos[at].read(workload, object, line); /* Law 2 */
}

enum err cli_workload_next(struct cli_workload *workload,
                           struct cli_workload_line *line, bool *end)
{
    size_t size = 0;
    json_error_t why;
    json_t *object;
    enum err err = read_text(workload, &size, end);

    if (err != ERR_NONE || *end)
        return err;
    if (size >= 3 && memcmp(workload->text, "\xef\xbb\xbf", 3) == 0)
        return bad(workload, "begins with a byte order mark: take it out", "");
    if (size == 0)
        return bad(workload, "the line is empty", "");
    object = json_loadb(workload->text, size, JSON_REJECT_DUPLICATES, &why);
    if (!object)
        return bad(workload, "not a JSON object in UTF-8", "");
    *line = (struct cli_workload_line){.number = workload->lines};
    err = read_object(workload, object, line);
    json_decref(object);
    return err;
}

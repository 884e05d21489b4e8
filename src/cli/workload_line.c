#include "cli/workload_line.h"

#include <stdlib.h>
#include <string.h>

#include "cli/workload_card.h"

typedef enum err read_fn(struct cli_workload *workload,
                         const struct cli_json_node *const found[],
                         struct cli_day_line *line);

static read_fn read_rarity, read_card, read_attend, read_capacity, read_member,
    read_block, read_ticket, read_ask, read_reflect;

#define NAME(field)                                                            \
    {                                                                          \
        field, CLI_WORKLOAD_FIELD_NAME, false, 1, CLI_WORKLOAD_NAME_MAX        \
    }
#define COUNT(field, most)                                                     \
    {                                                                          \
        field, CLI_WORKLOAD_FIELD_COUNT, false, 0, most                        \
    }
#define FLAG(field)                                                            \
    {                                                                          \
        field, CLI_WORKLOAD_FIELD_FLAG, false, 0, 0                            \
    }
#define LIST(field, most)                                                      \
    {                                                                          \
        field, CLI_WORKLOAD_FIELD_LIST, true, 0, most                          \
    }
#define HEAD COUNT("t", CLI_WORKLOAD_MS_MAX), NAME("do")
enum { T, DO, OWN }; /* places of HEAD's two and of the first after them */

static const struct cli_workload_field rarity_fields[] = {
    HEAD,
    NAME("pool"),
    {"table", CLI_WORKLOAD_FIELD_TABLE, false, 0, CLI_WORKLOAD_TERMS_MAX},
    {0}};
static const struct cli_workload_field card_fields[] = {
    HEAD,
    NAME("member"),
    NAME("role"),
    {"pool", CLI_WORKLOAD_FIELD_NAME, true, 1, CLI_WORKLOAD_NAME_MAX},
    LIST("have", MATCH_HAVE_MAX),
    LIST("seek", MATCH_SEEK_MAX),
    LIST("must", MATCH_MUST_MAX),
    LIST("must_not", MATCH_MUST_NOT_MAX),
    {0}};
static const struct cli_workload_field attend_fields[] = {
    HEAD,
    NAME("member"),
    COUNT("capacity", MATCH_CAPACITY_MAX),
    NAME("grade"),
    COUNT("rest_ms", CLI_WORKLOAD_MS_MAX),
    LIST("answers", CLI_DAY_ANSWERS_MAX),
    {0}};
static const struct cli_workload_field answer_fields[] = {
    NAME("say"),
    {"after_ms", CLI_WORKLOAD_FIELD_COUNT, true, 0, CLI_WORKLOAD_MS_MAX},
    {0}};
static const struct cli_workload_field capacity_fields[] = {
    HEAD, NAME("member"), COUNT("capacity", MATCH_CAPACITY_MAX), {0}};
static const struct cli_workload_field member_fields[] = {
    HEAD, NAME("member"), {0}};
static const struct cli_workload_field ticket_fields[] = {
    HEAD, NAME("ticket"), {0}};
static const struct cli_workload_field block_fields[] = {
    HEAD, NAME("member"), NAME("other"), {0}};
static const struct cli_workload_field ask_fields[] = {
    HEAD,
    NAME("member"),
    NAME("ticket"),
    FLAG("danger"),
    COUNT("talk_ms", CLI_WORKLOAD_MS_MAX),
    {0}};
static const struct cli_workload_field reflect_fields[] = {
    HEAD, NAME("ticket"), NAME("side"), FLAG("understood"), FLAG("again"), {0}};

static const struct {
    const char *name;
    const struct cli_workload_field *fields;
    read_fn *read;
} dos[CLI_DAY_DOS] = {
    [CLI_DAY_RARITY] = {"rarity", rarity_fields, read_rarity},
    [CLI_DAY_CARD] = {"card", card_fields, read_card},
    [CLI_DAY_ATTEND] = {"attend", attend_fields, read_attend},
    [CLI_DAY_CAPACITY] = {"capacity", capacity_fields, read_capacity},
    [CLI_DAY_PAUSE] = {"pause", member_fields, read_member},
    [CLI_DAY_RESUME] = {"resume", member_fields, read_member},
    [CLI_DAY_LEAVE] = {"leave", member_fields, read_member},
    [CLI_DAY_ASK] = {"ask", ask_fields, read_ask},
    [CLI_DAY_WITHDRAW] = {"withdraw", ticket_fields, read_ticket},
    [CLI_DAY_LOST] = {"lost", member_fields, read_member},
    [CLI_DAY_BACK] = {"back", member_fields, read_member},
    [CLI_DAY_BLOCK] = {"block", block_fields, read_block},
    [CLI_DAY_END] = {"end", ticket_fields, read_ticket},
    [CLI_DAY_REFLECT] = {"reflect", reflect_fields, read_reflect},
};

static const char *const roles[MATCH_ROLES] = {"seeker", "peer"};

static enum err bad(struct cli_workload *workload,
                    enum cli_workload_why_code code, const char *field)
{
    return cli_workload_why_say(&workload->why, code, field, 0);
}

/* ---- names ---- */

/* The number of a name that may be new; code says what there is too many of. */
static enum err number(struct cli_workload *workload, struct cli_names *names,
                       const char *name, uint32_t *id,
                       enum cli_workload_why_code code)
{
    enum err err = cli_names_add(names, name, id);

    return err == ERR_FULL
               ? cli_workload_why_say(&workload->why, code, NULL, names->max)
               : err;
}

/* Law 3. */
static enum err known(struct cli_workload *workload,
                      const struct cli_names *names,
                      const struct cli_json_node *name, const char *field,
                      uint32_t *id)
{
    *id = cli_names_find(names, name->text);
    return *id ? ERR_NONE : bad(workload, CLI_WORKLOAD_WHY_UNKNOWN, field);
}

static enum err known_member(struct cli_workload *workload,
                             const struct cli_json_node *name,
                             struct cli_day_line *line,
                             struct cli_workload_member **member)
{
    enum err err =
        known(workload, &workload->day->members, name, "member", &line->member);

    if (err != ERR_NONE)
        return err;
    *member = &workload->member[line->member - 1];
    line->pool = (*member)->pool;
    return ERR_NONE;
}

static enum err pool_number(struct cli_workload *workload,
                            const struct cli_json_node *name, uint8_t *pool)
{
    uint32_t id = 0;
    enum err err =
        number(workload, &workload->day->pools, name ? name->text : "adult",
               &id, CLI_WORKLOAD_WHY_POOLS);

    if (err == ERR_NONE)
        *pool = (uint8_t)(id - 1); /* the engine counts pools from 0 */
    return err;
}

/* Room for what we know of member id. */
static enum err note_member(struct cli_workload *workload, uint32_t id,
                            uint8_t pool)
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

/* ---- what a line of each kind says ---- */

static int by_token(const void *a, const void *b)
{
    const struct match_rarity_row *x = a, *y = b;

    return (x->token > y->token) - (x->token < y->token);
}

static enum err read_bits(struct cli_workload *workload, uint32_t index,
                          const struct cli_json_node *key,
                          struct match_rarity_row *row)
{
    const struct cli_json_node *bits = cli_json_after(key);
    struct cli_workload_why *why = &workload->why;
    uint32_t id = 0;
    enum err err;

    why->number[1] = 1;
    why->number[2] = CLI_WORKLOAD_NAME_MAX;
    if (key->size == 0 || key->size > CLI_WORKLOAD_NAME_MAX)
        return cli_workload_why_say(why, CLI_WORKLOAD_WHY_RARITY_TERM, "table",
                                    index + 1);
    why->number[1] = 0;
    why->number[2] = CLI_WORKLOAD_RARITY_MAX;
    if (bits->type != CLI_JSON_COUNT || bits->count > CLI_WORKLOAD_RARITY_MAX)
        return cli_workload_why_say(why, CLI_WORKLOAD_WHY_RARITY_BITS, "table",
                                    index + 1);
    err = number(workload, &workload->day->terms, key->text, &id,
                 CLI_WORKLOAD_WHY_ALL_TERMS);
    row->token = id;
    row->count_q8 = bits->count;
    return err;
}

static enum err read_rarity(struct cli_workload *workload,
                            const struct cli_json_node *const found[],
                            struct cli_day_line *line)
{
    enum { POOL = OWN, TABLE };
    const struct cli_json_node *key = found[TABLE] + 1;
    struct match_rarity_row *row = workload->rarity;
    uint32_t rows = found[TABLE]->size;
    enum err err = workload->asked
                       ? bad(workload, CLI_WORKLOAD_WHY_RARITY_LATE, NULL)
                       : ERR_NONE;

    if (err == ERR_NONE)
        err = pool_number(workload, found[POOL], &line->pool);
    for (uint32_t i = 0; i < rows && err == ERR_NONE; i++) {
        err = read_bits(workload, i, key, &row[i]);
        row[i].pool = line->pool;
        key = cli_json_after(cli_json_after(key));
    }
    if (err != ERR_NONE)
        return err;
    qsort(row, rows, sizeof *row, by_token);
    for (uint32_t i = 1; i < rows; i++)
        if (row[i].token == row[i - 1].token)
            return bad(workload, CLI_WORKLOAD_WHY_RARITY_TWICE, "table");
    line->rarity = row;
    line->count = rows;
    return ERR_NONE;
}

static enum err read_card(struct cli_workload *workload,
                          const struct cli_json_node *const found[],
                          struct cli_day_line *line)
{
    enum { MEMBER = OWN, ROLE, POOL, HAVE, SEEK, MUST, MUST_NOT };
    const struct cli_workload_card lists = {.have = found[HAVE],
                                            .seek = found[SEEK],
                                            .must = found[MUST],
                                            .must_not = found[MUST_NOT]};
    int role = cli_workload_field_word(found[ROLE], roles, MATCH_ROLES);
    uint32_t before = workload->day->members.n;
    struct cli_workload_member *member;
    enum err err;

    if (role < 0)
        return bad(workload, CLI_WORKLOAD_WHY_ROLE, "role");
    err = pool_number(workload, found[POOL], &line->pool);
    if (err == ERR_NONE)
        err = number(workload, &workload->day->members, found[MEMBER]->text,
                     &line->member, CLI_WORKLOAD_WHY_MEMBERS);
    if (err == ERR_NONE && line->member > before)
        err = note_member(workload, line->member, line->pool);
    if (err != ERR_NONE)
        return err;
    member = &workload->member[line->member - 1];
    if (member->pool != line->pool)
        return bad(workload, CLI_WORKLOAD_WHY_POOL, "pool");
    line->side = (uint8_t)role;
    workload->card = (struct match_card){.role = (enum match_role)role,
                                         .version = ++member->version[role],
                                         .vocabulary_version = 1};
    return cli_workload_card_read(&lists, &workload->day->terms,
                                  &workload->card, &workload->why);
}

static enum err read_answer(struct cli_workload *workload,
                            const struct cli_json_node *item,
                            struct cli_day_answer *answer)
{
    enum { SAY, AFTER };
    static const char *const says[] = {"accept", "decline", "silence"};
    const struct cli_json_node *found[CLI_WORKLOAD_FIELD_MAX];
    int say;

    if (cli_workload_field_check(item, answer_fields, found, &workload->why) !=
        ERR_NONE)
        return ERR_INVALID;
    say = cli_workload_field_word(found[SAY], says, CLI_DAY_SILENCE + 1);
    if (say < 0)
        return bad(workload, CLI_WORKLOAD_WHY_SAY, "say");
    if (say != CLI_DAY_SILENCE && !found[AFTER])
        return bad(workload, CLI_WORKLOAD_WHY_MISSING, "after_ms");
    *answer = (struct cli_day_answer){
        .say = (enum cli_day_say)say,
        .after_ms = found[AFTER] ? found[AFTER]->count : 0};
    return ERR_NONE;
}

static enum err read_attend(struct cli_workload *workload,
                            const struct cli_json_node *const found[],
                            struct cli_day_line *line)
{
    enum { MEMBER = OWN, CAPACITY, GRADE, REST, ANSWERS };
    static const char *const grades[] = {"peer", "crisis_peer"};
    int grade = cli_workload_field_word(found[GRADE], grades, 2);
    const struct cli_json_node *list = found[ANSWERS], *item;
    struct cli_workload_member *member;
    enum err err = known_member(workload, found[MEMBER], line, &member);

    if (err != ERR_NONE)
        return err;
    if (grade < 0)
        return bad(workload, CLI_WORKLOAD_WHY_GRADE, "grade");
    if (member->version[MATCH_PEER] == 0)
        return bad(workload, CLI_WORKLOAD_WHY_NO_PEER, "member");
    line->grade = (uint8_t)(grade == 0 ? GRADE_PEER : GRADE_CRISIS_PEER);
    line->capacity = (uint8_t)found[CAPACITY]->count;
    line->rest_ms = found[REST]->count;
    line->answer = workload->answer;
    workload->why.list = "answers";
    item = list ? list + 1 : NULL;
    for (uint32_t i = 0; list && i < list->size && err == ERR_NONE; i++) {
        workload->why.item = i + 1;
        err = read_answer(workload, item, &workload->answer[line->count++]);
        item = cli_json_after(item);
    }
    workload->day->peers += !member->attended;
    member->attended = true;
    return err;
}

static enum err read_member(struct cli_workload *workload,
                            const struct cli_json_node *const found[],
                            struct cli_day_line *line)
{
    struct cli_workload_member *member;

    return known_member(workload, found[OWN], line, &member);
}

static enum err read_capacity(struct cli_workload *workload,
                              const struct cli_json_node *const found[],
                              struct cli_day_line *line)
{
    line->capacity = (uint8_t)found[OWN + 1]->count;
    return read_member(workload, found, line);
}

static enum err read_block(struct cli_workload *workload,
                           const struct cli_json_node *const found[],
                           struct cli_day_line *line)
{
    enum err err = read_member(workload, found, line);

    if (err == ERR_NONE)
        err = known(workload, &workload->day->members, found[OWN + 1], "other",
                    &line->other);
    if (err == ERR_NONE && line->member == line->other)
        err = bad(workload, CLI_WORKLOAD_WHY_SELF, "other");
    return err;
}

static enum err read_ticket(struct cli_workload *workload,
                            const struct cli_json_node *const found[],
                            struct cli_day_line *line)
{
    return known(workload, &workload->day->tickets, found[OWN], "ticket",
                 &line->ticket);
}

static enum err read_ask(struct cli_workload *workload,
                         const struct cli_json_node *const found[],
                         struct cli_day_line *line)
{
    enum { MEMBER = OWN, TICKET, DANGER, TALK };
    struct cli_names *tickets = &workload->day->tickets;
    uint32_t before = tickets->n;
    struct cli_workload_member *member;
    enum err err = known_member(workload, found[MEMBER], line, &member);

    if (err != ERR_NONE)
        return err;
    if (member->version[MATCH_SEEKER] == 0)
        return bad(workload, CLI_WORKLOAD_WHY_NO_SEEKER, "member");
    err = number(workload, tickets, found[TICKET]->text, &line->ticket,
                 CLI_WORKLOAD_WHY_TICKETS);
    if (err != ERR_NONE)
        return err;
    if (line->ticket <= before)
        return bad(workload, CLI_WORKLOAD_WHY_TICKET, "ticket");
    line->danger = found[DANGER]->type == CLI_JSON_TRUE;
    line->talk_ms = found[TALK]->count;
    workload->asked = true;
    workload->day->seekers += !member->asked;
    member->asked = true;
    return ERR_NONE;
}

static enum err read_reflect(struct cli_workload *workload,
                             const struct cli_json_node *const found[],
                             struct cli_day_line *line)
{
    enum { TICKET = OWN, SIDE, UNDERSTOOD, AGAIN };
    int side = cli_workload_field_word(found[SIDE], roles, MATCH_ROLES);

    if (side < 0)
        return bad(workload, CLI_WORKLOAD_WHY_ROLE, "side");
    line->side = (uint8_t)side;
    line->understood = found[UNDERSTOOD]->type == CLI_JSON_TRUE;
    line->again = found[AGAIN]->type == CLI_JSON_TRUE;
    return read_ticket(workload, found, line);
}

enum err cli_workload_line_read(struct cli_workload *workload,
                                const struct cli_json_node *object,
                                struct cli_day_line *line)
{
    const struct cli_json_node *word = cli_workload_field_get(object, "do");
    const struct cli_json_node *found[CLI_WORKLOAD_FIELD_MAX];
    uint8_t at = 0;

    if (!word)
        return bad(workload, CLI_WORKLOAD_WHY_MISSING, "do");
    while (at < CLI_DAY_DOS &&
           (word->type != CLI_JSON_TEXT ||
            !cli_workload_field_same(dos[at].name, word->text)))
        at++;
    if (at == CLI_DAY_DOS)
        return bad(workload, CLI_WORKLOAD_WHY_DO, "do");
    if (cli_workload_field_check(object, dos[at].fields, found,
                                 &workload->why) != ERR_NONE)
        return ERR_INVALID;
    line->what = at;
    line->t_ms = found[T]->count;
    if (line->t_ms < workload->day->end_ms)
        return bad(workload, CLI_WORKLOAD_WHY_EARLIER, "t"); /* Law 1 */
    return dos[at].read(workload, found, line);              /* Law 2 */
}

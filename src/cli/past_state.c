#include "cli/past_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum err cli_past_state_grow(void *table, uint32_t *cap, uint32_t need,
                             size_t size)
{
    uint32_t more = *cap > 0 ? *cap * 2 : 64;
    char *old, *new;

    if (need <= *cap)
        return ERR_NONE;
    while (more < need)
        more *= 2;
    memcpy(&old, table, sizeof old);
    new = realloc(old, more * size);
    if (!new)
        return ERR_NOMEM;
    memset(new + *cap *size, 0, (more - *cap) * size);
    memcpy(table, &new, sizeof new);
    *cap = more;
    return ERR_NONE;
}

static void name_of(char text[24], uint64_t id)
{
    (void)snprintf(text, 24, "%" PRIx64, id);
}

uint32_t cli_past_state_find(const struct cli_names *names, uint64_t id)
{
    char text[24];

    name_of(text, id);
    return id != 0 ? cli_names_find(names, text) : 0;
}

enum err cli_past_state_add(struct cli_names *names, uint64_t id,
                            uint32_t *number)
{
    char text[24];

    name_of(text, id);
    return cli_names_add(names, text, number);
}

enum err cli_past_state_bind(struct cli_names *names, uint32_t **beside,
                             uint32_t *cap, uint64_t id, uint32_t value)
{
    uint32_t number = 0;
    enum err err = cli_past_state_add(names, id, &number);

    if (err == ERR_NONE)
        err = cli_past_state_grow(beside, cap, number + 1, sizeof **beside);
    if (err == ERR_NONE)
        (*beside)[number] = value;
    return err;
}

uint32_t cli_past_state_bound(const struct cli_names *names,
                              const uint32_t *beside, uint64_t id)
{
    uint32_t number = cli_past_state_find(names, id);

    return number != 0 ? beside[number] : 0;
}

enum err cli_past_state_member(struct cli_past *past, uint64_t id,
                               uint32_t *number)
{
    enum err err = cli_past_state_add(&past->members, id, number);

    return err == ERR_NONE
               ? cli_past_state_grow(&past->member, &past->members_cap,
                                     *number + 1, sizeof *past->member)
               : err;
}

enum err cli_past_state_line(struct cli_past *past,
                             const struct cli_past_line *line)
{
    enum err err = cli_past_state_grow(&past->line, &past->lines_cap,
                                       past->lines + 1, sizeof *past->line);

    if (err != ERR_NONE)
        return err;
    past->line[past->lines] = *line;
    past->line[past->lines++].t_ms = past->now_ms;
    return line->call != 0
               ? cli_past_state_bind(&past->calls, &past->call_line,
                                     &past->calls_cap, line->call, past->lines)
               : ERR_NONE;
}

enum err cli_past_state_say(struct cli_past *past, enum cli_day_do what,
                            uint32_t member, uint64_t call)
{
    return cli_past_state_line(
        past,
        &(struct cli_past_line){.what = what, .member = member, .call = call});
}

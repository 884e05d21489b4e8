#include "cli/agenda.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/require.h"

enum { CHILDREN = 4 };

void cli_agenda_close(struct cli_agenda *agenda)
{
    free(agenda->entry);
    *agenda = (struct cli_agenda){0};
}

/* Law 1. */
static bool before(const struct cli_agenda_entry *a,
                   const struct cli_agenda_entry *b)
{
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->id < b->id;
}

static void swap(struct cli_agenda_entry *a, struct cli_agenda_entry *b)
{
    struct cli_agenda_entry kept = *a;

    *a = *b;
    *b = kept;
}

enum err cli_agenda_add(struct cli_agenda *agenda,
                        struct cli_agenda_entry entry)
{
    uint32_t at = agenda->n;

    if (agenda->n == agenda->cap) {
        uint32_t cap = agenda->cap ? agenda->cap * 2 : 64;
        struct cli_agenda_entry *more =
            realloc(agenda->entry, cap * sizeof *more);

        if (!more)
            return ERR_NOMEM;
        agenda->entry = more;
        agenda->cap = cap;
    }
    agenda->entry[agenda->n++] = entry;
    for (uint32_t parent; at > 0; at = parent) {
        parent = (at - 1) / CHILDREN;
        if (!before(&agenda->entry[at], &agenda->entry[parent]))
            break;
        swap(&agenda->entry[at], &agenda->entry[parent]);
    }
    return ERR_NONE;
}

const struct cli_agenda_entry *cli_agenda_first(const struct cli_agenda *agenda)
{
    return agenda->n ? agenda->entry : NULL;
}

const struct cli_agenda_entry *cli_agenda_next(const struct cli_agenda *agenda,
                                               uint32_t i)
{
    return i < CHILDREN && i + 1 < agenda->n ? &agenda->entry[i + 1] : NULL;
}

struct cli_agenda_entry cli_agenda_take(struct cli_agenda *agenda)
{
    struct cli_agenda_entry first;
    uint32_t at = 0;

    REQUIRE(agenda->n > 0);
    first = agenda->entry[0];
    agenda->entry[0] = agenda->entry[--agenda->n];
    for (;;) {
        uint32_t least = at, child = CHILDREN * at + 1;

        for (uint32_t last = child + CHILDREN; child < last; child++)
            if (child < agenda->n &&
                before(&agenda->entry[child], &agenda->entry[least]))
                least = child;
        if (least == at)
            return first;
        swap(&agenda->entry[at], &agenda->entry[least]);
        at = least;
    }
}

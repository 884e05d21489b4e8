/* cli/agenda -- what is to happen later, in order of time, kind and id.
 *
 * A heap of four children each, which are about a line of memory, that owns
 * its memory and grows as needed.
 *
 * Laws
 *   1. Entries come out in order of (due_ms, kind, id). */
#ifndef CLI_AGENDA_H
#define CLI_AGENDA_H

#include <stdint.h>

#include "base/err.h"

struct cli_agenda_entry {
    uint64_t due_ms;
    uint32_t kind, id;
};

struct cli_agenda { /* all private but n; all zero is empty */
    struct cli_agenda_entry *entry;
    uint32_t n, cap;
};

void cli_agenda_close(struct cli_agenda *agenda);

/* ERR_NOMEM: nothing changed. */
MUST_USE enum err cli_agenda_add(struct cli_agenda *agenda,
                                 struct cli_agenda_entry entry);

/* The first entry, still there; NULL if there is none. */
const struct cli_agenda_entry *
cli_agenda_first(const struct cli_agenda *agenda);

/* Those of whom one is the first after the first is taken, i from 0; NULL at
 * the end. */
const struct cli_agenda_entry *cli_agenda_next(const struct cli_agenda *agenda,
                                               uint32_t i);

/* Take the first (there is one). */
struct cli_agenda_entry cli_agenda_take(struct cli_agenda *agenda);

#endif

/* cli/names -- strings to numbers: 1, 2 … in the order they first appear.
 *
 * Owns copies of the strings.  Grows as needed up to a bound.
 *
 * Laws
 *   1. The same string always has the same number; numbers are dense from 1.
 *   2. It never holds more than max names. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct cli_names_slot; /* of a name: its number, and some of its hash */

struct cli_names {     /* all private but n; all zero is empty with max 0 */
    const char **name; /* name[id - 1], in the arena */
    struct cli_names_slot *slot;
    uint32_t n, cap, slots, max;
    struct arena arena;
};

void cli_names_init(struct cli_names *names, uint32_t max);
void cli_names_close(struct cli_names *names);

/* The number of name, or 0. */
uint32_t cli_names_find(const struct cli_names *names, const char *name);

/* The number of name in *id, new or not.  ERR_FULL, ERR_NOMEM: nothing
 * changed. */
MUST_USE enum err cli_names_add(struct cli_names *names, const char *name,
                                uint32_t *id);

/* The string of a number that was given out. */
const char *cli_names_get(const struct cli_names *names, uint32_t id);

#endif

/* cli/workload_field -- the shape of an object, declared as a table.
 *
 * Checks that an object has the fields it must, no others, none twice, each of
 * its type and within its bounds; reading what was found cannot fail then. */
#ifndef CLI_WORKLOAD_FIELD_H
#define CLI_WORKLOAD_FIELD_H

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "cli/json.h"
#include "cli/workload_why.h"

enum {
    CLI_WORKLOAD_FIELD_MAX = 12, /* fields of one table */
    CLI_WORKLOAD_NAME_MAX = 128  /* bytes of a name or term */
};

enum cli_workload_field_type {
    CLI_WORKLOAD_FIELD_COUNT, /* a whole number, least .. most */
    CLI_WORKLOAD_FIELD_NAME,  /* a string of 1 .. CLI_WORKLOAD_NAME_MAX bytes */
    CLI_WORKLOAD_FIELD_FLAG,
    CLI_WORKLOAD_FIELD_LIST, /* least .. most items */
    CLI_WORKLOAD_FIELD_TABLE /* at most `most` keys */
};

struct cli_workload_field {
    const char *name; /* NULL ends a table */
    enum cli_workload_field_type type;
    bool optional;
    uint64_t least, most;
};

/* Most words are told apart by how they begin. */
static inline bool cli_workload_field_same(const char *a, const char *b)
{
    return *a == *b && strcmp(a, b) == 0;
}

/* The value of each field of the table, NULL where it is absent.  ERR_INVALID:
 * *why. */
MUST_USE enum err cli_workload_field_check(
    const struct cli_json_node *object, const struct cli_workload_field *field,
    const struct cli_json_node *found[], struct cli_workload_why *why);

/* The value of a key, or NULL. */
const struct cli_json_node *
cli_workload_field_get(const struct cli_json_node *object, const char *name);

/* Which of n words a string is; -1 if none. */
int cli_workload_field_word(const struct cli_json_node *text,
                            const char *const word[], int n);

#endif

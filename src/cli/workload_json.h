/* cli/workload_json -- the shape of a JSON object, declared as a table.
 *
 * Checks that an object has the fields it must, no others, each of its type
 * and within its bounds; reading them afterwards cannot fail.  Says what is
 * wrong in fixed words. */
#ifndef CLI_WORKLOAD_JSON_H
#define CLI_WORKLOAD_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum cli_workload_json_type {
    CLI_WORKLOAD_JSON_COUNT, /* an integer, 0 .. most */
    CLI_WORKLOAD_JSON_NAME,  /* a string of 1 .. most bytes */
    CLI_WORKLOAD_JSON_FLAG,
    CLI_WORKLOAD_JSON_LIST, /* at most `most` items */
    CLI_WORKLOAD_JSON_TABLE /* at most `most` keys */
};

struct cli_workload_json_field {
    const char *name; /* NULL ends the table */
    enum cli_workload_json_type type;
    bool optional;
    uint64_t most;
};

/* What a check found, in fixed words. */
struct cli_workload_json_why {
    const char *what, *where; /* where: the field, or "" */
};

/* ERR_INVALID: *why says so.  base: fields that every object of this kind has,
 * or NULL. */
MUST_USE enum err
cli_workload_json_check(const json_t *object,
                        const struct cli_workload_json_field *base,
                        const struct cli_workload_json_field *field,
                        struct cli_workload_json_why *why);

/* Of a checked object; 0, false or "" where an optional field is absent. */
uint64_t cli_workload_json_count(const json_t *object, const char *name);
bool cli_workload_json_flag(const json_t *object, const char *name);
const char *cli_workload_json_name(const json_t *object, const char *name);

/* Which of n words the field is; -1 if none. */
int cli_workload_json_word(const json_t *object, const char *name,
                           const char *const word[], int n);

#endif

/* cli/workload -- a recorded or generated day, read line by line, checked.
 *
 * JSON Lines in UTF-8.  Reads one line at a time, of bounded length, into a
 * cli_day; borrows the file and the day.  A line that is malformed, out of
 * order or refers to something unknown is ERR_INVALID, and `why` and `lines`
 * say what is wrong and where.
 *
 * Laws
 *   1. t never decreases.
 *   2. Members, pools, terms and tickets are numbered by first appearance; a
 *      member by its first card line, a ticket by its ask line.
 *   3. A line that is added refers only to what earlier lines made. */
#ifndef CLI_WORKLOAD_H
#define CLI_WORKLOAD_H

#include <stdio.h>

#include "cli/day.h"
#include "cli/workload_field.h"

enum {
    CLI_WORKLOAD_LINE_MAX = 1 << 20, /* bytes */
    CLI_WORKLOAD_TERMS_MAX = 65536,  /* of one rarity line */
    CLI_WORKLOAD_VALUES_MAX = 2 * CLI_WORKLOAD_TERMS_MAX + 64, /* of a line */
    CLI_WORKLOAD_RARITY_MAX = 8191 /* Q8 of just under 32 bits */
};
#define CLI_WORKLOAD_MS_MAX ((uint64_t)366 * 24 * 60 * 60 * 1000) /* a year */

struct cli_workload_member {       /* what lines so far said of one */
    uint32_t version[MATCH_ROLES]; /* of the card last put; 0 = none */
    uint8_t pool;
    bool asked, attended;
};

struct cli_workload { /* all private but lines, bytes and why */
    struct cli_day *day;
    uint32_t lines; /* read so far */
    uint64_t bytes;
    struct cli_workload_why why; /* of ERR_INVALID */
    FILE *file;
    char *text; /* what was read ahead is text[from .. to) */
    size_t from, to;
    struct cli_json_node *node;
    struct cli_workload_member *member; /* member[id - 1] */
    uint32_t members_cap;
    struct match_rarity_row *rarity;
    struct match_card card;
    struct cli_day_answer answer[CLI_DAY_ANSWERS_MAX];
    bool asked;
};

/* Read file from where it stands into day, which is empty.  ERR_NOMEM. */
MUST_USE enum err cli_workload_init(struct cli_workload *workload, FILE *file,
                                    struct cli_day *day);
void cli_workload_close(struct cli_workload *workload);

/* Add the next line; *end instead when there is none.  ERR_INVALID: see why
 * and lines.  ERR_NOMEM. */
MUST_USE enum err cli_workload_next(struct cli_workload *workload, bool *end);

#endif

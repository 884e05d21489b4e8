/* cli/workload -- a recorded or generated day, line by line, checked.
 *
 * JSON Lines in UTF-8.  Reads one line at a time, of bounded length; owns the
 * names it met.  A line that is malformed, out of order or refers to something
 * unknown is ERR_INVALID, and why_* say what is wrong in fixed words: never
 * with a piece of the line.
 *
 * Laws
 *   1. t never decreases.
 *   2. Members, pools, terms and tickets are numbered by first appearance; a
 *      member by its first card line, a ticket by its ask line.
 *   3. A line that is handed out refers only to what earlier lines made. */
#ifndef CLI_WORKLOAD_H
#define CLI_WORKLOAD_H

#include <stdio.h>

#include "cli/names.h"
#include "match/card.h"
#include "match/row.h"

enum {
    CLI_WORKLOAD_LINE_MAX = 1 << 20, /* bytes */
    CLI_WORKLOAD_NAME_MAX = 128,     /* bytes of a name or term */
    CLI_WORKLOAD_ANSWERS_MAX = 256,  /* of one attend line */
    CLI_WORKLOAD_TERMS_MAX = 65536,  /* of one rarity line */
    CLI_WORKLOAD_POOLS_MAX = 64,
    CLI_WORKLOAD_MEMBERS_MAX = 4000000,
    CLI_WORKLOAD_RARITY_MAX = 8191 /* Q8 of just under 32 bits */
};

enum cli_workload_do {
    CLI_WORKLOAD_RARITY,
    CLI_WORKLOAD_CARD,
    CLI_WORKLOAD_ATTEND,
    CLI_WORKLOAD_CAPACITY,
    CLI_WORKLOAD_PAUSE,
    CLI_WORKLOAD_RESUME,
    CLI_WORKLOAD_LEAVE,
    CLI_WORKLOAD_ASK,
    CLI_WORKLOAD_WITHDRAW,
    CLI_WORKLOAD_LOST,
    CLI_WORKLOAD_BACK,
    CLI_WORKLOAD_BLOCK,
    CLI_WORKLOAD_END,
    CLI_WORKLOAD_REFLECT,
    CLI_WORKLOAD_DOS
};

enum cli_workload_say {
    CLI_WORKLOAD_ACCEPT,
    CLI_WORKLOAD_DECLINE,
    CLI_WORKLOAD_SILENCE,
    CLI_WORKLOAD_SAYS
};

struct cli_workload_answer {
    enum cli_workload_say say;
    uint64_t after_ms;
};

struct cli_workload_line { /* as WORKLOAD describes; what a `do` lacks is 0 */
    enum cli_workload_do what;
    uint32_t number;                      /* of the line, from 1 */
    uint32_t member, other, ticket, pool; /* pools count from 0 */
    uint64_t t_ms, talk_ms, rest_ms;
    enum match_role side;
    enum match_grade grade;
    uint8_t capacity;
    bool danger, understood, again;
    struct match_card card; /* its version counts per member and role */
    struct cli_workload_answer answer[CLI_WORKLOAD_ANSWERS_MAX];
    uint32_t answers;
    struct match_rarity_row *rarity; /* valid until the next line */
    uint32_t rarities;
};

struct cli_workload_member {
    uint32_t pool;
    uint32_t version[MATCH_ROLES]; /* of the card last put; 0 = none */
    bool asked, attended;
};

struct cli_workload {         /* all private but the counts */
    struct cli_names members; /* and names, pools, terms, tickets: readable */
    struct cli_names pools, terms, tickets;
    struct cli_workload_member *member; /* member[id - 1] */
    uint32_t members_cap;
    uint32_t lines, seekers, peers; /* so far */
    uint64_t t_ms;
    FILE *file;
    char *text;
    struct match_rarity_row *rarity;
    const char *why_what, *why_where; /* of ERR_INVALID; why_where may be "" */
    bool asked;
};

/* Read file (the caller's) from where it stands.  ERR_NOMEM. */
MUST_USE enum err cli_workload_init(struct cli_workload *workload, FILE *file);
void cli_workload_close(struct cli_workload *workload);

/* The next line in *line; *end instead when there is none.  ERR_INVALID: see
 * why and lines.  ERR_NOMEM. */
MUST_USE enum err cli_workload_next(struct cli_workload *workload,
                                    struct cli_workload_line *line, bool *end);

#endif

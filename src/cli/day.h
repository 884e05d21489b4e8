/* cli/day -- a day to be run: its lines in order, packed, and who is in it.
 *
 * Whoever reads a workload (cli/workload) or another kind of record fills one,
 * having checked each line; a run plays it as often as it likes.  Owns all of
 * it, in memory that is bounded and given back at once.
 *
 * Laws
 *   1. What is played is what was added, in that order.
 *   2. It never takes more than CLI_DAY_BYTES_MAX for its lines. */
#ifndef CLI_DAY_H
#define CLI_DAY_H

#include <stdbool.h>

#include "base/arena.h"
#include "cli/names.h"
#include "match/card.h"
#include "match/row.h"

enum {
    CLI_DAY_ANSWERS_MAX = 256, /* of one attend line */
    CLI_DAY_POOLS_MAX = 64,
    CLI_DAY_MEMBERS_MAX = 4000000,
    CLI_DAY_TICKETS_MAX = 16000000
};
#define CLI_DAY_BYTES_MAX ((size_t)16 << 30)

enum cli_day_do {
    CLI_DAY_RARITY,
    CLI_DAY_CARD,
    CLI_DAY_ATTEND,
    CLI_DAY_CAPACITY,
    CLI_DAY_PAUSE,
    CLI_DAY_RESUME,
    CLI_DAY_LEAVE,
    CLI_DAY_ASK,
    CLI_DAY_WITHDRAW,
    CLI_DAY_LOST,
    CLI_DAY_BACK,
    CLI_DAY_BLOCK,
    CLI_DAY_END,
    CLI_DAY_REFLECT,
    CLI_DAY_DOS
};

enum cli_day_say { CLI_DAY_ACCEPT, CLI_DAY_DECLINE, CLI_DAY_SILENCE };

struct cli_day_answer {
    uint64_t after_ms;
    enum cli_day_say say;
};

struct cli_day_card; /* a card, packed: a tenth of a match_card */

struct cli_day_line { /* as WORKLOAD describes; what a `do` lacks is 0 */
    uint64_t t_ms;
    union {
        uint64_t talk_ms, rest_ms; /* of ask; of attend */
    };
    union {
        const struct cli_day_card *card;
        const struct cli_day_answer *answer; /* of attend */
        const struct match_rarity_row *rarity;
    };
    uint32_t member, other, ticket;
    uint32_t count;         /* answers, or rows of rarity */
    uint8_t what, side;     /* enum cli_day_do, match_role */
    uint8_t pool, capacity; /* pools count from 0 */
    uint8_t grade;          /* enum match_grade */
    bool danger, understood, again;
};

struct cli_day_block;

struct cli_day { /* names are readable and filled by who adds lines */
    struct cli_names members, pools, terms, tickets;
    uint32_t lines, seekers, peers; /* seekers: who ask; peers: who attend */
    uint64_t end_ms;                /* of the last line */
    bool recorded;                  /* of people that there are */
    struct arena arena;             /* private from here on */
    struct cli_day_block *first, *last;
};

void cli_day_init(struct cli_day *day);
void cli_day_close(struct cli_day *day);

/* Append a line; its answers and rows are copied, its card (NULL: none) is
 * packed instead of line->card.  ERR_FULL: Law 2.  ERR_NOMEM. */
MUST_USE enum err cli_day_add(struct cli_day *day,
                              const struct cli_day_line *line,
                              const struct match_card *card);

/* The card as it was added, into the caller's. */
void cli_day_unpack(const struct cli_day_card *packed, struct match_card *card);

struct cli_day_at { /* a place in the day; private */
    const struct cli_day_block *block;
    uint32_t index;
};

struct cli_day_at cli_day_start(const struct cli_day *day);

/* The line there, and on to the next; NULL at the end.  It and what it points
 * to live as long as the day. */
const struct cli_day_line *cli_day_next(struct cli_day_at *at);

#endif

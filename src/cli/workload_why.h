/* cli/workload_why -- what can be wrong with a line of a workload: a closed
 * vocabulary.
 *
 * Says which field and which bound, in fixed words: "#" stands for a number,
 * and nothing of the line is ever repeated. */
#ifndef CLI_WORKLOAD_WHY_H
#define CLI_WORKLOAD_WHY_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* clang-format off */
#define CLI_WORKLOAD_WHY_TABLE(X) \
    /* the line */ \
    X(CLI_WORKLOAD_WHY_READ,          "the file cannot be read") \
    X(CLI_WORKLOAD_WHY_EMPTY,         "the line is empty") \
    X(CLI_WORKLOAD_WHY_LONG,          "the line is longer than # bytes") \
    X(CLI_WORKLOAD_WHY_MARK,          "begins with a byte order mark: take it out") \
    X(CLI_WORKLOAD_WHY_JSON,          "not a JSON object: wrong at byte #") \
    X(CLI_WORKLOAD_WHY_CUT,           "not a JSON object, and the file ends within it: is it cut off?") \
    X(CLI_WORKLOAD_WHY_UTF8,          "not UTF-8 at byte #") \
    X(CLI_WORKLOAD_WHY_DEEP,          "nested deeper than # levels") \
    X(CLI_WORKLOAD_WHY_VALUES,        "more than # values") \
    /* fields */ \
    X(CLI_WORKLOAD_WHY_OBJECT,        "not an object") \
    X(CLI_WORKLOAD_WHY_FIELD,         "field # is not one that is known here") \
    X(CLI_WORKLOAD_WHY_TWICE,         "given twice") \
    X(CLI_WORKLOAD_WHY_MISSING,       "missing") \
    X(CLI_WORKLOAD_WHY_COUNT,         "not a whole number from # to #") \
    X(CLI_WORKLOAD_WHY_NAME,          "not a string of # to # bytes") \
    X(CLI_WORKLOAD_WHY_FLAG,          "not true or false") \
    X(CLI_WORKLOAD_WHY_LIST,          "not a list of # to # items") \
    X(CLI_WORKLOAD_WHY_TABLE,         "not an object of # to # terms") \
    X(CLI_WORKLOAD_WHY_DO,            "not a word that is known") \
    X(CLI_WORKLOAD_WHY_EARLIER,       "earlier than in the line before") \
    X(CLI_WORKLOAD_WHY_ROLE,          "neither seeker nor peer") \
    X(CLI_WORKLOAD_WHY_GRADE,         "neither peer nor crisis_peer") \
    X(CLI_WORKLOAD_WHY_SAY,           "neither accept, decline nor silence") \
    /* cards */ \
    X(CLI_WORKLOAD_WHY_TERM,          "item # is not a string of # to # bytes") \
    X(CLI_WORKLOAD_WHY_TERM_TWICE,    "item # is in the list already") \
    X(CLI_WORKLOAD_WHY_TERMS,         "more than # terms in all groups") \
    X(CLI_WORKLOAD_WHY_RELAX,         "a must of a peer never relaxes: 0") \
    X(CLI_WORKLOAD_WHY_CONTRADICTION, "must_not has all of its terms") \
    /* rarity */ \
    X(CLI_WORKLOAD_WHY_RARITY_TERM,   "key # is not a term of # to # bytes") \
    X(CLI_WORKLOAD_WHY_RARITY_BITS,   "the bits of key # are not a whole number from # to #") \
    X(CLI_WORKLOAD_WHY_RARITY_TWICE,  "a term is given twice") \
    X(CLI_WORKLOAD_WHY_RARITY_LATE,   "a rarity line after the first ask") \
    /* what lines before said */ \
    X(CLI_WORKLOAD_WHY_UNKNOWN,       "unknown: no line before made it") \
    X(CLI_WORKLOAD_WHY_POOL,          "this member is in another pool") \
    X(CLI_WORKLOAD_WHY_NO_SEEKER,     "this member has no seeker card") \
    X(CLI_WORKLOAD_WHY_NO_PEER,       "this member has no peer card") \
    X(CLI_WORKLOAD_WHY_TICKET,        "this name was used for a ticket before") \
    X(CLI_WORKLOAD_WHY_SELF,          "a member cannot block themselves") \
    /* too much */ \
    X(CLI_WORKLOAD_WHY_POOLS,         "more than # pools") \
    X(CLI_WORKLOAD_WHY_MEMBERS,       "more than # members") \
    X(CLI_WORKLOAD_WHY_TICKETS,       "more than # tickets") \
    X(CLI_WORKLOAD_WHY_ALL_TERMS,     "more than # different terms") \
    X(CLI_WORKLOAD_WHY_DAY,           "the day would take more than # bytes of memory")
/* clang-format on */

enum cli_workload_why_code {
#define X(code, text) code,
    CLI_WORKLOAD_WHY_TABLE(X)
#undef X
        CLI_WORKLOAD_WHYS
};

enum { CLI_WORKLOAD_WHY_NUMBERS = 3 };

struct cli_workload_why {
    enum cli_workload_why_code code;
    const char *list;  /* the field whose item it is about, or NULL */
    uint32_t item;     /* from 1; 0: none */
    const char *field; /* or NULL: the line as a whole */
    uint64_t number[CLI_WORKLOAD_WHY_NUMBERS]; /* for each "#" in turn */
};

/* Note it; ERR_INVALID always. */
MUST_USE enum err cli_workload_why_say(struct cli_workload_why *why,
                                       enum cli_workload_why_code code,
                                       const char *field, uint64_t number);

/* "seek 2: importance: not a whole number from 1 to 3" */
void cli_workload_why_print(const struct cli_workload_why *why, FILE *out);

#endif

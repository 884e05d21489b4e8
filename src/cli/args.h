/* cli/args -- a command line, taken apart by a table.
 *
 * A command says in a table what it takes; the table yields the parser and the
 * help.  Values are borrowed from argv.
 *
 * Laws
 *   1. What is not in the table, given twice where once is meant, out of its
 *      bounds, or missing, is refused with one sentence. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CLI_OK = 0, CLI_REFUSED = 1, CLI_USAGE = 2, CLI_UNREACHABLE = 3 };

enum cli_kind {
    CLI_FLAG,
    CLI_TEXT,
    CLI_NUMBER,
    CLI_LIST /* again and again */
};

struct cli_option {
    const char *name;  /* "--server"; NULL ends a table */
    const char *value; /* what help calls it: "HOST:PORT" */
    const char *help;
    enum cli_kind kind;
    uint64_t least, most; /* of a CLI_NUMBER; of a text, its bytes, if > 0 */
};

/* What the statuses mean, in order; ends with a NULL. */
extern const char *const cli_args_statuses[];

struct cli_args;
struct cli_command {
    const char *name, *words;         /* "card", "set|show ROLE" */
    const char *help;                 /* one line */
    const char *about;                /* examples first, then what it does */
    const struct cli_option *options; /* its own; NULL: none */
    const char *calls; /* whose messages --json prints: "Support/Ask
                          Talks/Receive"; NULL: it has no --json */
    uint32_t words_min, words_max;
    int (*run)(const struct cli_args *args); /* the exit status */
    int (*raw)(int argc, char **argv);       /* instead: parses by itself, */
    void (*teach)(FILE *out);                /* and has a help of its own */
};

enum { CLI_ARGS_MAX = 256 };

struct cli_args { /* read-only outside */
    const struct cli_command *command;
    struct {
        const struct cli_option *option;
        const char *value;
    } given[CLI_ARGS_MAX];
    uint32_t count, words;
    const char *word[CLI_ARGS_MAX];
    bool help; /* was asked for */
};

/* The options that every command takes, but --json: see .calls. */
extern const struct cli_option cli_args_common[];
bool cli_args_takes(const struct cli_command *command,
                    const struct cli_option *common);

/* argv[0] is the command.  False: a complaint is on `err`. */
bool cli_args_parse(struct cli_args *args, const struct cli_command *command,
                    int argc, char **argv, FILE *err);

bool cli_args_has(const struct cli_args *args, const char *name);
/* The value, or fallback. */
const char *cli_args_text(const struct cli_args *args, const char *name,
                          const char *fallback);
/* As if it had been given, before what was; one too many is left out. */
void cli_args_put(struct cli_args *args, const char *name, const char *value);
uint64_t cli_args_number(const struct cli_args *args, const char *name,
                         uint64_t fallback);
/* The next value of a list; start with *at = 0; NULL at the end. */
const char *cli_args_next(const struct cli_args *args, const char *name,
                          uint32_t *at);

/* An id as we print them: 16 hexadecimal digits, in JSON a decimal number; not
 * 0. */
bool cli_args_id(const char *text, uint64_t *id);

void cli_args_help(const struct cli_command *command, FILE *out);

/* What a command with a help of its own teaches; free it.  Out of memory ends
 * the process, after a sentence: half of it would pass for all there is. */
char *cli_args_taught(const struct cli_command *command);

/* One piece of a comma-separated list into piece[room]; false at the end, or,
 * with *text NULL, if a piece is empty or too long. */
bool cli_args_split(const char **text, char *piece, size_t room);

#endif

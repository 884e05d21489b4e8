/* cli/simulate_options -- the command line of `kindred simulate`, and its help.
 *
 * Values are borrowed from argv. */
#ifndef CLI_SIMULATE_OPTIONS_H
#define CLI_SIMULATE_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "match/limits.h"

struct cli_simulate_options {
    const char *workload, *log; /* log: NULL if not said */
    uint64_t seed;
    struct match_limits limits, other; /* other: with every --compare */
    bool compare, json, help;
};

/* The policy as it is by default.  A day that brings a policy of its own puts
 * it in limits instead, before the command line is parsed (again). */
void cli_simulate_options_init(struct cli_simulate_options *options);

/* False: a complaint is on err. */
bool cli_simulate_options_parse(struct cli_simulate_options *options, int argc,
                                char **argv, FILE *err);

void cli_simulate_options_help(FILE *out);

#endif

/* cli/completion -- what a shell needs to finish a command line of `kindred`,
 * out of the tables of its commands.
 *
 * Laws
 *   1. Every command and every option of each is offered. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/args.h"

/* A script for bash, zsh or fish; the commands end with a NULL.  False: no such
 * shell. */
bool cli_completion_print(const struct cli_command *const *commands,
                          const char *shell, FILE *out);

#endif

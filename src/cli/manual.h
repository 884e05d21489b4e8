/* cli/manual -- what `kindred` can do, out of the tables of its commands: the
 * list that --help prints, and the page for man(1).
 *
 * Laws
 *   1. Every command and every exit status is in both, every option on the
 *      page. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdio.h>

#include "cli/args.h"

/* The commands end with a NULL, here and below. */
void cli_manual_help(const struct cli_command *const *commands, FILE *out);

/* In roff, with the macros of man(7). */
void cli_manual_page(const struct cli_command *const *commands, FILE *out);

#endif

/* cli/terminal -- lines that somebody types, while other lines come.
 *
 * Where a person sits at both ends, it takes the terminal over: keys are
 * edited (cli/edit), and what the program says appears above the line that is
 * being typed, which stays whole.  Elsewhere, in a pipe, it only reads lines.
 * There is one per process: the terminal is.
 *
 * Laws
 *   1. However the program ends by itself, or by Ctrl-C or SIGTERM, the
 *      terminal is as it was. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "client/loop.h"

/* After client_loop_interrupts(): lines of standard input, as
 * client_loop_lines() tells them; from a terminal
 * a line may have ends of lines in it, that were pasted.  False: no thread, or
 * no memory. */
bool cli_terminal_open(struct kindred_loop *loop, client_loop_line *line,
                       void *arg);

/* There is something to type, or not: show the line.  Keys that are pressed
 * while it is not shown answer to nothing, and are forgotten: who opened a
 * terminal holds lines back only while it is shown. */
void cli_terminal_show(bool shown);

/* Does a person type here? */
bool cli_terminal_is_open(void);

/* Harmless if it is not open. */
void cli_terminal_close(void);

#endif

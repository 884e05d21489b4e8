/* cli/replay -- `kindred replay`: a recording, run again.
 *
 * Laws
 *   1. Exit 0: every step gave the effects that it had; 1: one did not, and it
 *      is named; 2: the file is no recording, is damaged, or cannot be read
 *      or written.
 *   2. It writes no file that is there already, and leaves none behind when it
 *      ends with 2: half of one would pass for all of it. */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include <stdio.h>

void cli_replay_help(FILE *out);

/* argv[0] is "replay". */
int cli_replay_main(int argc, char **argv);

#endif

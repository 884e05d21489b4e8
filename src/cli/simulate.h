/* cli/simulate -- `kindred simulate`: what a policy would do with a day. */
#ifndef CLI_SIMULATE_H
#define CLI_SIMULATE_H

/* argv[0] is "simulate".  The exit status: 0, 1 when a file cannot be written
 * or memory ends, 2 for bad input or usage. */
int cli_simulate_main(int argc, char **argv);

#endif

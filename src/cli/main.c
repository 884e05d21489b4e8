/* kindred -- the command line.  One line per subcommand: add yours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/simulate.h"

static const struct {
    const char *name, *help;
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand */
} commands[] = {
    {"simulate", "run the matching on a recorded day", cli_simulate_main},
};

enum { COMMANDS = sizeof commands / sizeof commands[0], EXIT_USAGE = 2 };

static void print_help(FILE *out)
{
    (void)fputs("usage: kindred COMMAND [ARGUMENT ...]\n\n", out);
    for (int i = 0; i < (int)COMMANDS; i++)
        (void)fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    (void)fputs("\nkindred COMMAND --help says more about each.\n", out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_SUCCESS;
    }
    for (int i = 0; i < (int)COMMANDS; i++)
        if (strcmp(commands[i].name, argv[1]) == 0)
            return commands[i].run(argc - 1, argv + 1);
    (void)fprintf(stderr, "kindred: there is no such command\n\n");
    print_help(stderr);
    return EXIT_USAGE;
}

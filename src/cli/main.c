/* kindred -- the command line.  One line per subcommand: add yours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/replay.h"
#include "cli/simulate.h"

static const struct cli_command simulate = {
    .name = "simulate",
    .help = "run the matching on a recorded day",
    .raw = cli_simulate_main,
};

static const struct cli_command replay = {
    .name = "replay",
    .help = "run a server's recording again",
    .raw = cli_replay_main,
};

static const struct cli_command *const COMMANDS[] = {
    &cli_account_enroll,
    &cli_account_login,
    &cli_card,
    &cli_ask,
    &cli_ask_withdraw,
    &cli_attend,
    &cli_attend_answer,
    &cli_attend_leave,
    &cli_talk,
    &cli_talk_end,
    &cli_talk_reflect,
    &cli_safety_block,
    &cli_safety_unblock,
    &cli_safety_list,
    &cli_look_crisis,
    &cli_look_info,
    &cli_look_vocabulary,
    &cli_look_health,
    &cli_look_stats,
    &cli_demo,
    &simulate,
    &replay,
};

enum { COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static void print_help(FILE *out)
{
    (void)fputs("Kindred matches a person who seeks support with a peer who "
                "has lived something\nsimilar, without anyone learning who "
                "they are.\n\nusage: kindred COMMAND [OPTION ...]\n\n",
                out);
    for (int i = 0; i < COUNT; i++)
        (void)fprintf(out, "  %-10s %s\n", COMMANDS[i]->name,
                      COMMANDS[i]->help);
    (void)fputs("\nTo ask:   kindred enroll; kindred card set seeker --show "
                "alcohol --seek alcohol; kindred ask\n"
                "To be asked, as somebody else:\n"
                "          kindred enroll --key FILE --grade peer\n"
                "          kindred card set peer --key FILE --show alcohol; "
                "kindred attend --key FILE\n"
                "\"kindred help COMMAND\" says more about each.\n"
                "Exit status: 0 done; 1 the server refused; 2 usage, or a file "
                "here; 3 not reachable.\n",
                out);
}

static const struct cli_command *find(const char *name)
{
    for (int i = 0; i < COUNT; i++)
        if (strcmp(COMMANDS[i]->name, name) == 0)
            return COMMANDS[i];
    return NULL;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
    static struct cli_args args;

    if (command->raw)
        return command->raw(argc, argv);
    if (!cli_args_parse(&args, command, argc, argv, stderr)) {
        (void)fprintf(stderr, "kindred help %s says more.\n", command->name);
        return CLI_USAGE;
    }
    if (args.help) {
        cli_args_help(command, stdout);
        return CLI_OK;
    }
    return command->run(&args);
}

static int help(int argc, char **argv)
{
    const struct cli_command *command = argc > 2 ? find(argv[2]) : NULL;
    char flag[] = "--help", *raw[] = {NULL, flag, NULL};

    if (command && command->raw) {
        raw[0] = argv[2];
        return command->raw(2, raw);
    }
    if (command)
        cli_args_help(command, stdout);
    else
        print_help(argc > 2 ? stderr : stdout);
    return argc > 2 && !command ? CLI_USAGE : CLI_OK;
}

int main(int argc, char **argv)
{
    const struct cli_command *command;

    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help(argc, argv);
    command = find(argv[1]);
    if (command)
        return run(command, argc - 1, argv + 1);
    (void)fprintf(stderr, "kindred: there is no such command: %.40s\n\n",
                  argv[1]);
    print_help(stderr);
    return CLI_USAGE;
}

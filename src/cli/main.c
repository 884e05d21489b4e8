/* kindred -- the command line.  One line per subcommand: add yours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/replay.h"
#include "cli/say.h"
#include "cli/simulate.h"
#include "cli/simulate_options.h"
#include "client/loop.h"

static const struct cli_command simulate = {
    .name = "simulate",
    .help = "run the matching on a recorded day",
    .raw = cli_simulate_main,
    .teach = cli_simulate_options_help,
};

static const struct cli_command replay = {
    .name = "replay",
    .help = "run a server's recording again",
    .raw = cli_replay_main,
    .teach = cli_replay_help,
};

static int run_completion(const struct cli_args *args);
static int run_page(const struct cli_args *args);

static const struct cli_command completion = {
    .name = "completion",
    .words = "bash|zsh|fish",
    .help = "a script that lets a shell finish what you type",
    .about = "  . <(kindred completion bash)      in ~/.bashrc\n"
             "  . <(kindred completion zsh)       in ~/.zshrc, after compinit\n"
             "  kindred completion fish | source  in config.fish\n\n"
             "deploy/up, as root, installs it for everybody.\n",
    .words_min = 1,
    .words_max = 1,
    .run = run_completion,
};

static const struct cli_command page = {
    .name = "man",
    .words = "",
    .help = "all of this as a page for man(1)",
    .about = "  kindred man | man -l -\n",
    .run = run_page,
};

static const struct cli_command *const COMMANDS[] = {
    &cli_account_enroll,
    &cli_account_login,
    &cli_account_rotate,
    &cli_card,
    &cli_ask,
    &cli_ask_withdraw,
    &cli_danger,
    &cli_attend,
    &cli_answer,
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
    &cli_call,
    &cli_demo,
    &cli_dev,
    &simulate,
    &replay,
    &completion,
    &page,
    NULL,
};

static int run_completion(const struct cli_args *args)
{
    if (cli_completion_print(COMMANDS, args->word[0], stdout))
        return CLI_OK;
    cli_say_usage("usage: kindred completion bash|zsh|fish");
    return CLI_USAGE;
}

static int run_page(const struct cli_args *args)
{
    (void)args;
    cli_manual_page(COMMANDS, stdout);
    return CLI_OK;
}

static const struct cli_command *find(const char *name)
{
    for (int i = 0; COMMANDS[i]; i++)
        if (strcmp(COMMANDS[i]->name, name) == 0)
            return COMMANDS[i];
    return NULL;
}

/* What was said is said only once it is written.  Raw commands look to it
 * themselves. */
static int finish(int status)
{
    return status != CLI_OK || cli_say_written() ? status : cli_say_unwritten();
}

static int run(const struct cli_command *command, int argc, char **argv)
{
    static struct cli_args args;
    char *wrong = NULL;
    size_t size;
    FILE *err;
    bool good;

    if (command->raw)
        return command->raw(argc, argv);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--json") == 0)
            cli_say_as_json(); /* of what is wrong with the rest, too */
    err = open_memstream(&wrong, &size);
    if (!err) {
        cli_say_error(cli_say_no_memory());
        return CLI_REFUSED;
    }
    good = cli_args_parse(&args, command, argc, argv, err);
    (void)fclose(err);
    if (!good) {
        cli_say_usage("%.*s", (int)strcspn(wrong ? wrong : "", "\n"),
                      wrong ? wrong : "");
        cli_say_hint("\"kindred help %s\" says more", command->name);
    }
    free(wrong);
    if (!good)
        return CLI_USAGE;
    if (args.help) {
        cli_args_help(command, stdout);
        return finish(CLI_OK);
    }
    return finish(command->run(&args));
}

static int help(int argc, char **argv)
{
    const struct cli_command *command = argc > 2 ? find(argv[2]) : NULL;

    if (command && command->teach)
        command->teach(stdout);
    else if (command)
        cli_args_help(command, stdout);
    else
        cli_manual_help(COMMANDS, argc > 2 ? stderr : stdout);
    return argc > 2 && !command ? CLI_USAGE : CLI_OK;
}

int main(int argc, char **argv)
{
    const struct cli_command *command;

    client_loop_confine(); /* the account key and what is typed are in it */
    if (argc < 2) {
        cli_manual_help(COMMANDS, stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return finish(help(argc, argv));
    command = find(argv[1]);
    if (command)
        return run(command, argc - 1, argv + 1);
    (void)fprintf(stderr, "kindred: there is no such command: %.40s\n\n",
                  argv[1]);
    cli_manual_help(COMMANDS, stderr);
    return CLI_USAGE;
}

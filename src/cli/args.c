#include "cli/args.h"

#include <stdlib.h>
#include <string.h>

#include "cli/say.h"

const char *const cli_args_statuses[] = {
    [CLI_OK] = "done",
    [CLI_REFUSED] = "the server refused, or what was asked for did not come",
    [CLI_USAGE] = "the command line, or a file here",
    [CLI_UNREACHABLE] = "the server is not reachable, or took too long",
    NULL};

const struct cli_option cli_args_common[] = {
    {"--server", "HOST:PORT",
     "the server [127.0.0.1:50051, or $KINDRED_SERVER]; https://HOST:PORT: "
     "through TLS",
     CLI_TEXT, 0, 200},
    {"--ca", "FILE", "with https: whom to believe, PEM [the system's]",
     CLI_TEXT, 0, 900},
    {"--cert", "FILE", "with https: a certificate to show, PEM", CLI_TEXT, 0,
     900},
    {"--cert-key", "FILE", "its private key, PEM", CLI_TEXT, 0, 900},
    {"--key", "FILE", "the account key [~/.config/kindred/key]", CLI_TEXT, 0,
     900},
    {"--language", "TAG", "of words, BCP 47 [en]", CLI_TEXT, 0, 35},
    {"--json", NULL,
     "for scripts: the messages that come as JSON, one a line, and nothing "
     "else",
     CLI_FLAG, 0, 0},
    {"--help", NULL, "this text", CLI_FLAG, 0, 0},
    {0}};

bool cli_args_takes(const struct cli_command *command,
                    const struct cli_option *common)
{
    return command->calls || strcmp(common->name, "--json") != 0;
}

static const struct cli_option *find_in(const struct cli_option *options,
                                        const char *name, size_t size)
{
    for (; options && options->name; options++)
        if (strlen(options->name) == size &&
            memcmp(options->name, name, size) == 0)
            return options;
    return NULL;
}

static const struct cli_option *find(const struct cli_command *command,
                                     const char *name, size_t size)
{
    const struct cli_option *own = find_in(command->options, name, size);

    return own ? own : find_in(cli_args_common, name, size);
}

static bool parse_number(const char *text, uint64_t *number)
{
    uint64_t n = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || n > UINT64_MAX / 10 - 1)
            return false;
        n = n * 10 + (uint64_t)(*text - '0');
    }
    *number = n;
    return true;
}

/* What is wrong with the value of an option, or NULL (Law 1). */
static const char *complaint(const struct cli_args *args,
                             const struct cli_option *option, const char *value)
{
    uint64_t number;

    if (option->kind != CLI_LIST && cli_args_has(args, option->name))
        return "is given twice";
    if (option->kind == CLI_FLAG)
        return value ? "takes no value" : NULL;
    if (!value)
        return "wants a value";
    if (option->kind == CLI_NUMBER &&
        (!parse_number(value, &number) || number < option->least ||
         number > option->most))
        return "is out of its bounds: see --help";
    if (option->kind != CLI_NUMBER && option->most > 0 &&
        strlen(value) > option->most)
        return "is too long";
    return NULL;
}

/* argv[*at] begins with two dashes: take it, and its value. */
static bool take_option(struct cli_args *args, int argc, char **argv, int *at,
                        FILE *err)
{
    const char *text = argv[*at];
    const char *equals = strchr(text, '=');
    size_t size = equals ? (size_t)(equals - text) : strlen(text);
    const struct cli_option *option = find(args->command, text, size);
    const char *value = equals ? equals + 1 : NULL, *wrong;

    if (!option) {
        (void)fprintf(err, "kindred %s: there is no such option: %.40s\n",
                      args->command->name, text);
        return false;
    }
    if (option->kind != CLI_FLAG && !value && *at + 1 < argc)
        value = argv[++*at];
    wrong = complaint(args, option, value);
    if (wrong || args->count == CLI_ARGS_MAX) {
        (void)fprintf(err, "kindred %s: %s %s\n", args->command->name,
                      option->name, wrong ? wrong : "is one too many");
        return false;
    }
    args->given[args->count].option = option;
    args->given[args->count++].value = value;
    args->help |= strcmp(option->name, "--help") == 0;
    return true;
}

bool cli_args_parse(struct cli_args *args, const struct cli_command *command,
                    int argc, char **argv, FILE *err)
{
    bool only_words = false;

    *args = (struct cli_args){.command = command};
    for (int i = 1; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strcmp(argv[i], "-h") == 0) {
            args->help = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] == '-') {
            if (!take_option(args, argc, argv, &i, err))
                return false;
        } else if (args->words == command->words_max) {
            (void)fprintf(err, "kindred %s: one word too many\n",
                          command->name);
            return false;
        } else {
            args->word[args->words++] = argv[i];
        }
    }
    if (!args->help && !command->calls && cli_args_has(args, "--json")) {
        (void)fprintf(err, "kindred %s: it prints no messages: no --json\n",
                      command->name);
        return false;
    }
    if (!args->help && args->words < command->words_min) {
        (void)fprintf(err, "usage: kindred %s %s\n", command->name,
                      command->words);
        return false;
    }
    return true;
}

const char *cli_args_next(const struct cli_args *args, const char *name,
                          uint32_t *at)
{
    while (*at < args->count) {
        uint32_t i = (*at)++;

        if (strcmp(args->given[i].option->name, name) == 0)
            return args->given[i].value ? args->given[i].value : "";
    }
    return NULL;
}

bool cli_args_has(const struct cli_args *args, const char *name)
{
    uint32_t at = 0;

    return cli_args_next(args, name, &at) != NULL;
}

const char *cli_args_text(const struct cli_args *args, const char *name,
                          const char *fallback)
{
    uint32_t at = 0;
    const char *value = cli_args_next(args, name, &at);

    return value ? value : fallback;
}

void cli_args_put(struct cli_args *args, const char *name, const char *value)
{
    if (args->count == CLI_ARGS_MAX)
        return;
    for (uint32_t i = args->count; i > 0; i--)
        args->given[i] = args->given[i - 1];
    args->given[0].option = find(args->command, name, strlen(name));
    args->given[0].value = value;
    args->count++;
}

uint64_t cli_args_number(const struct cli_args *args, const char *name,
                         uint64_t fallback)
{
    const char *text = cli_args_text(args, name, NULL);
    uint64_t number = fallback;

    if (text)
        (void)parse_number(text, &number);
    return number;
}

static void help_options(const struct cli_command *command,
                         const struct cli_option *options, FILE *out)
{
    for (; options && options->name; options++) {
        char left[64];

        if (!cli_args_takes(command, options))
            continue;
        (void)snprintf(left, sizeof left, "%s %s", options->name,
                       options->value ? options->value : "");
        (void)fprintf(out, "  %-24s %s\n", left, options->help);
    }
}

bool cli_args_id(const char *text, uint64_t *id)
{
    const bool json = cli_say_is_json();
    char *end;

    *id = strtoull(text, &end, json ? 10 : 16);
    return strspn(text, "0123456789abcdefABCDEF") == strlen(text) &&
           (json || strlen(text) == 16) && *end == '\0' && *id != 0;
}

void cli_args_help(const struct cli_command *command, FILE *out)
{
    (void)fprintf(out, "kindred %s -- %s\n\n%s\n", command->name, command->help,
                  command->about);
    (void)fprintf(out, "usage: kindred %s [OPTION ...]%s%s\n", command->name,
                  *command->words ? " " : "", command->words);
    help_options(command, command->options, out);
    help_options(command, cli_args_common, out);
    if (command->calls && *command->calls)
        (void)fprintf(out, "calls: %s\n", command->calls);
}

bool cli_args_split(const char **text, char *piece, size_t room)
{
    size_t size;

    if (!*text || !**text)
        return false;
    size = strcspn(*text, ",");
    if (size == 0 || size >= room || ((*text)[size] && !(*text)[size + 1])) {
        *text = NULL;
        return false;
    }
    memcpy(piece, *text, size);
    piece[size] = '\0';
    *text += size + ((*text)[size] == ',');
    return true;
}

char *cli_args_taught(const struct cli_command *command)
{
    char *text = NULL;
    size_t size;
    FILE *into = open_memstream(&text, &size);
    bool good = into != NULL;

    if (into) {
        command->teach(into);
        good = fclose(into) == 0 && text;
    }
    if (good)
        return text;
    cli_say_error(cli_say_no_memory());
    exit(CLI_REFUSED);
}

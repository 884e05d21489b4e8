#include "cli/completion.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "client/json.h"

enum { TAUGHT_MAX = 64, WORDS_MAX = 8 };

/* ---- what there is, whatever the shell ---- */

struct taught { /* the options of a command that parses by itself: of its help,
                   lines that begin with one */
    struct cli_option option[TAUGHT_MAX + 1];
    char *text;
};

static void cut_option(struct cli_option *option, char *line)
{
    char *value = line + strcspn(line, " \n"), *end;
    bool has_value = value[0] == ' ' && isupper((unsigned char)value[1]);

    option->name = line;
    option->kind = has_value ? CLI_TEXT : CLI_FLAG;
    option->value = has_value ? value + 1 : NULL;
    *value = '\0';
    end = value + 1;
    if (has_value) {
        end += strcspn(end, " \n");
        *end++ = '\0';
    }
    end += strspn(end, " ");
    option->help = end;
    end[strcspn(end, "\n")] = '\0';
}

static void learn(struct taught *taught, const struct cli_command *command)
{
    char *at, *next;
    int n = 0;

    taught->text = cli_args_taught(command);
    for (at = taught->text; *at && n < TAUGHT_MAX; at = next) {
        next = strchr(at, '\n');
        next = next ? next + 1 : at + strlen(at);
        if (strncmp(at, "  --", 4) == 0 && next > at + 4)
            cut_option(&taught->option[n++], at + 2);
    }
}

/* fn(context, option) for its own options, then the common ones (Law 1). */
static void each_option(const struct cli_command *command,
                        void (*fn)(void *context,
                                   const struct cli_option *option),
                        void *context)
{
    struct taught taught = {.text = NULL};
    const struct cli_option *own = command->options;

    if (command->teach) {
        learn(&taught, command);
        own = taught.option;
    }
    for (; own && own->name; own++)
        fn(context, own);
    for (own = cli_args_common; !command->teach && own->name; own++)
        if (cli_args_takes(command, own))
            fn(context, own);
    free(taught.text);
}

static bool is_path(const char *value)
{
    return value && (strcmp(value, "FILE") == 0 || strcmp(value, "DIR") == 0 ||
                     strcmp(value, "PATH") == 0 || strstr(value, ".jsonl"));
}

/* "accept|decline" is a choice, "HOST:PORT" is not. */
static bool is_choice(const char *value)
{
    return value && islower((unsigned char)value[0]) && strchr(value, '|');
}

static void put_choice(const char *value, FILE *out)
{
    for (; *value; value++)
        (void)fputc(*value == '|' ? ' ' : *value, out);
}

/* What may stand at a place of .words, with blanks between; "" if anything. */
static void word_at(const struct cli_command *command, unsigned place,
                    char out[static 200])
{
    const char *at = command->words ? command->words : "";
    size_t made = 0;

    for (; place > 0 && *at; place--) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    at += strspn(at, "[");
    for (; *at && *at != ' ' && *at != ']' && made < 198; at++) {
        if (isupper((unsigned char)*at))
            made = 0;
        else if (*at == '|')
            out[made++] = ' ';
        else
            out[made++] = *at;
        if (isupper((unsigned char)*at))
            break;
    }
    out[made] = '\0';
}

static bool takes_method(const struct cli_command *command)
{
    return command->words && strstr(command->words, "SERVICE/METHOD");
}

static bool takes_file(const struct cli_command *command)
{
    return command->teach != NULL; /* a day, a recording */
}

/* Names as people type them: ours without the package. */
static void put_methods(FILE *out)
{
    static const char ours[] = "/kindred.v1.";
    size_t count;
    const struct api_method *method = client_json_methods(&count);

    for (size_t i = 0; i < count; i++) {
        bool is = strncmp(method[i].path, ours, sizeof ours - 1) == 0;

        (void)fprintf(out, "%s%s", i > 0 ? " " : "",
                      method[i].path + (is ? sizeof ours - 1 : 1));
    }
}

static void put_names(const struct cli_command *const *commands, FILE *out)
{
    for (; *commands; commands++)
        (void)fprintf(out, "%s ", (*commands)->name);
    (void)fputs("help", out);
}

/* In single quotes, for any of the three; `more` are escapes of their own. */
static void put_quoted(const char *text, const char *more, FILE *out)
{
    for (; *text; text++) {
        if (*text == '\'')
            (void)fputs("'\\''", out);
        else if (strchr(more, *text))
            (void)fprintf(out, "\\%c", *text);
        else
            (void)fputc(*text, out);
    }
}

/* ---- bash ---- */

static const char BASH_HEAD[] =
    "# bash completion of kindred, made by \"kindred completion bash\"\n"
    "_kindred() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD"
    " - 1]}\n"
    "    local options= valued= at place=0 words=()\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
    "        COMPREPLY=($(compgen -W '";
static const char BASH_MIDDLE[] = " --help' -- \"$current\"))\n"
                                  "        return\n"
                                  "    fi\n"
                                  "    case ${COMP_WORDS[1]} in\n";
static const char BASH_TAIL[] =
    "    *) return ;;\n"
    "    esac\n"
    "    case \" $valued \" in *\" $before \"*) return ;; esac\n"
    "    case $current in\n"
    "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$current\")) && return "
    ";;\n"
    "    esac\n"
    "    for ((at = 2; at < COMP_CWORD; at++)); do\n"
    "        case ${COMP_WORDS[at]} in\n"
    "        -*) case \" $valued \" in *\" ${COMP_WORDS[at]} \"*) at=$((at + "
    "1)) ;; esac ;;\n"
    "        *) place=$((place + 1)) ;;\n"
    "        esac\n"
    "    done\n"
    "    case ${words[place]-} in\n"
    "    FILE) compopt -o default ;;\n"
    "    '') COMPREPLY=($(compgen -W \"$options\" -- \"$current\")) ;;\n"
    "    *) COMPREPLY=($(compgen -W \"${words[place]}\" -- \"$current\")) ;;\n"
    "    esac\n"
    "}\n"
    "complete -F _kindred kindred\n";

static void bash_name(void *context, const struct cli_option *option)
{
    (void)fprintf(context, "%s ", option->name);
}

static void bash_valued(void *context, const struct cli_option *option)
{
    if (option->kind != CLI_FLAG)
        (void)fprintf(context, "%s ", option->name);
}

static void bash_value(void *context, const struct cli_option *option)
{
    if (is_path(option->value)) {
        (void)fprintf(context, "        %s) compopt -o default; return ;;\n",
                      option->name);
    } else if (is_choice(option->value)) {
        (void)fprintf(context, "        %s) COMPREPLY=($(compgen -W '",
                      option->name);
        put_choice(option->value, context);
        (void)fputs("' -- \"$current\")); return ;;\n", context);
    }
}

static void bash_command(const struct cli_command *command, FILE *out)
{
    (void)fprintf(out, "    %s)\n        options='", command->name);
    each_option(command, bash_name, out);
    (void)fputs("' valued='", out);
    each_option(command, bash_valued, out);
    (void)fputs("'\n        words=(", out);
    for (unsigned i = 0; i < WORDS_MAX; i++) {
        char word[200];

        word_at(command, i, word);
        (void)fputs(i > 0 ? " '" : "'", out);
        if (i == 0 && takes_method(command))
            put_methods(out);
        else
            (void)fputs(i == 0 && takes_file(command) ? "FILE" : word, out);
        (void)fputc('\'', out);
    }
    (void)fputs(")\n        case $before in\n", out);
    each_option(command, bash_value, out);
    (void)fputs("        esac\n        ;;\n", out);
}

static void print_bash(const struct cli_command *const *commands, FILE *out)
{
    (void)fputs(BASH_HEAD, out);
    put_names(commands, out);
    (void)fputs(BASH_MIDDLE, out);
    for (const struct cli_command *const *at = commands; *at; at++)
        bash_command(*at, out);
    (void)fputs("    help) words=('", out);
    put_names(commands, out);
    (void)fputs("') ;;\n", out);
    (void)fputs(BASH_TAIL, out);
}

/* ---- zsh ---- */

static void zsh_option(void *context, const struct cli_option *option)
{
    FILE *out = context;

    (void)fprintf(out, "            '%s%s[",
                  option->kind == CLI_LIST ? "*" : "", option->name);
    put_quoted(option->help, "[]:", out);
    (void)fputc(']', out);
    if (option->value) {
        (void)fputc(':', out);
        put_quoted(option->value, ":[]", out);
        (void)fputc(':', out);
        if (is_path(option->value)) {
            (void)fputs("_files", out);
        } else if (is_choice(option->value)) {
            (void)fputc('(', out);
            put_choice(option->value, out);
            (void)fputc(')', out);
        }
    }
    (void)fputs("' \\\n", out);
}

static void zsh_command(const struct cli_command *command, FILE *out)
{
    (void)fprintf(out, "    %s)\n        _arguments \\\n", command->name);
    each_option(command, zsh_option, out);
    for (unsigned i = 0; i < WORDS_MAX; i++) {
        char word[200];
        bool method = i == 0 && takes_method(command);

        word_at(command, i, word);
        if (i == 0 && takes_file(command))
            (void)fputs("            '1:file:_files' \\\n", out);
        else if (*word || method)
            (void)fprintf(out, "            '%u:word:(", i + 1);
        if (method)
            put_methods(out);
        else
            (void)fputs(word, out);
        if (*word || method)
            (void)fputs(")' \\\n", out);
    }
    (void)fputs("            && return\n        ;;\n", out);
}

static void print_zsh(const struct cli_command *const *commands, FILE *out)
{
    (void)fputs("#compdef kindred\n"
                "# zsh completion of kindred, made by \"kindred completion "
                "zsh\"\n"
                "_kindred() {\n"
                "    local -a commands\n"
                "    commands=(\n",
                out);
    for (const struct cli_command *const *at = commands; *at; at++) {
        (void)fprintf(out, "        '%s:", (*at)->name);
        put_quoted((*at)->help, ":", out);
        (void)fputs("'\n", out);
    }
    (void)fputs("        'help:more about a command'\n"
                "    )\n"
                "    if ((CURRENT == 2)); then\n"
                "        _describe command commands\n"
                "        return\n"
                "    fi\n"
                "    shift words\n"
                "    ((CURRENT--))\n"
                "    case $words[1] in\n",
                out);
    for (const struct cli_command *const *at = commands; *at; at++)
        zsh_command(*at, out);
    (void)fputs("    help)\n"
                "        _describe command commands\n"
                "        ;;\n"
                "    esac\n"
                "}\n"
                "if [ \"$funcstack[1]\" = _kindred ]; then\n"
                "    _kindred \"$@\"\n"
                "else\n"
                "    compdef _kindred kindred\n"
                "fi\n",
                out);
}

/* ---- fish ---- */

struct fish {
    const char *command;
    FILE *out;
};

static void fish_option(void *context, const struct cli_option *option)
{
    const struct fish *fish = context;

    (void)fprintf(fish->out,
                  "complete -c kindred -n '__fish_seen_subcommand_from %s' -l "
                  "%s",
                  fish->command, option->name + 2);
    if (is_path(option->value)) {
        (void)fputs(" -r -F", fish->out);
    } else if (option->value) {
        (void)fputs(" -x", fish->out);
        if (is_choice(option->value)) {
            (void)fputs(" -a '", fish->out);
            put_choice(option->value, fish->out);
            (void)fputc('\'', fish->out);
        }
    }
    (void)fputs(" -d '", fish->out);
    put_quoted(option->help, "", fish->out);
    (void)fputs("'\n", fish->out);
}

static void fish_command(const struct cli_command *command, FILE *out)
{
    struct fish fish = {command->name, out};

    (void)fprintf(out,
                  "complete -c kindred -n __fish_use_subcommand -a %s -d '",
                  command->name);
    put_quoted(command->help, "", out);
    (void)fputs("'\n", out);
    each_option(command, fish_option, &fish);
    for (unsigned i = 0; i < WORDS_MAX; i++) {
        char word[200];
        bool method = i == 0 && takes_method(command);

        word_at(command, i, word);
        if (!*word && !method)
            continue;
        (void)fprintf(out,
                      "complete -c kindred -n '__fish_seen_subcommand_from "
                      "%s' -a '",
                      command->name);
        if (method)
            put_methods(out);
        else
            (void)fputs(word, out);
        (void)fputs("'\n", out);
    }
    if (takes_file(command))
        (void)fprintf(out,
                      "complete -c kindred -n '__fish_seen_subcommand_from "
                      "%s' -F\n",
                      command->name);
}

static void print_fish(const struct cli_command *const *commands, FILE *out)
{
    (void)fputs("# fish completion of kindred, made by \"kindred completion "
                "fish\"\ncomplete -c kindred -f\n",
                out);
    for (const struct cli_command *const *at = commands; *at; at++)
        fish_command(*at, out);
    (void)fputs("complete -c kindred -n __fish_use_subcommand -a help -d 'more "
                "about a command'\ncomplete -c kindred -n "
                "'__fish_seen_subcommand_from help' -a '",
                out);
    put_names(commands, out);
    (void)fputs("'\n", out);
}

bool cli_completion_print(const struct cli_command *const *commands,
                          const char *shell, FILE *out)
{
    static const struct {
        const char *name;
        void (*print)(const struct cli_command *const *commands, FILE *out);
    } shells[] = {
        {"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].name, shell) != 0)
            continue;
        shells[i].print(commands, out);
        return true;
    }
    return false;
}

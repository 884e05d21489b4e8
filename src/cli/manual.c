#include "cli/manual.h"

#include <stdlib.h>
#include <string.h>

static const char *const ABOUT =
    "Kindred matches a person who seeks support with a peer who has lived "
    "something\nsimilar, without anyone learning who they are.\n";

static const char *const FIRST =
    "To ask:   kindred enroll; kindred card set seeker --show "
    "alcohol --seek alcohol; kindred ask\n"
    "To be asked, as somebody else:\n"
    "          kindred enroll --key FILE --grade peer\n"
    "          kindred card set peer --key FILE --show alcohol; "
    "kindred attend --key FILE\n";

static const struct {
    const char *name, *what;
} ENVIRONMENT[] = {{"KINDRED_SERVER",
                    "the server, where --server is not given"},
                   {"HOME", "the account key is in ~/.config/kindred/key"},
                   {"NO_COLOR",
                    "if it is set, nothing is coloured; nor is anything in a "
                    "pipe, or where TERM is dumb"}},
  FILES[] = {{"~/.config/kindred/key",
              "the account key: keep it, it is all you are.  --key names "
              "another"},
             {"KEY.ask, KEY.talk-ID",
              "secrets of a request or a talk that is open, beside the key"}};

enum {
    VARIABLES = sizeof ENVIRONMENT / sizeof *ENVIRONMENT,
    FILE_COUNT = sizeof FILES / sizeof *FILES
};

void cli_manual_help(const struct cli_command *const *commands, FILE *out)
{
    (void)fprintf(out, "%s\nusage: kindred COMMAND [OPTION ...]\n\n", ABOUT);
    for (; *commands; commands++)
        (void)fprintf(out, "  %-10s %s\n", (*commands)->name,
                      (*commands)->help);
    (void)fprintf(out,
                  "\n%s\"kindred help COMMAND\" says more about each.  Exit "
                  "status:\n",
                  FIRST);
    for (int i = 0; cli_args_statuses[i]; i++)
        (void)fprintf(out, "  %d  %s\n", i, cli_args_statuses[i]);
}

/* ---- the page ---- */

/* What roff would take for its own is said otherwise. */
static void put(const char *text, FILE *out)
{
    bool begins = true;

    for (; *text; text++) {
        if (begins && (*text == '.' || *text == '\''))
            (void)fputs("\\&", out);
        if (*text == '\\')
            (void)fputs("\\e", out);
        else if (*text == '-')
            (void)fputs("\\-", out);
        else if (*text == '\'')
            (void)fputs("\\(aq", out);
        else if (*text == '`')
            (void)fputs("\\(ga", out);
        else if (*text == '^')
            (void)fputs("\\(ha", out);
        else if (*text == '~')
            (void)fputs("\\(ti", out);
        else if (!begins || *text != '\n') /* no empty lines */
            (void)fputc(*text, out);
        else
            (void)fputs(".sp\n", out);
        begins = *text == '\n';
    }
    if (!begins)
        (void)fputc('\n', out);
}

static void put_verbatim(const char *text, FILE *out)
{
    (void)fputs(".nf\n", out);
    put(text, out);
    (void)fputs(".fi\n", out);
}

static void put_row(const char *term, const char *value, const char *what,
                    FILE *out)
{
    char left[120];

    (void)snprintf(left, sizeof left, "%s%s%s", term, value ? " " : "",
                   value ? value : "");
    (void)fputs(".TP\n", out);
    put(left, out);
    put(what, out);
}

static void put_options(const struct cli_option *options, FILE *out)
{
    for (; options && options->name; options++)
        put_row(options->name, options->value, options->help, out);
}

/* The words of a command that parses by itself. */
static void put_teaching(const struct cli_command *command, FILE *out)
{
    char *text = cli_args_taught(command);

    put_verbatim(text, out);
    free(text);
}

/* Law 1: what it teaches, or what its table says. */
static void put_command(const struct cli_command *command, FILE *out)
{
    (void)fputs(".SS kindred ", out);
    put(command->name, out);
    put(command->help, out);
    (void)fputs(".PP\n", out);
    if (command->teach) {
        put_teaching(command, out);
        return;
    }
    put_verbatim(command->about, out);
    (void)fprintf(out, ".PP\n.B kindred %s\n[OPTION ...]\n", command->name);
    put(command->words, out);
    put_options(command->options, out);
    if (command->calls && *command->calls) {
        (void)fputs(".PP\nCalls: ", out);
        put(command->calls, out);
    }
}

void cli_manual_page(const struct cli_command *const *commands, FILE *out)
{
    (void)fputs(".TH KINDRED 1 \"\" Kindred\n.SH NAME\nkindred \\- the command "
                "line of Kindred\n.SH SYNOPSIS\n.B kindred\nCOMMAND [OPTION "
                "...]\n.SH DESCRIPTION\n",
                out);
    put(ABOUT, out);
    (void)fputs(".PP\n", out);
    put_verbatim(FIRST, out);
    (void)fputs(".SH COMMANDS\n", out);
    for (; *commands; commands++)
        put_command(*commands, out);
    (void)fputs(".SH OPTIONS\nEvery command that talks to a server takes "
                "these.\n",
                out);
    put_options(cli_args_common, out);
    (void)fputs(".SH EXIT STATUS\n", out);
    for (int i = 0; cli_args_statuses[i]; i++) {
        char number[16];

        (void)snprintf(number, sizeof number, "%d", i);
        put_row(number, NULL, cli_args_statuses[i], out);
    }
    (void)fputs(".SH ENVIRONMENT\n", out);
    for (int i = 0; i < VARIABLES; i++)
        put_row(ENVIRONMENT[i].name, NULL, ENVIRONMENT[i].what, out);
    (void)fputs(".SH FILES\n", out);
    for (int i = 0; i < FILE_COUNT; i++)
        put_row(FILES[i].name, NULL, FILES[i].what, out);
    (void)fputs(".SH SEE ALSO\nkindredd \\-\\-help; kindred help COMMAND\n",
                out);
}

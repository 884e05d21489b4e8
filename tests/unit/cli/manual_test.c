#include "cli/manual.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static const struct cli_option OPTIONS[] = {
    {"--dash", "A|B", "back\\slash, ^, ~ and `", CLI_TEXT, 0, 5}, {0}};
static const struct cli_command HOSTILE = {.name = "hostile",
                                           .words = "[X]",
                                           .help = "'quoted at the start",
                                           .about = ".so /etc/passwd\n"
                                                    "'br\n"
                                                    "\n"
                                                    "a \\fB-b\n",
                                           .calls = "Support/Ask",
                                           .options = OPTIONS};

static void teach(FILE *out)
{
    (void)fputs("  --own   .taught\n.so x\n", out);
}

static const struct cli_command RAW = {
    .name = "raw", .help = "raw", .teach = teach};
static const struct cli_command *const COMMANDS[] = {&HOSTILE, &RAW, NULL};

static char *print(void (*fn)(const struct cli_command *const *commands,
                              FILE *out))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    fn(COMMANDS, out);
    (void)fclose(out);
    return text;
}

/* Law 1 */
static void test_help(void)
{
    char *text = print(cli_manual_help);

    CHECK(strstr(text, "hostile") && strstr(text, "raw"));
    for (int i = 0; cli_args_statuses[i]; i++)
        CHECK(strstr(text, cli_args_statuses[i]) != NULL);
    free(text);
}

/* Nothing of a table is taken for a request, whatever it begins with. */
static void test_page(void)
{
    char *text = print(cli_manual_page);

    CHECK(!strstr(text, "\n.so"));
    CHECK(!strstr(text, "\n'"));
    CHECK(!strstr(text, "\n\n"));
    CHECK(strstr(text, "\n\\&.so /etc/passwd\n") != NULL);
    CHECK(strstr(text, "\n\\&\\(aqbr\n.sp\na \\efB\\-b\n") != NULL);
    CHECK(strstr(text, "\n\\-\\-dash A|B\n") != NULL);
    CHECK(strstr(text, "\nback\\eslash, \\(ha, \\(ti and \\(ga\n") != NULL);
    CHECK(strstr(text, "\\-\\-own") != NULL);
    CHECK(strstr(text, "Support/Ask") != NULL);
    for (const struct cli_option *option = cli_args_common; option->name;
         option++) {
        char row[64] = "\n";

        for (const char *at = option->name; *at; at++)
            (void)snprintf(row + strlen(row), sizeof row - strlen(row), "%s%c",
                           *at == '-' ? "\\" : "", *at);
        CHECK(strstr(text, row) != NULL);
    }
    for (int i = 0; cli_args_statuses[i]; i++)
        CHECK(strstr(text, cli_args_statuses[i]) != NULL);
    free(text);
}

int main(void)
{
    test_help();
    test_page();
    return check_report("cli/manual");
}

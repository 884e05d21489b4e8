#include "cli/args.h"

#include <string.h>

#include "check.h"

static const struct cli_option OPTIONS[] = {
    {"--flag", NULL, "", CLI_FLAG, 0, 0},
    {"--text", "T", "", CLI_TEXT, 0, 5},
    {"--number", "N", "", CLI_NUMBER, 2, 8},
    {"--list", "L", "", CLI_LIST, 0, 0},
    {0}};
static const struct cli_command COMMAND = {.name = "try",
                                           .words = "ONE [TWO]",
                                           .help = "a try",
                                           .about = "  kindred try\n",
                                           .options = OPTIONS,
                                           .words_min = 1,
                                           .words_max = 2};
static struct cli_args args;
static FILE *said; /* complaints */

/* A line cut at blanks. */
static bool parse(const char *line)
{
    static char text[400];
    char *argv[40] = {NULL};
    int argc = 0;
    char *save = text;

    (void)snprintf(text, sizeof text, "try %s", line);
    while (*save) {
        argv[argc++] = save;
        save += strcspn(save, " ");
        if (*save)
            *save++ = '\0';
    }
    rewind(said);
    return cli_args_parse(&args, &COMMAND, argc, argv, said);
}

/* Refused, with something said. */
static bool refused(const char *line)
{
    return !parse(line) && ftell(said) > 0;
}

static void test_takes(void)
{
    uint32_t at = 0;

    CHECK(parse("word --flag --text abc --number=8 --list a --list b,c"));
    CHECK(args.words == 1 && strcmp(args.word[0], "word") == 0);
    CHECK(cli_args_has(&args, "--flag"));
    CHECK(strcmp(cli_args_text(&args, "--text", ""), "abc") == 0);
    CHECK(cli_args_number(&args, "--number", 1) == 8);
    CHECK(strcmp(cli_args_next(&args, "--list", &at), "a") == 0);
    CHECK(strcmp(cli_args_next(&args, "--list", &at), "b,c") == 0);
    CHECK(cli_args_next(&args, "--list", &at) == NULL);
    CHECK(parse("word -- --flag"));
    CHECK(args.words == 2 && !cli_args_has(&args, "--flag"));
    CHECK(parse("word --server=[::1]:5 --key k"));
    CHECK(strcmp(cli_args_text(&args, "--server", ""), "[::1]:5") == 0);
    CHECK(parse("word --text="));
    CHECK(strcmp(cli_args_text(&args, "--text", "x"), "") == 0);
    CHECK(cli_args_number(&args, "--number", 3) == 3);
    CHECK(parse("word --server a"));
    cli_args_put(&args, "--server", "b");
    cli_args_put(&args, "--text", "c");
    CHECK(strcmp(cli_args_text(&args, "--server", ""), "b") == 0);
    CHECK(strcmp(cli_args_text(&args, "--text", ""), "c") == 0);
    CHECK(parse("--help") && args.help);
    CHECK(parse("-h") && args.help);
}

/* Law 1 */
static void test_refuses(void)
{
    static const char *const lines[] = {"",
                                        "a b c",
                                        "a --nosuch",
                                        "a --flags",
                                        "a --flag=1",
                                        "a --flag --flag",
                                        "a --text",
                                        "a --text abcdef",
                                        "a --text a --text b",
                                        "a --number",
                                        "a --number 1",
                                        "a --number 9",
                                        "a --number x",
                                        "a --number 3x",
                                        "a --number -3",
                                        "a --number=",
                                        "a --number 99999999999999999999999999",
                                        "a --help --help"};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        CHECK(refused(lines[i]));
}

static void test_too_many(void)
{
    static char option[] = "--list=x", name[] = "try", word[] = "w";
    char *argv[CLI_ARGS_MAX + 3];

    argv[0] = name;
    argv[1] = word;
    for (int i = 2; i < CLI_ARGS_MAX + 3; i++)
        argv[i] = option;
    CHECK(cli_args_parse(&args, &COMMAND, CLI_ARGS_MAX + 2, argv, said));
    CHECK(!cli_args_parse(&args, &COMMAND, CLI_ARGS_MAX + 3, argv, said));
}

static void test_split(void)
{
    const char *text = "heroin,lang:en,x";
    char piece[8];

    CHECK(cli_args_split(&text, piece, sizeof piece));
    CHECK(strcmp(piece, "heroin") == 0);
    CHECK(cli_args_split(&text, piece, sizeof piece));
    CHECK(strcmp(piece, "lang:en") == 0);
    CHECK(cli_args_split(&text, piece, sizeof piece));
    CHECK(strcmp(piece, "x") == 0);
    CHECK(!cli_args_split(&text, piece, sizeof piece) && text);
    text = "a,,b";
    CHECK(cli_args_split(&text, piece, sizeof piece));
    CHECK(!cli_args_split(&text, piece, sizeof piece) && !text);
    text = "a,";
    CHECK(!cli_args_split(&text, piece, sizeof piece) && !text);
    text = "too-long-a-piece";
    CHECK(!cli_args_split(&text, piece, sizeof piece) && !text);
}

/* Each option is in the help, its own and the common ones. */
static void test_help(void)
{
    char text[4000];
    FILE *out = tmpfile();
    size_t size;

    CHECK(out != NULL);
    if (!out)
        return;
    cli_args_help(&COMMAND, out);
    rewind(out);
    size = fread(text, 1, sizeof text - 1, out);
    text[size] = '\0';
    for (const struct cli_option *option = OPTIONS; option->name; option++)
        CHECK(strstr(text, option->name) != NULL);
    for (const struct cli_option *option = cli_args_common; option->name;
         option++) /* --json only where a call is made */
        CHECK((strstr(text, option->name) != NULL) ==
              (strcmp(option->name, "--json") != 0));
    (void)fclose(out);
}

int main(void)
{
    said = tmpfile();
    if (!said)
        return 1;
    test_takes();
    test_refuses();
    test_too_many();
    test_split();
    test_help();
    (void)fclose(said);
    return check_report("cli/args");
}

/* fuzz/args -- any bytes as a command line, its words ended by zeros.
 *
 * What is taken keeps cli/args law 1, and what is refused has one line that
 * says why.  Lists, texts of a card's terms and counts are read out, too. */
#include "cli/args.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "fuzz.h"

enum { WORDS = 300, ROOM = 42 };

static const struct cli_option options[] = {
    {"--have", "TERM,...", "a list", CLI_LIST, 0, 0},
    {"--age", "N", "a number", CLI_NUMBER, 3, 4000000000},
    {"--most", "N", "a number", CLI_NUMBER, 0, UINT64_MAX},
    {"--name", "TEXT", "a text", CLI_TEXT, 0, 12},
    {"--yes", NULL, "a flag", CLI_FLAG, 0, 0},
    {0}};
static const struct cli_command command = {.name = "card",
                                           .words = "set|show ROLE",
                                           .help = "",
                                           .about = "",
                                           .options = options,
                                           .words_min = 1,
                                           .words_max = 3};

static void pieces(const char *text)
{
    char piece[ROOM];

    while (cli_args_split(&text, piece, sizeof piece))
        REQUIRE(strlen(piece) >= 1 && !strchr(piece, ','));
}

static void taken(const struct cli_args *args)
{
    uint32_t at = 0;
    const char *value;
    uint64_t age = cli_args_number(args, "--age", 3);

    REQUIRE(args->help || args->words >= command.words_min);
    REQUIRE(args->words <= command.words_max && args->count <= CLI_ARGS_MAX);
    REQUIRE(age >= 3 && age <= 4000000000);
    REQUIRE(strlen(cli_args_text(args, "--name", "")) <= 12);
    for (uint32_t i = 0; i < args->count; i++) {
        const struct cli_option *option = args->given[i].option;

        REQUIRE(!args->given[i].value == (option->kind == CLI_FLAG));
        for (uint32_t j = 0; j < i && option->kind != CLI_LIST; j++)
            REQUIRE(args->given[j].option != option);
    }
    while ((value = cli_args_next(args, "--have", &at)) != NULL)
        pieces(value);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cli_args args;
    static char said[4096], bytes[65536];
    char *argv[WORDS + 1] = {(char *)(uintptr_t) "card"};
    int argc = 1;
    bool takes;
    FILE *err;

    if (size < 1 || size >= sizeof bytes)
        return 0;
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    for (size_t at = 0; at < size && argc < WORDS; at += strlen(bytes + at) + 1)
        argv[argc++] = bytes + at;
    memset(said, 0, sizeof said);
    err = fmemopen(said, sizeof said, "w");
    REQUIRE(err != NULL);
    takes = cli_args_parse(&args, &command, argc, argv, err);
    (void)fclose(err);
    if (takes)
        taken(&args);
    REQUIRE(takes == (said[0] == '\0'));
    REQUIRE(takes || said[strlen(said) - 1] == '\n');
    return 0;
}

/* What the command line comes to; every complaint is in
 * tests/simulate/bad_input.py. */
#include "cli/simulate_options.h"

#include <string.h>

#include "check.h"

static struct cli_simulate_options options;
static FILE *said;

static bool parse(int argc, const char *const *words)
{
    char word[12][64], *argv[12] = {0};

    cli_simulate_options_init(&options);
    for (int i = 0; i < argc && i < 12; i++) {
        (void)snprintf(word[i], sizeof word[i], "%s", words[i]);
        argv[i] = word[i];
    }
    return cli_simulate_options_parse(&options, argc, argv, said);
}

#define PARSE(...)                                                             \
    parse(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),         \
          (const char *const[]){__VA_ARGS__})

int main(void)
{
    said = tmpfile();
    CHECK(said != NULL);
    if (!said)
        return 1;
    CHECK(PARSE("simulate", "w"));
    CHECK(!options.compare && !options.json && !options.log && !options.help);
    CHECK(options.limits.settle_ms == 0 && options.limits.top_k == 16);
    CHECK(PARSE("simulate", "--compare", "top_k=3", "w", "--set", "top_k=2",
                "--set", "relax_ms=9", "--compare", "bound_ms=5000"));
    CHECK(options.compare && options.limits.top_k == 2);
    CHECK(options.limits.relax_ms == 9 && options.limits.bound_ms == 120000);
    CHECK(options.other.top_k == 3); /* though --set came after it */
    CHECK(options.other.relax_ms == 9 && options.other.bound_ms == 5000);
    CHECK(PARSE("simulate", "-", "--seed", "18446744073709551615", "--json"));
    CHECK(options.seed == UINT64_MAX && options.json);
    CHECK(PARSE("simulate", "--help") && options.help);
    CHECK(ftell(said) == 0);
    CHECK(!PARSE("simulate", "w", "--log"));
    CHECK(!PARSE("simulate", "w", "--set", "top_k=65"));
    CHECK(!PARSE("simulate", "w", "--compare", "top_k="));
    CHECK(ftell(said) > 0);
    (void)fclose(said);
    return check_report("cli/simulate_options");
}

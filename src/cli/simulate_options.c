#include "cli/simulate_options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/simulate_figures.h"

static const char usage[] =
    "usage: kindred simulate WORKLOAD.jsonl [--log OUT.jsonl] [--seed N]\n"
    "                        [--set KEY=VALUE ...] [--compare KEY=VALUE ...]\n"
    "                        [--json]\n";

/* clang-format off */
static const char about[] =
    "kindred simulate -- run the matching on a recorded day\n"
    "\n"
    "  kindred simulate day.jsonl --log day.log.jsonl\n"
    "  kindred simulate day.jsonl --compare relax_ms=30000\n"
    "  kindred simulate day.jsonl --set top_k=32 --compare top_k=8 \\\n"
    "                   --compare load_weight=0 --json\n"
    "  zcat day.jsonl.gz | kindred simulate - --log /dev/null\n"
    "  kindred simulate RECORDING --compare relax_ms=30000\n"
    "\n"
    "Runs the engine that serves against a recorded or generated day, in\n"
    "virtual time: what a policy would do before it is deployed.  The same\n"
    "day, seed and settings give the same log, byte for byte, everywhere.\n"
    "\n";

static const char options_help[] =
    "  WORKLOAD.jsonl           the day; - is standard input.  A recording of\n"
    "                           kindredd (kindred replay) may stand in its\n"
    "                           place: the same people, under the policy they\n"
    "                           had but for what is set here\n"
    "  --log OUT.jsonl          where the log goes; without it, to standard\n"
    "                           output.  With --compare: that of the first\n"
    "                           run, the second's to OUT.jsonl.compare;\n"
    "                           without it, no log is written.  Of a\n"
    "                           recording, a file that is yours alone (0600)\n"
    "  --seed N                 decides ties [0]\n"
    "  --set KEY=VALUE          a setting of the policy; again for more\n"
    "  --compare KEY=VALUE      run the day again with this setting too, and\n"
    "                           show both; again for more in that second run\n"
    "  --json                   for a machine, even on a terminal\n"
    "  --help                   this text\n"
    "\n"
    "The whole day is read and checked before anything is written; it is kept\n"
    "in memory, about a kilobyte for each ask.\n"
    "\n"
    "A day is JSON Lines: one object a line, in order of time.  t is in ms\n"
    "from the start; terms are any words.\n"
    "\n"
    "  {\"t\":0,\"do\":\"card\",\"member\":\"p1\",\"role\":\"peer\",\"have\":[\"heroin\",\"lang:en\"]}\n"
    "  {\"t\":0,\"do\":\"attend\",\"member\":\"p1\",\"capacity\":2,\"grade\":\"peer\",\"rest_ms\":0,\n"
    "   \"answers\":[{\"say\":\"accept\",\"after_ms\":4000}]}       (all on one line)\n"
    "  {\"t\":5,\"do\":\"card\",\"member\":\"s1\",\"role\":\"seeker\",\n"
    "   \"seek\":[{\"any\":[\"heroin\"],\"importance\":3}],\n"
    "   \"must\":[{\"any\":[\"lang:en\"],\"relax_after_ms\":0}]}\n"
    "  {\"t\":5,\"do\":\"ask\",\"member\":\"s1\",\"ticket\":\"t1\",\"danger\":false,\"talk_ms\":2700000}\n"
    "\n"
    "Others: rarity, capacity, pause, resume, leave, withdraw, lost, back,\n"
    "block, end, reflect.  An answer is accept, decline or silence; which of\n"
    "them an offer meets depends on the pair alone, so that every policy meets\n"
    "the same people.  Members are there until a \"lost\" line: beat_ms,\n"
    "fresh_ms and lost_ms change nothing here.\n"
    "\n"
    "The log has a line for every offer, answer, match, end of a ticket or a\n"
    "talk, and passing of the bound; its last line is the summary, which is\n"
    "also printed.  On a terminal, with the log elsewhere, it is printed for\n"
    "people, one figure a line, as --compare does for both runs:\n"
    "\n";

static const char exits[] =
    "\n"
    "Exit status: 0 done; 1 out of memory, or a file that cannot be written;\n"
    "2 usage, a workload that cannot be read, or a line of it that is wrong:\n"
    "then its number and what is wrong are told, and nothing was written.\n"
    "\n"
    "Settings, their defaults and bounds:\n";
/* clang-format on */

void cli_simulate_options_help(FILE *out)
{
    uint32_t n;
    const struct match_limit *row = match_limits_table(&n);

    (void)fprintf(out, "%s%s%s", about, usage, options_help);
    for (int i = 0; i < CLI_SIMULATE_FIGURES; i++) {
        const struct cli_simulate_figures_row *figure =
            cli_simulate_figures_row((enum cli_simulate_figure)i);

        (void)fprintf(out, "  %-20s  %s\n", figure->label, figure->help);
    }
    (void)fputs(exits, out);
    for (uint32_t i = 0; i < n; i++)
        (void)fprintf(
            out, "  %-19s %11" PRIu64 "  %s (%" PRIu64 " to %" PRIu64 ")\n",
            row[i].name, row[i].normal, row[i].help, row[i].least, row[i].most);
    (void)fputs("settle_ms is 0 unless set: there is no start to settle "
                "after.\n",
                out);
}

static bool parse_number(const char *text, uint64_t *n)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *n = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

/* KEY=VALUE; a complaint says the bounds. */
static bool set(struct match_limits *limits, const char *option,
                const char *text, FILE *err)
{
    uint32_t n;
    const struct match_limit *row = match_limits_table(&n);
    size_t size = strcspn(text, "=");
    uint64_t value;

    for (uint32_t i = 0; i < n && text[size] == '='; i++) {
        if (strlen(row[i].name) != size || memcmp(row[i].name, text, size) != 0)
            continue;
        if (parse_number(text + size + 1, &value) &&
            match_limits_set(limits, row[i].name, value) == ERR_NONE)
            return true;
        (void)fprintf(err,
                      "kindred simulate: %s %s takes a whole number from "
                      "%" PRIu64 " to %" PRIu64 "\n",
                      option, row[i].name, row[i].least, row[i].most);
        return false;
    }
    (void)fprintf(err,
                  text[size] == '='
                      ? "kindred simulate: %s: no such setting; --help lists "
                        "them\n"
                      : "kindred simulate: %s takes KEY=VALUE\n",
                  option);
    return false;
}

static bool complain(FILE *err, const char *what)
{
    (void)fprintf(err, "kindred simulate: %s\n%s", what, usage);
    return false;
}

/* One option with its value. */
static bool take(struct cli_simulate_options *options, const char *option,
                 const char *value, FILE *err)
{
    if (strcmp(option, "--log") == 0)
        options->log = value;
    else if (strcmp(option, "--seed") == 0)
        return parse_number(value, &options->seed) ||
               complain(err, "--seed takes a whole number from 0 to "
                             "18446744073709551615");
    else if (strcmp(option, "--set") == 0)
        return set(&options->limits, option, value, err);
    else
        options->compare = true;
    return true;
}

static bool takes_value(const char *option)
{
    return strcmp(option, "--log") == 0 || strcmp(option, "--seed") == 0 ||
           strcmp(option, "--set") == 0 || strcmp(option, "--compare") == 0;
}

void cli_simulate_options_init(struct cli_simulate_options *options)
{
    *options = (struct cli_simulate_options){0};
    match_limits_init(&options->limits);
    options->limits.settle_ms = 0;
}

bool cli_simulate_options_parse(struct cli_simulate_options *options, int argc,
                                char **argv, FILE *err)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];

        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            options->help = true;
            return true;
        }
        if (strcmp(arg, "--json") == 0) {
            options->json = true;
        } else if (arg[0] != '-' || arg[1] == '\0') {
            if (options->workload)
                return complain(err, "one workload at a time");
            options->workload = arg;
        } else if (!takes_value(arg)) {
            return complain(err, "unknown option");
        } else if (i + 1 == argc) {
            return complain(err, "this option needs a value");
        } else if (!take(options, arg, argv[++i], err)) {
            return false;
        }
    }
    if (!options->workload)
        return complain(err, "which workload?");
    options->other = options->limits; /* whatever the order they came in */
    for (int i = 1; i < argc; i += 1 + takes_value(argv[i]))
        if (strcmp(argv[i], "--compare") == 0 &&
            !set(&options->other, argv[i], argv[i + 1], err))
            return false;
    return true;
}

#include "cli/simulate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "cli/replay.h"
#include "cli/simulate_run.h"

enum { EXIT_USAGE = 2, BUFFER = 1 << 18 };

struct options {
    const char *workload, *log;
    uint64_t seed;
    struct match_limits limits;
    bool help;
};

static const char usage[] =
    "usage: kindred simulate WORKLOAD.jsonl [--log OUT.jsonl] [--seed N] "
    "[--set KEY=VALUE ...]\n";

static void print_help(void)
{
    uint32_t n;
    const struct match_limit *row = match_limits_table(&n);

    (void)fputs(usage, stdout);
    (void)puts(
        "\n"
        "Runs the engine that serves against a recorded or generated day, in "
        "virtual\ntime: the same file, seed and settings give the same log, "
        "byte for byte.\n"
        "\n"
        "  WORKLOAD.jsonl   one JSON object per line: cards, duties, asks, "
        "what "
        "people\n"
        "                   answer.  The file is read twice: once to check "
        "it.\n"
        "                   Or a recording of kindredd (kindred replay): the "
        "same people\n"
        "                   under its policy, but for what is --set\n"
        "  --log OUT.jsonl  where the log goes (else: standard output); the "
        "summary is\n"
        "                   its last line, and then printed too\n"
        "  --seed N         decides ties (0)\n"
        "  --set KEY=VALUE  a constant of the policy; may be repeated\n"
        "\n"
        "Exit status: 0; 1 out of memory, or a file that cannot be written; 2 "
        "bad input.\n"
        "\n"
        "Keys, defaults and bounds:");
    for (uint32_t i = 0; i < n; i++)
        (void)printf("  %-19s %11" PRIu64 "  %s (%" PRIu64 " to %" PRIu64 ")\n",
                     row[i].name, row[i].normal, row[i].help, row[i].least,
                     row[i].most);
    (void)puts("\nThere is no settle time after the start: settle_ms is 0 "
               "unless set.");
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

static enum err set(struct match_limits *limits, const char *text)
{
    char key[64];
    const char *equals = strchr(text, '=');
    uint64_t value;

    if (!equals || (size_t)(equals - text) >= sizeof key ||
        !parse_number(equals + 1, &value))
        return ERR_INVALID;
    memcpy(key, text, (size_t)(equals - text));
    key[equals - text] = '\0';
    return match_limits_set(limits, key, value);
}

/* What is wrong with the arguments, or NULL. */
static const char *parse(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            options->help = true;
            return NULL;
        }
        if (arg[0] != '-') {
            if (options->workload)
                return "one workload at a time";
            options->workload = arg;
            continue;
        }
        if (strcmp(arg, "--log") != 0 && strcmp(arg, "--seed") != 0 &&
            strcmp(arg, "--set") != 0)
            return "unknown option";
        if (!value)
            return "this option needs a value";
        i++;
        if (strcmp(arg, "--log") == 0)
            options->log = value;
        else if (strcmp(arg, "--seed") == 0 &&
                 !parse_number(value, &options->seed))
            return "--seed takes a whole number";
        else if (strcmp(arg, "--set") == 0 &&
                 set(&options->limits, value) != ERR_NONE)
            return "--set: unknown key, or a value out of its bounds "
                   "(see --help)";
    }
    return options->workload ? NULL : "which workload?";
}

static int complain(const struct options *options,
                    const struct cli_workload *workload, enum err err)
{
    if (err != ERR_INVALID) {
        (void)fprintf(stderr, "kindred simulate: %s\n", err_text(err));
        return EXIT_FAILURE;
    }
    (void)fprintf(stderr, "%s:%" PRIu32 ": %s%s%s\n", options->workload,
                  workload->lines, workload->why_where,
                  *workload->why_where ? ": " : "", workload->why_what);
    return EXIT_USAGE;
}

/* Read the file once to its end: every line is good, and how many of what. */
static enum err count(struct cli_workload *workload,
                      struct cli_workload_line *line)
{
    bool end = false;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && !end)
        err = cli_workload_next(workload, line, &end);
    return err;
}

static enum err play(struct cli_simulate_run *run,
                     struct cli_workload *workload,
                     struct cli_workload_line *line)
{
    bool end = false;
    enum err err = cli_workload_next(workload, line, &end);

    while (err == ERR_NONE && !end) {
        err = cli_simulate_run_line(run, workload, line);
        if (err == ERR_NONE)
            err = cli_workload_next(workload, line, &end);
    }
    return err == ERR_NONE ? cli_simulate_run_finish(run, workload) : err;
}

/* The second reading, from the start of file. */
static int simulate(const struct options *options,
                    const struct cli_workload *counted,
                    struct cli_workload_line *line, FILE *file, FILE *out)
{
    struct cli_simulate_log log;
    struct cli_simulate_run *run;
    struct cli_workload workload;
    enum err err = cli_workload_init(&workload, file);
    int status = EXIT_SUCCESS;

    cli_simulate_log_init(&log, out);
    run = cli_simulate_run_new(counted, &options->limits, options->seed, &log);
    if (err == ERR_NONE)
        err = run ? play(run, &workload, line) : ERR_NOMEM;
    if (err == ERR_NONE)
        cli_simulate_log_summary(&log, stdout);
    else
        status = complain(options, &workload, err);
    cli_simulate_run_free(run);
    cli_simulate_log_close(&log);
    cli_workload_close(&workload);
    return status;
}

static int open_and_simulate(const struct options *options,
                             struct cli_workload_line *line, FILE *file)
{
    struct cli_workload counted;
    enum err err = cli_workload_init(&counted, file);
    FILE *out = stdout;
    int status;

    if (err == ERR_NONE)
        err = count(&counted, line);
    if (err != ERR_NONE) {
        status = complain(options, &counted, err);
        cli_workload_close(&counted);
        return status;
    }
    if (options->log)
        out = fopen(options->log, "w");
    if (!out || fseek(file, 0, SEEK_SET) != 0) {
        (void)fprintf(stderr, "kindred simulate: %s\n",
                      out ? "the workload must be a file: it is read twice"
                          : "the log cannot be written");
        if (out && out != stdout)
            (void)fclose(out);
        cli_workload_close(&counted);
        return out ? EXIT_USAGE : EXIT_FAILURE;
    }
    (void)setvbuf(out, NULL, _IOFBF, BUFFER);
    status = simulate(options, &counted, line, file, out);
    cli_workload_close(&counted);
    if (fflush(out) != 0 || ferror(out)) {
        (void)fprintf(stderr, "kindred simulate: the log cannot be written\n");
        status = EXIT_FAILURE;
    }
    if (out != stdout && fclose(out) != 0)
        status = EXIT_FAILURE;
    return status;
}

/* In place of a recording, the workload that it was; under its own policy,
 * but for what was set. */
static FILE *workload_of(FILE *recording, int argc, char **argv,
                         struct options *options, int *status)
{
    const char *name = options->workload;
    FILE *workload;

    *options = (struct options){.workload = NULL};
    workload = cli_replay_workload(recording, name, &options->limits, status);
    (void)fclose(recording);
    options->limits.settle_ms = 0;
    if (workload)
        REQUIRE(parse(argc, argv, options) == NULL); /* as before */
    return workload;
}

int cli_simulate_main(int argc, char **argv)
{
    struct options options = {0};
    struct cli_workload_line *line;
    const char *why;
    FILE *file;
    int status;

    match_limits_init(&options.limits);
    options.limits.settle_ms = 0;
    why = parse(argc, argv, &options);
    if (options.help) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (why) {
        (void)fprintf(stderr, "kindred simulate: %s\n%s", why, usage);
        return EXIT_USAGE;
    }
    file = fopen(options.workload, "rb");
    if (!file) {
        (void)fprintf(stderr,
                      "kindred simulate: the workload cannot be read: "
                      "%s\n",
                      strerror(errno));
        return EXIT_USAGE;
    }
    if (cli_recording_is(file)) {
        file = workload_of(file, argc, argv, &options, &status);
        if (!file)
            return status;
    }
    line = malloc(sizeof *line);
    status = line ? open_and_simulate(&options, line, file) : EXIT_FAILURE;
    free(line);
    (void)fclose(file);
    return status;
}

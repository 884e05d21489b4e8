#include "cli/simulate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/require.h"
#include "cli/past.h"
#include "cli/recording.h"
#include "cli/say.h"
#include "cli/simulate_log.h"
#include "cli/simulate_options.h"
#include "cli/simulate_progress.h"
#include "cli/simulate_report.h"
#include "cli/simulate_run.h"
#include "cli/workload.h"

enum { EXIT_USAGE = 2, BUFFER = 1 << 18 };

#define COMPARE_SUFFIX ".compare"

static int fail(const char *what)
{
    (void)fprintf(stderr, "kindred simulate: %s\n", what);
    return EXIT_FAILURE;
}

/* ---- the day ---- */

static uint64_t size_of(FILE *file)
{
    struct stat info;

    return fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode)
               ? (uint64_t)info.st_size
               : 0;
}

/* The exit status. */
static int read_workload(struct cli_day *day, FILE *file, const char *path,
                         struct cli_simulate_progress *progress)
{
    struct cli_workload workload;
    uint64_t size = size_of(file);
    bool end = false;
    enum err err = cli_workload_init(&workload, file, day);

    if (err != ERR_NONE)
        return fail(err_text(err));
    while (err == ERR_NONE && !end) {
        err = cli_workload_next(&workload, &end);
        cli_simulate_progress_read(progress, workload.bytes, size);
    }
    cli_simulate_progress_clear(progress);
    if (err == ERR_INVALID) {
        (void)fprintf(stderr, "%s:%" PRIu32 ": ", path, workload.lines);
        cli_workload_why_print(&workload.why, stderr);
        (void)putc('\n', stderr);
    }
    cli_workload_close(&workload);
    if (err == ERR_NONE)
        return EXIT_SUCCESS;
    return err == ERR_INVALID ? EXIT_USAGE : fail(err_text(err));
}

/* Run the recording in file again, to its end, for the past it was. */
static enum err relive(struct cli_past *past, struct cli_recording *recording,
                       FILE *file, struct cli_simulate_progress *progress)
{
    uint64_t size = size_of(file);
    bool more = true;
    enum err err = cli_recording_open(recording, file);

    while (err == ERR_NONE && more) {
        err = cli_recording_step(recording, &more);
        if (err == ERR_NONE && more)
            err = cli_past_step(past, recording);
        cli_simulate_progress_read(progress, recording->reader.offset, size);
    }
    cli_simulate_progress_clear(progress);
    if (err == ERR_NONE && recording->differs) {
        recording->reader.what = "this engine gives other effects than were "
                                 "recorded (kindred replay)";
        return ERR_INVALID;
    }
    return err;
}

/* Write the workload that a recording was, and what it ran under.  The exit
 * status. */
static int unfold(FILE *file, const char *path, struct match_limits *policy,
                  struct cli_simulate_progress *progress, FILE *workload)
{
    struct cli_recording recording = {.file = NULL};
    struct cli_past *past = cli_past_new();
    enum err err = past ? relive(past, &recording, file, progress) : ERR_NOMEM;

    if (err == ERR_NONE)
        err = cli_past_write(past, workload);
    if (err == ERR_NONE) {
        *policy = recording.reader.about.limits;
        policy->settle_ms = 0; /* as simulate has it: there is no start */
    } else {
        cli_recording_complain(&recording, path, err);
    }
    cli_recording_close(&recording);
    cli_past_free(past);
    return err == ERR_NONE      ? EXIT_SUCCESS
           : err == ERR_INVALID ? EXIT_USAGE
                                : EXIT_FAILURE;
}

static int read_recording(struct cli_day *day, FILE *file, const char *path,
                          struct match_limits *policy,
                          struct cli_simulate_progress *progress)
{
    FILE *workload = tmpfile();
    int status;

    if (!workload)
        return fail("no file for the workload of the recording");
    status = unfold(file, path, policy, progress, workload);
    rewind(workload);
    if (status == EXIT_SUCCESS)
        status = read_workload(day, workload, path, progress);
    (void)fclose(workload); /* it has no name: nothing is left of it */
    return status;
}

/* A recording puts its own policy in *policy. */
static int read_day(struct cli_day *day, const char *path,
                    struct match_limits *policy,
                    struct cli_simulate_progress *progress)
{
    bool given = strcmp(path, "-") == 0;
    FILE *file = given ? stdin : fopen(path, "rb");
    int status;

    if (!file) {
        (void)fprintf(stderr,
                      "kindred simulate: the workload cannot be read: %s\n",
                      strerror(errno));
        return EXIT_USAGE;
    }
    day->recorded = cli_recording_is(file);
    status = day->recorded ? read_recording(day, file, path, policy, progress)
                           : read_workload(day, file, path, progress);
    if (!given)
        (void)fclose(file);
    return status;
}

/* ---- one run ---- */

struct outcome {
    struct cli_simulate_figures figures;
    struct cli_simulate_report_cost cost;
};

static enum err play_lines(struct cli_simulate_run *run,
                           const struct cli_day *day,
                           const struct cli_simulate_tally *tally,
                           struct cli_simulate_progress *progress)
{
    struct cli_simulate_progress_at at = {.lines = day->lines};
    struct cli_day_at place = cli_day_start(day);
    const struct cli_day_line *line;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && (line = cli_day_next(&place))) {
        err = cli_simulate_run_line(run, line);
        at.line++;
        at.t_ms = line->t_ms;
        at.events = tally->events;
        cli_simulate_progress_play(progress, &at);
    }
    return err;
}

static enum err play(const struct cli_day *day,
                     const struct cli_simulate_run_with *with,
                     struct cli_simulate_progress *progress,
                     struct outcome *outcome)
{
    uint64_t start_ms = cli_simulate_progress_now_ms();
    struct cli_simulate_tally tally = {0};
    struct cli_simulate_run *run = cli_simulate_run_new(day, with, &tally);
    enum err err = run ? play_lines(run, day, &tally, progress) : ERR_NOMEM;

    if (err == ERR_NONE)
        err = cli_simulate_run_finish(run, &outcome->figures);
    cli_simulate_progress_clear(progress);
    outcome->cost = (struct cli_simulate_report_cost){
        .events = tally.events,
        .laws_checked = tally.laws_checked,
        .took_ms = cli_simulate_progress_now_ms() - start_ms};
    cli_simulate_run_free(run);
    cli_simulate_tally_close(&tally);
    return err;
}

/* Play the day into a log that is open, or into none, and close it unless it
 * is standard output.  The exit status. */
static int play_into(const struct cli_day *day,
                     const struct cli_simulate_run_with *with,
                     struct cli_simulate_progress *progress,
                     struct outcome *outcome)
{
    enum err err = play(day, with, progress, outcome);
    bool written = true;

    if (with->log) {
        written = fflush(with->log) == 0 && ferror(with->log) == 0;
        if (with->log != stdout)
            written = fclose(with->log) == 0 && written;
    }
    if (err != ERR_NONE)
        return fail(err_text(err));
    return written ? EXIT_SUCCESS : fail("the log cannot be written");
}

/* ---- what it came to ---- */

/* Who met whom, and when, of people that there are: the owner's alone, even if
 * the file was there. */
static FILE *open_private(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct stat info;
    FILE *file = NULL;

    if (fd >= 0 && fstat(fd, &info) == 0 &&
        (!S_ISREG(info.st_mode) || fchmod(fd, 0600) == 0))
        file = fdopen(fd, "w");
    if (!file && fd >= 0)
        (void)close(fd);
    return file;
}

static FILE *open_log(const struct cli_day *day, const char *path,
                      const char *suffix)
{
    size_t room = strlen(path) + strlen(suffix) + 1;
    char *whole = malloc(room);
    FILE *file;

    if (!whole)
        return NULL;
    (void)snprintf(whole, room, "%s%s", path, suffix);
    file = day->recorded ? open_private(whole) : fopen(whole, "w");
    free(whole);
    if (file)
        (void)setvbuf(file, NULL, _IOFBF, BUFFER);
    return file;
}

static int simulate(const struct cli_simulate_options *options,
                    const struct cli_day *day,
                    struct cli_simulate_progress *progress)
{
    struct cli_simulate_run_with with = {
        .limits = &options->limits, .seed = options->seed, .log = stdout};
    struct outcome outcome;
    int status;

    if (options->log) {
        with.log = open_log(day, options->log, "");
        if (!with.log)
            return fail("the log cannot be written");
    }
    status = play_into(day, &with, progress, &outcome);
    if (status != EXIT_SUCCESS || !options->log)
        return status;
    if (!options->json && isatty(STDOUT_FILENO)) {
        cli_simulate_report_print(stdout, &outcome.figures, &outcome.cost);
    } else {
        struct cli_simulate_log line;

        cli_simulate_log_init(&line, stdout, day);
        cli_simulate_log_summary(&line, &outcome.figures, outcome.cost.events,
                                 outcome.cost.laws_checked);
    }
    return EXIT_SUCCESS;
}

static int compare(const struct cli_simulate_options *options,
                   const struct cli_day *day,
                   struct cli_simulate_progress *progress)
{
    struct cli_simulate_run_with with[] = {
        {.limits = &options->limits, .seed = options->seed},
        {.limits = &options->other, .seed = options->seed}};
    struct cli_simulate_report_side side[2];
    struct outcome outcome;
    int status = EXIT_SUCCESS;

    if (options->log) {
        with[0].log = open_log(day, options->log, "");
        with[1].log = open_log(day, options->log, COMPARE_SUFFIX);
        if (!with[0].log || !with[1].log)
            status = fail("the log cannot be written");
    }
    for (int i = 0; i < 2; i++) {
        if (status != EXIT_SUCCESS) {
            if (with[i].log)
                (void)fclose(with[i].log);
            continue;
        }
        status = play_into(day, &with[i], progress, &outcome);
        side[i].limits = with[i].limits;
        side[i].figures = outcome.figures;
    }
    if (status != EXIT_SUCCESS)
        return status;
    if (options->json)
        cli_simulate_report_json(stdout, &side[0], &side[1]);
    else
        cli_simulate_report_compare(stdout, &side[0], &side[1]);
    return EXIT_SUCCESS;
}

int cli_simulate_main(int argc, char **argv)
{
    struct cli_simulate_options options;
    struct cli_simulate_progress progress;
    struct match_limits policy;
    struct cli_day day;
    bool crowded; /* the log itself goes to the terminal */
    int status;

    cli_simulate_options_init(&options);
    policy = options.limits;
    if (!cli_simulate_options_parse(&options, argc, argv, stderr))
        return EXIT_USAGE;
    if (options.help) {
        cli_simulate_options_help(stdout);
        return EXIT_SUCCESS;
    }
    crowded = !options.log && !options.compare && isatty(STDOUT_FILENO);
    cli_simulate_progress_init(
        &progress, isatty(STDERR_FILENO) && !crowded ? stderr : NULL,
        CLI_SIMULATE_PROGRESS_MS);
    cli_day_init(&day);
    status = read_day(&day, options.workload, &policy, &progress);
    cli_simulate_options_init(&options);
    options.limits = policy; /* and what is set goes on top of it */
    REQUIRE(cli_simulate_options_parse(&options, argc, argv, stderr));
    if (status == EXIT_SUCCESS)
        status = options.compare ? compare(&options, &day, &progress)
                                 : simulate(&options, &day, &progress);
    cli_day_close(&day);
    if (status == EXIT_SUCCESS && !cli_say_written())
        status = fail("standard output cannot be written");
    return status;
}

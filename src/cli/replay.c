#include "cli/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/past.h"
#include "cli/replay_words.h"
#include "cli/say.h"
#include "match/words.h"

enum { EXIT_SAME = 0, EXIT_DIFFERENT = 1, EXIT_BAD = 2 };

static const char usage[] = "usage: kindred replay RECORDING [--effects "
                            "OUT.jsonl] [--workload OUT.jsonl]\n";

struct tally {
    uint64_t event[EVENT_KINDS], effect[EFFECT_KINDS], command[COMMAND_KINDS];
};

struct run { /* what a replay writes besides; NULL: not */
    struct cli_recording recording;
    struct cli_replay_words words;
    struct cli_past *past;
    FILE *effects;
    struct tally tally;
};

void cli_replay_help(FILE *out)
{
    (void)fputs(usage, out);
    (void)fputs(
        "\n"
        "Runs a recording of kindredd (its setting `record`) through the same "
        "engine\n"
        "again, compares every step with what it gave then, byte for byte, "
        "and says what\n"
        "it was.\n"
        "\n"
        "  --effects OUT.jsonl   what each event gave, one JSON object a line; "
        "ids are\n"
        "                        numbered by first appearance, t counts from "
        "the start\n"
        "  --workload OUT.jsonl  the day as a workload: who came, what each "
        "peer answered;\n"
        "                        `kindred simulate RECORDING` runs it with "
        "other settings\n"
        "\n"
        "A recording whose end is missing, because the server was killed, is "
        "run as far as\n"
        "it is whole.  It holds no name, text, key or address, and ids and "
        "terms under\n"
        "numbers of its own; who met whom and when is in it all the same: "
        "beside the\n"
        "database it could be lined up with it by time.  Keep the two apart.\n"
        "\n"
        "Exit status: 0 the same; 1 different, and where first; 2 no "
        "recording, "
        "a damaged\n"
        "one, or a file that cannot be read or written (or is there "
        "already).\n",
        out);
}

static int complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "kindred replay: %s: %s\n", what, why);
    return EXIT_BAD;
}

/* Law 2 */
static FILE *make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (!file)
        (void)complain(path, strerror(errno));
    if (!file && fd >= 0) {
        (void)close(fd);
        (void)unlink(path);
    }
    return file;
}

/* ---- the summary ---- */

static void print_counts(const char *title, const uint64_t *count, int n,
                         const char *(*word)(int))
{
    uint64_t all = 0;

    for (int i = 0; i < n; i++)
        all += count[i];
    (void)printf("%-10s %" PRIu64 "\n", title, all);
    for (int i = 0; i < n; i++)
        if (count[i] > 0)
            (void)printf("  %-16s %" PRIu64 "\n", word(i), count[i]);
}

static const char *event_word(int i)
{
    return match_words_event((enum match_event_kind)i);
}

static const char *effect_word(int i)
{
    return match_words_effect((enum match_effect_kind)i);
}

static const char *command_word(int i)
{
    return match_words_command((enum match_command_kind)i);
}

static void print_policy(const struct match_limits *limits)
{
    uint32_t n;
    const struct match_limit *row = match_limits_table(&n);
    const uint64_t value[] = {
#define X(name, normal, least, most, help) limits->name,
        MATCH_LIMITS_TABLE(X)
#undef X
    };

    (void)printf("policy    ");
    for (uint32_t i = 0; i < n; i++)
        if (value[i] != row[i].normal)
            (void)printf(" %s=%" PRIu64, row[i].name, value[i]);
    (void)puts(" and else the defaults");
}

static void print_end(const struct cli_recording *recording)
{
    const struct match_record_reader *reader = &recording->reader;
    uint64_t s = cli_recording_at_ms(recording) / 1000;

    (void)printf("time       %" PRIu64 " h %02" PRIu64 " min %02" PRIu64
                 " s\nend        ",
                 s / 3600, s / 60 % 60, s % 60);
    if (recording->differs)
        (void)puts("not looked for");
    else if (recording->cut)
        (void)printf("cut off: the last %" PRIu64 " bytes are no whole block, "
                     "and left out\n",
                     recording->left);
    else if (!reader->ended)
        (void)puts("not written: the server was killed, or still runs");
    else if (reader->end == RECORD_SIZE)
        (void)puts("the size it was given");
    else
        (void)puts("the server stopped");
}

static int print_summary(const struct run *run)
{
    const struct cli_recording *recording = &run->recording;

    print_policy(&recording->reader.about.limits);
    print_end(recording);
    print_counts("events", run->tally.event, EVENT_KINDS, event_word);
    print_counts("effects", run->tally.effect, EFFECT_KINDS, effect_word);
    print_counts("commands", run->tally.command, COMMAND_KINDS, command_word);
    if (run->past) {
        struct cli_past_count past = cli_past_counted(run->past);

        (void)printf("workload   %" PRIu32 " lines: %" PRIu32
                     " members, %" PRIu32 " asks, %" PRIu32
                     " answers to offers\n",
                     past.lines, past.members, past.asks, past.answers);
    }
    if (!recording->differs) {
        (void)puts("the same   every effect of every event, byte for byte");
        return EXIT_SAME;
    }
    (void)printf("DIFFERENT  first in event %" PRIu64 " (%s), %" PRIu64
                 " ms after the start\n",
                 recording->reader.events,
                 match_words_event(recording->event.kind),
                 cli_recording_at_ms(recording));
    return EXIT_DIFFERENT;
}

/* ---- the run ---- */

static void count(struct tally *tally, const struct cli_recording *recording)
{
    tally->event[recording->event.kind]++;
    for (uint32_t i = 0; i < recording->effects.n; i++) {
        const struct match_effect *effect = &recording->effects.item[i];

        tally->effect[effect->kind]++;
        if (effect->kind == EFFECT_STORE)
            tally->command[effect->store.kind]++;
    }
}

static enum err step(struct run *run, bool *more)
{
    struct cli_recording *recording = &run->recording;
    enum err err = cli_recording_step(recording, more);

    if (err != ERR_NONE || !*more)
        return err;
    count(&run->tally, recording);
    if (run->effects)
        err = cli_replay_words_step(&run->words, recording->reader.events,
                                    &recording->event, &recording->effects);
    if (err == ERR_NONE && run->past)
        err = cli_past_step(run->past, recording);
    return err;
}

/* All of it, to its end or the first difference. */
static enum err play(struct run *run, FILE *file)
{
    bool more = true;
    enum err err = cli_recording_open(&run->recording, file);

    while (err == ERR_NONE && more)
        err = step(run, &more);
    return err;
}

static bool put_away(FILE *file, const char *path)
{
    bool good = !file || (fflush(file) == 0 && !ferror(file));

    if (file)
        good = fclose(file) == 0 && good;
    if (!good)
        (void)complain(path, "it cannot be written");
    return good;
}

/* Law 2: what we made, and nobody else. */
static void drop(const FILE *file, const char *path)
{
    if (file && path)
        (void)unlink(path);
}

struct options {
    const char *recording, *effects, *workload;
    bool help;
};

static int replay(const struct options *options, FILE *file)
{
    static struct run run;
    FILE *workload = NULL;
    int status = EXIT_BAD;
    enum err err;

    run = (struct run){.past = NULL};
    if ((options->effects && !(run.effects = make(options->effects))) ||
        (options->workload && !(workload = make(options->workload))))
        goto out;
    if (workload && !(run.past = cli_past_new())) {
        (void)complain(options->workload, err_text(ERR_NOMEM));
        goto out;
    }
    cli_replay_words_init(&run.words, run.effects);
    err = play(&run, file);
    if (err == ERR_NONE && run.past && !run.recording.differs)
        err = cli_past_write(run.past, workload);
    if (err == ERR_NONE)
        status = print_summary(&run);
    else
        cli_recording_complain(&run.recording, options->recording, err);
    cli_replay_words_close(&run.words);
    cli_recording_close(&run.recording);
out:
    cli_past_free(run.past);
    if (!put_away(run.effects, options->effects))
        status = EXIT_BAD;
    if (!put_away(workload, options->workload))
        status = EXIT_BAD;
    if (status != EXIT_BAD && !cli_say_written())
        status = complain("standard output", "it cannot be written");
    if (status == EXIT_BAD) {
        drop(run.effects, options->effects);
        drop(workload, options->workload);
    }
    return status;
}

/* What is wrong with the arguments, or NULL. */
static const char *parse(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], **value = NULL;

        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            options->help = true;
            return NULL;
        }
        if (strcmp(arg, "--effects") == 0)
            value = &options->effects;
        else if (strcmp(arg, "--workload") == 0)
            value = &options->workload;
        else if (arg[0] == '-')
            return "unknown option";
        if (!value && options->recording)
            return "one recording at a time";
        if (!value)
            options->recording = arg;
        else if (i + 1 == argc)
            return "this option needs a value";
        else
            *value = argv[++i];
    }
    return options->recording ? NULL : "which recording?";
}

int cli_replay_main(int argc, char **argv)
{
    struct options options = {0};
    const char *why = parse(argc, argv, &options);
    FILE *file;
    int status;

    if (options.help) {
        cli_replay_help(stdout);
        return EXIT_SAME;
    }
    if (why) {
        (void)fprintf(stderr, "kindred replay: %s\n%s", why, usage);
        return EXIT_BAD;
    }
    file = fopen(options.recording, "rb");
    if (!file)
        return complain(options.recording, strerror(errno));
    status = replay(&options, file); /* Law 1 */
    (void)fclose(file);
    return status;
}

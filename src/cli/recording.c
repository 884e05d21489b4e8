#include "cli/recording.h"

#include <inttypes.h>
#include <stdlib.h>

bool cli_recording_is(FILE *file)
{
    int first = getc(file);

    return first != EOF && ungetc(first, file) == first &&
           match_record_is((uint8_t)first);
}

/* size bytes, or as many as are left, which are not enough then. */
static bool read_all(struct cli_recording *recording, uint8_t *bytes,
                     size_t size)
{
    size_t n = fread(bytes, 1, size, recording->file);

    recording->left += n;
    return n == size;
}

static enum err unreadable(struct cli_recording *recording)
{
    recording->reader.what = "it cannot be read";
    recording->reader.most = 0;
    return ERR_INVALID;
}

/* The next block, if a whole one is left. */
static enum err read_block(struct cli_recording *recording, bool *more)
{
    uint8_t head[MATCH_RECORD_HEAD];
    enum err err;

    *more = false;
    recording->left = 0;
    if (!read_all(recording, head, sizeof head)) {
        recording->cut = recording->left > 0;
        return ferror(recording->file) ? unreadable(recording) : ERR_NONE;
    }
    err = match_record_block(&recording->reader, head);
    if (err != ERR_NONE)
        return err;
    if (!read_all(recording, recording->bytes, recording->reader.size)) {
        recording->cut = true;
        return ferror(recording->file) ? unreadable(recording) : ERR_NONE;
    }
    *more = true;
    return match_record_body(&recording->reader, recording->bytes);
}

static enum err open_engine(struct cli_recording *recording)
{
    const struct match_record_about *about = &recording->reader.about;
    void *memory = calloc(1, match_engine_bytes(&about->sizes));

    recording->effects.cap = about->effects_cap;
    recording->effects.item =
        calloc(about->effects_cap, sizeof *recording->effects.item);
    if (!memory || !recording->effects.item) {
        free(memory);
        return ERR_NOMEM;
    }
    recording->engine =
        match_engine_init(memory, &about->sizes, &about->limits);
    return ERR_NONE;
}

enum err cli_recording_open(struct cli_recording *recording, FILE *file)
{
    uint8_t start[MATCH_RECORD_START] = {0};
    bool more = false;
    enum err err;

    *recording = (struct cli_recording){.file = file};
    recording->bytes = malloc(MATCH_RECORD_BLOCK_MAX);
    recording->room = malloc(sizeof *recording->room);
    if (!recording->bytes || !recording->room)
        return ERR_NOMEM;
    (void)read_all(recording, start, sizeof start);
    err = match_record_open(&recording->reader, start);
    if (err == ERR_NONE)
        err = read_block(recording, &more);
    if (err == ERR_NONE && !more) {
        recording->reader.what = "it ends before it says what it records";
        err = ERR_INVALID;
    }
    return err == ERR_NONE ? open_engine(recording) : err;
}

void cli_recording_close(struct cli_recording *recording)
{
    free(recording->bytes);
    free(recording->room);
    free(recording->effects.item);
    free(recording->engine);
    *recording = (struct cli_recording){.file = NULL};
}

enum err cli_recording_step(struct cli_recording *recording, bool *more)
{
    uint64_t sum;
    enum err err = ERR_NONE;

    *more = !recording->differs;
    while (*more) {
        if (recording->inside)
            err = match_record_next(&recording->reader, recording->room,
                                    &recording->event, &sum, more);
        if (err != ERR_NONE)
            return err;
        if (recording->inside && *more)
            break;
        err = read_block(recording, more);
        if (err != ERR_NONE)
            return err;
        recording->inside = *more;
    }
    if (!*more)
        return ERR_NONE;
    if (recording->reader.events == 1)
        recording->first_ms = recording->event.now_ms;
    match_engine_step(recording->engine, &recording->event,
                      &recording->effects);
    recording->sum = match_record_sum(recording->sum, &recording->effects);
    recording->differs = recording->sum != sum; /* Law 1 */
    return ERR_NONE;
}

uint64_t cli_recording_at_ms(const struct cli_recording *recording)
{
    return recording->event.now_ms - recording->first_ms;
}

void cli_recording_complain(const struct cli_recording *recording,
                            const char *name, enum err err)
{
    const struct match_record_reader *reader = &recording->reader;

    if (err != ERR_INVALID) {
        (void)fprintf(stderr, "%s: %s\n", name, err_text(err));
        return;
    }
    (void)fprintf(stderr,
                  "%s: block at byte %" PRIu64 ", after event %" PRIu64 ": %s",
                  name, reader->offset, reader->events, reader->what);
    if (reader->most > 0)
        (void)fprintf(stderr, ": at most %" PRIu64, reader->most);
    (void)fputc('\n', stderr);
}

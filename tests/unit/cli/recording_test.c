#define _DEFAULT_SOURCE 1 /* MADV_DONTNEED */

#include "cli/recording.h"

#include <string.h>

#include "record_world.h"

/* The bytes as a file. */
static FILE *file_of(const uint8_t *bytes, size_t n)
{
    FILE *file = tmpfile();

    CHECK(file && fwrite(bytes, 1, n, file) == n);
    if (file)
        rewind(file);
    return file;
}

struct seen {
    enum err err;
    uint64_t events;
    bool cut, differs, ended;
    enum match_event_kind last;
};

static struct seen run(const uint8_t *bytes, size_t n)
{
    struct cli_recording recording;
    FILE *file = file_of(bytes, n);
    struct seen seen = {.err = cli_recording_open(&recording, file)};
    bool more = true;

    while (seen.err == ERR_NONE && more) {
        seen.err = cli_recording_step(&recording, &more);
        if (more)
            seen.last = recording.event.kind;
    }
    seen.events = recording.reader.events;
    seen.cut = recording.cut;
    seen.differs = recording.differs;
    seen.ended = recording.reader.ended;
    if (seen.err == ERR_INVALID)
        CHECK(recording.reader.what != NULL);
    cli_recording_close(&recording);
    cli_recording_close(&recording);
    (void)fclose(file);
    return seen;
}

/* A life, from a file; and again without its end. */
static void runs_again(void)
{
    struct world *w = recorded_world(17);
    struct seen seen;

    history(w, 23);
    match_record_end(&writer, RECORD_STOPPED);
    write_out();
    seen = run(record_file, record_size);
    CHECK(seen.err == ERR_NONE && seen.events == writer.events);
    CHECK(!seen.cut && !seen.differs && seen.ended);
    seen = run(record_file, record_ends[record_blocks - 2]);
    CHECK(seen.err == ERR_NONE && !seen.cut && !seen.ended);
    seen = run(record_file, record_ends[record_blocks - 2] - 1);
    CHECK(seen.err == ERR_NONE && seen.cut && !seen.differs);
    CHECK(seen.events == per_end[record_blocks - 3]);
    world_free(w);
}

/* Law 1: the first step that gave something else is the last. */
static void stops_at_a_difference(void)
{
    struct world *w = recorded_world(18);
    struct match_effect one = {.kind = EFFECT_DROP, .call = 9};
    struct match_effects other = {.item = &one, .n = 1};
    struct match_event drain = {.kind = EVENT_DRAIN, .now_ms = w->now_ms};
    struct seen seen;
    uint64_t at;

    (void)world_attend(w, 1, 1);
    at = writer.events + 1;
    CHECK(match_record_add(&writer, &drain, &other) == ERR_NONE);
    (void)world_ask(w, 2, false);
    write_out();
    seen = run(record_file, record_size);
    CHECK(seen.err == ERR_NONE && seen.differs && seen.events == at);
    CHECK(seen.last == EVENT_DRAIN);
    world_free(w);
}

static void is_one_or_not(void)
{
    static const char text[] = "{\"t\":0,\"do\":\"card\"}\n";
    FILE *file = file_of((const uint8_t *)text, sizeof text - 1);

    CHECK(!cli_recording_is(file) && getc(file) == '{');
    (void)fclose(file);
    file = file_of(record_file, record_size);
    CHECK(cli_recording_is(file) && getc(file) == 'K');
    (void)fclose(file);
    for (size_t n = 0; n < record_ends[0]; n++)
        CHECK(run(record_file, n).err == ERR_INVALID);
    record_file[8]++; /* another version is one, and is refused */
    file = file_of(record_file, record_size);
    CHECK(cli_recording_is(file));
    (void)fclose(file);
    CHECK(run(record_file, record_size).err == ERR_INVALID);
}

int main(void)
{
    runs_again();
    stops_at_a_difference();
    is_one_or_not();
    return check_report("cli/recording");
}

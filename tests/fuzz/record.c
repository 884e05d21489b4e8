/* fuzz/record -- any bytes as a recording.
 *
 * As a file they are all but always refused by a check, so the first byte says
 * what the rest is: 0 a file; else the blocks of one, cut at each byte like it,
 * whose checks are made to fit.  Whatever comes, reading stays in its bounds, and an
 * event that is handed out is within its own. */
#include "match/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct match_room room;

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* What a reader is told of each event it is given. */
static bool within(const struct match_record_reader *r,
                   const struct match_event *event)
{
    const struct match_result *result =
        event->kind == EVENT_STORED ? event->stored.result : NULL;

    if ((unsigned)event->kind >= EVENT_KINDS)
        return false;
    if (event->kind == EVENT_LOAD && event->load.card &&
        match_card_check(event->load.card) != ERR_NONE)
        return false;
    for (uint32_t i = 0; result && i < result->rows; i++)
        if ((unsigned)result->row[i].kind >= ROW_KINDS ||
            (result->row[i].kind == ROW_TALK &&
             result->row[i].talk.pool >= r->about.sizes.pools))
            return false;
    return event->kind != EVENT_RARITY ||
           event->rarity.rows <= MATCH_FIELDS_RARITY_MAX;
}

static void events(struct match_record_reader *r)
{
    bool more = true;

    while (more) {
        struct match_event event;
        uint64_t sum;

        if (match_record_next(r, &room, &event, &sum, &more) != ERR_NONE) {
            must(r->what != NULL);
            return;
        }
        must(!more || within(r, &event));
    }
}

static void read_file(const uint8_t *data, size_t size)
{
    struct match_record_reader r;
    size_t at = MATCH_RECORD_START;

    if (size < at || match_record_open(&r, data) != ERR_NONE)
        return;
    while (size - at >= MATCH_RECORD_HEAD) {
        if (match_record_block(&r, data + at) != ERR_NONE)
            return;
        at += MATCH_RECORD_HEAD;
        if (size - at < r.size || match_record_body(&r, data + at) != ERR_NONE)
            return;
        at += r.size;
        events(&r);
    }
}

/* --- a writer of whatever it is told, with checks that fit --- */

static uint8_t file[1 << 20];
static size_t file_size;
static uint64_t check;

static void put(uint64_t x, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        file[file_size++] = (uint8_t)(x >> 8 * i);
}

/* match/record's, written a second time. */
static void go_on(size_t from)
{
    check = chance_mix(check ^ (file_size - from));
    for (size_t i = from; i < file_size; i += 8) {
        uint64_t word = 0;

        for (size_t j = i; j < file_size && j < i + 8; j++)
            word |= (uint64_t)file[j] << 8 * (j - i);
        check = chance_mix(check ^ word);
    }
}

static void put_block(uint64_t kind, uint64_t first, const uint8_t *data,
                      size_t size)
{
    size_t at = file_size;

    put(kind, 4);
    put(size, 4);
    put(first, 8);
    go_on(at);
    put(check, 8);
    memcpy(file + file_size, data, size);
    file_size += size;
    go_on(at + MATCH_RECORD_HEAD);
    put(check, 8);
}

/* The sizes and limits of a real file, its first bytes as data says. */
static void put_about(const uint8_t *data, size_t size)
{
    static uint8_t bytes[MATCH_RECORD_BLOCK_MAX];
    struct match_record_about about = {.sizes = {2, 8, 8, 8, 8, 8},
                                       .effects_cap = 32};
    struct match_record_writer w;
    uint8_t *body = bytes + MATCH_RECORD_START + MATCH_RECORD_HEAD;
    size_t most;

    match_limits_init(&about.limits);
    match_record_begin(&w, bytes, &about);
    most = w.at - MATCH_RECORD_START - MATCH_RECORD_HEAD - MATCH_RECORD_CHECK;
    memcpy(body, data, size < most ? size : most);
    file_size = 0;
    check = 0;
    memcpy(file, bytes, MATCH_RECORD_START);
    file_size = MATCH_RECORD_START;
    go_on(0);
    put_block(RECORD_ABOUT, 0, body, most);
}

/* data[0] cuts the rest into blocks; the first of them is of ABOUT, and each
 * that begins with E is an END. */
static void read_blocks(const uint8_t *data, size_t size)
{
    uint8_t mark = data[0];
    bool first = true;

    if (size > sizeof file / 2)
        return;
    data++;
    for (size--; size > 0 || first;) {
        const uint8_t *end = size > 0 ? memchr(data, mark, size) : NULL;
        size_t n = end ? (size_t)(end - data) : size;

        if (first)
            put_about(data, n);
        else if (file_size + n + 64 < sizeof file)
            put_block(n > 0 && data[0] == 'E' ? RECORD_END : RECORD_EVENTS, 0,
                      data, n);
        first = false;
        data += n + (end ? 1 : 0);
        size -= n + (end ? 1 : 0);
    }
    read_file(file, file_size);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == 0)
        read_file(data + 1, size - 1);
    else
        read_blocks(data, size);
    return 0;
}

#ifndef FUZZING
int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 20];

    for (int i = 1; i < argc; i++) {
        FILE *in = fopen(argv[i], "rb");
        size_t size;

        if (!in)
            return 1;
        size = fread(bytes, 1, sizeof bytes, in);
        (void)fclose(in);
        (void)LLVMFuzzerTestOneInput(bytes, size);
        check_count++;
    }
    return check_report("fuzz/record");
}
#endif

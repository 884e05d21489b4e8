#include "server/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/entropy.h"
#include "server/file.h"

#define DAY_MS ((uint64_t)24 * 60 * 60 * 1000)

enum {
    RECORD_DAY = 100000, /* since 1970; the year 2243 */
    RECORD_END_BYTES = MATCH_RECORD_HEAD + 1 + MATCH_RECORD_CHECK
};

/* --- the veil --- */

static uint64_t move(const struct server_record *record, uint64_t ms, bool lift)
{
    if (ms == 0 || ms == UINT64_MAX) /* none, never */
        return ms;
    if (lift)
        return ms > record->shift_ms ? ms - record->shift_ms : 1;
    return ms < UINT64_MAX - record->shift_ms ? ms + record->shift_ms
                                              : UINT64_MAX;
}

static uint64_t map(const void *arg, enum match_veil_kind kind, uint64_t x,
                    bool lift)
{
    const struct server_record *record = arg;

    if (kind == VEIL_TIME)
        return move(record, x, lift);
    return lift ? seal_veil_lift(&record->veil, (uint8_t)kind, x)
                : seal_veil_draw(&record->veil, (uint8_t)kind, x); /* Law 2 */
}

/* --- the file --- */

/* Law 4: the veil stays, for the engine knows the world by it. */
static void stop(struct server_record *record, enum err why)
{
    record->writing = false;
    if (record->fd >= 0)
        (void)close(record->fd);
    record->fd = -1;
    if (why != ERR_NONE)
        log_event(LOG_RECORD_ENDED, 1, why);
}

/* Write what is ready; if it cannot be, leave the file whole. */
static bool put_out(struct server_record *record)
{
    if (server_file_write(record->fd, record->bytes, record->writer.at)) {
        record->size += record->writer.at;
        match_record_take(&record->writer);
        return true;
    }
    if (ftruncate(record->fd, (off_t)record->size) != 0) {
        /* a reader takes it as cut off there: match/record law 3 */
    }
    stop(record, ERR_STORE);
    return false;
}

void server_record_flush(struct server_record *record)
{
    struct match_record_writer *writer;
    uint64_t left;

    if (!record || !record->writing)
        return;
    writer = &record->writer;
    left = record->size_max - record->size;
    if (writer->at > 0 &&
        writer->at + MATCH_RECORD_CHECK + RECORD_END_BYTES > left) { /* Law 3 */
        match_record_forget(writer);
        match_record_end(writer, RECORD_SIZE);
        if (put_out(record))
            stop(record, ERR_FULL);
        return;
    }
    match_record_close(writer);
    if (writer->at > 0)
        (void)put_out(record);
}

static enum err make(struct server_record *record, const char *path)
{
    record->fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (record->fd >= 0)
        return ERR_NONE;
    return errno == EEXIST ? ERR_KEY_FILE_EXISTS : ERR_KEY_FILE;
}

enum err server_record_open(struct server_record *record, const char *path,
                            uint64_t bytes_max,
                            const struct match_record_about *about,
                            uint64_t now_ms)
{
    uint8_t key[SEAL_VEIL_KEY];
    enum err err = ERR_NONE;

    *record = (struct server_record){.size_max = bytes_max, .fd = -1};
    record->bytes = malloc(MATCH_RECORD_BLOCK_MAX);
    record->room = malloc(sizeof *record->room);
    if (!record->bytes || !record->room)
        err = ERR_NOMEM;
    if (err == ERR_NONE && bytes_max < RECORD_BYTES_LEAST)
        err = ERR_FULL;
    if (err == ERR_NONE && now_ms / DAY_MS >= RECORD_DAY)
        err = ERR_INVALID;
    if (err == ERR_NONE)
        err = make(record, path);
    if (err == ERR_NONE) {
        match_record_begin(&record->writer, record->bytes, about);
        record->writing = true;
        server_record_flush(record);
        err = record->writing ? ERR_NONE : ERR_KEY_FILE;
    }
    if (err != ERR_NONE) {
        server_record_close(record);
        return err;
    }
    net_entropy_fill(key, sizeof key);
    seal_veil_init(&record->veil, key);
    record->shift_ms = (RECORD_DAY - now_ms / DAY_MS) * DAY_MS;
    record->port = (struct match_veil){.map = map, .arg = record};
    record->veiled = true;
    log_event(LOG_RECORDING, 1, ERR_NONE);
    return ERR_NONE;
}

void server_record_close(struct server_record *record)
{
    server_record_flush(record);
    if (record->writing) {
        match_record_end(&record->writer, RECORD_STOPPED);
        if (put_out(record))
            stop(record, ERR_NONE);
    }
    seal_veil_close(&record->veil);
    free(record->bytes);
    free(record->room);
    *record = (struct server_record){.fd = -1};
}

/* --- steps --- */

static void write_down(struct server_record *record,
                       const struct match_event *event,
                       struct match_effects *effects)
{
    enum err err;

    if (!match_record_room(&record->writer))
        server_record_flush(record);
    if (!record->writing)
        return;
    err = match_record_add(&record->writer, event, effects);
    if (err == ERR_NONE)
        return;
    server_record_flush(record); /* what came before is whole */
    if (record->writing)
        stop(record, err);
}

void server_record_step(struct server_record *record,
                        struct match_engine *engine,
                        const struct match_event *event,
                        struct match_effects *effects)
{
    struct match_event veiled = *event;
    struct match_fields fields = {.mode = FIELDS_VEIL};

    if (!record || !record->veiled) {
        match_engine_step(engine, event, effects);
        return;
    }
    fields.veil = &record->port;
    fields.room = record->room;
    (void)match_fields_event(&fields, &veiled, MATCH_FRESH_MAX);
    match_engine_step(engine, &veiled, effects);
    if (record->writing)
        write_down(record, &veiled, effects);
    fields.lift = true; /* Law 1 */
    for (uint32_t i = 0; i < effects->n; i++)
        match_fields_effect(&fields, &effects->item[i]);
}

uint64_t server_record_deadline_ms(const struct server_record *record,
                                   const struct match_engine *engine)
{
    uint64_t due_ms = match_engine_deadline_ms(engine);

    return record && record->veiled ? move(record, due_ms, true) : due_ms;
}

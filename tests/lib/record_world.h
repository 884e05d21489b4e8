/* record_world -- a world behind a veil, whose engine is recorded into memory
 * and can be run again; long because it brings a veil of its own. */
#ifndef RECORD_WORLD_H
#define RECORD_WORLD_H

#include "engine_history.h"
#include "record_replay.h"

enum { FILE_MAX = 16 << 20, BLOCKS_MAX = 65536 };

/* --- a veil: a Feistel network, like the real one, of a toy's strength --- */

static uint32_t toy(uint64_t seed, int round, uint32_t half)
{
    return (uint32_t)chance_mix(seed ^ ((uint64_t)round << 40) ^ half);
}

static uint64_t veil(const void *arg, enum match_veil_kind kind, uint64_t x,
                     bool lift)
{
    uint64_t seed = *(const uint64_t *)arg + kind;
    uint32_t left = (uint32_t)(x >> 32), right = (uint32_t)x;

    if (x == 0 || kind == VEIL_TIME)
        return x; /* this world reads the engine's clock */
    for (int i = 0; i < 4 && !lift; i++) {
        uint32_t next = left ^ toy(seed, i, right);

        left = right;
        right = next;
    }
    for (int i = 4; i-- > 0 && lift;) {
        uint32_t last = right ^ toy(seed, i, left);

        right = left;
        left = last;
    }
    return (uint64_t)left << 32 | right;
}

/* --- a recorder --- */

static struct match_record_writer writer;
static struct match_record_about about;
static struct match_room record_room;
static uint8_t record_block[MATCH_RECORD_BLOCK_MAX], record_file[FILE_MAX];
static size_t record_size, record_ends[BLOCKS_MAX]; /* where each block ends */
static uint64_t per_end[BLOCKS_MAX];                /* events up to it */
static uint32_t record_blocks, record_every;
static uint64_t secret, stepped[EVENT_KINDS];
static struct match_veil cover = {.map = veil, .arg = &secret};

static void write_out(void)
{
    match_record_close(&writer);
    if (writer.at == 0)
        return;
    CHECK(record_size + writer.at < FILE_MAX && record_blocks < BLOCKS_MAX);
    memcpy(record_file + record_size, writer.bytes, writer.at);
    record_size += writer.at;
    per_end[record_blocks] = writer.events;
    record_ends[record_blocks++] = record_size;
    match_record_take(&writer);
}

static void begin_record(const struct world *w)
{
    about = (struct match_record_about){
        .sizes = w->sizes, .limits = w->limits, .effects_cap = w->effects.cap};
    record_size = record_blocks = 0;
    match_record_begin(&writer, record_block, &about);
    write_out();
}

/* In place of match_engine_step(): as server/record does it. */
static void step(struct world *w, struct match_event *event)
{
    struct match_event veiled = *event;
    struct match_fields f = {
        .mode = FIELDS_VEIL, .veil = &cover, .room = &record_room};

    if (record_size == 0)
        begin_record(w);
    stepped[event->kind]++;
    (void)match_fields_event(&f, &veiled, MATCH_FRESH_MAX);
    match_engine_step(w->engine, &veiled, &w->effects);
    if (!match_record_room(&writer) || writer.events % record_every == 0)
        write_out();
    CHECK(match_record_add(&writer, &veiled, &w->effects) == ERR_NONE);
    f.lift = true;
    for (uint32_t i = 0; i < w->effects.n; i++)
        match_fields_effect(&f, &w->item[i]);
}

static void lift(struct world *w, struct match_row *row)
{
    struct match_fields f = {.mode = FIELDS_VEIL,
                             .veil = &cover,
                             .lift = true,
                             .room = &record_room};

    (void)w;
    match_fields_row(&f, row);
}

static struct world *recorded_world(uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    struct match_limits limits;

    CHECK(w != NULL);
    match_limits_init(&limits);
    limits.fresh_ms = limits.lost_ms = 600000;
    limits.settle_ms = 0;
    record_size = 0;
    secret = seed;
    record_every = 1 + (uint32_t)(seed % 97);
    w->stepper = step;
    w->lift = lift;
    world_open(w, &limits);
    world_live(w);
    return w;
}

#endif

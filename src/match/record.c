#include "match/record.h"

#include <string.h>

#include "base/chance.h"
#include "base/require.h"

static const uint8_t magic[8] = {'K', 'I', 'N', 'D', 'R', 'E', 'C', '\n'};

/* One to one in each word, so that no single change goes unseen (Law 2). */
static uint64_t check_of(uint64_t check, const uint8_t *bytes, size_t size)
{
    check = chance_mix(check ^ size);
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = 0;

        for (size_t j = i; j < size && j < i + 8; j++)
            word |= (uint64_t)bytes[j] << 8 * (j - i);
        check = chance_mix(check ^ word);
    }
    return check;
}

static uint64_t number(const uint8_t *bytes, unsigned width)
{
    uint64_t x = 0;

    for (unsigned i = 0; i < width; i++)
        x |= (uint64_t)bytes[i] << 8 * i;
    return x;
}

static void put(uint8_t *bytes, uint64_t x, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(x >> 8 * i);
}

uint64_t match_record_sum(uint64_t sum, struct match_effects *effects)
{
    struct match_fields f = {.mode = FIELDS_SUM, .sum = sum};

    (void)match_fields_number(&f, effects->n, 4, UINT32_MAX, "");
    (void)match_fields_number(&f, effects->fresh_used, 1, 255, "");
    (void)match_fields_number(&f, effects->more, 1, 1, "");
    for (uint32_t i = 0; i < effects->n; i++)
        match_fields_effect(&f, &effects->item[i]);
    return f.sum;
}

/* ---- about ---- */

/* What was read cannot be so. */
static void refuse(struct match_fields *f, const char *what, uint64_t most)
{
    if (f->mode != FIELDS_GET || f->err != ERR_NONE)
        return;
    f->err = ERR_INVALID;
    f->what = what;
    f->most = most;
}

static void sizes(struct match_fields *f, struct match_sizes *s)
{
    /* what a process may be asked to allocate; kindredd's own bounds */
    enum { MANY = 1000000, PAIRS = 8 * MANY };
    struct {
        uint32_t *size, most;
        const char *what;
    } field[] = {
        {&s->pools, 64, "the pools of an engine"},
        {&s->tickets, MANY, "the tickets of an engine"},
        {&s->duties, MANY, "the duties of an engine"},
        {&s->talks, MANY, "the talks of an engine"},
        {&s->pairs, PAIRS, "the pairs of an engine"},
        {&s->terms, MANY, "the terms of an engine"},
    };

    for (size_t i = 0; i < sizeof field / sizeof field[0]; i++) {
        *field[i].size = match_fields_count(f, *field[i].size, 4, field[i].most,
                                            field[i].what);
        if (*field[i].size == 0)
            refuse(f, field[i].what, field[i].most);
    }
}

/* The names of the limits, in their order. */
static uint64_t names_of(const struct match_limit *row, uint32_t n)
{
    uint64_t sum = n;

    for (uint32_t i = 0; i < n; i++)
        for (const char *c = row[i].name; *c != '\0'; c++)
            sum = chance_mix(sum ^ (uint8_t)*c);
    return sum;
}

static void walk_about(struct match_fields *f, struct match_record_about *a)
{
    uint32_t rows;
    const struct match_limit *row = match_limits_table(&rows);
    uint64_t names =
        match_fields_number(f, names_of(row, rows), 8, UINT64_MAX, "");

    if (names != names_of(row, rows)) {
        refuse(f, "it was written under another table of limits", 0);
        return;
    }
    sizes(f, &a->sizes);
    a->effects_cap =
        match_fields_count(f, a->effects_cap, 4, 4096, "the room for effects");
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t *const fields[] = {
#define X(name, normal, least, most, help) &a->limits.name,
            MATCH_LIMITS_TABLE(X)
#undef X
        };
        uint64_t x = match_fields_number(f, *fields[i], 8, UINT64_MAX, "");

        if (f->mode == FIELDS_GET &&
            match_limits_set(&a->limits, row[i].name, x) != ERR_NONE)
            refuse(f, row[i].name, row[i].most);
    }
    if (a->effects_cap < 32)
        refuse(f, "the room for effects", 4096);
}

/* ---- writing ---- */

static void open_block(struct match_record_writer *w,
                       enum match_record_kind kind)
{
    REQUIRE(w->block == SIZE_MAX);
    w->block = w->at;
    w->first = w->events;
    put(w->bytes + w->at, kind, 4);
    w->at += MATCH_RECORD_HEAD;
}

/* Law 3: a block is whole by itself, or not there. */
void match_record_close(struct match_record_writer *w)
{
    uint8_t *head = w->bytes + w->block;
    size_t size;

    if (w->block == SIZE_MAX)
        return;
    size = w->at - w->block - MATCH_RECORD_HEAD;
    put(head + 4, size, 4);
    put(head + 8, w->first, 8);
    w->check = check_of(w->check, head, 16);
    put(head + 16, w->check, 8);
    w->check = check_of(w->check, head + MATCH_RECORD_HEAD, size);
    put(w->bytes + w->at, w->check, MATCH_RECORD_CHECK);
    w->at += MATCH_RECORD_CHECK;
    w->block = SIZE_MAX;
    REQUIRE(w->at <= MATCH_RECORD_BLOCK_MAX);
}

void match_record_take(struct match_record_writer *w)
{
    REQUIRE(w->block == SIZE_MAX);
    w->at = 0;
}

void match_record_forget(struct match_record_writer *w)
{
    if (w->block == SIZE_MAX)
        return;
    w->at = w->block;
    w->events = w->first;
    w->block = SIZE_MAX;
}

void match_record_begin(struct match_record_writer *w, uint8_t *bytes,
                        const struct match_record_about *about)
{
    struct match_record_about copy = *about;
    struct match_fields f = {.mode = FIELDS_PUT};

    *w = (struct match_record_writer){.bytes = bytes, .block = SIZE_MAX};
    memcpy(bytes, magic, sizeof magic);
    put(bytes + 8, MATCH_RECORD_VERSION, 4);
    put(bytes + 12, 0, 4);
    w->check = check_of(0, bytes, MATCH_RECORD_START);
    w->at = MATCH_RECORD_START;
    open_block(w, RECORD_ABOUT);
    f.out = bytes + w->at;
    f.size = MATCH_RECORD_FRAME_MAX;
    walk_about(&f, &copy);
    REQUIRE(f.err == ERR_NONE); /* an engine runs on it */
    w->at += f.at;
    match_record_close(w);
}

bool match_record_room(const struct match_record_writer *w)
{
    return w->at + MATCH_RECORD_HEAD + MATCH_RECORD_FRAME_MAX +
               MATCH_RECORD_CHECK <=
           MATCH_RECORD_BLOCK_MAX;
}

enum err match_record_add(struct match_record_writer *w,
                          const struct match_event *event,
                          struct match_effects *effects)
{
    struct match_event copy = *event;
    size_t at = w->at + (w->block == SIZE_MAX ? MATCH_RECORD_HEAD : 0u);
    struct match_fields f = {.mode = FIELDS_PUT,
                             .out = w->bytes + at,
                             .size = MATCH_RECORD_FRAME_MAX - 8};

    REQUIRE(match_record_room(w));
    (void)match_fields_event(&f, &copy, effects->fresh_used); /* Law 1 */
    if (f.err != ERR_NONE)
        return f.err;
    if (w->block == SIZE_MAX)
        open_block(w, RECORD_EVENTS);
    w->sum = match_record_sum(w->sum, effects);
    put(w->bytes + at + f.at, w->sum, 8);
    w->at = at + f.at + 8;
    w->events++;
    return ERR_NONE;
}

void match_record_end(struct match_record_writer *w, enum match_record_end why)
{
    REQUIRE(why < RECORD_ENDS);
    match_record_close(w);
    REQUIRE(match_record_room(w));
    open_block(w, RECORD_END);
    put(w->bytes + w->at++, why, 1);
    match_record_close(w);
}

/* ---- reading ---- */

static enum err wrong(struct match_record_reader *r, const char *what,
                      uint64_t most)
{
    r->what = what;
    r->most = most;
    return ERR_INVALID;
}

bool match_record_is(uint8_t first)
{
    return first == magic[0];
}

enum err match_record_open(struct match_record_reader *r,
                           const uint8_t start[MATCH_RECORD_START])
{
    *r = (struct match_record_reader){.kind = RECORD_END};
    if (memcmp(start, magic, sizeof magic) != 0)
        return wrong(r, "this is no recording", 0);
    if (number(start + 8, 4) != MATCH_RECORD_VERSION)
        return wrong(r, "a recording of another version", 0);
    if (number(start + 12, 4) != 0)
        return wrong(r, "what must be 0 is not", 0);
    r->check = check_of(0, start, MATCH_RECORD_START);
    r->size = 0;
    r->offset = 0;
    return ERR_NONE;
}

enum err match_record_block(struct match_record_reader *r,
                            const uint8_t head[MATCH_RECORD_HEAD])
{
    uint64_t kind = number(head, 4), size = number(head + 4, 4);

    r->offset += r->offset == 0 ? MATCH_RECORD_START
                                : MATCH_RECORD_HEAD + (uint64_t)r->size;
    r->check = check_of(r->check, head, 16);
    if (number(head + 16, 8) != r->check)
        return wrong(r, "the head of a block does not fit its check", 0);
    if (kind < RECORD_ABOUT || kind > RECORD_END)
        return wrong(r, "the kind of a block", RECORD_END);
    if ((kind == RECORD_ABOUT) == r->began)
        return wrong(r, "what the engine was is not said first, and once", 0);
    if (r->ended)
        return wrong(r, "there is more after the end", 0);
    if (size > MATCH_RECORD_BLOCK_MAX - MATCH_RECORD_HEAD - MATCH_RECORD_CHECK)
        return wrong(r, "the bytes of a block", MATCH_RECORD_BLOCK_MAX);
    if (number(head + 8, 8) != r->events)
        return wrong(r, "events are missing", 0);
    r->kind = (enum match_record_kind)kind;
    r->size = (uint32_t)size + MATCH_RECORD_CHECK;
    return ERR_NONE;
}

enum err match_record_body(struct match_record_reader *r, const uint8_t *bytes)
{
    size_t size = r->size - MATCH_RECORD_CHECK;

    r->check = check_of(r->check, bytes, size);
    if (number(bytes + size, 8) != r->check)
        return wrong(r, "a block does not fit its check", 0);
    r->in = (struct match_fields){.mode = FIELDS_GET,
                                  .in = bytes,
                                  .size = size,
                                  .pools = r->about.sizes.pools};
    if (r->kind == RECORD_ABOUT) {
        walk_about(&r->in, &r->about);
        r->began = true;
    } else if (r->kind == RECORD_END) {
        r->end = (enum match_record_end)match_fields_number(
            &r->in, 0, 1, RECORD_ENDS - 1, "why it ends");
        r->ended = true;
    }
    if (r->in.err != ERR_NONE)
        return wrong(r, r->in.what, r->in.most);
    if (r->kind != RECORD_EVENTS && r->in.at != r->in.size)
        return wrong(r, "a block has more bytes than it says", 0);
    return ERR_NONE;
}

static const char *row_wrong(const struct match_row *row)
{
    if (row->kind == ROW_PAIR && (row->pair.a == 0 || row->pair.b == 0))
        return "a pair of nobody";
    if (row->kind == ROW_TALK && (row->talk.id == 0 || row->talk.peer == 0))
        return "a talk of nobody";
    return NULL;
}

/* Law 4: what an engine takes for granted of whoever calls it. */
static const char *event_wrong(struct match_record_reader *r,
                               const struct match_event *event)
{
    const struct match_result *result =
        event->kind == EVENT_STORED ? event->stored.result : NULL;
    bool first = event->kind == EVENT_BEGIN;

    if (event->now_ms < r->now_ms)
        return "the event is earlier than the one before";
    if (first != (r->events == 0))
        return "an engine begins once, and first";
    if ((event->kind == EVENT_LOAD || event->kind == EVENT_LIVE) && r->live)
        return "a load after the start";
    if (event->kind == EVENT_LOAD && event->load.card &&
        match_card_check(event->load.card) != ERR_NONE)
        return "a card that breaks its laws";
    if (event->kind == EVENT_LOAD && row_wrong(event->load.row))
        return row_wrong(event->load.row);
    for (uint32_t i = 0; result && i < result->rows; i++)
        if (row_wrong(&result->row[i]))
            return row_wrong(&result->row[i]);
    r->now_ms = event->now_ms;
    r->live = r->live || event->kind == EVENT_LIVE;
    return NULL;
}

enum err match_record_next(struct match_record_reader *r,
                           struct match_room *room, struct match_event *event,
                           uint64_t *sum, bool *more)
{
    uint32_t fresh;
    const char *why;

    *more = r->kind == RECORD_EVENTS && r->in.at < r->in.size;
    if (!*more)
        return ERR_NONE;
    r->in.room = room;
    fresh = match_fields_event(&r->in, event, 0);
    *sum = match_fields_number(&r->in, 0, 8, UINT64_MAX, "");
    if (r->in.err != ERR_NONE)
        return wrong(r, r->in.what, r->in.most);
    why = event_wrong(r, event);
    if (why)
        return wrong(r, why, 0);
    /* An engine of another make may want more of them than were written: it
     * finds some, and the difference is found. */
    for (uint64_t i = fresh; i < MATCH_FRESH_MAX; i++)
        event->fresh[i] = chance_mix(r->events << 3 | i) | 1;
    r->events++;
    return ERR_NONE;
}

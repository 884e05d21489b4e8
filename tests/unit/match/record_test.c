/* Random histories of a veiled engine, written down and run again; and what
 * becomes of a file whose bytes are not what they were. */
#include "match/record.h"

#include "engine_history.h"
#include "record_replay.h"

enum { SEEDS = 25, FILE_MAX = 64 << 20, BLOCKS_MAX = 65536 };

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
static struct match_room room;
static uint8_t block[MATCH_RECORD_BLOCK_MAX], *file;
static size_t size, ends[BLOCKS_MAX]; /* where each block ends */
static uint64_t per_end[BLOCKS_MAX];  /* events up to it */
static uint32_t blocks, every;
static uint64_t secret, stepped[EVENT_KINDS];
static struct match_veil cover = {.map = veil, .arg = &secret};

static void write_out(void)
{
    match_record_close(&writer);
    if (writer.at == 0)
        return;
    CHECK(size + writer.at < FILE_MAX && blocks < BLOCKS_MAX);
    memcpy(file + size, writer.bytes, writer.at);
    size += writer.at;
    per_end[blocks] = writer.events;
    ends[blocks++] = size;
    match_record_take(&writer);
}

static void begin_record(const struct world *w)
{
    about = (struct match_record_about){
        .sizes = w->sizes, .limits = w->limits, .effects_cap = w->effects.cap};
    size = blocks = 0;
    match_record_begin(&writer, block, &about);
    write_out();
}

/* In place of match_engine_step(): as server/record does it. */
static void step(struct world *w, struct match_event *event)
{
    struct match_event veiled = *event;
    struct match_fields f = {
        .mode = FIELDS_VEIL, .veil = &cover, .room = &room};

    if (size == 0)
        begin_record(w);
    stepped[event->kind]++;
    (void)match_fields_event(&f, &veiled, MATCH_FRESH_MAX);
    match_engine_step(w->engine, &veiled, &w->effects);
    if (!match_record_room(&writer) || writer.events % every == 0)
        write_out();
    CHECK(match_record_add(&writer, &veiled, &w->effects) == ERR_NONE);
    f.lift = true;
    for (uint32_t i = 0; i < w->effects.n; i++)
        match_fields_effect(&f, &w->item[i]);
}

static void lift(struct world *w, struct match_row *row)
{
    struct match_fields f = {
        .mode = FIELDS_VEIL, .veil = &cover, .lift = true, .room = &room};

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
    size = 0;
    secret = seed;
    every = 1 + (uint32_t)(seed % 97);
    w->stepper = step;
    w->lift = lift;
    world_open(w, &limits);
    world_live(w);
    return w;
}

/* --- tests --- */

/* Laws 1 and 4 of this, law 1 of match/fields: a whole life, with every kind
 * of event, comes out the same; and the live world, behind the veil, is as
 * sound as without (it agrees with its store in history()). */
static void lives_again(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world *w = recorded_world(seed * 104729);
        struct replayed out;

        history(w, seed * 7919);
        match_record_end(&writer, RECORD_STOPPED);
        write_out();
        out = replay(file, size);
        CHECK(out.err == ERR_NONE && out.differs == 0);
        CHECK(out.events == writer.events && out.events > 100);
        CHECK(out.ended && !out.cut);
        world_free(w);
    }
    for (int kind = EVENT_ASK; kind < EVENT_DRAIN; kind++)
        CHECK(stepped[kind] > 0 || kind == EVENT_IDLE || kind == EVENT_GONE ||
              kind == EVENT_SEEN || kind == EVENT_RARITY);
}

/* Many tickets of one millisecond, many peers alike: what is decided leans on
 * ids, ties and tokens alone.  Replay decides the same; and without the veil
 * the very same day is decided otherwise, so the test would see it. */
static uint64_t ties(uint64_t seed, uint64_t *chosen)
{
    struct world *w = recorded_world(seed);

    for (uint64_t i = 1; i < WORLD_MEMBERS; i++)
        for (int role = 0; role < MATCH_ROLES; role++) {
            struct match_card *card =
                role == MATCH_SEEKER ? &w->seeker[i] : &w->peer[i];

            card->haves = 8;
            card->show = UINT64_MAX;
            for (uint64_t j = 0; j < 8; j++)
                card->have[j] = 100 + j;
        }
    for (uint64_t i = 1; i <= 20; i++)
        (void)world_ask(w, i, false);
    for (uint64_t i = 21; i < WORLD_MEMBERS; i++)
        (void)world_attend(w, i, 1);
    world_until(w, 5000);
    *chosen = 0;
    for (uint64_t i = 1; i <= 20; i++)
        for (uint64_t peer = 21; peer < WORLD_MEMBERS; peer++)
            for (uint32_t row = 0; row < w->store.rows; row++)
                if (w->store.row[row].kind == ROW_OFFER &&
                    w->store.row[row].offer.seeker == i &&
                    w->store.row[row].offer.peer == peer)
                    *chosen = chance_mix(*chosen ^ (i << 8) ^ peer);
    write_out();
    CHECK(w->offers > 0);
    world_free(w);
    return writer.events;
}

static void ties_are_kept(void)
{
    uint64_t chosen, before = 0, unlike = 0;

    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t events = ties(seed * 15485863, &chosen);
        struct replayed out = replay(file, size);

        CHECK(out.err == ERR_NONE && out.differs == 0);
        CHECK(out.events == events && !out.ended);
        unlike += chosen != before;
        before = chosen;
    }
    CHECK(unlike > 20); /* it was the veil that decided */
}

/* A small recording, for what follows. */
static void small(void)
{
    struct world *w = recorded_world(5);

    every = 2;
    (void)world_attend(w, 1, 1);
    (void)world_ask(w, 2, true);
    if (w->duty[1].offers > 0)
        (void)world_answer(w, 1, w->duty[1].offer[0].id, true);
    world_until(w, 2000);
    write_out();
    match_record_end(&writer, RECORD_SIZE);
    write_out();
    world_free(w);
}

/* Law 2: each byte, by one bit and by all; nothing is believed. */
static void no_byte_can_change(void)
{
    const uint8_t with[] = {1, 0x80, 0xff};
    struct replayed out;

    small();
    out = replay(file, size);
    CHECK(out.err == ERR_NONE && out.differs == 0 && out.ended);
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < sizeof with; j++) {
            file[i] ^= with[j];
            out = replay(file, size);
            CHECK(out.err == ERR_INVALID && out.what != NULL);
            CHECK(out.differs == 0); /* what came before it was whole */
            file[i] ^= with[j];
        }
}

/* Law 3: cut anywhere, what is whole is good; and nothing can be left out,
 * doubled or come after the end. */
static void may_be_cut(void)
{
    small();
    for (size_t n = ends[0]; n < size; n++) {
        struct replayed out = replay(file, n);
        uint32_t whole = 0;

        while (ends[whole + 1] <= n)
            whole++;
        CHECK(out.err == ERR_NONE && out.differs == 0);
        CHECK(out.events == per_end[whole]);
        CHECK(out.cut == (n != ends[whole]) && !out.ended);
    }
    CHECK(blocks > 4);
    memmove(file + ends[1], file + ends[2], size - ends[2]);
    CHECK(replay(file, size - (ends[2] - ends[1])).err == ERR_INVALID);
    small();
    memcpy(file + size, file + ends[blocks - 2], size - ends[blocks - 2]);
    CHECK(replay(file, size + size - ends[blocks - 2]).err == ERR_INVALID);
}

/* One event more or less than was recorded, in an engine of other limits: the
 * first difference is named. */
static void differences_are_named(void)
{
    struct world *w = recorded_world(11);
    struct match_event tick = {.kind = EVENT_TICK, .now_ms = 1};
    struct match_effects none = {.item = w->item, .cap = WORLD_EFFECTS};
    struct replayed out;
    uint64_t at;

    (void)world_attend(w, 1, 1);
    at = writer.events + 1;
    tick.now_ms = w->now_ms;
    none.n = 1;
    w->item[0] = (struct match_effect){.kind = EFFECT_DROP, .call = 7};
    CHECK(match_record_add(&writer, &tick, &none) == ERR_NONE);
    (void)world_ask(w, 2, false);
    write_out();
    out = replay(file, size);
    CHECK(out.err == ERR_NONE && out.differs == at);
    world_free(w);
}

/* --- events that no engine may be given --- */

static void write_one(const struct match_event *event)
{
    struct match_effects none = {.n = 0};

    CHECK(match_record_add(&writer, event, &none) == ERR_NONE);
    write_out();
}

/* What comes after BEGIN and this event. */
static enum err after(const struct match_event *event, uint32_t times)
{
    static struct match_room here;
    struct match_event begin = {.kind = EVENT_BEGIN, .now_ms = 5}, got;
    struct match_record_reader r;
    size_t at = MATCH_RECORD_START;
    enum err err;

    size = blocks = 0;
    match_record_begin(&writer, block, &about);
    write_out();
    write_one(&begin);
    for (uint32_t i = 0; i < times; i++)
        write_one(event);
    err = match_record_open(&r, file);
    while (err == ERR_NONE && at < size) {
        uint64_t sum;
        bool more = true;

        err = match_record_block(&r, file + at);
        if (err == ERR_NONE)
            err = match_record_body(&r, file + at + MATCH_RECORD_HEAD);
        while (err == ERR_NONE && more)
            err = match_record_next(&r, &here, &got, &sum, &more);
        at += MATCH_RECORD_HEAD + (size_t)r.size;
    }
    CHECK((err == ERR_INVALID) == (r.what != NULL));
    return err;
}

static enum err after_row(const struct match_row *row)
{
    struct match_row copy = *row;
    struct match_result result = {.rows = 1, .row = &copy};
    struct match_event event = {.kind = EVENT_STORED, .now_ms = 5};

    event.stored.result = &result;
    return after(&event, 1);
}

/* Law 4 */
static void keeps_the_engine_safe(void)
{
    struct match_event event = {.kind = EVENT_TICK, .now_ms = 5};
    struct match_row row = {.kind = ROW_PAIR, .pair = {.a = 1, .b = 2}};
    struct match_card card = world_card(MATCH_SEEKER);

    CHECK(after(&event, 3) == ERR_NONE);
    event.now_ms = 4;
    CHECK(after(&event, 1) == ERR_INVALID); /* back in time */
    event = (struct match_event){.kind = EVENT_BEGIN, .now_ms = 5};
    CHECK(after(&event, 1) == ERR_INVALID); /* twice */
    event.kind = EVENT_LIVE;
    CHECK(after(&event, 1) == ERR_NONE);
    CHECK(after(&event, 2) == ERR_INVALID);
    event.kind = EVENT_LOAD;
    event.load.row = &row;
    event.load.card = &card;
    CHECK(after(&event, 2) == ERR_NONE);
    card.have[1] = card.have[0];
    card.haves = 2;
    CHECK(after(&event, 1) == ERR_INVALID);
    CHECK(after_row(&row) == ERR_NONE);
    row.pair.b = 0;
    CHECK(after_row(&row) == ERR_INVALID);
    row = (struct match_row){.kind = ROW_TALK, .talk = {.id = 1, .peer = 2}};
    CHECK(after_row(&row) == ERR_NONE);
    row.talk.pool = about.sizes.pools;
    CHECK(after_row(&row) == ERR_INVALID);
}

/* Bounds of the file itself, with checks that fit. */
static void bounds_hold(void)
{
    struct match_record_about wrong = about;
    struct match_event event = {.kind = EVENT_TICK};

    about.sizes.tickets = 0;
    CHECK(after(&event, 0) == ERR_INVALID);
    about = wrong;
    about.effects_cap = 31;
    CHECK(after(&event, 0) == ERR_INVALID);
    about = wrong;
    about.limits.batch_ms = 0; /* an engine would divide by it */
    CHECK(after(&event, 0) == ERR_INVALID);
    about = wrong;
    CHECK(after(&event, 0) == ERR_NONE);
}

/* What cannot be written is not: too many rows; and then the next still can. */
static void refuses_what_is_too_large(void)
{
    static struct match_rarity_row row[MATCH_FIELDS_RARITY_MAX + 1];
    struct match_event event = {.kind = EVENT_RARITY, .now_ms = 5};
    struct match_effects none = {.n = 0};
    size_t at;

    for (uint64_t i = 0; i <= MATCH_FIELDS_RARITY_MAX; i++)
        row[i] = (struct match_rarity_row){.token = i + 1};
    match_record_begin(&writer, block, &about);
    match_record_take(&writer);
    at = writer.at;
    event.rarity.row = row;
    event.rarity.rows = MATCH_FIELDS_RARITY_MAX + 1;
    CHECK(match_record_add(&writer, &event, &none) == ERR_INVALID);
    CHECK(writer.at == at && writer.events == 0);
    event.rarity.rows = MATCH_FIELDS_RARITY_MAX;
    CHECK(match_record_add(&writer, &event, &none) == ERR_NONE);
    CHECK(writer.at > at && writer.events == 1);
}

int main(void)
{
    file = malloc(FILE_MAX);
    if (!file)
        return 1;
    lives_again();
    ties_are_kept();
    no_byte_can_change();
    may_be_cut();
    differences_are_named();
    keeps_the_engine_safe();
    bounds_hold();
    refuses_what_is_too_large();
    free(file);
    return check_report("match/record");
}

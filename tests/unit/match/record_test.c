/* Random histories of a veiled engine, written down and run again; and what
 * becomes of a file whose bytes are not what they were. */
#define _DEFAULT_SOURCE 1 /* MADV_DONTNEED */

#include "match/record.h"

#include "record_world.h"

enum { SEEDS = 25 };

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
        out = replay(record_file, record_size);
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
        struct replayed out = replay(record_file, record_size);

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

    record_every = 2;
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
    out = replay(record_file, record_size);
    CHECK(out.err == ERR_NONE && out.differs == 0 && out.ended);
    for (size_t i = 0; i < record_size; i++)
        for (size_t j = 0; j < sizeof with; j++) {
            record_file[i] ^= with[j];
            out = replay(record_file, record_size);
            CHECK(out.err == ERR_INVALID && out.what != NULL);
            CHECK(out.differs == 0); /* what came before it was whole */
            record_file[i] ^= with[j];
        }
}

/* Law 3: cut anywhere, what is whole is good; and nothing can be left out,
 * doubled or come after the end. */
static void may_be_cut(void)
{
    small();
    for (size_t n = record_ends[0]; n < record_size; n++) {
        struct replayed out = replay(record_file, n);
        uint32_t whole = 0;

        while (record_ends[whole + 1] <= n)
            whole++;
        CHECK(out.err == ERR_NONE && out.differs == 0);
        CHECK(out.events == per_end[whole]);
        CHECK(out.cut == (n != record_ends[whole]) && !out.ended);
    }
    CHECK(record_blocks > 4);
    memmove(record_file + record_ends[1], record_file + record_ends[2],
            record_size - record_ends[2]);
    CHECK(replay(record_file, record_size - (record_ends[2] - record_ends[1]))
              .err == ERR_INVALID);
    small();
    memcpy(record_file + record_size,
           record_file + record_ends[record_blocks - 2],
           record_size - record_ends[record_blocks - 2]);
    CHECK(replay(record_file,
                 record_size + record_size - record_ends[record_blocks - 2])
              .err == ERR_INVALID);
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
    out = replay(record_file, record_size);
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

/* Whether all that was written can be read. */
static enum err read_all(void)
{
    static struct match_room here;
    struct match_event got;
    struct match_record_reader r;
    size_t at = MATCH_RECORD_START;
    enum err err = match_record_open(&r, record_file);

    while (err == ERR_NONE && at < record_size) {
        uint64_t sum;
        bool more = true;

        err = match_record_block(&r, record_file + at);
        if (err == ERR_NONE)
            err = match_record_body(&r, record_file + at + MATCH_RECORD_HEAD);
        while (err == ERR_NONE && more)
            err = match_record_next(&r, &here, &got, &sum, &more);
        at += MATCH_RECORD_HEAD + (size_t)r.size;
    }
    CHECK((err == ERR_INVALID) == (r.what != NULL));
    return err;
}

/* What comes after BEGIN and this event. */
static enum err after(const struct match_event *event, uint32_t times)
{
    struct match_event begin = {.kind = EVENT_BEGIN, .now_ms = 5};

    record_size = record_blocks = 0;
    match_record_begin(&writer, record_block, &about);
    write_out();
    write_one(&begin);
    for (uint32_t i = 0; i < times; i++)
        write_one(event);
    return read_all();
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

/* A writer that skips a number, or goes on after the end, is not believed. */
static void nothing_is_missing(void)
{
    struct match_event event = {.kind = EVENT_BEGIN, .now_ms = 5};

    for (int how = 0; how < 3; how++) {
        record_size = record_blocks = 0;
        match_record_begin(&writer, record_block, &about);
        write_out();
        write_one(&event);
        event.kind = EVENT_TICK;
        if (how == 1)
            writer.events++;
        if (how == 2)
            match_record_end(&writer, RECORD_STOPPED);
        write_one(&event);
        event.kind = EVENT_BEGIN;
        CHECK(read_all() == (how == 0 ? ERR_NONE : ERR_INVALID));
    }
}

/* All that a step gave counts: how many effects, what it used, how it ended. */
static void sums_differ(void)
{
    struct match_effect item[2] = {{.kind = EFFECT_NOTE},
                                   {.kind = EFFECT_NOTE}};
    struct match_effects one = {.item = item, .n = 1}, other = one;
    uint64_t sum = match_record_sum(7, &one);

    CHECK(match_record_sum(8, &one) != sum);
    other.n = 2;
    CHECK(match_record_sum(7, &other) != sum);
    other = one;
    other.fresh_used = 1;
    CHECK(match_record_sum(7, &other) != sum);
    other = one;
    other.more = true;
    CHECK(match_record_sum(7, &other) != sum);
    CHECK(match_record_sum(7, &one) == sum);
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
    match_record_begin(&writer, record_block, &about);
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
    lives_again();
    ties_are_kept();
    no_byte_can_change();
    may_be_cut();
    differences_are_named();
    keeps_the_engine_safe();
    bounds_hold();
    nothing_is_missing();
    sums_differ();
    refuses_what_is_too_large();
    return check_report("match/record");
}

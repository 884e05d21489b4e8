/* record_replay -- run a recording in memory again, as `kindred replay` does.
 *
 * Its includer defines _DEFAULT_SOURCE (MADV_DONTNEED). */
#ifndef RECORD_REPLAY_H
#define RECORD_REPLAY_H

#include "check.h"
#include "fresh.h"
#include "match/record.h"

enum { REPLAY_EFFECTS = 4096 };

static struct match_room replay_room;

struct replayed {
    enum err err;
    enum match_record_end end;
    uint64_t events, differs; /* the first event that does; 0 = none */
    bool cut, ended;
    const char *what;
};

static inline enum err replay_block(struct match_record_reader *r,
                                    struct match_engine *engine,
                                    struct match_effects *effects,
                                    uint64_t *sum, struct replayed *out)
{
    uint64_t expected;
    bool more = true;
    enum err err = ERR_NONE;

    while (more && err == ERR_NONE && out->differs == 0) {
        struct match_event event;

        err = match_record_next(r, &replay_room, &event, &expected, &more);
        if (err != ERR_NONE || !more)
            break;
        match_engine_step(engine, &event, effects);
        (void)match_engine_check(engine);
        *sum = match_record_sum(*sum, effects);
        if (*sum != expected)
            out->differs = r->events;
    }
    return err;
}

static inline struct replayed replay(const uint8_t *bytes, size_t n)
{
    static struct match_effect item[REPLAY_EFFECTS];
    static struct fresh memory; /* of the engine of the last */
    struct match_effects effects = {.item = item};
    struct match_engine *engine = NULL;
    struct match_record_reader r;
    struct replayed out = {.cut = true};
    size_t at = MATCH_RECORD_START;
    uint64_t sum = 0;

    out.err = n < at ? ERR_INVALID : match_record_open(&r, bytes);
    while (n >= at && out.err == ERR_NONE && out.differs == 0) {
        out.cut = n != at;
        if (n - at < MATCH_RECORD_HEAD)
            break;
        out.err = match_record_block(&r, bytes + at);
        if (out.err != ERR_NONE || n - at - MATCH_RECORD_HEAD < r.size)
            break;
        CHECK(r.offset == at);
        out.err = match_record_body(&r, bytes + at + MATCH_RECORD_HEAD);
        at += MATCH_RECORD_HEAD + r.size;
        if (out.err == ERR_NONE && r.kind == RECORD_ABOUT) {
            CHECK(r.about.effects_cap <= REPLAY_EFFECTS);
            effects.cap = r.about.effects_cap;
            engine = match_engine_init(
                fresh(&memory, match_engine_bytes(&r.about.sizes)),
                &r.about.sizes, &r.about.limits);
        } else if (out.err == ERR_NONE) {
            out.err = replay_block(&r, engine, &effects, &sum, &out);
        }
    }
    out.events = r.events;
    out.ended = r.ended;
    out.end = r.end;
    out.what = r.what;
    return out;
}

#endif

/* engine_world -- an engine and the tests' store: events in, commands carried
 * out when the test lets them, calls and what became of them written down.
 *
 * long because all tests of the engine share it. */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include <stdlib.h>

#include "check.h"
#include "engine_store.h"
#include "match/engine.h"

enum {
    WORLD_CALLS = 4096,
    WORLD_FLYING = 256,
    WORLD_EFFECTS = 32,
    WORLD_MEMBERS = 32
};

struct world_call {
    uint32_t answers; /* REPLY or DROP */
    enum err err;
    uint64_t reference;
    bool dropped, made;
};

struct world {
    struct match_engine *engine;
    struct match_limits limits;
    struct match_sizes sizes;
    struct match_effects effects;
    struct match_effect item[WORLD_EFFECTS];
    struct engine_store store;
    uint64_t now_ms, fresh, calls, keys;
    bool later; /* commands wait for world_carry_out() */
    struct match_command flying[WORLD_FLYING];
    uint32_t flyings, offers, most_fired;
    struct world_call call[WORLD_CALLS];
    struct match_ticket_view ticket[WORLD_MEMBERS]; /* as last told */
    struct match_duty_view duty[WORLD_MEMBERS];
    struct match_card seeker[WORLD_MEMBERS], peer[WORLD_MEMBERS];
    uint64_t ticket_of[WORLD_MEMBERS];
    uint64_t notes[LOG_COUNT];
    /* NULL, or in place of match_engine_step() and of the deadline, and what
     * it makes of rows */
    void (*stepper)(struct world *w, struct match_event *event);
    uint64_t (*due)(const struct world *w);
    void (*lift)(struct world *w, struct match_row *row);
};

static void world_step(struct world *w, struct match_event *event);

static void world_deliver(struct world *w, const struct match_result *result)
{
    struct match_event event = {.kind = EVENT_STORED};

    event.stored.result = result;
    world_step(w, &event);
}

/* Carry out the command that waits at `at`. */
static void world_carry_out(struct world *w, uint32_t at)
{
    struct match_command command = w->flying[at];
    struct match_result result;
    struct match_row rows[MATCH_ROWS_MAX];

    for (uint32_t i = at; i + 1 < w->flyings; i++)
        w->flying[i] = w->flying[i + 1];
    w->flyings--;
    result = store_run(&w->store, &command);
    memcpy(rows, w->store.out, result.rows * sizeof rows[0]);
    result.row = rows;
    world_deliver(w, &result);
}

static void world_hear(struct world *w, const struct match_effect *effect)
{
    struct world_call *call = &w->call[effect->call % WORLD_CALLS];
    uint64_t member;

    switch (effect->kind) {
    case EFFECT_STORE:
        CHECK(w->flyings < WORLD_FLYING);
        w->flying[w->flyings++] = effect->store;
        w->offers += effect->store.kind == COMMAND_OFFER;
        break;
    case EFFECT_REPLY:
        call->answers++;
        call->err = effect->reply.err;
        call->reference = effect->reply.reference;
        break;
    case EFFECT_DROP:
        call->dropped = true;
        break;
    case EFFECT_TELL_TICKET:
        for (member = 0; member < WORLD_MEMBERS; member++)
            if (w->ticket_of[member] == effect->ticket.ticket)
                w->ticket[member] = effect->ticket;
        break;
    case EFFECT_TELL_DUTY:
        w->duty[effect->duty.member % WORLD_MEMBERS] = effect->duty;
        break;
    case EFFECT_NOTE:
        w->notes[effect->note.code] += effect->note.n;
        break;
    case EFFECT_TELL_TALK:
    case EFFECT_KINDS:
        break;
    }
}

/* One step, and those that `more` asks for. */
static void world_step(struct world *w, struct match_event *event)
{
    event->now_ms = w->now_ms;
    for (;;) {
        for (uint32_t i = 0; i < MATCH_FRESH_MAX; i++)
            event->fresh[i] = w->fresh + i;
        if (w->stepper)
            w->stepper(w, event);
        else
            match_engine_step(w->engine, event, &w->effects);
        w->fresh += w->effects.fresh_used;
        for (uint32_t i = 0; i < w->effects.n; i++)
            world_hear(w, &w->item[i]);
        (void)match_engine_check(w->engine);
        if (!w->effects.more)
            break;
        *event = (struct match_event){.kind = EVENT_TICK, .now_ms = w->now_ms};
    }
    while (!w->later && w->flyings > 0)
        world_carry_out(w, 0);
}

static uint64_t world_event(struct world *w, struct match_event event)
{
    event.call = ++w->calls % WORLD_CALLS;
    w->call[event.call] = (struct world_call){.made = true};
    if (event.key.word[0] == 0)
        event.key = (struct match_key){.word = {++w->keys, 1}};
    world_step(w, &event);
    return event.call;
}

/* Time goes on, timer by timer. */
static void world_until(struct world *w, uint64_t now_ms)
{
    uint32_t fired = 0;

    for (;;) {
        uint64_t due = w->due ? w->due(w) : match_engine_deadline_ms(w->engine);
        struct match_event event = {.kind = EVENT_TICK};

        if (due > now_ms)
            break;
        CHECK(++fired < 100000);
        w->now_ms = due > w->now_ms ? due : w->now_ms;
        world_step(w, &event);
    }
    w->now_ms = now_ms;
}

static struct match_card world_card(enum match_role role)
{
    struct match_card card = {.version = 1, .role = role, .haves = 1};

    card.have[0] = 7;
    return card;
}

static void world_open(struct world *w, const struct match_limits *limits)
{
    struct match_event event = {.kind = EVENT_BEGIN};
    void *memory;

    w->sizes = (struct match_sizes){.pools = 2,
                                    .tickets = 24,
                                    .duties = 24,
                                    .talks = 64,
                                    .pairs = 512,
                                    .terms = 256};
    w->limits = *limits;
    w->effects = (struct match_effects){.item = w->item, .cap = WORLD_EFFECTS};
    memory = calloc(1, match_engine_bytes(&w->sizes));
    CHECK(memory != NULL);
    w->engine = match_engine_init(memory, &w->sizes, &w->limits);
    w->fresh = w->fresh ? w->fresh : 1000;
    for (uint32_t i = 0; i < WORLD_MEMBERS && w->seeker[i].version == 0; i++) {
        w->seeker[i] = world_card(MATCH_SEEKER);
        w->peer[i] = world_card(MATCH_PEER);
        w->store.seeker_card[i] = w->store.peer_card[i] = 1;
    }
    event.begin.epoch = 1;
    world_step(w, &event);
}

static void world_live(struct world *w)
{
    struct match_event event = {.kind = EVENT_LIVE};

    world_step(w, &event);
}

/* A world that beats by itself, without settle. */
static inline struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    struct match_limits limits;

    match_limits_init(&limits);
    limits.fresh_ms = limits.lost_ms = UINT64_MAX;
    limits.settle_ms = 0;
    world_open(w, &limits);
    world_live(w);
    return w;
}

static void world_free(struct world *w)
{
    free(w->engine);
    free(w);
}

static inline uint64_t world_ask(struct world *w, uint64_t member, bool danger)
{
    struct match_event event = {.kind = EVENT_ASK, .member = member};
    uint64_t call;

    event.ask.card = &w->seeker[member];
    event.ask.danger = danger;
    w->ticket_of[member] = w->fresh;
    w->ticket[member] = (struct match_ticket_view){.ticket = 0};
    call = world_event(w, event);
    return call;
}

static uint64_t world_attend(struct world *w, uint64_t member, uint8_t capacity)
{
    struct match_event event = {.kind = EVENT_ATTEND, .member = member};

    event.attend.card = &w->peer[member];
    event.attend.grade = GRADE_PEER;
    event.attend.capacity = capacity;
    return world_event(w, event);
}

static inline uint64_t world_answer(struct world *w, uint64_t member,
                                    uint64_t offer, bool accept)
{
    struct match_event event = {.kind = EVENT_ANSWER, .member = member};

    event.answer.offer = offer;
    event.answer.accept = accept;
    return world_event(w, event);
}

static inline uint64_t world_say(struct world *w, enum match_event_kind kind,
                                 uint64_t member)
{
    struct match_event event = {.kind = kind, .member = member};

    if (kind == EVENT_WITHDRAW || kind == EVENT_DANGER)
        event.withdraw.ticket = w->ticket_of[member];
    if (kind == EVENT_HOLD)
        event.hold.held = true;
    return world_event(w, event);
}

static inline uint64_t world_lost(struct world *w, uint64_t stream)
{
    struct match_event event = {.kind = EVENT_LOST};

    event.stream.stream = stream;
    return world_event(w, event);
}

static inline enum err world_err(const struct world *w, uint64_t call)
{
    CHECK(w->call[call].answers == 1);
    return w->call[call].err;
}

/* The row that the engine holds of a ticket, offer, duty or talk. */
static inline bool world_row(const struct world *w, enum match_row_kind kind,
                             uint64_t id, struct match_row *row)
{
    uint64_t cursor = 0;

    while (match_engine_row(w->engine, &cursor, row))
        if (row->kind == kind && row->ticket.id == id)
            return true;
    return false;
}

static const struct match_row *
world_stored(struct world *w, enum match_row_kind kind, uint64_t id)
{
    return store_find(&w->store, kind, id);
}

static inline bool world_same_key(const struct match_key *a,
                                  const struct match_key *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1] &&
           a->request_hash == b->request_hash;
}

static inline bool world_same_duty(const struct match_duty_row *a,
                                   const struct match_duty_row *b)
{
    return a->pool == b->pool && a->state == b->state && a->why == b->why &&
           a->grade == b->grade && a->capacity == b->capacity &&
           a->used == b->used && a->lapses == b->lapses && a->yes == b->yes &&
           a->total == b->total && a->grade_until_ms == b->grade_until_ms &&
           a->day_max == b->day_max && a->until_ms == b->until_ms &&
           a->rest_ms == b->rest_ms && a->rest_until_ms == b->rest_until_ms &&
           a->tie == b->tie && world_same_key(&a->key, &b->key);
}

/* Field by field: what lies between them means nothing. */
static inline bool world_same(const struct match_row *x,
                              const struct match_row *y)
{
    if (x->kind == ROW_TICKET)
        return x->ticket.member == y->ticket.member &&
               x->ticket.pool == y->ticket.pool &&
               x->ticket.state == y->ticket.state &&
               x->ticket.why == y->ticket.why &&
               x->ticket.danger == y->ticket.danger &&
               x->ticket.offers == y->ticket.offers &&
               x->ticket.since_ms == y->ticket.since_ms &&
               x->ticket.carry == y->ticket.carry &&
               x->ticket.wish == y->ticket.wish &&
               x->ticket.wish_talk == y->ticket.wish_talk &&
               x->ticket.wish_until_ms == y->ticket.wish_until_ms &&
               x->ticket.expires_ms == y->ticket.expires_ms &&
               x->ticket.backoff_until_ms == y->ticket.backoff_until_ms &&
               x->ticket.tie == y->ticket.tie &&
               world_same_key(&x->ticket.key, &y->ticket.key);
    if (x->kind == ROW_OFFER)
        return x->offer.ticket == y->offer.ticket &&
               x->offer.seeker == y->offer.seeker &&
               x->offer.peer == y->offer.peer &&
               x->offer.state == y->offer.state && x->offer.p == y->offer.p &&
               x->offer.deadline_ms == y->offer.deadline_ms &&
               x->offer.met == y->offer.met &&
               world_same_key(&x->offer.answer, &y->offer.answer);
    if (x->kind == ROW_DUTY)
        return world_same_duty(&x->duty, &y->duty);
    return x->kind == ROW_TALK && x->talk.ticket == y->talk.ticket &&
           x->talk.peer == y->talk.peer && x->talk.state == y->talk.state &&
           x->talk.why == y->talk.why && x->talk.joined == y->talk.joined &&
           x->talk.started_ms == y->talk.started_ms;
}

/* Law 13: row for row what the store has that lives, and nothing else. */
static inline void world_agrees(struct world *w)
{
    struct match_row row;
    uint64_t cursor = 0;
    uint32_t mine = 0, theirs = 0;

    while (match_engine_row(w->engine, &cursor, &row)) {
        const struct match_row *stored;

        if (row.kind == ROW_PAIR)
            continue;
        if (w->lift)
            w->lift(w, &row);
        stored = world_stored(w, row.kind, row.ticket.id);
        mine++;
        CHECK(stored && world_same(stored, &row));
    }
    for (uint32_t i = 0; i < w->store.rows; i++) {
        const struct match_row *s = &w->store.row[i];

        theirs += (s->kind == ROW_TICKET && s->ticket.state < TICKET_MATCHED) ||
                  (s->kind == ROW_OFFER && s->offer.state == OFFER_OPEN) ||
                  (s->kind == ROW_DUTY &&
                   (s->duty.state != DUTY_OFF || s->duty.used > 0)) ||
                  (s->kind == ROW_TALK && s->talk.state != TALK_ENDED);
    }
    CHECK(mine == theirs);
}

#endif

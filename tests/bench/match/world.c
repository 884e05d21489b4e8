#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/chance.h"
#include "base/require.h"

enum { PAGE = 4096 };

/* ---- the store ---- */

static struct match_row *out(struct bench_world *w, enum match_row_kind kind)
{
    REQUIRE(w->outs < MATCH_ROWS_MAX);
    w->out[w->outs] = (struct match_row){.kind = kind};
    return &w->out[w->outs++];
}

static struct bench_seeker *seeker_of(struct bench_world *w, uint64_t member)
{
    REQUIRE(member > w->peers);
    REQUIRE(member <= (uint64_t)w->peers + w->seekers);
    return &w->seeker[member - w->peers - 1];
}

static void revoke(struct bench_world *w, struct bench_duty *duty, uint32_t at)
{
    struct bench_seeker *s = &w->seeker[duty->offered[at]];

    REQUIRE(s->offer.peer == duty->row.member);
    REQUIRE(s->offer.state == OFFER_OPEN);
    s->offer.state = OFFER_REVOKED;
    s->ticket.state = TICKET_WAITING;
    duty->offered[at] = duty->offered[--duty->offers];
    duty->row.used = duty->offers;
    out(w, ROW_OFFER)->offer = s->offer;
    out(w, ROW_TICKET)->ticket = s->ticket;
}

static void close_ticket(struct bench_world *w, const struct match_command *c)
{
    struct bench_seeker *s = seeker_of(w, c->close_ticket.member);
    struct bench_duty *duty = &w->duty[s->offer.peer];

    if (s->ticket.state == TICKET_OFFERED) {
        uint32_t at = 0;

        while (duty->offered[at] != (uint32_t)(s - w->seeker))
            REQUIRE(++at < duty->offers);
        revoke(w, duty, at);
        w->outs--; /* its ticket's row is below */
        out(w, ROW_DUTY)->duty = duty->row;
    }
    s->ticket.state = TICKET_ENDED;
    s->ticket.why = c->close_ticket.why;
    out(w, ROW_TICKET)->ticket = s->ticket;
}

static void set_duty(struct bench_world *w, const struct match_duty_row *row)
{
    struct bench_duty *duty = &w->duty[row->member];
    uint8_t used = duty->offers;

    duty->row = *row;
    duty->row.used = used;
    while (row->state != DUTY_ON && duty->offers > 0)
        revoke(w, duty, duty->offers - 1u);
    out(w, ROW_DUTY)->duty = duty->row;
}

static void close_duty(struct bench_world *w, const struct match_command *c)
{
    struct match_duty_row row = w->duty[c->close_duty.member].row;

    row.state = DUTY_OFF;
    row.why = c->close_duty.why;
    set_duty(w, &row);
}

static void open_offer(struct bench_world *w, const struct match_command *c)
{
    struct bench_seeker *s = seeker_of(w, c->offer.offer.seeker);
    struct bench_duty *duty = &w->duty[c->offer.offer.peer];

    REQUIRE(duty->offers < duty->row.capacity);
    REQUIRE(s->ticket.state == TICKET_WAITING);
    s->offer = c->offer.offer;
    s->ticket.state = TICKET_OFFERED;
    if (s->ticket.offers < UINT8_MAX)
        s->ticket.offers++;
    duty->offered[duty->offers++] = (uint32_t)(s - w->seeker);
    duty->row.used = duty->offers;
    w->offers++;
    out(w, ROW_OFFER)->offer = s->offer;
    out(w, ROW_TICKET)->ticket = s->ticket;
    out(w, ROW_DUTY)->duty = duty->row;
}

static void carry_out(struct bench_world *w, const struct match_command *c)
{
    struct bench_seeker *s;

    w->outs = 0;
    switch ((int)c->kind) {
    case COMMAND_OPEN_TICKET:
        s = seeker_of(w, c->open_ticket.ticket.member);
        s->ticket = c->open_ticket.ticket;
        s->offer.state = OFFER_REVOKED;
        out(w, ROW_TICKET)->ticket = s->ticket;
        break;
    case COMMAND_CLOSE_TICKET:
        close_ticket(w, c);
        break;
    case COMMAND_OPEN_DUTY:
        set_duty(w, &c->open_duty.duty);
        break;
    case COMMAND_SET_DUTY:
        set_duty(w, &c->set_duty.duty);
        break;
    case COMMAND_CLOSE_DUTY:
        close_duty(w, c);
        break;
    case COMMAND_OFFER:
        open_offer(w, c);
        break;
    case COMMAND_BLOCK:
        out(w, ROW_PAIR)->pair = (struct match_pair_row){
            .kind = PAIR_BLOCK, .a = c->block.member, .b = c->block.other};
        break;
    default:
        REQUIRE(!"a command that the bench asks for");
    }
}

/* ---- steps ---- */

static double cpu_us(void)
{
    struct timespec t;

    REQUIRE(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void hear(struct bench_world *w)
{
    for (uint32_t i = 0; i < w->effects.n; i++) {
        const struct match_effect *effect = &w->item[i];

        if (effect->kind == EFFECT_REPLY)
            REQUIRE(effect->reply.err == ERR_NONE);
        if (effect->kind != EFFECT_STORE)
            continue;
        REQUIRE(w->queued < BENCH_QUEUE);
        w->queue[(w->head + w->queued++) % BENCH_QUEUE] = effect->store;
    }
}

/* One step, and those that `more` asks for; their CPU time. */
static double step(struct bench_world *w, struct match_event *event,
                   double *longest_us)
{
    double took_us = 0;

    do {
        double begun, over;

        event->now_ms = w->now_ms;
        for (int i = 0; i < MATCH_FRESH_MAX; i++)
            event->fresh[i] = chance_next(&w->dice) | 1;
        begun = cpu_us();
        match_engine_step(w->engine, event, &w->effects);
        over = cpu_us();
        took_us += over - begun;
        if (over - begun > *longest_us)
            *longest_us = over - begun;
        hear(w);
        *event = (struct match_event){.kind = EVENT_TICK};
    } while (w->effects.more);
    return took_us;
}

static double answer(struct bench_world *w, double *longest_us)
{
    const struct match_command command = w->queue[w->head];
    struct match_result result = {.op = command.op, .row = w->out};
    struct match_event event = {.kind = EVENT_STORED};

    w->head = (w->head + 1) % BENCH_QUEUE;
    w->queued--;
    carry_out(w, &command);
    result.seq = ++w->seq;
    result.reference = 1;
    result.rows = w->outs;
    event.stored.result = &result;
    return step(w, &event, longest_us);
}

struct bench_cost bench_world_event(struct bench_world *w,
                                    struct match_event event)
{
    struct bench_cost cost = {.event_us = 0};

    REQUIRE(w->queued == 0);
    event.call = ++w->streams;
    if (event.key.word[0] == 0)
        event.key.word[0] = w->streams;
    cost.event_us = step(w, &event, &cost.longest_us);
    if (w->queued > 0)
        cost.stored_us = answer(w, &cost.longest_us);
    while (w->queued > 0)
        cost.rest_us += answer(w, &cost.longest_us);
    return cost;
}

struct bench_cost bench_world_until(struct bench_world *w, uint64_t now_ms)
{
    struct bench_cost cost = {.event_us = 0};
    uint64_t due;

    while ((due = match_engine_deadline_ms(w->engine)) <= now_ms) {
        struct match_event event = {.kind = EVENT_TICK};

        if (due > w->now_ms)
            w->now_ms = due;
        cost.event_us += step(w, &event, &cost.longest_us);
        while (w->queued > 0)
            cost.rest_us += answer(w, &cost.longest_us);
    }
    w->now_ms = now_ms;
    return cost;
}

/* ---- what people do ---- */

struct bench_cost bench_world_attend(struct bench_world *w, uint32_t peer,
                                     const struct match_card *card,
                                     uint8_t capacity)
{
    struct match_event event = {.kind = EVENT_ATTEND, .member = peer};

    REQUIRE(peer >= 1 && peer <= w->peers);
    event.attend.card = card;
    event.attend.grade = peer % 8 == 0 ? GRADE_CRISIS_PEER : GRADE_PEER;
    event.attend.capacity = capacity;
    return bench_world_event(w, event);
}

struct bench_cost bench_world_ask(struct bench_world *w, uint32_t seeker,
                                  const struct match_card *card, bool danger)
{
    struct match_event event = {.kind = EVENT_ASK,
                                .member = w->peers + 1 + seeker};

    REQUIRE(seeker < w->seekers);
    event.ask.card = card;
    event.ask.danger = danger;
    w->seeker[seeker].stream = w->streams + 1; /* the call it will have */
    return bench_world_event(w, event);
}

struct bench_cost bench_world_return(struct bench_world *w, uint32_t seeker)
{
    struct bench_seeker *s = &w->seeker[seeker];
    struct match_event lost = {.kind = EVENT_LOST};
    struct match_event back = {.kind = EVENT_ASK,
                               .member = w->peers + 1 + seeker,
                               .key = s->ticket.key};

    REQUIRE(s->ticket.state == TICKET_WAITING);
    lost.stream.stream = s->stream;
    (void)bench_world_event(w, lost);
    s->stream = w->streams + 1;
    return bench_world_event(w, back);
}

struct bench_cost bench_world_withdraw(struct bench_world *w, uint32_t seeker)
{
    struct match_event event = {.kind = EVENT_WITHDRAW,
                                .member = w->peers + 1 + seeker};

    event.withdraw.ticket = w->seeker[seeker].ticket.id;
    return bench_world_event(w, event);
}

struct bench_cost bench_world_capacity(struct bench_world *w, uint32_t peer,
                                       uint8_t capacity)
{
    struct match_event event = {.kind = EVENT_CAPACITY, .member = peer};

    event.capacity.capacity = capacity;
    return bench_world_event(w, event);
}

struct bench_cost bench_world_move(struct bench_world *w, uint32_t peer,
                                   enum match_event_kind kind)
{
    return bench_world_event(
        w, (struct match_event){.kind = kind, .member = peer});
}

/* ---- birth and death ---- */

/* All zero, and each page of it was touched: as that of a server that has run
 * for a while. */
static void *need(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    volatile char *page = memory;

    REQUIRE(memory != NULL);
    for (size_t at = 0; at < n * size; at += PAGE)
        page[at] = 0;
    return memory;
}

void bench_world_open(struct bench_world *w, const struct match_sizes *sizes,
                      const struct match_rarity_row *table, uint32_t rows)
{
    struct match_event event = {.kind = EVENT_BEGIN};
    struct match_limits limits;
    double longest_us = 0;

    memset(w, 0, sizeof *w);
    match_limits_init(&limits);
    limits.fresh_ms = limits.lost_ms = UINT64_MAX; /* nobody need beat */
    w->peers = sizes->duties;
    w->seekers = sizes->tickets;
    w->duty = need(w->peers + 1u, sizeof *w->duty);
    w->seeker = need(w->seekers, sizeof *w->seeker);
    w->bytes = match_engine_bytes(sizes);
    w->engine = match_engine_init(need(w->bytes, 1), sizes, &limits);
    w->effects = (struct match_effects){.item = w->item, .cap = BENCH_EFFECTS};
    w->now_ms = 1000000;
    event.begin.epoch = 1;
    (void)step(w, &event, &longest_us);
    event = (struct match_event){.kind = EVENT_LIVE};
    (void)step(w, &event, &longest_us);
    event = (struct match_event){.kind = EVENT_RARITY};
    event.rarity.row = table;
    event.rarity.rows = rows;
    (void)step(w, &event, &longest_us);
}

void bench_world_close(struct bench_world *w)
{
    free(w->engine);
    free(w->duty);
    free(w->seeker);
    memset(w, 0, sizeof *w);
}

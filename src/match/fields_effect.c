#include "match/fields.h"

#include "base/require.h"

#define WORD(x)  match_fields_number(f, x, 8, UINT64_MAX, "")
#define ID(x)    match_fields_named(f, VEIL_ID, x)
#define TIME(x)  match_fields_named(f, VEIL_TIME, x)
#define SMALL(x) ((uint8_t)match_fields_number(f, (uint64_t)(x), 1, 255, ""))
#define FLAG(x)  (SMALL(x) != 0)
#define MANY(x)  ((uint32_t)match_fields_number(f, x, 4, UINT32_MAX, ""))
#define REASON(x)                                                              \
    ((enum err)match_fields_number(f, (uint64_t)(x), 2, 65535, ""))

static void shown(struct match_fields *f, uint64_t *token, uint32_t n)
{
    REQUIRE(n <= MATCH_SHOWN_MAX);
    for (uint32_t i = 0; i < n; i++)
        token[i] = match_fields_named(f, VEIL_TOKEN, token[i]);
}

/* A row inside a command: walked as a row. */
static void walk_row(struct match_fields *f, enum match_row_kind kind,
                     struct match_command *c)
{
    struct match_row row = {.kind = kind};

    switch ((int)kind) {
    case ROW_TICKET:
        row.ticket = c->open_ticket.ticket;
        match_fields_row(f, &row);
        c->open_ticket.ticket = row.ticket;
        break;
    case ROW_OFFER:
        row.offer = c->offer.offer;
        match_fields_row(f, &row);
        c->offer.offer = row.offer;
        break;
    default:
        REQUIRE(kind == ROW_DUTY);
        row.duty =
            c->kind == COMMAND_OPEN_DUTY ? c->open_duty.duty : c->set_duty.duty;
        match_fields_row(f, &row);
        if (c->kind == COMMAND_OPEN_DUTY)
            c->open_duty.duty = row.duty;
        else
            c->set_duty.duty = row.duty;
    }
}

static void rarity(struct match_fields *f, struct match_command *c)
{
    uint32_t n = match_fields_count(f, c->rarity.rows, 4,
                                    MATCH_FIELDS_RARITY_MAX, "rarity rows");

    for (uint32_t i = 0; i < n; i++) {
        struct match_row row = {.kind = ROW_RARITY, .rarity = c->rarity.row[i]};

        match_fields_row(f, &row);
        if (f->mode == FIELDS_VEIL)
            f->room->rarity[i] = row.rarity;
    }
    if (f->mode == FIELDS_VEIL)
        c->rarity.row = f->room->rarity;
    c->rarity.pool = MANY(c->rarity.pool);
    c->rarity.first = FLAG(c->rarity.first);
}

/* Those of a talk, a pair, a member. */
static void bond(struct match_fields *f, struct match_command *c)
{
    switch ((int)c->kind) {
    case COMMAND_JOIN:
        c->join.talk = ID(c->join.talk);
        c->join.side = SMALL(c->join.side);
        break;
    case COMMAND_END_TALK:
        c->end_talk.talk = ID(c->end_talk.talk);
        c->end_talk.why = SMALL(c->end_talk.why);
        c->end_talk.rests_until_ms = TIME(c->end_talk.rests_until_ms);
        c->end_talk.rest_until_ms = TIME(c->end_talk.rest_until_ms);
        break;
    case COMMAND_REFLECT:
        c->reflect.talk = ID(c->reflect.talk);
        c->reflect.within_ms = WORD(c->reflect.within_ms);
        c->reflect.side = SMALL(c->reflect.side);
        c->reflect.said = FLAG(c->reflect.said);
        c->reflect.understood = FLAG(c->reflect.understood);
        c->reflect.again = FLAG(c->reflect.again);
        break;
    case COMMAND_BLOCK:
    case COMMAND_UNBLOCK:
        c->block.member = ID(c->block.member);
        c->block.other = ID(c->block.other);
        c->block.via = ID(c->block.via);
        c->block.talks = match_fields_count(
            f, c->block.talks, 4, 2 * MATCH_CAPACITY_MAX, "talks of a block");
        for (uint32_t i = 0; i < c->block.talks; i++)
            c->block.talk[i] = ID(c->block.talk[i]);
        break;
    case COMMAND_HOLD:
        c->hold.member = ID(c->hold.member);
        c->hold.held = FLAG(c->hold.held);
        c->hold.erased = FLAG(c->hold.erased);
        break;
    default:
        REQUIRE(c->kind == COMMAND_RARITY);
        rarity(f, c);
    }
}

/* Those of an offer. */
static void answer(struct match_fields *f, struct match_command *c)
{
    switch ((int)c->kind) {
    case COMMAND_OFFER:
        walk_row(f, ROW_OFFER, c);
        c->offer.day_since_ms = TIME(c->offer.day_since_ms);
        break;
    case COMMAND_ACCEPT:
        c->accept.offer = ID(c->accept.offer);
        c->accept.ticket = ID(c->accept.ticket);
        c->accept.peer = ID(c->accept.peer);
        c->accept.talk = ID(c->accept.talk);
        break;
    case COMMAND_DECLINE:
        c->decline.offer = ID(c->decline.offer);
        c->decline.peer = ID(c->decline.peer);
        c->decline.rests_until_ms = TIME(c->decline.rests_until_ms);
        c->decline.backoff_until_ms = TIME(c->decline.backoff_until_ms);
        break;
    default:
        REQUIRE(c->kind == COMMAND_CLOSE_OFFER);
        c->close_offer.offer = ID(c->close_offer.offer);
        c->close_offer.rests_until_ms = TIME(c->close_offer.rests_until_ms);
        c->close_offer.backoff_until_ms = TIME(c->close_offer.backoff_until_ms);
        c->close_offer.state = SMALL(c->close_offer.state);
        c->close_offer.lapses_max = SMALL(c->close_offer.lapses_max);
    }
}

static void command(struct match_fields *f, struct match_command *c)
{
    c->kind = SMALL(c->kind);
    c->op = WORD(c->op);
    c->epoch = WORD(c->epoch);
    c->now_ms = TIME(c->now_ms);
    match_fields_key(f, &c->key);
    switch ((int)c->kind) {
    case COMMAND_OPEN_TICKET:
        walk_row(f, ROW_TICKET, c);
        c->open_ticket.after = ID(c->open_ticket.after);
        c->open_ticket.within_ms = WORD(c->open_ticket.within_ms);
        c->open_ticket.grace_ms = WORD(c->open_ticket.grace_ms);
        c->open_ticket.card_version = MANY(c->open_ticket.card_version);
        break;
    case COMMAND_CLOSE_TICKET:
        c->close_ticket.ticket = ID(c->close_ticket.ticket);
        c->close_ticket.member = ID(c->close_ticket.member);
        c->close_ticket.why = SMALL(c->close_ticket.why);
        break;
    case COMMAND_RAISE_DANGER:
        c->raise_danger.ticket = ID(c->raise_danger.ticket);
        c->raise_danger.member = ID(c->raise_danger.member);
        break;
    case COMMAND_OPEN_DUTY:
        walk_row(f, ROW_DUTY, c);
        c->open_duty.card_version = MANY(c->open_duty.card_version);
        c->open_duty.day_since_ms = TIME(c->open_duty.day_since_ms);
        break;
    case COMMAND_SET_DUTY:
        walk_row(f, ROW_DUTY, c);
        c->set_duty.revoke = FLAG(c->set_duty.revoke);
        break;
    case COMMAND_CLOSE_DUTY:
        c->close_duty.member = ID(c->close_duty.member);
        c->close_duty.why = SMALL(c->close_duty.why);
        break;
    case COMMAND_OFFER:
    case COMMAND_ACCEPT:
    case COMMAND_DECLINE:
    case COMMAND_CLOSE_OFFER:
        answer(f, c);
        break;
    default:
        bond(f, c);
    }
}

static void ticket(struct match_fields *f, struct match_ticket_view *v)
{
    v->ticket = ID(v->ticket);
    v->talk = ID(v->talk);
    v->state = SMALL(v->state);
    v->why = SMALL(v->why);
    v->bound = SMALL(v->bound);
    v->bound_few = FLAG(v->bound_few);
    v->danger = FLAG(v->danger);
    v->wishes = FLAG(v->wishes);
    v->binding = MANY(v->binding);
    v->waited_ms = WORD(v->waited_ms);
    v->estimate_min = MANY(v->estimate_min);
}

static void duty(struct match_fields *f, struct match_duty_view *v)
{
    v->member = ID(v->member);
    v->state = SMALL(v->state);
    v->why = SMALL(v->why);
    v->capacity = SMALL(v->capacity);
    v->offers = SMALL(v->offers);
    v->talks = SMALL(v->talks);
    v->rest_until_ms = TIME(v->rest_until_ms);
    v->day_until_ms = TIME(v->day_until_ms);
    REQUIRE(v->offers <= MATCH_CAPACITY_MAX);
    REQUIRE(v->talks <= MATCH_CAPACITY_MAX);
    for (uint8_t i = 0; i < v->offers; i++) {
        v->offer[i].id = ID(v->offer[i].id);
        v->offer[i].deadline_ms = TIME(v->offer[i].deadline_ms);
        v->offer[i].met = ID(v->offer[i].met);
        v->offer[i].danger = FLAG(v->offer[i].danger);
        v->offer[i].showns = SMALL(v->offer[i].showns);
        shown(f, v->offer[i].shown, v->offer[i].showns);
    }
    for (uint8_t i = 0; i < v->talks; i++)
        v->talk[i] = ID(v->talk[i]);
}

/* The log's code and count name nobody. */
static void note(struct match_fields *f, struct match_effect *e)
{
    e->note.code = (enum log_code)MANY((uint64_t)e->note.code);
    e->note.reason = REASON(e->note.reason);
    e->note.n = WORD(e->note.n);
}

void match_fields_effect(struct match_fields *f, struct match_effect *e)
{
    REQUIRE(f->mode == FIELDS_SUM || f->mode == FIELDS_VEIL);
    e->kind = SMALL(e->kind);
    e->call = match_fields_named(f, VEIL_CALL, e->call);
    switch (e->kind) {
    case EFFECT_STORE:
        command(f, &e->store);
        break;
    case EFFECT_REPLY:
        e->reply.err = REASON(e->reply.err);
        e->reply.reference = ID(e->reply.reference);
        break;
    case EFFECT_TELL_TICKET:
        ticket(f, &e->ticket);
        break;
    case EFFECT_TELL_DUTY:
        duty(f, &e->duty);
        break;
    case EFFECT_TELL_TALK:
        e->talk.talk = ID(e->talk.talk);
        e->talk.state = SMALL(e->talk.state);
        e->talk.why = SMALL(e->talk.why);
        break;
    case EFFECT_DROP:
        e->drop = REASON(e->drop);
        break;
    case EFFECT_NOTE:
        note(f, e);
        break;
    case EFFECT_KINDS:
    default:
        REQUIRE(!"an effect has a kind");
    }
}

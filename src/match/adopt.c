#include "match/adopt.h"

#include "base/require.h"
#include "match/agenda.h"
#include "match/bar.h"
#include "match/index.h"
#include "match/presence.h"
#include "match/say.h"
#include "match/view.h"

enum { ADOPT_AGAIN_MS = 1000 }; /* what a store refused is tried again */

/* Room in the table of pairs: forget what means nothing any more, a stretch at
 * a time. */
static void sweep_pairs(struct match_engine *engine)
{
    struct match_pairs *pairs = &engine->pairs;

    REQUIRE(pairs->used <= pairs->cap);
    for (uint32_t i = 0; i < pairs->used && i < 1024; i++) {
        const struct match_pair_slot *slot;

        engine->pair_sweep = (engine->pair_sweep + 1) % pairs->used;
        slot = &pairs->slot[engine->pair_sweep];
        if (slot->row.a == 0)
            continue;
        if (slot->forget_ms <= engine->now_ms ||
            (!match_ticket_of(engine, slot->row.a) &&
             !match_ticket_of(engine, slot->row.b)))
            match_pair_remove(pairs, engine->pair_sweep);
    }
}

void match_adopt_pair(struct match_engine *engine,
                      const struct match_pair_row *row, uint64_t seq)
{
    const struct match_ticket *ticket = match_ticket_find(engine, row->ticket);
    uint64_t ends_ms =
        ticket ? ticket->row.expires_ms
               : match_timer_add(engine->now_ms, engine->limits.ticket_ms);

    REQUIRE(row->kind < PAIR_KINDS);
    ends_ms = match_timer_add(ends_ms, engine->limits.ticket_ms);
    if (row->gone || row->kind == PAIR_BOND)
        match_index_part(engine, row->a, row->b); /* it may permit */
    if (match_pair_put(&engine->pairs, row, seq, ends_ms) == ERR_NONE)
        return;
    sweep_pairs(engine);
    if (match_pair_put(&engine->pairs, row, seq, ends_ms) != ERR_NONE)
        match_say_note(engine, LOG_QUEUE_FULL);
}

/* One more wait, in the ring and in order; of a full ring the oldest goes. */
static void add_wait(struct match_pool *pool, uint64_t wait_ms)
{
    uint64_t *oldest = &pool->wait_ms[pool->waits % STATE_WAITS];
    uint64_t *sorted = pool->wait_sorted_ms;
    uint32_t n = pool->waits < STATE_WAITS ? pool->waits : STATE_WAITS, at = 0;

    if (n == STATE_WAITS) {
        while (sorted[at] != *oldest)
            at++;
        REQUIRE(at < n);
        for (n--; at < n; at++)
            sorted[at] = sorted[at + 1];
    }
    for (at = n; at > 0 && sorted[at - 1] > wait_ms; at--)
        sorted[at] = sorted[at - 1];
    sorted[at] = *oldest = wait_ms;
    pool->waits++;
}

static void adopt_talk(struct match_engine *engine,
                       const struct match_talk_row *row, uint64_t seq)
{
    bool known = match_talk_find(engine, row->id) != NULL;
    struct match_pool *pool = &engine->pool[row->pool];

    REQUIRE(row->pool < engine->sizes.pools);
    if (match_talk_adopt(engine, row, seq) != ERR_NONE) {
        match_say_note(engine, LOG_QUEUE_FULL);
        return;
    }
    if (known || row->state == TALK_ENDED || engine->mode != ENGINE_LIVE)
        return;
    add_wait(pool, row->started_ms - row->since_ms);
}

/* May this row make a talk known?  Only the accept that made it: one that a
 * late result still shows alive may have ended, and been forgotten, since. */
static bool makes_talk(const struct match_flight *flight,
                       const struct match_talk_row *row)
{
    return flight->kind == COMMAND_ACCEPT && flight->subject == row->offer &&
           !flight->over;
}

/* A talk ended before its accept was heard of: that brings it no more. */
static void end_unheard(const struct match_engine *engine,
                        const struct match_talk_row *row)
{
    const struct match_offer *offer =
        row->state == TALK_ENDED ? match_offer_find(engine, row->offer) : NULL;
    struct match_flight *flight = offer ? offer->subject.flight : NULL;

    if (flight && makes_talk(flight, row))
        flight->over = true;
}

static void adopt_row(struct match_engine *engine,
                      const struct match_flight *flight,
                      const struct match_row *row, uint64_t seq)
{
    struct match_ticket *ticket;
    struct match_offer *offer;
    struct match_duty *duty;

    switch (row->kind) {
    case ROW_TICKET: /* one that is not held has ended */
        ticket = match_ticket_find(engine, row->ticket.id);
        if (ticket)
            match_ticket_adopt(engine, ticket, &row->ticket, seq);
        break;
    case ROW_OFFER:
        offer = match_offer_find(engine, row->offer.id);
        if (offer)
            match_offer_adopt(engine, offer, &row->offer, seq);
        break;
    case ROW_DUTY:
        duty = match_duty_of(engine, row->duty.member);
        if (duty && (duty->hand.version != 0 || row->duty.state == DUTY_OFF))
            match_duty_adopt(engine, duty, &row->duty, seq);
        break;
    case ROW_TALK:
        duty = match_duty_of(engine, row->talk.peer);
        if (duty)
            match_duty_begun(engine, duty, &row->talk);
        if (match_talk_find(engine, row->talk.id) ||
            makes_talk(flight, &row->talk))
            adopt_talk(engine, &row->talk, seq);
        else
            end_unheard(engine, &row->talk);
        break;
    case ROW_PAIR:
        match_adopt_pair(engine, &row->pair, seq);
        break;
    case ROW_RARITY:
        break; /* ours already */
    case ROW_KINDS:
    default:
        REQUIRE(!"a row has a kind");
    }
}

/* ---- what is particular to a command ---- */

static void landed_offer(struct match_engine *engine, uint64_t id,
                         const struct match_result *result)
{
    struct match_offer *offer = match_offer_find(engine, id);
    struct match_ticket *ticket;

    if (!offer || !offer->ticket)
        return;
    ticket = offer->ticket;
    if (offer->row.state != (uint32_t)OFFER_NEW) {
        ticket->retries = 0;
        return;
    }
    REQUIRE(result->outcome != OUTCOME_OK);
    match_offer_undo(engine, offer);
    if (ticket->retries >= engine->limits.retries_max)
        return; /* the batch is next */
    ticket->retries++;
    match_agenda_ticket(engine, ticket);
}

/* The ask was answered before: its ticket closed since. */
static void tell_closed(struct match_engine *engine, uint64_t stream,
                        const struct match_result *result)
{
    for (uint32_t i = 0; i < result->rows && stream != 0; i++) {
        const struct match_row *row = &result->row[i];
        struct match_ticket_view *view;

        if (row->kind != ROW_TICKET || row->ticket.id != result->reference)
            continue;
        view = &match_say(engine, EFFECT_TELL_TICKET, stream)->ticket;
        *view = (struct match_ticket_view){.ticket = row->ticket.id,
                                           .state = row->ticket.state,
                                           .why = row->ticket.why,
                                           .danger = row->ticket.danger};
        for (uint32_t j = 0; j < result->rows; j++)
            if (result->row[j].kind == ROW_TALK &&
                result->row[j].talk.ticket == row->ticket.id)
                view->talk = result->row[j].talk.id;
        return;
    }
}

static void landed_ask(struct match_engine *engine, struct match_ticket *ticket,
                       const struct match_result *result)
{
    uint64_t id = ticket->row.id;

    REQUIRE(!match_subject_busy(&ticket->subject));
    match_say_reply(engine, ticket->call,
                    result->outcome == OUTCOME_REFUSED ? result->err : ERR_NONE,
                    result->reference != 0 ? result->reference : id);
    ticket->call = 0;
    if (ticket->row.state != (uint32_t)TICKET_NEW)
        return;
    if (result->outcome == OUTCOME_REPLAY)
        tell_closed(engine, ticket->presence.stream, result);
    match_ticket_free(engine, ticket);
}

static void landed_attend(struct match_engine *engine, uint64_t member,
                          const struct match_result *result)
{
    struct match_duty *duty = match_duty_of(engine, member);
    uint64_t call;

    REQUIRE(duty != NULL);
    call = duty->call;
    match_say_reply(engine, call,
                    result->outcome == OUTCOME_REFUSED ? result->err : ERR_NONE,
                    member);
    duty->call = 0;
    duty->key = (struct match_key){.request_hash = 0};
    if (result->outcome != OUTCOME_REFUSED) {
        match_agenda_duty(engine, duty);
        if (duty->row.state == DUTY_OFF) /* replayed, and over since */
            match_duty_discard(engine, duty);
    } else if (duty->row.state == DUTY_OFF) {
        match_presence_close(engine, &duty->subject, &duty->presence);
        match_duty_discard(engine, duty);
        match_duty_idle(engine, duty);
    } else if (duty->presence.stream == call) {
        /* refused, it ends; and the one before it was replaced */
        match_presence_close(engine, &duty->subject, &duty->presence);
        match_presence_lost(engine, &duty->subject, &duty->presence);
    }
    match_say_tell(engine, &duty->subject);
}

/* What a caller hears of a refusal: to a peer, whatever revoked the offer is
 * just gone. */
static enum err heard(enum match_command_kind kind, enum err err)
{
    if (kind != COMMAND_ACCEPT && kind != COMMAND_DECLINE)
        return err;
    if (err == ERR_STORE || err == ERR_NO_OFFER || err == ERR_OFFER_CLOSED ||
        err == ERR_LATE || err == ERR_KEY_REUSED || err == ERR_FULL)
        return err;
    return ERR_OFFER_GONE;
}

/* A refused command of ours waits a little before it is tried again.  That of a
 * call is not tried again: it keeps nothing from ending in time. */
static void hold_off(struct match_engine *engine, struct match_flight *flight)
{
    if (flight->call != 0 || flight->kind == COMMAND_OFFER)
        return;
    LIST_EACH (node, &flight->locked) {
        struct match_subject *subject =
            LIST_ENTRY(node, struct match_subject, flight_link);

        subject->hold_off_ms = match_timer_add(engine->now_ms, ADOPT_AGAIN_MS);
    }
}

/* The first ticket that a flight locks, or NULL. */
static struct match_ticket *locked_ticket(struct match_flight *flight)
{
    LIST_EACH (node, &flight->locked) {
        struct match_subject *subject =
            LIST_ENTRY(node, struct match_subject, flight_link);

        if (subject->kind == SUBJECT_TICKET)
            return (struct match_ticket *)(void *)subject;
    }
    return NULL;
}

/* The talk that a ticket's accept made: told with its end. */
static void mark_talk(struct match_flight *flight,
                      const struct match_result *result)
{
    struct match_ticket *ticket = locked_ticket(flight);

    if (flight->kind == COMMAND_ACCEPT && ticket &&
        result->outcome != OUTCOME_REFUSED)
        ticket->talk = result->reference;
}

static void note_talk(struct match_engine *engine, uint64_t id,
                      const struct match_result *result)
{
    struct match_offer *offer = match_offer_find(engine, id);

    if (offer && offer->row.state == OFFER_ACCEPTED && offer->talk == 0)
        offer->talk = result->reference;
}

/* An offer that was only looked at comes without its ticket: the result that
 * closed it brings both. */
static bool whole(const struct match_result *result,
                  const struct match_row *row)
{
    if (row->kind != ROW_OFFER || row->offer.state == OFFER_OPEN)
        return true;
    for (uint32_t i = 0; i < result->rows; i++)
        if (result->row[i].kind == ROW_TICKET &&
            result->row[i].ticket.id == row->offer.ticket)
            return true;
    return false;
}

void match_adopt_result(struct match_engine *engine,
                        const struct match_result *result)
{
    struct match_flight *flight = match_flight_find(engine, result->op);
    struct match_ticket *asked;
    struct match_flight was;

    REQUIRE(result->outcome < OUTCOME_COUNT);
    REQUIRE(result->rows <= MATCH_ROWS_MAX);
    if (!flight)
        return;
    if (result->outcome == OUTCOME_FENCED) {
        engine->mode = ENGINE_FENCED;
        match_say_note(engine, LOG_FENCED);
        return;
    }
    if (result->outcome == OUTCOME_REFUSED)
        hold_off(engine, flight);
    mark_talk(flight, result);
    for (uint32_t i = 0; i < result->rows; i++)
        if (whole(result, &result->row[i]))
            adopt_row(engine, flight, &result->row[i], result->seq);
    was = *flight;
    asked = locked_ticket(flight); /* held meanwhile, it has no id to find */
    match_flight_land(engine, flight);
    if (was.kind == COMMAND_OFFER)
        landed_offer(engine, was.subject, result);
    if (was.kind == COMMAND_OPEN_TICKET)
        landed_ask(engine, asked, result);
    if (was.kind == COMMAND_OPEN_DUTY)
        landed_attend(engine, was.subject, result);
    if (was.kind == COMMAND_ACCEPT && was.subject != 0)
        note_talk(engine, was.subject, result);
    if (was.kind == COMMAND_BLOCK) {
        match_bar_over(engine, EVENT_BLOCK);
        match_index_part(engine, was.member, was.other); /* if refused */
    }
    if (was.kind == COMMAND_HOLD) {
        match_bar_over(engine, EVENT_HOLD); /* or GONE: they count as one */
        match_bar_lift(engine, was.member);
    }
    if (was.kind == COMMAND_RARITY)
        engine->page_out = false;
    match_say_reply(engine, was.call,
                    result->outcome == OUTCOME_REFUSED
                        ? heard(was.kind, result->err)
                        : ERR_NONE,
                    result->reference);
}

#include "match/agenda.h"

#include "base/require.h"
#include "match/batch.h"
#include "match/fit.h"
#include "match/index.h"
#include "match/line.h"
#include "match/say.h"

enum {
    SLICE_WORK = 512, /* in a step, */
    VAIN_MOST = 16,   /* twice as much after each of so many looks in vain */
    TICKET_WORK = 4   /* of a moment */
};

void match_agenda_ticket(struct match_engine *engine,
                         struct match_ticket *ticket)
{
    if (engine->mode == ENGINE_LOADING)
        return; /* Law 2 */
    if (match_subject_busy(&ticket->subject)) {
        /* it comes when the flight has landed */
        ticket->subject.missed = true;
        return;
    }
    heap_set(&engine->ticket_moments, &ticket->moment, match_line_turn(ticket));
}

void match_agenda_duty(struct match_engine *engine, struct match_duty *duty)
{
    if (engine->mode == ENGINE_LOADING)
        return; /* Law 2 */
    if (match_subject_busy(&duty->subject)) {
        duty->subject.missed = true;
        return;
    }
    heap_set(&engine->duty_moments, &duty->moment, 0);
}

/* The rarest three that both agreed to show and enough cards have. */
static void choose_shown(const struct match_engine *engine,
                         const struct match_ticket *ticket,
                         const struct match_duty *duty,
                         struct match_offer_row *row)
{
    const struct match_term *term = engine->pool[ticket->row.pool].rarity.term;
    const struct match_hand *a = &ticket->hand, *b = &duty->hand;
    uint32_t best[MATCH_SHOWN_MAX + 1];
    uint8_t n = 0;

    for (uint8_t i = 0, j = 0; i < a->haves; i++) {
        uint32_t one = a->have[i];
        uint8_t at;

        while (j < b->haves && b->have[j] < one)
            j++;
        if (j == b->haves || b->have[j] != one || !(a->show >> i & 1) ||
            !(b->show >> j & 1) || term[one].holders < engine->limits.show_min)
            continue;
        for (at = n; at > 0 && (term[best[at - 1]].bits < term[one].bits ||
                                (term[best[at - 1]].bits == term[one].bits &&
                                 term[best[at - 1]].token > term[one].token));
             at--)
            best[at] = best[at - 1];
        best[at] = one;
        if (n < MATCH_SHOWN_MAX)
            n++;
    }
    REQUIRE(n <= MATCH_SHOWN_MAX);
    row->showns = n;
    for (uint8_t i = 0; i < n; i++)
        row->shown[i] = term[best[i]].token;
}

bool match_agenda_propose(struct match_engine *engine,
                          struct match_ticket *ticket, struct match_duty *duty)
{
    struct match_command command = {.kind = COMMAND_OFFER};
    struct match_offer_row *row = &command.offer.offer;
    struct match_flight *flight;
    struct match_offer *offer;

    REQUIRE(match_line_waits(engine, ticket));
    REQUIRE(match_duty_free(engine, duty));        /* match/engine law 2 */
    REQUIRE(match_fit_hard(engine, ticket, duty)); /* match/engine law 3 */
    if (!match_say_room(engine) || spare_empty(&engine->flight_free) ||
        !match_say_fresh(engine, &row->id))
        return false;
    row->ticket = ticket->row.id;
    row->seeker = ticket->row.member;
    row->peer = duty->row.member;
    row->pool = ticket->row.pool;
    row->state = OFFER_OPEN;
    row->danger = ticket->row.danger;
    if (duty->row.member == ticket->row.wish)
        row->met = ticket->row.wish_talk;
    row->p = match_fit_p(engine, ticket, duty);
    row->seeker_card_version = ticket->hand.version;
    row->peer_card_version = duty->hand.version;
    row->made_ms = engine->now_ms;
    row->deadline_ms = match_timer_add(
        engine->now_ms,
        row->danger ? engine->limits.offer_danger_ms : engine->limits.offer_ms);
    command.offer.day_since_ms = match_duty_day_since_ms(engine);
    choose_shown(engine, ticket, duty, row);
    REQUIRE(match_offer_new(engine, row, ticket, duty, &offer) == ERR_NONE);
    flight = match_flight_send(engine, &command, 0);
    REQUIRE(flight != NULL);
    flight->subject = row->id;
    match_flight_lock(engine, flight, &offer->subject);
    match_flight_lock(engine, flight, &ticket->subject);
    match_duty_count(engine, duty);
    return true;
}

/* Danger goes to the crisis-trained first, else to anyone. */
static struct match_duty *first_peer(struct match_engine *engine,
                                     struct match_ticket *ticket)
{
    struct match_rank rank;

    if (ticket->row.danger &&
        match_index_top(engine, ticket, SWEEP_CRISIS, 1, &rank) > 0)
        return rank.duty;
    return match_index_top(engine, ticket, SWEEP_ANY, 1, &rank) > 0 ? rank.duty
                                                                    : NULL;
}

static bool ticket_moment(struct match_engine *engine,
                          struct match_ticket *ticket)
{
    struct match_duty *duty;

    if (!match_line_waits(engine, ticket))
        return true;
    duty = first_peer(engine, ticket);
    return !duty || match_agenda_propose(engine, ticket, duty);
}

/* One more in line, who may want the slot: is it the first `ahead`, of those in
 * danger and those who wait for this peer alone, or else `one`, or `several`? */
static void look_at(struct match_engine *engine, struct match_ticket *ticket)
{
    struct match_look *look = &engine->look;

    engine->work++;
    look->last = ticket;
    if (ticket->row.danger || match_ticket_wishes(engine, ticket)) {
        if ((!look->ahead || match_line_before(ticket, look->ahead)) &&
            match_fit_hard(engine, ticket, look->duty))
            look->ahead = ticket; /* in batch order danger is before a wish */
    } else if (match_index_wants(engine, ticket, look->duty)) {
        look->several = look->one != NULL;
        look->one = ticket;
    }
}

/* Whom a free slot goes to at once: the first in danger; else the first who
 * waits for this peer alone; else the only one who wants it; NULL where the
 * batch is to decide.  False: go on in a TICK. */
static bool wanted_by(struct match_engine *engine,
                      const struct match_duty *duty, uint64_t begun,
                      struct match_ticket **who)
{
    struct match_look *look = &engine->look;
    struct match_ticket *ticket;

    if (look->duty != duty) /* Law 3 */
        *look = (struct match_look){.duty = duty, .vain = look->vain};
    while ((ticket = match_line_next(engine, duty->row.pool, look->last))) {
        if ((look->ahead || look->several) && !ticket->ahead)
            break; /* match/line law 2 */
        if (engine->work - begun >= (uint64_t)SLICE_WORK << look->vain)
            return false; /* Law 3 */
        look_at(engine, ticket);
    }
    *who = look->ahead ? look->ahead : look->several ? NULL : look->one;
    look->duty = NULL;
    return true;
}

void match_agenda_interrupt(struct match_engine *engine)
{
    if (engine->look.duty && engine->look.vain < VAIN_MOST)
        engine->look.vain++;
    engine->look.duty = NULL;
}

static bool duty_moment(struct match_engine *engine, struct match_duty *duty,
                        uint64_t begun)
{
    while (match_duty_free(engine, duty)) {
        struct match_ticket *ticket;

        if (!wanted_by(engine, duty, begun, &ticket))
            return false;
        if (!ticket)
            break;
        if (!match_agenda_propose(engine, ticket, duty))
            return false;
    }
    return true;
}

bool match_agenda_run(struct match_engine *engine)
{
    uint64_t begun = engine->work;
    struct heap_item *first;

    REQUIRE(engine->mode == ENGINE_LIVE);
    if (!match_batch_go(engine))
        return false;
    while ((first = heap_first(&engine->ticket_moments)) != NULL) {
        if (engine->work - begun >= SLICE_WORK ||
            !ticket_moment(engine,
                           LIST_ENTRY(first, struct match_ticket, moment)))
            return false;
        heap_set(&engine->ticket_moments, first, HEAP_NONE);
        engine->work += TICKET_WORK;
    }
    while ((first = heap_first(&engine->duty_moments)) != NULL) { /* Law 1 */
        if (!duty_moment(engine, LIST_ENTRY(first, struct match_duty, moment),
                         begun))
            return false;
        heap_set(&engine->duty_moments, first, HEAP_NONE);
        engine->look.vain = 0;
    }
    return true;
}

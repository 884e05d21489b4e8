#include "match/ticket.h"

#include <stddef.h>

#include "base/require.h"
#include "match/agenda.h"
#include "match/index.h"
#include "match/line.h"
#include "match/presence.h"
#include "match/say.h"

/* ENGINE.md §4; a row may also be adopted as it was. */
static const bool allowed[TICKET_STATES + 1][TICKET_STATES] = {
    [TICKET_NEW] = {[TICKET_WAITING] = true,
                    [TICKET_OFFERED] = true,
                    [TICKET_ENDED] = true},
    [TICKET_WAITING] = {[TICKET_WAITING] = true,
                        [TICKET_OFFERED] = true,
                        [TICKET_ENDED] = true},
    [TICKET_OFFERED] = {[TICKET_OFFERED] = true,
                        [TICKET_WAITING] = true,
                        [TICKET_MATCHED] = true,
                        [TICKET_ENDED] = true},
    [TICKET_MATCHED] = {[TICKET_MATCHED] = true},
    [TICKET_ENDED] = {[TICKET_ENDED] = true},
};

static void move(struct match_engine *engine, struct match_ticket *ticket,
                 const struct match_ticket_row *row)
{
    REQUIRE(row->state < TICKET_STATES);
    REQUIRE(row->id == ticket->row.id);
    REQUIRE(allowed[ticket->row.state][row->state]); /* Law 1 */
    engine->tickets_in[ticket->row.state]--;
    engine->tickets_in[row->state]++;
    ticket->row = *row;
}

bool match_ticket_live(const struct match_ticket *ticket)
{
    return ticket->row.id != 0 && (ticket->row.state == (uint32_t)TICKET_NEW ||
                                   ticket->row.state == TICKET_WAITING ||
                                   ticket->row.state == TICKET_OFFERED);
}

uint64_t match_ticket_age(const struct match_engine *engine,
                          const struct match_ticket *ticket)
{
    return engine->now_ms > ticket->row.since_ms
               ? engine->now_ms - ticket->row.since_ms
               : 0;
}

uint8_t match_ticket_offers(const struct match_ticket *ticket)
{
    return ticket->row.offers > ticket->offers_base
               ? (uint8_t)(ticket->row.offers - ticket->offers_base)
               : 0;
}

bool match_ticket_wishes(const struct match_engine *engine,
                         const struct match_ticket *ticket)
{
    return ticket->row.wish != 0 && !ticket->row.danger &&
           engine->now_ms < ticket->row.wish_until_ms;
}

struct match_ticket *match_ticket_find(const struct match_engine *engine,
                                       uint64_t id)
{
    uint32_t at = id != 0 ? map_get(&engine->ticket_by_id, id) : MAP_NONE;

    return at == MAP_NONE ? NULL : &engine->ticket[at];
}

struct match_ticket *match_ticket_of(const struct match_engine *engine,
                                     uint64_t member)
{
    uint32_t at =
        member != 0 ? map_get(&engine->ticket_by_member, member) : MAP_NONE;

    return at == MAP_NONE ? NULL : &engine->ticket[at];
}

static void init_timers(struct match_ticket *ticket)
{
    static const enum match_timer_kind kind[TICKET_TIMERS] = {
        [TICKET_SILENT] = TIMER_SEEKER_SILENT,
        [TICKET_GRACE] = TIMER_TICKET_GRACE,
        [TICKET_LIFETIME] = TIMER_LIFETIME,
        [TICKET_BOUND] = TIMER_BOUND,
        [TICKET_RELAX] = TIMER_RELAX,
        [TICKET_BACKOFF] = TIMER_BACKOFF,
    };

    for (int i = 0; i < TICKET_TIMERS; i++)
        ticket->timer[i] = (struct match_timer){
            .due = {.rank = kind[i], .id = ticket->row.id}, .owner = ticket};
}

enum err match_ticket_new(struct match_engine *engine,
                          const struct match_ticket_row *row,
                          const struct match_card *card,
                          struct match_ticket **ticket)
{
    struct match_ticket *new;
    struct list *node;
    enum err err;

    REQUIRE(row->id != 0 && row->member != 0);
    REQUIRE(row->pool < engine->sizes.pools);
    REQUIRE(match_ticket_of(engine, row->member) == NULL); /* Law 2 */
    if (match_ticket_find(engine, row->id))
        return ERR_FULL;
    node = spare_take(&engine->ticket_free);
    if (!node)
        return ERR_FULL;
    new = (struct match_ticket *)(void *)LIST_ENTRY(node, struct match_subject,
                                                    table_link);
    err = match_hand_set(&new->hand, &engine->pool[row->pool].rarity, card,
                         ++engine->stamp);
    if (err != ERR_NONE) {
        spare_give(&engine->ticket_free, node);
        return err;
    }
    new->subject = (struct match_subject){.kind = SUBJECT_TICKET};
    new->row = *row;
    new->row.state = (enum match_ticket_state)TICKET_NEW;
    new->presence = (struct match_presence){.seen_ms = engine->now_ms};
    new->best = (struct match_best){.duty = NULL};
    new->offer = NULL;
    new->backoff_ms = row->backoff_until_ms;
    new->offers_base = new->retries = new->bound = new->bound_peers = 0;
    new->binding = 0;
    new->bound_one = false;
    new->talk = new->call = new->after = 0;
    new->generation = UINT32_MAX;
    new->turn = new->moment = (struct heap_item){.id = row->id};
    new->nap = (struct heap_item){.id = row->id, .rank = TIMER_BACKOFF};
    new->unsent = new->closing = false;
    new->held = match_flight_holds(engine, row->member, NULL);
    init_timers(new);
    REQUIRE(map_put(&engine->ticket_by_id, row->id,
                    (uint32_t)(new - engine->ticket)) == ERR_NONE);
    REQUIRE(map_put(&engine->ticket_by_member, row->member,
                    (uint32_t)(new - engine->ticket)) == ERR_NONE);
    list_push_back(&engine->pool[row->pool].tickets, &new->pool_link);
    engine->pool[row->pool].tickets_n++;
    engine->tickets_in[TICKET_NEW]++;
    *ticket = new;
    return ERR_NONE;
}

/* Not stored after all, or ended: nobody finds it any more. */
static void forget(struct match_engine *engine, struct match_ticket *ticket)
{
    struct match_duty *duty = match_duty_of(engine, ticket->row.member);

    if (!list_linked(&ticket->pool_link))
        return;
    REQUIRE(ticket->offer == NULL || ticket->row.state != (uint32_t)TICKET_NEW);
    REQUIRE(map_remove(&engine->ticket_by_id, ticket->row.id));
    REQUIRE(map_remove(&engine->ticket_by_member, ticket->row.member));
    list_unlink(&ticket->pool_link);
    match_line_leave(engine, ticket);
    engine->pool[ticket->row.pool].tickets_n--;
    heap_set(&engine->ticket_moments, &ticket->moment, HEAP_NONE);
    match_hand_clear(&ticket->hand, &engine->pool[ticket->row.pool].rarity);
    if (duty) {
        duty->asking = false;
        match_index_touch(engine, duty);
    }
    for (int i = 0; i < TICKET_TIMERS; i++)
        heap_set(&engine->timers, &ticket->timer[i].due, MATCH_NEVER);
    heap_set(&engine->naps, &ticket->nap, MATCH_NEVER);
}

void match_ticket_free(struct match_engine *engine, struct match_ticket *ticket)
{
    REQUIRE(!match_subject_busy(&ticket->subject));
    REQUIRE(ticket->offer == NULL);
    forget(engine, ticket);
    match_presence_close(engine, &ticket->subject, &ticket->presence);
    list_unlink(&ticket->subject.tell_link);
    REQUIRE(!list_linked(&ticket->subject.table_link));
    engine->tickets_in[ticket->row.state]--;
    ticket->row.id = 0;
    spare_give(&engine->ticket_free, &ticket->subject.table_link);
}

/* It waits again: offered on at once, unless it was offered too often. */
static void returned(struct match_engine *engine, struct match_ticket *ticket)
{
    if (ticket->row.offers < ticket->offers_base)
        ticket->offers_base = 0;
    if (ticket->row.backoff_until_ms > ticket->backoff_ms) {
        ticket->backoff_ms = ticket->row.backoff_until_ms;
        ticket->offers_base = ticket->row.offers;
    } else if (match_ticket_offers(ticket) >= engine->limits.offers_max) {
        /* by a command that could not write it */
        ticket->backoff_ms =
            match_timer_add(engine->now_ms, engine->limits.backoff_ms);
        ticket->offers_base = ticket->row.offers;
    }
    match_agenda_ticket(engine, ticket);
}

void match_ticket_adopt(struct match_engine *engine,
                        struct match_ticket *ticket,
                        const struct match_ticket_row *row, uint64_t seq)
{
    bool raised = row->danger && !ticket->row.danger;
    uint32_t was = ticket->row.state;

    if (seq < ticket->subject.seq)
        return;
    ticket->subject.seq = seq;
    move(engine, ticket, row);
    if (was == TICKET_NEW)
        match_say_note(engine, LOG_TICKET_OPENED);
    if (was != row->state && row->state == TICKET_WAITING)
        returned(engine, ticket);
    else if (raised && row->state == TICKET_WAITING)
        match_agenda_ticket(engine, ticket);
    if (!match_ticket_live(ticket) && list_linked(&ticket->pool_link)) {
        match_say_note(engine, row->state == TICKET_MATCHED ? LOG_TICKET_MATCHED
                                                            : LOG_TICKET_ENDED);
        forget(engine, ticket);
    }
    match_ticket_arm(engine, ticket);
    if (was == TICKET_NEW || raised || !match_ticket_live(ticket))
        match_say_tell(engine, &ticket->subject);
}

void match_ticket_arm(struct match_engine *engine, struct match_ticket *ticket)
{
    const struct match_limits *limits = &engine->limits;
    uint64_t due[TICKET_TIMERS], wait = ticket->subject.hold_off_ms;
    bool stored = ticket->row.state != (uint32_t)TICKET_NEW;

    if (!match_ticket_live(ticket))
        return;
    REQUIRE(ticket->hand.version != 0);
    match_line_up(engine, ticket);
    for (int i = 0; i < TICKET_TIMERS; i++)
        due[i] = MATCH_NEVER;
    if (ticket->presence.stream != 0 && !ticket->presence.away)
        due[TICKET_SILENT] =
            match_timer_add(ticket->presence.seen_ms, limits->lost_ms);
    if (stored && !match_subject_busy(&ticket->subject) && !ticket->held) {
        due[TICKET_LIFETIME] = ticket->row.expires_ms;
        if (ticket->presence.away)
            due[TICKET_GRACE] = match_timer_add(ticket->presence.away_ms,
                                                limits->grace_ticket_ms);
        for (int i = TICKET_GRACE; i <= TICKET_LIFETIME; i++)
            if (due[i] < wait)
                due[i] = wait;
    }
    if (stored && (ticket->bound == BOUND_NONE ||
                   (ticket->bound_one && !match_ticket_wishes(engine, ticket))))
        due[TICKET_BOUND] =
            match_timer_add(ticket->row.since_ms, limits->bound_ms);
    if (stored && ticket->backoff_ms > engine->now_ms)
        due[TICKET_BACKOFF] = ticket->backoff_ms;
    /* that it is, whichever moment the timer keeps below */
    heap_set(&engine->naps, &ticket->nap, due[TICKET_BACKOFF]);
    if (stored) {
        uint32_t age =
            match_hand_relaxes(&ticket->hand, match_ticket_age(engine, ticket));

        if (age != UINT32_MAX)
            due[TICKET_RELAX] = match_timer_add(ticket->row.since_ms, age);
        if (match_ticket_wishes(engine, ticket) &&
            ticket->row.wish_until_ms < due[TICKET_RELAX])
            due[TICKET_RELAX] = ticket->row.wish_until_ms;
    }
    for (int i = TICKET_RELAX; i <= TICKET_BACKOFF; i++)
        if (match_timer_overdue(&ticket->timer[i], engine->now_ms))
            due[i] = ticket->timer[i].due.key; /* its moment is not lost */
    for (int i = 0; i < TICKET_TIMERS; i++)
        heap_set(&engine->timers, &ticket->timer[i].due, due[i]);
}

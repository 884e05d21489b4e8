#include "match/seeker.h"

#include "base/require.h"
#include "match/peer.h"
#include "match/presence.h"
#include "match/say.h"

static bool same_key(const struct match_key *a, const struct match_key *b)
{
    return (a->word[0] != 0 || a->word[1] != 0) && a->word[0] == b->word[0] &&
           a->word[1] == b->word[1];
}

/* An Ask of somebody whose ticket lives. */
static void resume(struct match_engine *engine, struct match_ticket *ticket,
                   const struct match_event *event)
{
    if (!same_key(&event->key, &ticket->row.key)) {
        bool yields = match_seeker_yields(engine, ticket, event->generation);

        match_say_reply(engine, event->call,
                        yields ? ERR_FULL : ERR_TICKET_LIVES, 0);
        return;
    }
    if (event->key.request_hash != ticket->row.key.request_hash) {
        match_say_reply(engine, event->call, ERR_KEY_REUSED, 0);
        return;
    }
    if (ticket->row.state == (uint32_t)TICKET_NEW &&
        ticket->call != ticket->presence.stream) /* its stream is lost */
        match_say_drop(engine, ticket->call, ERR_REPLACED);
    match_presence_open(engine, &ticket->subject, &ticket->presence,
                        event->call);
    ticket->generation = event->generation;
    if (ticket->row.state == (uint32_t)TICKET_NEW) {
        ticket->call = event->call; /* the older one was dropped */
        return;
    }
    match_say_reply(engine, event->call, ERR_NONE, ticket->row.id);
    match_say_tell(engine, &ticket->subject);
}

/* Hand the ask to the store.  False: the member's own duty is busy. */
static bool send(struct match_engine *engine, struct match_ticket *ticket)
{
    struct match_command command = {.kind = COMMAND_OPEN_TICKET,
                                    .key = ticket->row.key};
    struct match_duty *duty = match_duty_of(engine, ticket->row.member);
    struct match_flight *flight;

    REQUIRE(ticket->row.state == (uint32_t)TICKET_NEW);
    REQUIRE(!match_subject_busy(&ticket->subject));
    if (duty && match_peer_busy(duty))
        return false;
    command.open_ticket.ticket = ticket->row;
    command.open_ticket.ticket.state = TICKET_WAITING;
    command.open_ticket.after = ticket->after;
    command.open_ticket.within_ms = engine->limits.carry_ms;
    command.open_ticket.grace_ms = engine->limits.grace_ticket_ms;
    command.open_ticket.card_version = ticket->hand.version;
    flight = match_flight_send(engine, &command, ticket->call);
    if (!flight)
        return false;
    flight->call = 0; /* a newer stream may take its place: ticket->call */
    flight->subject = ticket->row.id;
    flight->member = ticket->row.member;
    match_flight_lock(engine, flight, &ticket->subject);
    if (duty && (duty->row.state == DUTY_ON || duty->offers > 0))
        match_peer_lock(engine, flight, duty);
    ticket->unsent = false;
    return true;
}

static enum err ask_refused(const struct match_engine *engine,
                            const struct match_event *event)
{
    if (engine->draining)
        return ERR_DRAINING;
    if (event->member == 0 || event->pool >= engine->sizes.pools)
        return ERR_INVALID;
    if (!event->ask.card)
        return ERR_CARD_MISSING;
    if (event->ask.card->role != MATCH_SEEKER)
        return ERR_CARD;
    return match_card_check(event->ask.card);
}

bool match_seeker_ask(struct match_engine *engine,
                      const struct match_event *event)
{
    struct match_ticket *ticket = match_ticket_of(engine, event->member);
    struct match_ticket_row row = {.member = event->member,
                                   .pool = event->pool,
                                   .danger = event->ask.danger,
                                   .wish_talk = event->ask.wish,
                                   .since_ms = engine->now_ms,
                                   .key = event->key};
    struct match_duty *duty;
    enum err err;

    if (ticket && ticket->unsent && !event->ask.card)
        return send(engine, ticket); /* it was latched */
    if (ticket) {
        resume(engine, ticket, event);
        return true;
    }
    err = ask_refused(engine, event);
    row.expires_ms = match_timer_add(engine->now_ms, engine->limits.ticket_ms);
    if (row.wish_talk != 0)
        row.wish_until_ms =
            event->ask.wish_ms == 0
                ? MATCH_NEVER
                : match_timer_add(engine->now_ms, event->ask.wish_ms);
    if (err == ERR_NONE && (!match_say_fresh(engine, &row.id) || row.id == 0 ||
                            !match_say_fresh(engine, &row.tie)))
        err = ERR_FULL;
    if (err == ERR_NONE)
        err = match_ticket_new(engine, &row, event->ask.card, &ticket);
    if (err != ERR_NONE) {
        match_say_reply(engine, event->call, err, 0);
        return true;
    }
    REQUIRE(ticket->row.member == event->member);
    match_presence_open(engine, &ticket->subject, &ticket->presence,
                        event->call);
    ticket->call = event->call;
    ticket->after = event->ask.after;
    ticket->generation = event->generation;
    duty = match_duty_of(engine, event->member);
    if (duty)
        duty->asking = true; /* tightened: no offers to one who asks */
    if (send(engine, ticket))
        return true;
    ticket->unsent = true;
    if (!match_flight_latch(engine, event)) {
        match_say_reply(engine, event->call, ERR_FULL, 0);
        match_ticket_free(engine, ticket);
    }
    return true;
}

/* Hand a command about the ticket to the store: it and its offer wait for it. */
static bool send_about(struct match_engine *engine, struct match_ticket *ticket,
                       struct match_command *command, uint64_t call)
{
    struct match_flight *flight = match_flight_send(engine, command, call);

    if (!flight)
        return false;
    flight->subject = ticket->row.id;
    flight->member = ticket->row.member;
    match_flight_lock(engine, flight, &ticket->subject);
    if (ticket->offer)
        match_flight_lock(engine, flight, &ticket->offer->subject);
    return true;
}

bool match_seeker_close(struct match_engine *engine,
                        struct match_ticket *ticket, enum match_ticket_why why,
                        uint64_t call, const struct match_key *key)
{
    struct match_command command = {.kind = COMMAND_CLOSE_TICKET};

    REQUIRE(!match_subject_busy(&ticket->subject));
    REQUIRE(why > TICKET_WHY_MATCHED);
    if (key)
        command.key = *key;
    command.close_ticket.ticket = ticket->row.id;
    command.close_ticket.member = ticket->row.member;
    command.close_ticket.why = why;
    if (!send_about(engine, ticket, &command, call))
        return false;
    ticket->closing = false;
    return true;
}

/* What is in flight comes first. */
static bool may_close(const struct match_ticket *ticket)
{
    return !ticket->unsent && !ticket->held &&
           !match_subject_busy(&ticket->subject);
}

bool match_seeker_yields(struct match_engine *engine,
                         struct match_ticket *ticket, uint32_t generation)
{
    if (!ticket || generation <= ticket->generation)
        return false;
    if (may_close(ticket))
        (void)match_seeker_close(engine, ticket, TICKET_WHY_WITHDRAWN, 0, NULL);
    return true;
}

bool match_seeker_withdraw(struct match_engine *engine,
                           const struct match_event *event)
{
    struct match_ticket *ticket =
        match_ticket_find(engine, event->withdraw.ticket);

    REQUIRE(event->kind == EVENT_WITHDRAW);
    if (!ticket) { /* closed, or never was: the store knows */
        struct match_command command = {.kind = COMMAND_CLOSE_TICKET,
                                        .key = event->key};

        command.close_ticket.ticket = event->withdraw.ticket;
        command.close_ticket.member = event->member;
        command.close_ticket.why = TICKET_WHY_WITHDRAWN;
        (void)match_flight_pass(engine, &command, event->call);
        return true;
    }
    if (ticket->row.member != event->member) {
        match_say_reply(engine, event->call, ERR_NO_TICKET, 0);
        return true;
    }
    if (!may_close(ticket) ||
        !match_seeker_close(engine, ticket, TICKET_WHY_WITHDRAWN, event->call,
                            &event->key)) {
        ticket->closing = true;
        match_ticket_arm(engine, ticket);
        return false;
    }
    return true;
}

bool match_seeker_danger(struct match_engine *engine,
                         const struct match_event *event)
{
    struct match_ticket *ticket =
        match_ticket_find(engine, event->withdraw.ticket);
    struct match_command command = {.kind = COMMAND_RAISE_DANGER,
                                    .key = event->key};

    REQUIRE(event->kind == EVENT_DANGER);
    command.raise_danger.ticket = event->withdraw.ticket;
    command.raise_danger.member = event->member;
    if (!ticket) { /* matched, over, or never was: the store knows */
        (void)match_flight_pass(engine, &command, event->call);
        return true;
    }
    if (ticket->row.member != event->member) {
        match_say_reply(engine, event->call, ERR_NO_TICKET, 0);
        return true;
    }
    if (ticket->unsent || match_subject_busy(&ticket->subject))
        return false;
    return send_about(engine, ticket, &command, event->call);
}

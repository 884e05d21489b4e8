#include "match/turn.h"

#include "base/require.h"
#include "match/bar.h"
#include "match/flight.h"
#include "match/index.h"
#include "match/meet.h"
#include "match/peer.h"
#include "match/presence.h"
#include "match/seeker.h"

bool match_turn_take(struct match_engine *engine,
                     const struct match_event *event)
{
    REQUIRE(engine->mode == ENGINE_LIVE);
    REQUIRE(event->now_ms == engine->now_ms);
    switch (event->kind) { /* Law 1 */
    case EVENT_ASK:
        return match_seeker_ask(engine, event);
    case EVENT_WITHDRAW:
        return match_seeker_withdraw(engine, event);
    case EVENT_DANGER:
        return match_seeker_danger(engine, event);
    case EVENT_ATTEND:
        return match_peer_attend(engine, event);
    case EVENT_LEAVE:
        return match_peer_leave(engine, event);
    case EVENT_PAUSE:
    case EVENT_RESUME:
    case EVENT_CAPACITY:
        return match_peer_set(engine, event);
    case EVENT_ANSWER:
        return match_peer_answer(engine, event);
    case EVENT_JOIN:
        return match_meet_join(engine, event);
    case EVENT_END:
    case EVENT_IDLE:
        return match_meet_end(engine, event);
    case EVENT_REFLECT:
        return match_meet_reflect(engine, event);
    case EVENT_BLOCK:
        return match_bar_block(engine, event);
    case EVENT_UNBLOCK:
        return match_bar_unblock(engine, event);
    case EVENT_HOLD:
    case EVENT_GONE:
        return match_bar_hold(engine, event);
    case EVENT_SEEN:
    case EVENT_LOST:
        match_presence_event(engine, event);
        return true;
    case EVENT_CARD:
        match_bar_card(engine, event);
        return true;
    case EVENT_BEGIN:
    case EVENT_LOAD:
    case EVENT_LIVE:
    case EVENT_RARITY:
    case EVENT_STORED:
    case EVENT_TICK:
    case EVENT_DRAIN:
    case EVENT_KINDS:
    default:
        REQUIRE(!"an event of the outside");
        return true;
    }
}

static void stay(struct match_engine *engine, struct match_ticket *ticket)
{
    if (!ticket)
        return;
    ticket->closing = match_flight_closes(engine, ticket->row.id, 0);
    match_ticket_arm(engine, ticket);
}

static void stay_on(struct match_engine *engine, struct match_duty *duty)
{
    if (!duty)
        return;
    duty->closing = match_flight_closes(engine, 0, duty->row.member);
    match_index_touch(engine, duty);
}

void match_turn_drop(struct match_engine *engine,
                     const struct match_event *event)
{
    match_bar_over(engine, event->kind);
    if (event->kind == EVENT_WITHDRAW) /* Law 2 */
        stay(engine, match_ticket_find(engine, event->withdraw.ticket));
    if (event->kind == EVENT_LEAVE || event->kind == EVENT_PAUSE)
        stay_on(engine, match_duty_of(engine, event->member));
    if (event->kind == EVENT_HOLD || event->kind == EVENT_GONE)
        match_bar_lift(engine, event->member);
}

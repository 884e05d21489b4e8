#include "match/turn.h"

#include "engine_world.h"

static void carry_out_all(struct world *w)
{
    while (w->flyings > 0)
        world_carry_out(w, 0);
}

/* Law 2: no room is left for what must wait; whoever wanted out is told, and is
 * where they were: the next batch offers the seeker the peer. */
static void leaves_nothing_tightened(void)
{
    static const enum match_event_kind refused[] = {
        EVENT_WITHDRAW, EVENT_HOLD, EVENT_GONE, EVENT_LEAVE, EVENT_PAUSE};
    struct world *w = world_new();
    struct match_event capacity = {.kind = EVENT_CAPACITY, .member = 2};
    uint64_t raised;

    (void)world_ask(w, 1, false);
    (void)world_attend(w, 2, 0);
    w->later = true;
    capacity.capacity.capacity = 1;
    (void)world_event(w, capacity);
    raised = world_say(w, EVENT_DANGER, 1);
    while (!list_empty(&w->engine->latch_free))
        (void)world_say(w, EVENT_DANGER, 1);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        uint64_t call = world_say(w, refused[i], i < 3 ? 1 : 2);

        CHECK(world_err(w, call) == ERR_FULL);
    }
    CHECK(w->engine->holds == 0);
    carry_out_all(w);
    CHECK(world_err(w, raised) == ERR_NONE);
    w->later = false;
    world_until(w, w->now_ms + 1000);
    CHECK(w->duty[2].offers == 1);
    world_agrees(w);
    world_free(w);
}

/* Law 2: of two who tighten the same, the one that waits goes on to. */
static void tightens_for_who_waits(void)
{
    struct world *w = world_new();
    uint64_t leave;

    (void)world_ask(w, 1, false);
    (void)world_attend(w, 2, 3);
    w->later = true;
    (void)world_answer(w, 2, w->duty[2].offer[0].id, false);
    CHECK(w->flyings == 1);
    leave = world_say(w, EVENT_LEAVE, 2);
    while (!list_empty(&w->engine->latch_free))
        (void)world_say(w, EVENT_PAUSE, 2);
    CHECK(world_err(w, world_say(w, EVENT_PAUSE, 2)) == ERR_FULL);
    CHECK(match_duty_of(w->engine, 2)->closing);
    carry_out_all(w);
    CHECK(world_err(w, leave) == ERR_NONE);
    world_free(w);
}

/* Law 2: it was latched, and at last there is no room to hand it over. */
static void is_refused_in_the_end(void)
{
    struct world *w = world_new();
    uint64_t hold;

    (void)world_ask(w, 1, false);
    w->later = true;
    (void)world_say(w, EVENT_DANGER, 1);
    hold = world_say(w, EVENT_HOLD, 1);
    CHECK(w->call[hold].answers == 0 && match_ticket_of(w->engine, 1)->held);
    (void)world_say(w, EVENT_HOLD, 3);
    CHECK(w->engine->spare_n == 1);
    w->engine->spare_n = FLIGHT_SPARE; /* as if others had all of the room */
    world_carry_out(w, 0);             /* the danger */
    w->engine->spare_n = 1;
    CHECK(world_err(w, hold) == ERR_FULL);
    CHECK(!match_ticket_of(w->engine, 1)->held);
    CHECK(w->engine->holds == 1);
    carry_out_all(w);
    world_agrees(w);
    world_free(w);
}

/* Law 1: what waits is taken when it can be, once. */
static void waits_for_what_is_in_flight(void)
{
    struct world *w = world_new();
    uint64_t withdrawn;

    (void)world_ask(w, 1, false);
    w->later = true;
    (void)world_say(w, EVENT_DANGER, 1);
    withdrawn = world_say(w, EVENT_WITHDRAW, 1);
    CHECK(w->call[withdrawn].answers == 0);
    CHECK(w->flyings == 1);
    carry_out_all(w);
    CHECK(world_err(w, withdrawn) == ERR_NONE);
    CHECK(world_stored(w, ROW_TICKET, w->ticket_of[1])->ticket.state ==
          TICKET_ENDED);
    world_until(w, w->now_ms);
    world_agrees(w);
    world_free(w);
}

/* Law 1: what a hold will end is not ended by another meanwhile, on whichever
 * side of the talk the member is. */
static void waits_for_a_hold(uint64_t member)
{
    struct world *w = world_new();
    struct match_event end = {.kind = EVENT_END, .member = 2};
    uint64_t call;

    (void)world_ask(w, 1, false);
    (void)world_attend(w, 2, 1);
    call = world_answer(w, 2, w->duty[2].offer[0].id, true);
    CHECK(world_err(w, call) == ERR_NONE);
    end.talk.talk = w->call[call].reference;
    end.talk.side = MATCH_PEER;
    w->later = true;
    (void)world_say(w, EVENT_HOLD, member);
    call = world_event(w, end);
    CHECK(w->flyings == 1 && w->call[call].answers == 0);
    carry_out_all(w);
    CHECK(world_err(w, call) == ERR_TALK_ENDED);
    CHECK(w->engine->holds == 0);
    world_agrees(w);
    world_free(w);
}

int main(void)
{
    leaves_nothing_tightened();
    tightens_for_who_waits();
    is_refused_in_the_end();
    waits_for_what_is_in_flight();
    waits_for_a_hold(1);
    waits_for_a_hold(2);
    return check_report("match/turn");
}

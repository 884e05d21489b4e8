#include "engine_world.h"

/* A talk of 1 and 2 that ended; its id. */
static uint64_t ended(struct world *w)
{
    struct match_event event = {.kind = EVENT_END};
    uint64_t call;

    (void)world_ask(w, 1, false);
    w->now_ms += 3000;
    (void)world_attend(w, 2, 1);
    call = world_answer(w, 2, w->duty[2].offer[0].id, true);
    CHECK(world_err(w, call) == ERR_NONE);
    w->now_ms += 10000;
    event.talk.talk = w->call[call].reference;
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    return event.talk.talk;
}

static uint64_t ask_after(struct world *w, uint64_t member, uint64_t talk)
{
    struct match_event event = {.kind = EVENT_ASK, .member = member};

    event.ask.card = &w->seeker[member];
    event.ask.after = talk;
    w->ticket_of[member] = w->fresh;
    return world_event(w, event);
}

/* The age that the store says a ticket has is the age it has: of its view, of
 * its bound, of its place among others. */
static void age_goes_on(void)
{
    struct world *w = world_new();
    struct match_row row;
    uint64_t talk;

    w->now_ms = 1000;
    talk = ended(w);
    CHECK(world_err(w, ask_after(w, 1, 77)) == ERR_NO_TALK);
    CHECK(world_err(w, ask_after(w, 2, talk)) == ERR_NO_TALK);
    w->now_ms = 130999; /* its wait was asked for at 1,000 */
    CHECK(world_err(w, ask_after(w, 1, talk)) == ERR_NONE);
    CHECK(world_row(w, ROW_TICKET, w->ticket_of[1], &row));
    CHECK(row.ticket.since_ms == 1000);
    CHECK(w->ticket[1].waited_ms == 129999);
    CHECK(w->ticket[1].bound == BOUND_NONE);
    world_until(w, 130999); /* the bound passed at 121,000 already */
    CHECK(w->ticket[1].bound != BOUND_NONE);
    world_agrees(w);
    CHECK(world_err(w, world_say(w, EVENT_WITHDRAW, 1)) == ERR_NONE);
    CHECK(world_err(w, ask_after(w, 1, talk)) == ERR_AGE);
    world_agrees(w);
    world_free(w);
}

int main(void)
{
    age_goes_on();
    return check_report("match/seeker");
}

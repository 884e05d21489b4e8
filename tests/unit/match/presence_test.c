/* Who is there: streams that come and go, and proofs of life. */
#include "engine_world.h"

/* match/engine law 5: who left before the store had spoken and came back with
 * the same key: the older call is not forgotten. */
static void lost_and_back(void)
{
    struct world *w = world_new();
    struct match_event ask = {.kind = EVENT_ASK, .member = 1};
    struct match_event attend = {.kind = EVENT_ATTEND, .member = 2};

    ask.ask.card = &w->seeker[1];
    ask.key = (struct match_key){.word = {77, 1}, .request_hash = 5};
    attend.attend.card = &w->peer[2];
    attend.attend.grade = GRADE_PEER;
    attend.attend.capacity = 1;
    attend.key = (struct match_key){.word = {77, 2}, .request_hash = 5};
    w->later = true;
    for (int i = 0; i < 2; i++) {
        uint64_t first = world_event(w, i ? attend : ask), second;

        (void)world_lost(w, first);
        CHECK(w->call[first].answers == 0 && !w->call[first].dropped);
        second = world_event(w, i ? attend : ask);
        CHECK(w->call[first].dropped && w->call[first].answers == 0);
        CHECK(w->call[second].answers == 0 && w->flyings == 1);
        world_carry_out(w, 0);
        CHECK(world_err(w, second) == ERR_NONE);
        while (w->flyings)
            world_carry_out(w, 0);
    }
    w->later = false;
    world_agrees(w);
    world_free(w);
}

/* Beats: fresh, stale, lost, back. */
static void liveness(void)
{
    struct world *w = world_new();
    struct match_event seen = {.kind = EVENT_SEEN, .member = 1};
    uint64_t ask;

    free(w->engine);
    match_limits_init(&w->limits);
    w->limits.settle_ms = 0;
    world_open(w, &w->limits);
    world_live(w);
    ask = world_ask(w, 1, false);
    world_until(w, 30000); /* stale: nobody is bothered */
    (void)world_attend(w, 2, 1);
    world_until(w, 31000);
    CHECK(w->offers == 0);
    seen.stream.ticket = w->ticket_of[1];
    CHECK(world_err(w, world_event(w, seen)) == ERR_NONE);
    CHECK(w->offers == 1); /* fresh again: at once */
    seen.stream.ticket = 4;
    CHECK(world_err(w, world_event(w, seen)) == ERR_NO_TICKET);
    seen = (struct match_event){.kind = EVENT_SEEN};
    seen.stream.stream = ask;
    world_until(w, 75000);
    CHECK(w->duty[2].offers == 0); /* lapsed; their duty was lost too */
    (void)world_event(w, seen);
    CHECK(world_stored(w, ROW_TICKET, w->ticket_of[1])->ticket.state ==
          TICKET_WAITING);
    world_until(w, 75000 + 45000 + 59999);
    CHECK(w->notes[LOG_TICKET_ENDED] == 0);
    world_until(w, 75000 + 45000 + 60000);
    CHECK(w->ticket[1].why == TICKET_WHY_LOST);
    world_free(w);
}

int main(void)
{
    lost_and_back();
    liveness();
    return check_report("match/presence");
}

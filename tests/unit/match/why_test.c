#include "match/why.h"

#include "engine_world.h"

/* n peers on duty, all of whom are busy with nobody but of capacity 0. */
static void attend(struct world *w, uint64_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        (void)world_attend(w, first + i, 0);
}

/* The reason, and on how many it rests. */
static void reasons(void)
{
    struct world *w = world_new();

    (void)world_ask(w, 1, false);
    world_until(w, 120000);
    CHECK(w->ticket[1].bound == BOUND_NOBODY_ON_DUTY);
    (void)world_ask(w, 2, false);
    attend(w, 3, 4);
    world_until(w, 240000);
    CHECK(w->ticket[2].bound == BOUND_ALL_BUSY && w->ticket[2].bound_few);
    (void)world_ask(w, 8, false);
    attend(w, 10, 1);
    world_until(w, 360000);
    CHECK(w->ticket[8].bound == BOUND_ALL_BUSY && !w->ticket[8].bound_few);
    world_free(w);
}

/* Law 1: whether the one who is waited for is there, nobody learns. */
static void of_one(void)
{
    for (int there = 0; there < 2; there++) {
        struct world *w = world_new();
        struct match_row talk = {.kind = ROW_TALK};
        struct match_event event = {.kind = EVENT_ASK, .member = 1};

        talk.talk = (struct match_talk_row){
            .id = 77, .seeker = 1, .peer = 2, .state = TALK_ENDED};
        (void)store_add(&w->store, &talk);
        attend(w, there ? 2 : 3, 1);
        event.ask.card = &w->seeker[1];
        event.ask.wish = 77;
        w->ticket_of[1] = w->fresh;
        CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
        world_until(w, 120000);
        CHECK(w->ticket[1].bound != BOUND_NONE && w->ticket[1].bound_few);
        world_free(w);
    }
}

int main(void)
{
    reasons();
    of_one();
    return check_report("match/why");
}

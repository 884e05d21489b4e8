/* An accept that would be one talk too many is refused while the offer stands,
 * and taken once there is room (match/engine: a full table answers ERR_FULL). */
#include "engine_world.h"

enum { TALKS = 2 };

/* A world with room for so many talks. */
static struct world *small(void)
{
    struct world *w = world_new();
    struct match_event event = {.kind = EVENT_BEGIN};

    w->sizes.talks = TALKS;
    CHECK(match_engine_bytes(&w->sizes) > 0);
    memset((void *)w->engine, 0, match_engine_bytes(&w->sizes));
    w->engine = match_engine_init(w->engine, &w->sizes, &w->limits);
    event.begin.epoch = 2;
    world_step(w, &event);
    world_live(w);
    return w;
}

static void no_talk_too_many(void)
{
    struct world *w = small();
    struct match_event event = {.kind = EVENT_END};
    uint64_t call[TALKS + 1], third;

    for (uint64_t i = 0; i <= TALKS; i++) {
        (void)world_attend(w, 10 + i, 1);
        (void)world_ask(w, 1 + i, false);
        CHECK(w->duty[10 + i].offers == 1);
    }
    third = w->duty[10 + TALKS].offer[0].id;
    w->later = true;
    for (uint64_t i = 0; i < TALKS; i++)
        call[i] = world_answer(w, 10 + i, w->duty[10 + i].offer[0].id, true);
    call[TALKS] = world_answer(w, 10 + TALKS, third, true);
    CHECK(world_err(w, call[TALKS]) == ERR_FULL); /* those on their way count */
    w->later = false;
    while (w->flyings > 0)
        world_carry_out(w, 0);
    for (uint64_t i = 0; i < TALKS; i++)
        CHECK(world_err(w, call[i]) == ERR_NONE);
    call[TALKS] = world_answer(w, 10 + TALKS, third, true);
    CHECK(world_err(w, call[TALKS]) == ERR_FULL); /* and those that live */
    CHECK(w->duty[10 + TALKS].offers == 1);       /* nothing changed */
    world_agrees(w);
    event.talk.talk = w->call[call[0]].reference;
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    call[TALKS] = world_answer(w, 10 + TALKS, third, true);
    CHECK(world_err(w, call[TALKS]) == ERR_NONE);
    world_until(w, w->now_ms + w->limits.join_ms + 1); /* nobody joins */
    for (uint64_t i = 0; i <= TALKS; i++)
        CHECK(w->duty[10 + i].talks == 0);
    world_agrees(w);
    world_free(w);
}

int main(void)
{
    no_talk_too_many();
    return check_report("match/peer");
}

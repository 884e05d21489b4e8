#include "match/fire.h"

#include "engine_world.h"
#include "match/duty.h"
#include "match/slice.h"

/* Only the clock goes on: an event of somebody else. */
static void later(struct world *w, uint64_t ms)
{
    struct match_event event = {.kind = EVENT_SEEN, .member = 9};

    w->now_ms += ms;
    (void)world_event(w, event);
}

/* match/index law 2: a rest that is over leaves a day that is not; that wakes
 * its peer as well, without any TICK. */
static void wakes_after_the_day(void)
{
    struct world *w = world_new();
    struct match_talk_row talk = {.id = 77, .peer = 2};
    struct match_duty *duty;
    struct match_duty_row row;

    world_until(w, 2 * w->limits.day_ms);
    (void)world_attend(w, 2, 1);
    duty = match_duty_of(w->engine, 2);
    talk.started_ms = w->now_ms - w->limits.day_ms + 1000;
    match_duty_begun(w->engine, duty, &talk);
    row = duty->row;
    row.day_max = 1;
    row.rest_until_ms = w->now_ms + 10;
    match_duty_adopt(w->engine, duty, &row, duty->subject.seq);
    later(w, 10);
    CHECK(!match_duty_free(w->engine, duty));
    later(w, 989);
    CHECK(!match_duty_free(w->engine, duty));
    later(w, 1);
    CHECK(match_duty_free(w->engine, duty));
    CHECK(match_slice_is_free(&w->engine->slices, duty));
    world_free(w);
}

int main(void)
{
    wakes_after_the_day();
    return check_report("match/fire");
}

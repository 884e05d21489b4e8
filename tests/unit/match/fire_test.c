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

/* A ticket of 10 s, offered to a peer. */
static struct world *offered(void)
{
    struct world *w = calloc(1, sizeof *w);
    struct match_limits limits;

    CHECK(w != NULL);
    match_limits_init(&limits);
    limits.fresh_ms = limits.lost_ms = UINT64_MAX;
    limits.settle_ms = 0;
    limits.ticket_ms = 10000;
    world_open(w, &limits);
    world_live(w);
    (void)world_attend(w, 2, 1);
    (void)world_ask(w, 1, false);
    CHECK(w->duty[2].offers == 1);
    return w;
}

/* DESIGN law 10: what somebody else is refused keeps no ticket alive. */
static void ends_in_time(void)
{
    struct world *w = offered();
    uint64_t call;

    world_until(w, w->now_ms + 9500);
    w->store.broken = true;
    call = world_answer(w, 2, w->duty[2].offer[0].id, true);
    CHECK(world_err(w, call) == ERR_STORE);
    w->store.broken = false;
    world_until(w, w->now_ms + 499);
    CHECK(w->ticket[1].state != (uint32_t)TICKET_ENDED);
    world_until(w, w->now_ms + 1);
    CHECK(w->ticket[1].state == TICKET_ENDED);
    CHECK(w->ticket[1].why == TICKET_WHY_EXPIRED);
    world_free(w);
}

/* What time alone ends, and the store does not take, is tried again in 1 s. */
static void tries_again(void)
{
    struct world *w = offered();

    w->store.broken = true;
    world_until(w, w->now_ms + 10000);
    w->store.broken = false;
    world_until(w, w->now_ms + 999);
    CHECK(w->ticket[1].state != (uint32_t)TICKET_ENDED);
    world_until(w, w->now_ms + 1);
    CHECK(w->ticket[1].state == TICKET_ENDED);
    world_free(w);
}

int main(void)
{
    wakes_after_the_day();
    ends_in_time();
    tries_again();
    return check_report("match/fire");
}

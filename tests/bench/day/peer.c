/* bench/day/peer -- on duty for a shift: accepts most of what is offered,
 * declines some, lets a few lapse; leaves, or is gone without a word. */
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "crowd.h"

enum {
    TWO = 270, /* in a thousand: talks at once */
    THREE = 40,
    RESTS = 280,
    DECLINES = 200,
    LAPSES = 40,
    SILENT = 100,
    THINK_MIN = 1500,
    THINK = 7000, /* mean, above that */
    SLOWEST = 28000,
    PAUSE = 15 * CROWD_MINUTE,
    REST = 5 * CROWD_MINUTE
};

struct thought { /* an offer that will be answered */
    struct person *who;
    struct kindred_timer *timer;
    uint64_t offer;
    bool accepts;
};

static void drop(struct thought *thought)
{
    struct person *who = thought->who;

    kindred_timer_free(thought->timer);
    free(thought);
    who->pending--;
    crowd_may_go(who);
}

static void on_answered(void *arg, const struct kindred_error *error,
                        const struct kindred_talk_start *talk)
{
    struct thought *thought = arg;

    crowd_failed("Answer", error);
    if (talk)
        crowd_talk_begin(thought->who, talk);
    drop(thought);
}

static void on_thought(void *arg)
{
    struct thought *thought = arg;

    if (!thought->who->duty) {
        drop(thought);
        return;
    }
    crowd.count.accepted += thought->accepts;
    crowd.count.declined += !thought->accepts;
    REQUIRE(kindred_member_answer(thought->who->member, thought->offer,
                                  thought->accepts, on_answered, thought));
}

static void think(struct person *who, uint64_t offer)
{
    uint32_t kind = crowd_permille();
    uint64_t after_day_ms = THINK_MIN + teds_wait(&crowd.teds, THINK);
    struct thought *thought;

    if (kind < LAPSES) {
        crowd.count.let_lapse++;
        return;
    }
    thought = calloc(1, sizeof *thought);
    REQUIRE(thought);
    thought->who = who;
    thought->offer = offer;
    thought->accepts = kind >= LAPSES + DECLINES;
    thought->timer = kindred_timer_new(crowd.loop, on_thought, thought);
    REQUIRE(thought->timer);
    who->pending++;
    kindred_timer_set(
        thought->timer,
        crowd_ms(after_day_ms < SLOWEST ? after_day_ms : SLOWEST));
}

static bool known(const struct person *who, uint64_t offer)
{
    for (int i = 0; i < CROWD_OFFERS; i++)
        if (who->offer[i] == offer)
            return true;
    return false;
}

static void on_state(void *arg, const struct kindred_duty_state *state)
{
    struct person *who = arg;

    for (uint32_t i = 0; i < state->offers; i++)
        if (!known(who, state->offer[i].id))
            think(who, state->offer[i].id);
    memset(who->offer, 0, sizeof who->offer);
    for (uint32_t i = 0; i < state->offers; i++)
        who->offer[i] = state->offer[i].id;
    if (state->phase == KINDRED_PAUSED && state->reason == 2) {
        crowd.count.pauses++;
        kindred_timer_set(who->pause, crowd_ms(PAUSE));
    }
}

static void over(struct person *who)
{
    kindred_duty_free(who->duty);
    who->duty = NULL;
    kindred_timer_free(who->pause);
    who->pause = NULL;
    kindred_timer_set(who->timer, KINDRED_NEVER);
    crowd_may_go(who);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    crowd_failed("Attend", error);
    over(arg);
}

static void on_left(void *arg, const struct kindred_error *error)
{
    struct person *who = arg;

    crowd_failed("Leave", error);
    who->leaving = error->status == 0; /* else the duty may go on */
    who->pending--;
    crowd_may_go(who);
}

void crowd_peer_stop(struct person *who)
{
    if (!who->duty)
        return;
    if (who->silent) {
        over(who);
        return;
    }
    if (who->leaving)
        return;
    who->leaving = true;
    who->pending++;
    REQUIRE(kindred_member_leave(who->member, on_left, who));
}

static void on_shift_over(void *arg)
{
    crowd_peer_stop(arg);
}

static void on_resumed(void *arg, const struct kindred_error *error)
{
    struct person *who = arg;

    crowd_failed("Resume", error);
    who->pending--;
    crowd_may_go(who);
}

static void on_paused_enough(void *arg)
{
    struct person *who = arg;

    if (who->leaving)
        return;
    who->pending++;
    REQUIRE(kindred_member_resume(who->member, on_resumed, who));
}

void crowd_peer_come(struct person *who, uint64_t stay_day_ms)
{
    const struct kindred_duty_handler handler = {
        .state = on_state, .ended = on_ended, .arg = who};
    uint32_t many = crowd_permille();
    struct kindred_duty_terms terms = {
        .capacity = many < THREE         ? 3
                    : many < THREE + TWO ? 2
                                         : 1,
        .rest_ms = crowd_permille() < RESTS ? (uint32_t)crowd_ms(REST) : 1};

    crowd_arrive(who, on_shift_over);
    memset(who->offer, 0, sizeof who->offer);
    who->silent = crowd_permille() < SILENT;
    who->leaving = false;
    who->pause = kindred_timer_new(crowd.loop, on_paused_enough, who);
    who->duty = kindred_duty_new(who->member, &terms, &handler);
    REQUIRE(who->pause && who->duty);
    kindred_timer_set(who->timer, crowd_ms(stay_day_ms));
    crowd.count.duties++;
}

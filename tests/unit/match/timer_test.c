/* The heap against a plain array that is searched. */
#include "match/timer.h"

#include "base/chance.h"
#include "check.h"

enum { TIMERS = 60, STEPS = 20000 };

static struct match_timer timer[TIMERS];

static struct match_timer *slow_first(void)
{
    struct match_timer *first = NULL;

    for (uint32_t i = 0; i < TIMERS; i++)
        if (timer[i].place != 0 &&
            (!first || match_timer_before(&timer[i], first)))
            first = &timer[i];
    return first;
}

/* Law 1: time, then kind, then id. */
static void order(void)
{
    struct match_timer a = {.due_ms = 5, .kind = TIMER_BATCH, .id = 1};
    struct match_timer b = {.due_ms = 6, .kind = TIMER_LAPSE, .id = 1};

    CHECK(match_timer_before(&a, &b));
    b.due_ms = 5;
    CHECK(match_timer_before(&b, &a));
    b.kind = TIMER_BATCH;
    b.id = 2;
    CHECK(match_timer_before(&a, &b));
    CHECK(!match_timer_before(&a, &a));
    CHECK(TIMER_NO_SHOW < TIMER_DUTY_GRACE && TIMER_DUTY_GRACE < TIMER_LAPSE);
    CHECK(TIMER_LAPSE < TIMER_TICKET_GRACE && TIMER_LIFETIME < TIMER_BOUND);
    CHECK(TIMER_BOUND < TIMER_REST && TIMER_REST < TIMER_RELAX);
    CHECK(TIMER_RELAX < TIMER_BACKOFF && TIMER_BACKOFF < TIMER_BATCH);
}

static void sums(void)
{
    CHECK(match_timer_add(3, 4) == 7);
    CHECK(match_timer_add(3, MATCH_NEVER) == MATCH_NEVER);
    CHECK(match_timer_add(MATCH_NEVER, 1) == MATCH_NEVER);
}

/* Laws 1 and 2 through a random history. */
static void history(uint64_t seed)
{
    struct match_timer_place heap[TIMERS];
    struct match_timers timers;

    match_timer_init(&timers, heap, TIMERS);
    for (uint32_t i = 0; i < TIMERS; i++)
        timer[i] = (struct match_timer){
            .kind = (enum match_timer_kind)(i % TIMER_KINDS), .id = i / 3};
    CHECK(match_timer_first(&timers) == NULL);
    for (int step = 0; step < STEPS; step++) {
        struct match_timer *one = &timer[chance_below(&seed, TIMERS)];
        uint64_t act = chance_below(&seed, 4), due_ms = MATCH_NEVER;

        if (act > 1 || (act == 1 && chance_below(&seed, 9) > 0))
            due_ms = chance_below(&seed, 20);
        if (act == 0)
            match_timer_clear(&timers, one);
        else
            match_timer_set(&timers, one, due_ms);
        CHECK((one->place != 0) == (due_ms != MATCH_NEVER)); /* Law 2 */
        CHECK(one->place == 0 || one->due_ms == due_ms);
        uint32_t set = 0;

        for (uint32_t i = 0; i < TIMERS; i++)
            set += timer[i].place != 0;
        CHECK(set == timers.n); /* Law 2 */
        struct match_timer *first = match_timer_first(&timers);
        struct match_timer *slow = slow_first();

        CHECK((first == NULL) == (slow == NULL));
        CHECK(!first || !match_timer_before(slow, first)); /* Law 1 */
    }
}

int main(void)
{
    order();
    sums();
    for (uint64_t seed = 1; seed <= 5; seed++)
        history(seed);
    return check_report("match/timer");
}

/* The order of kinds is the order of the engine's heap, at one time. */
#include "match/timer.h"

#include "check.h"

/* base/heap law 1: time, then kind, then id. */
static void order(void)
{
    struct match_timer timer[] = {
        {.due = {.rank = TIMER_LAPSE, .id = 1}},
        {.due = {.rank = TIMER_TALK_LIMIT, .id = 9}},
        {.due = {.rank = TIMER_LAPSE, .id = 2}},
        {.due = {.rank = TIMER_BATCH}},
    };
    enum { N = sizeof timer / sizeof *timer };
    struct heap_place place[N];
    struct heap timers = {.place = place, .cap = N};

    for (int i = N; i-- > 0;)
        heap_set(&timers, &timer[i].due, i == 0 ? 5 : 6);
    for (int i = 0; i < N; i++)
        CHECK(heap_pop(&timers, 6) == &timer[i].due);
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

/* Overdue is only what is set. */
static void overdue(void)
{
    struct heap_place place[1];
    struct heap timers = {.place = place, .cap = 1};
    struct match_timer timer = {.due = {.rank = TIMER_REST}};

    CHECK(!match_timer_overdue(&timer, 9));
    heap_set(&timers, &timer.due, 5);
    CHECK(!match_timer_overdue(&timer, 4));
    CHECK(match_timer_overdue(&timer, 5));
    CHECK(heap_pop(&timers, 5) == &timer.due);
    CHECK(!match_timer_overdue(&timer, 9));
}

int main(void)
{
    order();
    sums();
    overdue();
    return check_report("match/timer");
}

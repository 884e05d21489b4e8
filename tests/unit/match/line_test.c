#include "match/line.h"

#include "engine_world.h"

static struct world *world_of(uint64_t fresh_ms, uint64_t offers_max)
{
    struct world *w = calloc(1, sizeof *w);
    struct match_limits limits;

    CHECK(w != NULL);
    match_limits_init(&limits);
    limits.fresh_ms = fresh_ms;
    limits.lost_ms = UINT64_MAX;
    limits.settle_ms = 0;
    limits.offers_max = offers_max;
    world_open(w, &limits);
    world_live(w);
    return w;
}

/* Law 2: raised or from the start, danger is ahead in line. */
static void stands_ahead(void)
{
    struct world *w = world_new();
    uint64_t behind = 0;

    for (uint64_t member = 1; member <= 4; member++)
        (void)world_ask(w, member, member == 4);
    CHECK(world_err(w, world_say(w, EVENT_DANGER, 2)) == ERR_NONE);
    LIST_EACH (node, &w->engine->pool[0].waiting) {
        const struct match_ticket *ticket =
            LIST_ENTRY(node, struct match_ticket, wait_link);

        CHECK(ticket->row.danger == (ticket->row.member % 2 == 0));
        CHECK(!ticket->row.danger || behind == 0);
        behind += !ticket->row.danger;
    }
    CHECK(behind == 2);
    world_agrees(w);
    world_free(w);
}

/* How many wait; nobody else is in line when all of them were passed. */
static uint32_t in_line(struct world *w)
{
    struct match_ticket *ticket = NULL;
    uint32_t n = 0;

    while ((ticket = match_line_next(w->engine, 0, ticket))) {
        CHECK(match_line_waits(w->engine, ticket));
        n++;
    }
    CHECK(w->engine->line.size == n);
    return n;
}

static void seen(struct world *w, uint64_t member)
{
    struct match_event event = {.kind = EVENT_SEEN, .member = member};

    event.stream.role = MATCH_SEEKER;
    event.stream.ticket = w->ticket_of[member];
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
}

/* Law 1: who was not seen for a while, or is in flight, leaves the
 * line, and comes back. */
static void stands_in_line(void)
{
    struct world *w = world_of(5000, 20);

    for (uint64_t member = 1; member <= 4; member++)
        (void)world_ask(w, member, member == 4);
    CHECK(in_line(w) == 4);
    CHECK(match_line_first(w->engine)->row.member == 4);
    w->now_ms += 5001;
    seen(w, 2);
    CHECK(match_line_first(w->engine)->row.member == 2);
    CHECK(in_line(w) == 1);
    seen(w, 3);
    CHECK(in_line(w) == 2);
    w->later = true;
    (void)world_say(w, EVENT_WITHDRAW, 2);
    CHECK(in_line(w) == 1);
    world_carry_out(w, 0);
    CHECK(in_line(w) == 1);
    CHECK(match_line_first(w->engine)->row.member == 3);
    world_free(w);
}

/* Law 1: nothing came for so long that nobody is fresh, or just not so long. */
static void stands_out_a_gap(void)
{
    struct world *w = world_of(5000, 20);

    for (uint64_t member = 1; member <= 3; member++)
        (void)world_ask(w, member, member == 3);
    w->now_ms += 5000;
    seen(w, 2);
    CHECK(in_line(w) == 3);
    w->now_ms += 5001;
    seen(w, 1);
    CHECK(in_line(w) == 1);
    CHECK(match_line_first(w->engine)->row.member == 1);
    seen(w, 3);
    CHECK(in_line(w) == 2);
    CHECK(match_line_first(w->engine)->row.member == 3);
    world_free(w);
}

/* Law 1: a back-off is over by the clock, though its TICK has not come. */
static void comes_back_by_the_clock(void)
{
    struct world *w = world_of(UINT64_MAX, 1);

    (void)world_ask(w, 1, false);
    (void)world_attend(w, 2, 1);
    (void)world_answer(w, 2, w->duty[2].offer[0].id, false);
    CHECK(w->offers == 1);
    world_until(w, w->now_ms + w->limits.backoff_ms - 1);
    (void)world_attend(w, 3, 1);
    CHECK(w->offers == 1);
    w->now_ms++;
    (void)world_attend(w, 4, 1);
    CHECK(w->duty[4].offers == 1);
    (void)world_answer(w, 4, w->duty[4].offer[0].id, false);
    (void)world_attend(w, 6, 0);
    w->now_ms += w->limits.backoff_ms; /* and again, without any TICK */
    (void)world_attend(w, 5, 1);
    CHECK(w->duty[5].offers == 1);
    world_free(w);
}

/* Law 1: until the start has settled the line is there, and only danger waits
 * for nothing. */
static void waits_for_the_start(void)
{
    struct world *w = calloc(1, sizeof *w);
    struct match_limits limits;

    CHECK(w != NULL);
    match_limits_init(&limits);
    world_open(w, &limits);
    world_live(w);
    (void)world_ask(w, 1, false);
    (void)world_ask(w, 2, false);
    CHECK(w->engine->line.size == 2);
    CHECK(match_line_first(w->engine) == NULL);
    CHECK(match_line_next(w->engine, 0, NULL) == NULL);
    (void)world_ask(w, 3, true);
    CHECK(match_line_first(w->engine)->row.member == 3);
    CHECK(match_line_next(w->engine, 0, NULL)->row.member == 3);
    world_until(w, w->now_ms + limits.settle_ms);
    CHECK(match_line_first(w->engine)->row.member == 3);
    CHECK(in_line(w) == 3);
    world_free(w);
}

int main(void)
{
    stands_ahead();
    stands_in_line();
    stands_out_a_gap();
    comes_back_by_the_clock();
    waits_for_the_start();
    return check_report("match/line");
}

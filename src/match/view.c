#include "match/view.h"

#include "base/require.h"
#include "match/index.h"
#include "match/why.h"

/* Median wait of the pool's last matches in minutes, rounded up; 0 = too few
 * to say. */
static uint32_t estimate_min(const struct match_pool *pool)
{
    uint32_t n = pool->waits < STATE_WAITS ? pool->waits : STATE_WAITS;
    uint64_t median;

    if (n < STATE_WAITS_LEAST)
        return 0;
    median = pool->wait_sorted_ms[(n + 1) / 2 - 1];
    REQUIRE(median <= pool->wait_sorted_ms[n - 1]);
    return median == 0 ? 1 : (uint32_t)((median + 59999) / 60000);
}

void match_view_ticket(const struct match_engine *engine,
                       const struct match_ticket *ticket,
                       struct match_ticket_view *view)
{
    REQUIRE(ticket->row.id != 0);
    REQUIRE(ticket->row.state < TICKET_STATES);
    *view = (struct match_ticket_view){
        .ticket = ticket->row.id,
        .state = ticket->row.state,
        .why = ticket->row.why,
        .bound = (enum match_bound)ticket->bound,
        .bound_few =
            ticket->bound_peers > 0 && ticket->bound_peers < INDEX_TOLD,
        .binding = match_why_still(engine, ticket),
        .danger = ticket->row.danger,
        .wishes = match_ticket_wishes(engine, ticket),
        .waited_ms = match_ticket_age(engine, ticket),
        .estimate_min = estimate_min(&engine->pool[ticket->row.pool]),
    };
    if (view->state == TICKET_OFFERED)
        view->state = TICKET_WAITING; /* a seeker never learns of offers */
    if (view->state == TICKET_MATCHED)
        view->talk = ticket->talk;
}

void match_view_duty(const struct match_engine *engine,
                     const struct match_duty *duty,
                     struct match_duty_view *view)
{
    REQUIRE(duty->row.member != 0);
    REQUIRE(duty->row.state < DUTY_STATES);
    *view = (struct match_duty_view){
        .member = duty->row.member,
        .state = duty->row.state,
        .why = duty->row.why,
        .capacity = duty->row.capacity,
        .rest_until_ms = duty->row.rest_until_ms > engine->now_ms
                             ? duty->row.rest_until_ms
                             : 0,
        .day_until_ms = match_duty_day_until_ms(engine, duty),
    };
    LIST_EACH (node, &duty->offer_list) {
        const struct match_offer *offer =
            LIST_ENTRY(node, struct match_offer, duty_link);

        if (offer->row.state != OFFER_OPEN ||
            view->offers == MATCH_CAPACITY_MAX)
            continue; /* nothing is told before it is stored */
        view->offer[view->offers].id = offer->row.id;
        view->offer[view->offers].deadline_ms = offer->row.deadline_ms;
        view->offer[view->offers].danger = offer->row.danger;
        view->offer[view->offers].met = offer->row.met;
        view->offer[view->offers].showns = offer->row.showns;
        for (uint8_t i = 0; i < offer->row.showns; i++)
            view->offer[view->offers].shown[i] = offer->row.shown[i];
        view->offers++;
    }
    LIST_EACH (node, &duty->talk_list) {
        if (view->talks < MATCH_CAPACITY_MAX)
            view->talk[view->talks++] =
                LIST_ENTRY(node, struct match_talk, duty_link)->row.id;
    }
}

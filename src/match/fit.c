#include "match/fit.h"

#include "base/require.h"
#include "match/score.h"

bool match_fit_people(const struct match_engine *engine,
                      const struct match_ticket *ticket,
                      const struct match_duty *duty)
{
    return ticket->row.pool == duty->row.pool &&
           ticket->row.member != duty->row.member && !ticket->held &&
           !duty->held && match_duty_graded(engine, duty);
}

bool match_fit_cards(const struct match_engine *engine,
                     const struct match_ticket *ticket,
                     const struct match_duty *duty)
{
    uint32_t age;

    if (!match_fit_people(engine, ticket, duty) || duty->hand.version == 0)
        return false;
    age = match_hand_age(&ticket->hand, &duty->hand);
    return age != UINT32_MAX && match_ticket_age(engine, ticket) >= age;
}

uint64_t match_fit_parted_until_ms(const struct match_engine *engine,
                                   const struct match_ticket *ticket,
                                   const struct match_duty *duty)
{
    if (match_flight_blocks(engine, ticket->row.member, duty->row.member))
        return MATCH_NEVER; /* unless the store refuses the block */
    return match_pair_until_ms(&engine->pairs, ticket->row.member,
                               duty->row.member, ticket->row.id,
                               engine->now_ms);
}

bool match_fit_hard(const struct match_engine *engine,
                    const struct match_ticket *ticket,
                    const struct match_duty *duty)
{
    if (match_ticket_wishes(engine, ticket) &&
        duty->row.member != ticket->row.wish)
        return false;
    return match_fit_cards(engine, ticket, duty) && /* Law 1 */
           match_fit_parted_until_ms(engine, ticket, duty) == 0;
}

void match_fit_expect(const struct match_duty *duty, bool cards)
{
    const struct match_hand *hand = &duty->hand;

    __builtin_prefetch(&duty->subject.flight);
    __builtin_prefetch(&duty->row.pool);
    __builtin_prefetch(&duty->row.rest_until_ms);
    __builtin_prefetch(&duty->closing);
    if (!cards)
        return;
    __builtin_prefetch(&hand->version);
    __builtin_prefetch(hand->sign);
    __builtin_prefetch(hand->must);
    __builtin_prefetch(hand->must_not);
    __builtin_prefetch(hand->must_term);
}

uint32_t match_fit_p(const struct match_engine *engine,
                     const struct match_ticket *ticket,
                     const struct match_duty *duty)
{
    REQUIRE(ticket->row.pool == duty->row.pool);
    return match_score_record(
        match_score_both(&engine->pool[ticket->row.pool].rarity, &ticket->hand,
                         &duty->hand),
        duty->row.yes, duty->row.total);
}

void match_fit_claim(const struct match_engine *engine,
                     const struct match_ticket *ticket, struct match_best *best,
                     struct match_duty *duty, uint32_t p)
{
    uint64_t until_ms;

    REQUIRE(p > best->p);
    if (!match_fit_cards(engine, ticket, duty))
        return;
    until_ms = match_fit_parted_until_ms(engine, ticket, duty);
    if (until_ms == 0) {
        best->p = p;
        best->duty = duty;
    } else if (until_ms < best->until_ms) {
        best->until_ms = until_ms;
    }
}

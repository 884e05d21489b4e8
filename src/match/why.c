#include "match/why.h"

#include "base/require.h"
#include "match/index.h"

enum match_bound match_why_bound(struct match_engine *engine,
                                 struct match_ticket *ticket, uint32_t *peers)
{
    REQUIRE(match_ticket_live(ticket));
    *peers = match_ticket_wishes(engine, ticket)
                 ? 1 /* Law 1 */
                 : match_index_compatible(engine, ticket);
    REQUIRE(*peers <= INDEX_TOLD);
    if (*peers > 0)
        return BOUND_ALL_BUSY;
    return engine->slices.pool[ticket->row.pool].n > 0 ? BOUND_NONE_COMPATIBLE
                                                       : BOUND_NOBODY_ON_DUTY;
}

static bool in_force(const struct match_engine *engine,
                     const struct match_ticket *ticket, uint8_t i)
{
    uint32_t relax_after_ms = ticket->hand.must[i].relax_after_ms;

    REQUIRE(i < ticket->hand.musts);
    return relax_after_ms == 0 ||
           match_ticket_age(engine, ticket) < relax_after_ms;
}

uint32_t match_why_binding(struct match_engine *engine,
                           struct match_ticket *ticket)
{
    const struct match_hand whole = ticket->hand;
    struct match_hand *hand = &ticket->hand;
    uint32_t binding = 0;

    REQUIRE(whole.musts <= MATCH_MUST_MAX);
    if (match_ticket_wishes(engine, ticket)) /* Law 1 */
        return 0;
    for (uint8_t i = 0; i < whole.musts; i++) {
        if (!in_force(engine, ticket, i))
            continue;
        hand->musts--; /* without it, for as long as the question takes */
        hand->must[i] = whole.must[hand->musts];
        if (match_index_compatible(engine, ticket) == INDEX_TOLD)
            binding |= (uint32_t)1 << i; /* Law 2 */
        *hand = whole;
    }
    return binding;
}

uint32_t match_why_still(const struct match_engine *engine,
                         const struct match_ticket *ticket)
{
    uint32_t still = 0;

    for (uint8_t i = 0; ticket->binding != 0 && i < ticket->hand.musts; i++)
        if (in_force(engine, ticket, i))
            still |= ticket->binding & (uint32_t)1 << i;
    return still;
}

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

#include "seal/revoked.h"

#include "base/require.h"

void seal_revoked_init(struct seal_revoked *revoked,
                       struct seal_revoked_member *ring, uint32_t cap,
                       struct map_slot *slot)
{
    REQUIRE(cap > 0);
    *revoked = (struct seal_revoked){.ring = ring, .cap = cap};
    map_init(&revoked->map, slot, map_slots_for(cap));
}

/* Never later than now: who logs in from here on is not meant. */
void seal_revoked_missed(struct seal_revoked *revoked, uint64_t at_ms,
                         uint64_t now_ms)
{
    uint64_t past_ms = at_ms + SEAL_REVOKED_SKEW_MS;

    if (past_ms > now_ms)
        past_ms = now_ms;
    if (past_ms > revoked->since_ms)
        revoked->since_ms = past_ms;
}

static void forget_oldest(struct seal_revoked *revoked)
{
    REQUIRE(map_remove(&revoked->map, revoked->ring[revoked->tail].member));
    revoked->tail = (revoked->tail + 1) % revoked->cap;
}

/* Those whose last token has expired by itself. */
static void forget_old(struct seal_revoked *revoked, uint64_t now_ms)
{
    while (revoked->map.size > 0 &&
           now_ms >= revoked->ring[revoked->tail].at_ms + SEAL_TOKEN_LIFE_MS +
                         SEAL_REVOKED_SKEW_MS)
        forget_oldest(revoked);
}

void seal_revoked_add(struct seal_revoked *revoked, uint64_t member,
                      uint32_t generation, uint64_t now_ms)
{
    uint32_t at;

    forget_old(revoked, now_ms);
    at = map_get(&revoked->map, member);
    if (at != MAP_NONE) { /* again: it keeps its place, and stays longer */
        if (generation > revoked->ring[at].generation)
            revoked->ring[at].generation = generation;
        revoked->ring[at].at_ms = now_ms;
        return;
    }
    if (revoked->map.size == revoked->cap) { /* Law 3 */
        seal_revoked_missed(revoked, revoked->ring[revoked->tail].at_ms,
                            now_ms);
        forget_oldest(revoked);
    }
    at = (uint32_t)(((uint64_t)revoked->tail + revoked->map.size) %
                    revoked->cap);
    revoked->ring[at] = (struct seal_revoked_member){
        .member = member, .at_ms = now_ms, .generation = generation};
    REQUIRE(map_put(&revoked->map, member, at) == ERR_NONE);
}

bool seal_revoked_has(const struct seal_revoked *revoked,
                      const struct seal_token *token)
{
    uint32_t at = map_get(&revoked->map, token->member);

    if (token->since_ms < revoked->since_ms)
        return true; /* Law 2 */
    return at != MAP_NONE &&
           token->generation < revoked->ring[at].generation; /* Law 1 */
}

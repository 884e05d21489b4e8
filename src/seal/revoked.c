#include "seal/revoked.h"

#include "base/require.h"

static struct seal_revoked_member *member_of(struct list *link)
{
    return LIST_ENTRY(link, struct seal_revoked_member, link);
}

void seal_revoked_init(struct seal_revoked *revoked,
                       struct seal_revoked_member *entry, uint32_t cap,
                       struct map_slot *slot)
{
    REQUIRE(cap > 0);
    *revoked = (struct seal_revoked){.entry = entry};
    list_init(&revoked->order);
    spare_init(&revoked->spare, &entry->link, sizeof *entry, cap);
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
    struct list *link = list_pop_front(&revoked->order);

    REQUIRE(link);
    REQUIRE(map_remove(&revoked->map, member_of(link)->member));
    spare_give(&revoked->spare, link);
}

static uint64_t oldest_ms(const struct seal_revoked *revoked)
{
    return member_of(revoked->order.next)->at_ms;
}

/* Those whose last token has expired by itself. */
static void forget_old(struct seal_revoked *revoked, uint64_t now_ms)
{
    while (revoked->map.size > 0 && now_ms >= oldest_ms(revoked) +
                                                  SEAL_TOKEN_LIFE_MS +
                                                  SEAL_REVOKED_SKEW_MS)
        forget_oldest(revoked);
}

/* The entry of a member who has none. */
static struct seal_revoked_member *remember(struct seal_revoked *revoked,
                                            uint64_t member, uint64_t now_ms)
{
    struct seal_revoked_member *entry;

    if (spare_empty(&revoked->spare)) { /* Law 3 */
        seal_revoked_missed(revoked, oldest_ms(revoked), now_ms);
        forget_oldest(revoked);
    }
    entry = member_of(spare_take(&revoked->spare));
    *entry = (struct seal_revoked_member){.member = member};
    REQUIRE(map_put(&revoked->map, member,
                    (uint32_t)(entry - revoked->entry)) == ERR_NONE);
    return entry;
}

void seal_revoked_add(struct seal_revoked *revoked, uint64_t member,
                      uint32_t generation, uint64_t now_ms)
{
    struct seal_revoked_member *entry;
    uint32_t at;

    forget_old(revoked, now_ms);
    at = map_get(&revoked->map, member);
    entry = at != MAP_NONE ? &revoked->entry[at]
                           : remember(revoked, member, now_ms);
    if (generation > entry->generation)
        entry->generation = generation;
    entry->at_ms = now_ms;
    list_unlink(&entry->link);
    list_push_back(&revoked->order, &entry->link);
}

bool seal_revoked_room(struct seal_revoked *revoked, uint32_t more,
                       uint64_t now_ms)
{
    forget_old(revoked, now_ms);
    return revoked->spare.cap - revoked->map.size >= more;
}

bool seal_revoked_has(const struct seal_revoked *revoked,
                      const struct seal_token *token)
{
    uint32_t at = map_get(&revoked->map, token->member);

    if (token->since_ms < revoked->since_ms)
        return true; /* Law 2 */
    return at != MAP_NONE &&
           token->generation < revoked->entry[at].generation; /* Law 1 */
}

#include "seal/revoked.h"

#include "base/require.h"

void seal_revoked_init(struct seal_revoked *revoked,
                       struct seal_revoked_set *set, uint32_t sets)
{
    REQUIRE(sets > 0);
    *revoked = (struct seal_revoked){.set = set, .sets = sets};
}

/* Who logs in after now is not meant. */
static void miss(uint64_t *since_ms, uint64_t at_ms, uint64_t now_ms)
{
    uint64_t past_ms = at_ms + SEAL_REVOKED_SKEW_MS;

    if (past_ms > now_ms)
        past_ms = now_ms + 1;
    if (past_ms > *since_ms)
        *since_ms = past_ms;
}

void seal_revoked_missed(struct seal_revoked *revoked, uint64_t at_ms,
                         uint64_t now_ms)
{
    miss(&revoked->since_ms, at_ms, now_ms);
}

/* Have all tokens that it stopped expired by themselves? */
static bool is_over(uint64_t at_ms, uint64_t now_ms)
{
    return now_ms >= at_ms + SEAL_TOKEN_LIFE_MS + SEAL_REVOKED_SKEW_MS;
}

static struct seal_revoked_set *set_of(const struct seal_revoked *revoked,
                                       uint64_t member)
{
    return &revoked->set[member % revoked->sets];
}

static struct seal_revoked_member *find(struct seal_revoked_set *set,
                                        uint64_t member)
{
    for (int i = 0; i < SEAL_REVOKED_EACH; i++)
        if (set->entry[i].member == member)
            return &set->entry[i];
    return NULL;
}

/* A free place is the oldest. */
static struct seal_revoked_member *oldest(struct seal_revoked_set *set)
{
    struct seal_revoked_member *found = &set->entry[0];

    for (int i = 1; i < SEAL_REVOKED_EACH; i++)
        if (set->entry[i].at_ms < found->at_ms)
            found = &set->entry[i];
    return found;
}

/* The place of a member who has none; NULL: all others are younger. */
static struct seal_revoked_member *take(struct seal_revoked_set *set,
                                        const struct seal_revoked_member *new,
                                        uint64_t now_ms)
{
    struct seal_revoked_member *entry = oldest(set);

    if (entry->at_ms > new->at_ms) { /* Law 3 */
        miss(&set->since_ms, new->at_ms, now_ms);
        return NULL;
    }
    if (!is_over(entry->at_ms, now_ms))
        miss(&set->since_ms, entry->at_ms, now_ms);
    return entry;
}

void seal_revoked_add(struct seal_revoked *revoked, uint64_t member,
                      uint32_t generation, uint64_t at_ms, uint64_t now_ms)
{
    const struct seal_revoked_member new = {member, at_ms, generation};
    struct seal_revoked_set *set = set_of(revoked, member);
    struct seal_revoked_member *entry = find(set, member);

    REQUIRE(member != 0);
    if (is_over(at_ms, now_ms) || (entry && entry->generation >= generation))
        return; /* Law 4 */
    if (!entry)
        entry = take(set, &new, now_ms);
    if (entry)
        *entry = new;
}

bool seal_revoked_has(const struct seal_revoked *revoked,
                      const struct seal_token *token)
{
    struct seal_revoked_set *set;
    const struct seal_revoked_member *entry;

    if (token->since_ms < revoked->since_ms)
        return true; /* Law 2 */
    if (revoked->sets == 0)
        return false;
    set = set_of(revoked, token->member);
    entry = find(set, token->member);
    if (token->since_ms < set->since_ms)
        return true;                                       /* Law 3 */
    return entry && token->generation < entry->generation; /* Law 1 */
}

#include "match/profile.h"

#include <string.h>

#include "base/chance.h"
#include "base/require.h"
#include "match/score.h"

void match_profile_init(struct match_profiles *profiles, struct cut *from,
                        const struct match_sizes *sizes)
{
    struct match_profiles *p = profiles;
    uint32_t slots = map_slots_for(sizes->duties);
    struct map_slot *slot;

    *p = (struct match_profiles){.cap = sizes->duties, .free = PROFILE_NONE};
    p->profile = cut_lines(from, p->cap, sizeof *p->profile);
    p->answer = cut(from, p->cap, sizeof *p->answer);
    slot = cut(from, slots, sizeof *slot);
    if (from->at)
        map_init(&p->head, slot, slots);
}

/* Never 0. */
static uint64_t hash(uint32_t pool, const struct match_seek *seek)
{
    uint64_t sum = chance_mix(pool + 1);

    for (uint8_t i = 0; i < seek->groups; i++)
        sum = chance_mix(sum ^ seek->group[i].importance ^
                         (uint64_t)seek->group[i].count << 8);
    for (uint8_t i = 0; i < seek->terms; i++)
        sum = chance_mix(sum ^ seek->term[i]);
    return sum != 0 ? sum : 1;
}

static bool same(const struct match_seek *a, const struct match_seek *b)
{
    return a->groups == b->groups && a->terms == b->terms &&
           memcmp(a->group, b->group, a->groups * sizeof a->group[0]) == 0 &&
           memcmp(a->term, b->term, a->terms * sizeof a->term[0]) == 0;
}

uint32_t match_profile_hold(struct match_profiles *profiles, uint32_t pool,
                            const struct match_seek *seek)
{
    struct match_profiles *p = profiles;
    uint64_t key;
    uint32_t first, at;

    if (seek->groups == 0)
        return PROFILE_NONE;
    key = hash(pool, seek);
    first = map_get(&p->head, key);
    for (at = first; at != MAP_NONE; at = p->profile[at].next)
        if (p->profile[at].pool == pool && same(&p->profile[at].seek, seek)) {
            p->profile[at].refs++; /* Law 1 */
            return at;
        }
    at = p->free;
    if (at != PROFILE_NONE)
        p->free = p->profile[at].next;
    else
        at = p->used++;
    REQUIRE(at < p->cap); /* one for each duty */
    p->profile[at] = (struct match_profile){
        .seek = *seek, .pool = pool, .refs = 1, .next = first};
    p->answer[at] = (struct match_profile_answer){.question = 0}; /* Law 2 */
    REQUIRE(map_put(&p->head, key, at) == ERR_NONE);
    return at;
}

/* Take it out of the chain of its hash. */
static void unlink_from(struct match_profiles *p, uint32_t profile)
{
    uint64_t key = hash(p->profile[profile].pool, &p->profile[profile].seek);
    uint32_t next = p->profile[profile].next, at = map_get(&p->head, key);

    REQUIRE(at != MAP_NONE);
    if (at == profile && next == MAP_NONE) {
        REQUIRE(map_remove(&p->head, key));
    } else if (at == profile) {
        REQUIRE(map_put(&p->head, key, next) == ERR_NONE);
    } else {
        while (p->profile[at].next != profile) {
            at = p->profile[at].next;
            REQUIRE(at != MAP_NONE);
        }
        p->profile[at].next = next;
    }
}

void match_profile_drop(struct match_profiles *profiles, uint32_t profile)
{
    struct match_profiles *p = profiles;

    if (profile == PROFILE_NONE)
        return;
    REQUIRE(profile < p->used);
    REQUIRE(p->profile[profile].refs > 0);
    if (--p->profile[profile].refs > 0)
        return;
    unlink_from(p, profile);
    p->profile[profile].next = p->free;
    p->free = profile;
}

void match_profile_ask(struct match_profiles *profiles)
{
    if (++profiles->question != 0)
        return;
    memset(profiles->answer, 0, sizeof *profiles->answer * profiles->used);
    profiles->question = 1; /* 0 is nobody's */
}

uint32_t match_profile_d(struct match_profiles *profiles, uint32_t profile,
                         const struct match_rarity *rarity,
                         const struct match_hand *hand)
{
    struct match_profile_answer *answer = &profiles->answer[profile];

    REQUIRE(profile < profiles->used);
    if (answer->question != profiles->question) {
        REQUIRE(match_score_toward(rarity, &profiles->profile[profile].seek,
                                   hand, &answer->d));
        answer->question = profiles->question; /* Law 2 */
    }
    return answer->d;
}

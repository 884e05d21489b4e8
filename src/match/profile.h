/* match/profile -- what peers seek, each kind of it once.
 *
 * Many seek the same: what a ticket is to all of them is worked out once per
 * question.  A profile is held as often as columns have it; memory is the
 * caller's, sized once, one for each duty there may be.
 *
 * Laws
 *   1. Two columns of a pool have the same profile exactly if they seek the
 *      same, group by group.
 *   2. An answer is given only to the question it was worked out for. */
#ifndef MATCH_PROFILE_H
#define MATCH_PROFILE_H

#include "base/cut.h"
#include "match/engine.h"
#include "match/hand.h"

#define PROFILE_NONE UINT32_MAX /* seeks nothing */

struct match_profile {
    struct match_seek seek;
    uint32_t pool, refs;
    uint32_t next; /* of the same hash, or free */
};

struct match_profile_answer {
    uint32_t question, d;
};

struct match_profiles { /* all private */
    struct match_profile *profile;
    struct match_profile_answer *answer; /* by profile */
    struct map head;                     /* hash → the first of it */
    uint32_t cap, used, free;
    uint32_t question; /* the newest */
};

/* While `from` only counts, nothing but that.  The memory is all zero. */
void match_profile_init(struct match_profiles *profiles, struct cut *from,
                        const struct match_sizes *sizes);

/* The profile of who seeks this, held once more; PROFILE_NONE for nothing. */
uint32_t match_profile_hold(struct match_profiles *profiles, uint32_t pool,
                            const struct match_seek *seek);
void match_profile_drop(struct match_profiles *profiles, uint32_t profile);

/* Another hand is asked about: forget what was answered. */
void match_profile_ask(struct match_profiles *profiles);

/* D of this profile will be asked for: a hint to the memory, no more. */
static inline void match_profile_expect(const struct match_profiles *profiles,
                                        uint32_t profile)
{
    if (profile == PROFILE_NONE)
        return;
    __builtin_prefetch(&profiles->answer[profile]);
    __builtin_prefetch(&profiles->profile[profile].seek);
    __builtin_prefetch(profiles->profile[profile].seek.term);
}

/* D toward the hand of this question. */
uint32_t match_profile_d(struct match_profiles *profiles, uint32_t profile,
                         const struct match_rarity *rarity,
                         const struct match_hand *hand);

#endif

/* match/card -- what a member has lived, seeks, and rules out, as sets of
 * opaque tokens.
 *
 * A card is plain memory: copied, compared, sealed as it stands.  Groups are
 * runs of a flat token array.
 *
 * Laws (match_card_check)
 *   1. No count is above its bound, and every group's run lies in its array.
 *   2. No token is 0 or repeated within have, within must_not, or in a group.
 *   3. A group has 1 to MATCH_GROUP_MAX tokens; importance is 1 to 3.
 *   4. Only a seeker's must may relax.
 *   5. A card does not contradict itself: a must group has a token that is not
 *      in must_not. */
#ifndef MATCH_CARD_H
#define MATCH_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "match/limits.h"

enum match_role { MATCH_SEEKER, MATCH_PEER, MATCH_ROLES };

struct match_group {
    uint8_t first, count;    /* tokens [first, first + count) */
    uint8_t importance;      /* of seek: 1..3; of must: 0 */
    uint32_t relax_after_ms; /* of must: 0 = always in force */
};

struct match_card {
    uint32_t version; /* ≥ 1; each put is the old one + 1 */
    uint32_t vocabulary_version;
    enum match_role role;
    uint8_t haves, seeks, seek_tokens, musts, must_tokens, must_nots;
    uint64_t show; /* bit i: have[i] may be named as a reason */
    uint64_t have[MATCH_HAVE_MAX];
    struct match_group seek[MATCH_SEEK_MAX];
    uint64_t seek_token[MATCH_SEEK_TOKENS_MAX];
    struct match_group must[MATCH_MUST_MAX];
    uint64_t must_token[MATCH_MUST_TOKENS_MAX];
    uint64_t must_not[MATCH_MUST_NOT_MAX];
};

/* ERR_CARD if a law is broken. */
MUST_USE enum err match_card_check(const struct match_card *card);

/* Law 5 of one must group. */
bool match_card_satisfiable(const struct match_card *card,
                            const struct match_group *group);

/* Is token among have? */
bool match_card_has(const struct match_card *card, uint64_t token);

/* The card half of Hard(ticket, peer), both ways: each must group in force
 * meets the other's have, each must_not is disjoint from it.  waited_ms is the
 * ticket's age. */
bool match_card_compatible(const struct match_card *seeker,
                           const struct match_card *peer, uint64_t waited_ms);

#endif

/* match/hand -- a card as the engine keeps it: terms in place of tokens.
 *
 * A hand holds its terms in its pool's rarity table until it is cleared.  All
 * zero is an empty hand: clearing it is harmless.
 *
 * Laws
 *   1. match_hand_age() says what match_card_compatible() of the two cards
 *      says, for every age.
 *   2. Of a term held in have, the table counts one holder. */
#ifndef MATCH_HAND_H
#define MATCH_HAND_H

#include "match/card.h"
#include "match/rarity.h"

enum { HAND_SIGN = 1024 }; /* bits: more than a vocabulary has terms */

struct match_seek { /* what is sought */
    uint8_t groups, terms;
    struct {
        uint8_t first, count, importance;
    } group[MATCH_SEEK_MAX];
    uint32_t term[MATCH_SEEK_TOKENS_MAX];
};

struct match_hand {
    uint32_t version; /* of the card; 0 = empty */
    uint32_t stamp;   /* who set it gives it: names these contents */
    uint8_t haves, musts, must_terms, must_nots;
    uint64_t show; /* bit i: have[i] */
    uint64_t
        sign[HAND_SIGN / 64]; /* bit (term mod HAND_SIGN) of each of have */
    bool plain;               /* every term of have is below HAND_SIGN */
    struct {
        uint8_t first, count;
        uint32_t relax_after_ms;
    } must[MATCH_MUST_MAX];
    uint32_t must_not[MATCH_MUST_NOT_MAX];
    uint32_t must_term[MATCH_MUST_TOKENS_MAX];
    uint32_t have[MATCH_HAVE_MAX]; /* ascending */
    struct match_seek seek;
};

/* Take up a card that match_card_check() passed.  hand is empty.  ERR_FULL:
 * the table has no room for its terms; the hand is empty still. */
MUST_USE enum err match_hand_set(struct match_hand *hand,
                                 struct match_rarity *rarity,
                                 const struct match_card *card, uint32_t stamp);

void match_hand_clear(struct match_hand *hand, struct match_rarity *rarity);

/* Has it a term whose bit is in its sign? */
bool match_hand_finds(const struct match_hand *hand, uint32_t term);

static inline bool match_hand_has(const struct match_hand *hand, uint32_t term)
{
    return (hand->sign[term % HAND_SIGN / 64] >> (term % 64) & 1) != 0 &&
           ((hand->plain && term < HAND_SIGN) || match_hand_finds(hand, term));
}

/* The age of a ticket from which the card half of Hard lets the two meet;
 * UINT32_MAX = never. */
uint32_t match_hand_age(const struct match_hand *seeker,
                        const struct match_hand *peer);

/* The age at which the next must of a ticket of age waited_ms relaxes;
 * UINT32_MAX = none does. */
uint32_t match_hand_relaxes(const struct match_hand *seeker,
                            uint64_t waited_ms);

#endif

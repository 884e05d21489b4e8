#include "match/hand.h"

#include <stddef.h>
#include <string.h>

#include "base/require.h"

/* Hold n tokens; the number held (n, or fewer when the table is full). */
static uint8_t hold(struct match_rarity *rarity, const uint64_t *token,
                    uint8_t n, uint32_t *term)
{
    for (uint8_t i = 0; i < n; i++) {
        term[i] = match_rarity_hold(rarity, token[i]);
        if (term[i] == MAP_NONE)
            return i;
    }
    return n;
}

static void drop(struct match_rarity *rarity, const uint32_t *term, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++)
        match_rarity_drop(rarity, term[i]);
}

/* have ascending, its show bits along. */
static void sort_have(struct match_hand *hand)
{
    uint64_t sorted[MATCH_HAVE_MAX], show = 0; /* a term, and where it was */

    for (uint8_t i = 0; i < hand->haves; i++) {
        uint64_t one = (uint64_t)hand->have[i] << 8 | i;
        uint8_t at = i;

        for (; at > 0 && sorted[at - 1] > one; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = one;
    }
    for (uint8_t i = 0; i < hand->haves; i++) {
        hand->have[i] = (uint32_t)(sorted[i] >> 8);
        show |= (hand->show >> (sorted[i] & 0xff) & 1) << i;
    }
    hand->show = show;
}

static void copy_groups(struct match_hand *hand, const struct match_card *card)
{
    for (uint8_t i = 0; i < card->seeks; i++) {
        hand->seek.group[i].first = card->seek[i].first;
        hand->seek.group[i].count = card->seek[i].count;
        hand->seek.group[i].importance = card->seek[i].importance;
    }
    for (uint8_t i = 0; i < card->musts; i++) {
        hand->must[i].first = card->must[i].first;
        hand->must[i].count = card->must[i].count;
        hand->must[i].relax_after_ms = card->must[i].relax_after_ms;
    }
}

enum err match_hand_set(struct match_hand *hand, struct match_rarity *rarity,
                        const struct match_card *card, uint32_t stamp)
{
    uint8_t n[4];

    REQUIRE(hand->version == 0);
    REQUIRE(card->version != 0);
    n[0] = hold(rarity, card->have, card->haves, hand->have);
    n[1] = hold(rarity, card->seek_token, card->seek_tokens, hand->seek.term);
    n[2] = hold(rarity, card->must_token, card->must_tokens, hand->must_term);
    n[3] = hold(rarity, card->must_not, card->must_nots, hand->must_not);
    if (n[0] < card->haves || n[1] < card->seek_tokens ||
        n[2] < card->must_tokens || n[3] < card->must_nots) {
        drop(rarity, hand->have, n[0]);
        drop(rarity, hand->seek.term, n[1]);
        drop(rarity, hand->must_term, n[2]);
        drop(rarity, hand->must_not, n[3]);
        return ERR_FULL;
    }
    hand->version = card->version;
    hand->stamp = stamp;
    hand->haves = card->haves;
    hand->seek.groups = card->seeks;
    hand->seek.terms = card->seek_tokens;
    hand->musts = card->musts;
    hand->must_terms = card->must_tokens;
    hand->must_nots = card->must_nots;
    hand->show = card->show;
    copy_groups(hand, card);
    sort_have(hand);
    memset(hand->sign, 0, sizeof hand->sign);
    hand->plain = true;
    for (uint8_t i = 0; i < hand->haves; i++) {
        rarity->term[hand->have[i]].holders++; /* Law 2 */
        hand->sign[hand->have[i] % HAND_SIGN / 64] |= (uint64_t)1
                                                      << (hand->have[i] % 64);
        hand->plain = hand->plain && hand->have[i] < HAND_SIGN;
    }
    return ERR_NONE;
}

void match_hand_clear(struct match_hand *hand, struct match_rarity *rarity)
{
    if (hand->version == 0)
        return;
    for (uint8_t i = 0; i < hand->haves; i++) {
        REQUIRE(rarity->term[hand->have[i]].holders > 0); /* Law 2 */
        rarity->term[hand->have[i]].holders--;
    }
    drop(rarity, hand->have, hand->haves);
    drop(rarity, hand->seek.term, hand->seek.terms);
    drop(rarity, hand->must_term, hand->must_terms);
    drop(rarity, hand->must_not, hand->must_nots);
    hand->version = 0;
}

bool match_hand_finds(const struct match_hand *hand, uint32_t term)
{
    uint32_t low = 0, high = hand->haves;

    while (low < high) {
        uint32_t mid = (low + high) / 2;

        if (hand->have[mid] == term)
            return true;
        if (hand->have[mid] < term)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* The age from which b satisfies what a requires and rules out. */
static uint32_t age(const struct match_hand *a, const struct match_hand *b)
{
    uint32_t from = 0;

    for (uint8_t i = 0; i < a->must_nots; i++)
        if (match_hand_has(b, a->must_not[i]))
            return UINT32_MAX;
    for (uint8_t i = 0; i < a->musts; i++) {
        bool met = false;

        for (uint8_t j = 0; j < a->must[i].count && !met; j++)
            met = match_hand_has(b, a->must_term[a->must[i].first + j]);
        if (met)
            continue;
        if (a->must[i].relax_after_ms == 0)
            return UINT32_MAX;
        if (a->must[i].relax_after_ms > from)
            from = a->must[i].relax_after_ms;
    }
    return from;
}

uint32_t match_hand_age(const struct match_hand *seeker,
                        const struct match_hand *peer)
{
    uint32_t one = age(seeker, peer), other = age(peer, seeker);

    REQUIRE(seeker->version != 0);
    REQUIRE(peer->version != 0);
    return one > other ? one : other; /* Law 1 */
}

uint32_t match_hand_relaxes(const struct match_hand *seeker, uint64_t waited_ms)
{
    uint32_t next = UINT32_MAX;

    REQUIRE(seeker->version != 0);
    REQUIRE(seeker->musts <= MATCH_MUST_MAX);
    for (uint8_t i = 0; i < seeker->musts; i++)
        if (seeker->must[i].relax_after_ms > waited_ms &&
            seeker->must[i].relax_after_ms < next)
            next = seeker->must[i].relax_after_ms;
    return next;
}

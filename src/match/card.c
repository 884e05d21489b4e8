#include "match/card.h"

#include "base/require.h"

static bool contains(const uint64_t *token, uint8_t n, uint64_t wanted)
{
    for (uint8_t i = 0; i < n; i++)
        if (token[i] == wanted)
            return true;
    return false;
}

/* Law 2. */
static bool is_set(const uint64_t *token, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++)
        if (token[i] == 0 || contains(token, i, token[i]))
            return false;
    return true;
}

/* Laws 1, 2, 3 of one group. */
static bool group_ok(const struct match_group *group, const uint64_t *token,
                     uint8_t tokens)
{
    if (group->count == 0 || group->count > MATCH_GROUP_MAX ||
        group->first + group->count > tokens)
        return false;
    return is_set(token + group->first, group->count);
}

bool match_card_satisfiable(const struct match_card *card,
                            const struct match_group *group)
{
    for (uint8_t i = 0; i < group->count; i++)
        if (!contains(card->must_not, card->must_nots,
                      card->must_token[group->first + i]))
            return true;
    return false;
}

enum err match_card_check(const struct match_card *card)
{
    if (card->version == 0 || (unsigned)card->role >= MATCH_ROLES)
        return ERR_CARD;
    if (card->haves > MATCH_HAVE_MAX || card->seeks > MATCH_SEEK_MAX ||
        card->seek_tokens > MATCH_SEEK_TOKENS_MAX ||
        card->musts > MATCH_MUST_MAX ||
        card->must_tokens > MATCH_MUST_TOKENS_MAX ||
        card->must_nots > MATCH_MUST_NOT_MAX)
        return ERR_CARD; /* Law 1 */
    if (!is_set(card->have, card->haves) ||
        !is_set(card->must_not, card->must_nots))
        return ERR_CARD;
    for (uint8_t i = 0; i < card->seeks; i++)
        if (!group_ok(&card->seek[i], card->seek_token, card->seek_tokens) ||
            card->seek[i].importance < 1 || card->seek[i].importance > 3)
            return ERR_CARD; /* Law 3 */
    for (uint8_t i = 0; i < card->musts; i++)
        if (!group_ok(&card->must[i], card->must_token, card->must_tokens) ||
            (card->role == MATCH_PEER && card->must[i].relax_after_ms != 0) ||
            !match_card_satisfiable(card, &card->must[i]))
            return ERR_CARD; /* Laws 4, 5 */
    return ERR_NONE;
}

bool match_card_has(const struct match_card *card, uint64_t token)
{
    return contains(card->have, card->haves, token);
}

/* One direction: what a requires and rules out, against what b has. */
static bool accepts(const struct match_card *a, const struct match_card *b,
                    uint64_t waited_ms)
{
    for (uint8_t i = 0; i < a->must_nots; i++)
        if (match_card_has(b, a->must_not[i]))
            return false;
    for (uint8_t i = 0; i < a->musts; i++) {
        const struct match_group *group = &a->must[i];
        bool met =
            group->relax_after_ms != 0 && waited_ms >= group->relax_after_ms;

        for (uint8_t j = 0; j < group->count && !met; j++)
            met = match_card_has(b, a->must_token[group->first + j]);
        if (!met)
            return false;
    }
    return true;
}

bool match_card_compatible(const struct match_card *seeker,
                           const struct match_card *peer, uint64_t waited_ms)
{
    REQUIRE(seeker->role == MATCH_SEEKER);
    REQUIRE(peer->role == MATCH_PEER);
    return accepts(seeker, peer, waited_ms) && accepts(peer, seeker, waited_ms);
}

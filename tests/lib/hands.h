/* hands -- random cards of few or many terms, for the tests of match/. */
#ifndef HANDS_H
#define HANDS_H

#include "base/chance.h"
#include "match/hand.h"

struct hands {       /* how cards are drawn */
    uint64_t tokens; /* 1 .. tokens; the lower ones are commoner */
    uint32_t have, seek, must, must_not; /* at most so many */
};

static uint64_t hands_token(uint64_t *seed, const struct hands *how)
{
    uint64_t most = chance_below(seed, how->tokens) + 1;

    return 1 + chance_below(seed, most);
}

/* At most n different tokens; how many. */
static uint8_t hands_draw(uint64_t *seed, const struct hands *how,
                          uint64_t *token, uint32_t n)
{
    uint8_t got = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t one = hands_token(seed, how);
        bool known = false;

        for (uint8_t j = 0; j < got; j++)
            known = known || token[j] == one;
        if (!known)
            token[got++] = one;
    }
    return got;
}

static uint32_t hands_up_to(uint64_t *seed, uint32_t most)
{
    return (uint32_t)chance_below(seed, (uint64_t)most + 1);
}

static struct match_card hands_card(uint64_t *seed, const struct hands *how,
                                    enum match_role role)
{
    struct match_card card = {.version = 1, .role = role};
    uint32_t seeks = hands_up_to(seed, how->seek);
    uint32_t musts = hands_up_to(seed, how->must);

    card.haves = hands_draw(seed, how, card.have, hands_up_to(seed, how->have));
    card.must_nots =
        hands_draw(seed, how, card.must_not, hands_up_to(seed, how->must_not));
    for (uint32_t i = 0; i < seeks && card.seek_tokens < 60; i++) {
        struct match_group *group = &card.seek[card.seeks++];

        group->first = card.seek_tokens;
        group->importance = (uint8_t)(1 + chance_below(seed, 3));
        group->count = hands_draw(seed, how, card.seek_token + group->first,
                                  1 + hands_up_to(seed, 2));
        card.seek_tokens = (uint8_t)(card.seek_tokens + group->count);
    }
    for (uint32_t i = 0; i < musts; i++) {
        struct match_group *group = &card.must[card.musts++];

        group->first = card.must_tokens;
        group->count = hands_draw(seed, how, card.must_token + group->first,
                                  1 + hands_up_to(seed, 3));
        card.must_tokens = (uint8_t)(card.must_tokens + group->count);
        if (role == MATCH_SEEKER && chance_below(seed, 2))
            group->relax_after_ms = (uint32_t)(1 + chance_below(seed, 90000));
    }
    return card;
}

#endif

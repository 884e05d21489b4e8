/* Rarities and scores, from tokens and numbers alone. */
#include "sim_policy.h"

#include <math.h>

/* ---- rarity ---- */

static uint32_t log2_q8(uint64_t x)
{
    return (uint32_t)floor(256.0 * log2((double)x));
}

static uint32_t bits(const struct model_rarity *rarity, uint64_t count_q8)
{
    uint32_t all = log2_q8((rarity->count_q8[0] >> 8) + 8);
    uint32_t own = log2_q8((count_q8 >> 8) + 8);

    return own >= all ? 0 : all - own;
}

void model_rarity_refresh(struct model_rarity *rarity)
{
    for (uint32_t token = 1; token <= SIM_TERMS; token++)
        if (!rarity->loaded[token])
            rarity->bits[token] =
                rarity->frozen ? 0 : bits(rarity, rarity->count_q8[token]);
}

/* ---- score ---- */

/* D(a→b) over 2^16; false: a seeks nothing. */
static bool toward(const struct model_rarity *rarity,
                   const struct match_card *a, const struct match_card *b,
                   uint64_t *d)
{
    uint64_t sum = 0, weights = 0;

    for (uint32_t g = 0; g < a->seeks; g++) {
        const struct match_group *group = &a->seek[g];
        uint64_t most = 0, met = 0, weight = 256, f = 0;
        bool any = false;

        for (uint32_t i = group->first; i < group->first + group->count; i++) {
            uint64_t worth = rarity->bits[a->seek_token[i]];

            most = worth > most ? worth : most;
            if (!match_card_has(b, a->seek_token[i]))
                continue;
            any = true;
            met = worth > met ? worth : met;
        }
        if (any && most == 0)
            f = 65536;
        else if (any)
            f = 65536 * met / most;
        if (most > 1024)
            weight = 1024;
        else if (most > 256)
            weight = most;
        for (uint32_t i = 1; i < group->importance; i++)
            weight *= 4;
        sum += weight * f;
        weights += weight;
    }
    if (weights > 0)
        *d = sum / weights;
    return weights > 0;
}

uint32_t model_p(const struct model_rarity *rarity,
                 const struct model_ticket *ticket,
                 const struct model_duty *duty)
{
    uint64_t to = 32768, from = 32768, h, record;
    bool seeks = toward(rarity, ticket->card, duty->card, &to);
    bool sought = toward(rarity, duty->card, ticket->card, &from);

    if (!seeks)
        to = from;
    if (!sought)
        from = to;
    to = to < 4096 ? 4096 : to;
    from = from < 4096 ? 4096 : from;
    h = 2 * to * from / (to + from);
    record = 65536 * ((uint64_t)duty->yes + 6) / ((uint64_t)duty->total + 8);
    return (uint32_t)(h * (49152 + record / 4) / 65536);
}

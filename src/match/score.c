#include "match/score.h"

#include "base/require.h"

enum { ONE = 65536, WEIGHT_MIN = 256, WEIGHT_MAX = 1024 };

static const uint32_t stated[] = {1, 4, 16};

uint64_t match_score_weight(uint32_t bits, uint8_t importance)
{
    uint64_t clamped = bits < WEIGHT_MIN   ? WEIGHT_MIN
                       : bits > WEIGHT_MAX ? WEIGHT_MAX
                                           : bits;

    REQUIRE(importance >= 1);
    REQUIRE(importance <= 3);
    return clamped * stated[importance - 1];
}

bool match_score_toward(const struct match_rarity *rarity,
                        const struct match_seek *seek,
                        const struct match_hand *other, uint32_t *d)
{
    uint64_t sum = 0, weights = 0;

    for (uint8_t i = 0; i < seek->groups; i++) {
        uint64_t most = 0, met = 0, f = 0, weight;
        bool any = false;

        for (uint8_t j = 0; j < seek->group[i].count; j++) {
            uint32_t term = seek->term[seek->group[i].first + j];
            uint32_t bits = rarity->term[term].bits;

            if (bits > most)
                most = bits;
            if (!match_hand_has(other, term))
                continue;
            any = true;
            if (bits > met)
                met = bits;
        }
        if (any)
            f = met == most ? ONE : ONE * met / most;
        weight = match_score_weight((uint32_t)most, seek->group[i].importance);
        sum += weight * f;
        weights += weight;
    }
    if (weights == 0)
        return false;
    *d = (uint32_t)(sum / weights);
    return true;
}

uint32_t match_score_both(const struct match_rarity *rarity,
                          const struct match_hand *a,
                          const struct match_hand *b)
{
    uint32_t to = 0, from = 0;
    bool seeks = match_score_toward(rarity, &a->seek, b, &to);
    bool sought = match_score_toward(rarity, &b->seek, a, &from);

    if (!seeks && !sought)
        to = from = ONE / 2;
    else if (!seeks)
        to = from;
    else if (!sought)
        from = to;
    return match_score_mean(to, from); /* Laws 1, 2 */
}

uint32_t match_score_factor(uint32_t yes, uint32_t total)
{
    uint64_t tau = ONE * ((uint64_t)yes + 6) / ((uint64_t)total + 8);

    REQUIRE(yes <= total);
    return (uint32_t)(49152 + tau / 4);
}

uint32_t match_score_record(uint32_t h, uint32_t yes, uint32_t total)
{
    REQUIRE(h <= ONE);
    return match_score_moved(h, match_score_factor(yes, total)); /* Law 1 */
}

/* cli/demo_score -- how well two of the demo fit, as the engine sees it: its own
 * arithmetic on the same cards and the same rarities (the server loads this
 * table for the pool "demo").  What a peer's record adds is left out: nobody
 * here is told it. */
#include "cli/demo.h"

#include <stdlib.h>
#include <string.h>

#include "kindred_data.h"
#include "match/score.h"

enum { TERMS = 4096, SLOTS = 8192 };

struct scale { /* what a comparison needs */
    struct match_rarity rarity;
    struct match_term term[TERMS];
    struct map_slot slot[SLOTS];
    struct match_card card[2];
    struct match_hand hand[2];
};

static void copy_groups(struct match_card *to, const struct kindred_card *from)
{
    for (uint32_t i = 0; i < from->seeks; i++) {
        const struct kindred_group *group = &from->seek[i];

        to->seek[i] =
            (struct match_group){.first = to->seek_tokens,
                                 .count = (uint8_t)group->count,
                                 .importance = (uint8_t)group->weight};
        memcpy(to->seek_token + to->seek_tokens, group->token,
               group->count * sizeof *group->token);
        to->seek_tokens = (uint8_t)(to->seek_tokens + group->count);
    }
    to->seeks = (uint8_t)from->seeks;
}

/* What the score looks at: musts decide whether, not how well. */
static bool take(struct scale *scale, int side, const struct kindred_card *from)
{
    struct match_card *card = &scale->card[side];

    card->version = 1;
    card->role = side == 0 ? MATCH_SEEKER : MATCH_PEER;
    card->haves = (uint8_t)from->haves;
    for (uint32_t i = 0; i < from->haves; i++)
        card->have[i] = from->have[i].token;
    copy_groups(card, from);
    return match_hand_set(&scale->hand[side], &scale->rarity, card,
                          (uint32_t)side + 1) == ERR_NONE;
}

unsigned cli_demo_score(const struct kindred_card *seeker,
                        const struct kindred_card *peer)
{
    struct scale *scale = calloc(1, sizeof *scale);
    unsigned percent = 0;
    bool good = scale != NULL;

    if (!scale)
        return 0;
    match_rarity_init(&scale->rarity, scale->term, TERMS, scale->slot, SLOTS);
    for (int i = 0; i < DATA_DEMO_RARITIES && good; i++)
        good = match_rarity_load(&scale->rarity,
                                 data_terms[data_demo_rarities[i].term].token,
                                 data_demo_rarities[i].bits) == ERR_NONE;
    if (good && take(scale, 0, seeker) && take(scale, 1, peer))
        percent =
            match_score_record(match_score_both(&scale->rarity, &scale->hand[0],
                                                &scale->hand[1]),
                               0, 0) *
            100 / 65536;
    free(scale);
    return percent;
}

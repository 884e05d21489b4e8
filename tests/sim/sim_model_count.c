/* What is counted over time: who has what, and offers to a peer. */
#include "sim_model.h"

#include <string.h>

static bool has(const struct match_card *card, uint64_t token)
{
    return card && match_card_has(card, token);
}

/* Does a member with a live ticket or duty in this pool have it?  Token 0:
 * is there such a member at all? */
static uint64_t count(const struct model_view *view, uint32_t pool,
                      uint64_t token)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < view->places; i++)
        n += view->ticket[i].id && view->ticket[i].pool == pool &&
             (token == 0 || has(view->ticket[i].card, token));
    for (uint32_t i = 0; i < view->places; i++) {
        const struct model_duty *duty = &view->duty[i];
        bool again = false;

        if (!duty->member || duty->state == DUTY_OFF || duty->pool != pool ||
            (token != 0 && !has(duty->card, token)))
            continue;
        for (uint32_t j = 0; j < view->places; j++)
            again = again || (view->ticket[j].id &&
                              view->ticket[j].member == duty->member &&
                              (token == 0 || has(view->ticket[j].card, token)));
        n += !again;
    }
    return n;
}

void model_rarity_smooth(struct sim *sim)
{
    struct sim_model *model = sim->model;

    for (uint32_t pool = 0; pool < SIM_POOLS; pool++) {
        struct model_rarity *rarity = &model->rarity[pool];

        if (rarity->frozen)
            continue;
        for (uint32_t token = 0; token <= SIM_TERMS; token++)
            rarity->count_q8[token] = (7 * rarity->count_q8[token] +
                                       256 * count(&model->was, pool, token)) /
                                      8;
        model_rarity_refresh(rarity);
    }
}

void model_rarity_page(struct sim *sim, const struct match_command *command)
{
    const struct model_rarity *rarity =
        &sim->model->rarity[command->rarity.pool];

    for (uint32_t i = 0; i < command->rarity.rows; i++) {
        const struct match_rarity_row *row = &command->rarity.row[i];

        LAW("what is stored of a rarity is its smoothed count",
            row->token <= SIM_TERMS && row->pool == command->rarity.pool &&
                row->count_q8 == rarity->count_q8[row->token]);
    }
}

void model_rarity_row(struct sim *sim, const struct match_rarity_row *row)
{
    LAW("a rarity that is loaded was stored",
        row->pool < SIM_POOLS && row->token <= SIM_TERMS &&
            row->count_q8 ==
                sim->model->stored[row->pool].count_q8[row->token]);
    sim->model->rarity[row->pool].count_q8[row->token] = row->count_q8;
}

void sim_model_stored(struct sim *sim, const struct match_command *command)
{
    struct model_rarity *stored = &sim->model->stored[command->rarity.pool];

    if (command->rarity.first)
        memset(stored, 0, sizeof *stored);
    for (uint32_t i = 0; i < command->rarity.rows; i++)
        stored->count_q8[command->rarity.row[i].token] =
            command->rarity.row[i].count_q8;
}

/* ---- load ---- */

static uint64_t bucket(uint64_t now_ms)
{
    return 1 + now_ms / 300000; /* 0 = never */
}

uint32_t model_load(const struct sim *sim, uint64_t member, uint64_t now_ms)
{
    uint64_t load = 0;

    for (uint32_t i = 0; i < sim->places; i++) {
        const struct model_load *known = &sim->model->duty[i];

        for (uint32_t j = 0; j < MODEL_LOAD_BUCKETS; j++)
            if (known->member == member &&
                known->at[j] + MODEL_LOAD_BUCKETS > bucket(now_ms))
                load += known->bucket[j];
    }
    return load < 8 ? (uint32_t)load : 8;
}

void model_load_count(struct sim *sim, uint64_t member, uint64_t now_ms)
{
    uint64_t at = bucket(now_ms) % MODEL_LOAD_BUCKETS;

    for (uint32_t i = 0; i < sim->places; i++) {
        struct model_load *known = &sim->model->duty[i];

        if (known->member != member)
            continue;
        if (known->at[at] != bucket(now_ms))
            known->bucket[at] = 0;
        known->at[at] = bucket(now_ms);
        known->bucket[at]++;
    }
}

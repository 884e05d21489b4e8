/* The best a batch can do: every choice of edges is tried, but for those that
 * cannot beat the best so far. */
#include "sim_model.h"

#include "base/chance.h"

enum { BATCH = 16 }; /* tickets, at most */

struct edges {
    uint32_t tickets, ticket[MODEL_PLACES]; /* in batch order */
    uint32_t n[BATCH], peer[BATCH][MODEL_PLACES];
    int64_t value[BATCH][MODEL_PLACES];
    int64_t rest[BATCH + 1];     /* most that tickets from here can add */
    uint32_t left[MODEL_PLACES]; /* capacity */
    int64_t best;
};

static int64_t value(const struct sim *sim, const struct model_ticket *ticket,
                     const struct model_duty *duty)
{
    const struct match_limits *limits = &sim->limits;
    const struct model_view *view = &sim->model->was;
    int64_t p = model_p(&sim->model->rarity[ticket->pool], ticket, duty);
    int64_t load = model_load(sim, duty->member, view->now_ms);
    uint64_t waited =
        view->now_ms > ticket->since_ms ? view->now_ms - ticket->since_ms : 0;
    uint64_t age = limits->age_per_min * waited / 60000;
    int64_t w;

    if (age > limits->age_max)
        age = limits->age_max;
    w = p + (int64_t)age - (int64_t)limits->load_weight * load;
    if (w < 1)
        w = 1;
    if (ticket->danger)
        w += INT64_C(1) << 32;
    return w * 65536 + 65535 -
           (int64_t)(chance_mix(duty->tie - ticket->tie) >> 48);
}

/* The first that wait, in batch order. */
static void gather(const struct sim *sim, struct edges *edges)
{
    const struct model_view *view = &sim->model->was;

    for (uint32_t i = 0; i < sim->places; i++) {
        uint32_t at = edges->tickets;

        if (!model_waits(sim, view, &view->ticket[i]))
            continue;
        for (; at > 0 && model_before(&view->ticket[i],
                                      &view->ticket[edges->ticket[at - 1]]);
             at--)
            edges->ticket[at] = edges->ticket[at - 1];
        edges->ticket[at] = i;
        edges->tickets++;
    }
    if (edges->tickets > sim->limits.batch_tickets)
        edges->tickets = (uint32_t)sim->limits.batch_tickets;
    LAW("simulator: room for a batch", edges->tickets <= BATCH);
}

static void join(const struct sim *sim, struct edges *edges)
{
    const struct model_view *view = &sim->model->was;

    for (uint32_t t = 0; t < edges->tickets; t++) {
        const struct model_ticket *ticket = &view->ticket[edges->ticket[t]];

        edges->n[t] = model_peers(sim, view, ticket,
                                  (uint32_t)sim->limits.top_k, edges->peer[t]);
        for (uint32_t i = 0; i < edges->n[t]; i++)
            edges->value[t][i] =
                value(sim, ticket, &view->duty[edges->peer[t][i]]);
    }
    for (uint32_t t = edges->tickets; t-- > 0;) {
        edges->rest[t] = edges->rest[t + 1];
        for (uint32_t i = 0; i < edges->n[t]; i++)
            if (edges->rest[t + 1] + edges->value[t][i] > edges->rest[t])
                edges->rest[t] = edges->rest[t + 1] + edges->value[t][i];
    }
    for (uint32_t i = 0; i < sim->places; i++)
        if (model_free(view, &view->duty[i]))
            edges->left[i] = view->duty[i].capacity - view->duty[i].offers -
                             view->duty[i].talks;
}

/* Tickets from t on, with `sum` so far. */
static void search(struct edges *edges, uint32_t t, int64_t sum)
{
    if (sum > edges->best)
        edges->best = sum;
    if (t == edges->tickets || sum + edges->rest[t] <= edges->best)
        return;
    for (uint32_t i = 0; i < edges->n[t]; i++) {
        uint32_t peer = edges->peer[t][i];

        if (edges->left[peer] == 0)
            continue;
        edges->left[peer]--;
        search(edges, t + 1, sum + edges->value[t][i]);
        edges->left[peer]++;
    }
    search(edges, t + 1, sum);
}

/* The value of what was chosen, if it may be. */
static int64_t chosen(struct sim *sim, struct edges *edges)
{
    const struct sim_model *model = sim->model;
    int64_t sum = 0;
    uint32_t t = 0;

    for (uint32_t c = 0; c < model->choices; c++) {
        const struct match_choice *choice = &model->choice[c];
        uint32_t i = 0;

        while (t < edges->tickets &&
               model->was.ticket[edges->ticket[t]].id != choice->ticket)
            t++;
        LAW("a batch's choices are of its tickets, once each, in batch order",
            t < edges->tickets);
        while (i < edges->n[t] &&
               model->was.duty[edges->peer[t][i]].member != choice->peer)
            i++;
        LAW("a batch chooses among the best free peers", i < edges->n[t]);
        LAW("a batch keeps to the capacities",
            edges->left[edges->peer[t][i]] > 0);
        edges->left[edges->peer[t][i]]--;
        sum += edges->value[t][i];
        t++;
    }
    return sum;
}

void model_batch(struct sim *sim)
{
    struct sim_model *model = sim->model;
    const struct match_engine *engine = sim->engine;
    struct edges edges = {.tickets = 0};

    LAW("a batch is proposed before the next",
        model->choice_at == model->choices);
    LAW("simulator: room for choices", engine->choices <= MODEL_PLACES);
    model->choices = engine->choices;
    model->choice_at = 0;
    for (uint32_t i = 0; i < engine->choices; i++)
        model->choice[i] = engine->choice[i];
    gather(sim, &edges);
    join(sim, &edges);
    search(&edges, 0, 0);
    LAW("ENGINE §3: a batch's choice has the greatest value", /* Law 2 */
        chosen(sim, &edges) == edges.best);
    model->batches++;
}

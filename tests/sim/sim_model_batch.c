/* The best a batch can do: every choice of edges is tried, but for those that
 * cannot beat the best so far. */
#include "sim_model.h"

#include "base/chance.h"

static int64_t value(const struct sim *sim, const struct model_view *view,
                     const struct model_ticket *ticket,
                     const struct model_duty *duty)
{
    const struct match_limits *limits = &sim->limits;
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

void model_batch_begin(struct sim *sim)
{
    const struct model_view *view = &sim->model->was;
    const struct match_engine *engine = sim->engine;
    struct model_batch *batch = &sim->model->batch;
    uint32_t place[MODEL_PLACES], n = 0;

    LAW("a batch is proposed before the next",
        batch->decided && batch->choice_at == batch->choices);
    *batch = (struct model_batch){.tickets = 0};
    for (uint32_t i = 0; i < view->places; i++) {
        uint32_t at = n;

        if (!model_waits(sim, view, &view->ticket[i]))
            continue;
        for (; at > 0 &&
               model_before(&view->ticket[i], &view->ticket[place[at - 1]]);
             at--)
            place[at] = place[at - 1];
        place[at] = i;
        n++;
    }
    if (n > sim->limits.batch_tickets)
        n = (uint32_t)sim->limits.batch_tickets;
    LAW("simulator: room for a batch", n <= MODEL_BATCH);
    LAW("a batch takes the first that wait", engine->choices == n);
    for (uint32_t t = 0; t < n; t++) {
        batch->ticket[t] = view->ticket[place[t]].id;
        LAW("a batch takes them in batch order",
            engine->choice[t] == batch->ticket[t]);
    }
    batch->tickets = n;
    batch->decided = n == 0;
}

/* The edges of the t-th ticket, as things stand. */
static void join(struct sim *sim, uint32_t t)
{
    const struct model_view *view = &sim->model->is;
    struct model_batch *batch = &sim->model->batch;
    uint32_t at = 0;

    while (at < view->places && view->ticket[at].id != batch->ticket[t])
        at++;
    batch->n[t] = 0;
    if (at == view->places || !model_waits(sim, view, &view->ticket[at]))
        return; /* something came between */
    batch->n[t] = model_peers(sim, view, &view->ticket[at],
                              (uint32_t)sim->limits.top_k, batch->peer[t]);
    for (uint32_t i = 0; i < batch->n[t]; i++) {
        const struct model_duty *duty = &view->duty[batch->peer[t][i]];

        batch->value[t][i] = value(sim, view, &view->ticket[at], duty);
        batch->left[batch->peer[t][i]] = model_room(duty);
    }
}

/* Tickets from t on, with `sum` so far. */
static void search(struct model_batch *batch, uint32_t t, int64_t sum)
{
    if (sum > batch->best)
        batch->best = sum;
    if (t == batch->tickets || sum + batch->rest[t] <= batch->best)
        return;
    for (uint32_t i = 0; i < batch->n[t]; i++) {
        uint32_t peer = batch->peer[t][i];

        if (batch->left[peer] == 0)
            continue;
        batch->left[peer]--;
        search(batch, t + 1, sum + batch->value[t][i]);
        batch->left[peer]++;
    }
    search(batch, t + 1, sum);
}

/* The most that tickets from each on can add. */
static void bound(struct model_batch *batch)
{
    for (uint32_t t = batch->tickets; t-- > 0;) {
        batch->rest[t] = batch->rest[t + 1];
        for (uint32_t i = 0; i < batch->n[t]; i++)
            if (batch->rest[t + 1] + batch->value[t][i] > batch->rest[t])
                batch->rest[t] = batch->rest[t + 1] + batch->value[t][i];
    }
}

/* Whom the engine gives the t-th ticket; 0: nobody. */
static uint64_t given(const struct match_engine *engine, uint32_t t)
{
    const struct match_assign *assign = &engine->assign;
    uint32_t edge = assign->chosen[t];

    if (edge == MATCH_ASSIGN_NONE)
        return 0;
    return engine
        ->chosen[assign->edge[(size_t)t * assign->degree_max + edge].peer]
        ->row.member;
}

/* The value of what was chosen, if it may be; it is to be proposed. */
static int64_t chosen(struct sim *sim)
{
    struct model_batch *batch = &sim->model->batch;
    int64_t sum = 0;

    for (uint32_t t = 0; t < batch->tickets; t++) {
        uint64_t member = given(sim->engine, t);
        uint32_t i = 0;

        if (member == 0)
            continue;
        while (i < batch->n[t] &&
               sim->model->is.duty[batch->peer[t][i]].member != member)
            i++;
        LAW("a batch chooses among the best free peers", i < batch->n[t]);
        LAW("a batch keeps to the capacities",
            batch->left[batch->peer[t][i]] > 0);
        batch->left[batch->peer[t][i]]--;
        sum += batch->value[t][i];
        batch->choice[batch->choices++] =
            (struct model_choice){.ticket = batch->ticket[t], .peer = member};
    }
    return sum;
}

bool model_batch_go(struct sim *sim)
{
    const struct match_engine *engine = sim->engine;
    struct model_batch *batch = &sim->model->batch;

    if (batch->decided)
        return true;
    LAW("a batch that is not over goes on at once",
        engine->batch_placed == batch->tickets || sim->effects.more);
    for (; batch->joined < engine->batch_edged; batch->joined++)
        join(sim, batch->joined);
    if (engine->batch_placed < batch->tickets)
        return false;
    LAW("a batch decides when all are looked at",
        batch->joined == batch->tickets);
    batch->decided = true;
    bound(batch);
    search(batch, 0, 0);
    LAW("ENGINE §3: a batch's choice has the greatest value", /* Law 2 */
        chosen(sim) == batch->best);
    sim->model->batches++;
    return true;
}

/* Beside each step: what the engine proposed against what it must. */
#include "sim_model.h"

#include <string.h>

void sim_model_open(struct sim *sim)
{
    sim->model = sim_need(1, sizeof *sim->model);
    sim->model->card = sim_need(MODEL_CARDS, sizeof *sim->model->card);
}

void sim_model_card(struct sim *sim, uint64_t member,
                    const struct match_card *card)
{
    struct sim_model *model = sim->model;

    LAW("simulator: room for cards", model->cards < MODEL_CARDS);
    model->card[model->cards++] =
        (struct model_card){.member = member, .card = *card};
}

/* The engine's memory is new. */
static void begin(struct sim_model *model)
{
    memset(&model->was, 0, sizeof model->was);
    memset(model->rarity, 0, sizeof model->rarity);
    memset(model->ticket, 0, sizeof model->ticket);
    memset(model->duty, 0, sizeof model->duty);
    model->batch = (struct model_batch){.decided = true};
}

void sim_model_before(struct sim *sim, const struct match_event *event)
{
    const struct match_engine *engine = sim->engine;
    struct sim_model *model = sim->model;

    model->fired = TIMER_KINDS;
    model->fired_id = model->landed = 0;
    if (event->kind == EVENT_BEGIN)
        begin(model);
    model_view(sim, &model->was, event->now_ms);
    if (event->kind == EVENT_TICK && engine->mode == ENGINE_LIVE &&
        !engine->unfinished && heap_least(&engine->timers) <= event->now_ms) {
        model->fired = heap_first(&engine->timers)->rank;
        model->fired_id = heap_first(&engine->timers)->id;
    }
    for (uint32_t i = 0;
         event->kind == EVENT_STORED && i < engine->flight_free.used; i++) {
        const struct match_flight *flight = &engine->flight[i];

        if (flight->op == 0 || flight->op != event->stored.result->op)
            continue;
        model->landed = flight->op;
        model->landed_kind = flight->kind;
        model->landed_outcome = event->stored.result->outcome;
    }
}

/* ---- rarities ---- */

static void outside(struct model_rarity *rarity,
                    const struct match_event *event)
{
    if (!rarity->frozen) {
        rarity->frozen = true;
        model_rarity_refresh(rarity);
    }
    memset(rarity->bits, 0, sizeof rarity->bits); /* in place of the older */
    memset(rarity->loaded, 0, sizeof rarity->loaded);
    for (uint32_t i = 0; i < event->rarity.rows; i++) {
        rarity->bits[event->rarity.row[i].token] =
            (uint32_t)event->rarity.row[i].count_q8;
        rarity->loaded[event->rarity.row[i].token] = true;
    }
}

static void rarities(struct sim *sim, const struct match_event *event)
{
    struct sim_model *model = sim->model;

    if (event->kind == EVENT_LOAD && event->load.row->kind == ROW_RARITY)
        model_rarity_row(sim, &event->load.row->rarity);
    if (event->kind == EVENT_LIVE)
        for (uint32_t pool = 0; pool < SIM_POOLS; pool++)
            model_rarity_refresh(&model->rarity[pool]);
    if (event->kind == EVENT_RARITY)
        outside(&model->rarity[event->pool], event);
    if (model->fired == TIMER_SMOOTH)
        model_rarity_smooth(sim);
}

/* ---- the step's own offers ---- */

static const struct match_offer_row *offered(const struct match_effect *effect)
{
    return effect->kind == EFFECT_STORE && effect->store.kind == COMMAND_OFFER
               ? &effect->store.offer.offer
               : NULL;
}

static uint32_t ticket_at(const struct model_view *view, uint64_t id)
{
    for (uint32_t i = 0; i < view->places; i++)
        if (view->ticket[i].id == id)
            return i;
    return MODEL_NEVER;
}

static uint32_t duty_at(const struct model_view *view, uint64_t member)
{
    for (uint32_t i = 0; i < view->places; i++)
        if (view->duty[i].member == member)
            return i;
    return MODEL_NEVER;
}

/* As it stood when its moments came: before any of this step's offers. */
static void take_back(struct model_view *view,
                      const struct match_effects *effects)
{
    for (uint32_t i = 0; i < effects->n; i++) {
        const struct match_offer_row *row = offered(&effects->item[i]);
        uint32_t t, d, at = 0;

        if (!row)
            continue;
        t = ticket_at(view, row->ticket);
        d = duty_at(view, row->peer);
        LAW("an offer is of a ticket and a duty that are held",
            t != MODEL_NEVER && d != MODEL_NEVER);
        view->ticket[t].flight = view->ticket[t].offer = 0;
        view->ticket[t].offer_new = false;
        while (at < view->duty[d].offers && view->duty[d].offer[at] != row->id)
            at++;
        LAW("an offer takes a slot", at < view->duty[d].offers);
        view->duty[d].offer[at] = view->duty[d].offer[--view->duty[d].offers];
    }
}

/* The next offer must be this.  False: there was no room for it in the step. */
static bool expect(struct sim *sim, uint32_t t, uint32_t d, const char *law)
{
    struct sim_model *model = sim->model;
    struct model_ticket *ticket = &model->is.ticket[t];
    struct model_duty *duty = &model->is.duty[d];
    const struct match_offer_row *row = NULL;

    while (model->next < model->effects->n && !row)
        row = offered(&model->effects->item[model->next++]);
    if (!row && model->effects->more)
        return false;
    model->compared++;
    if (!row || row->ticket != ticket->id || row->peer != duty->member) {
        sim_trace(sim, "  must be offered: %04llx of %04llx to %04llx",
                  (unsigned long long)(ticket->id & 0xffff),
                  (unsigned long long)(ticket->member & 0xffff),
                  (unsigned long long)(duty->member & 0xffff));
        if (row)
            sim_trace(sim, "  but is: %04llx of %04llx to %04llx",
                      (unsigned long long)(row->ticket & 0xffff),
                      (unsigned long long)(row->seeker & 0xffff),
                      (unsigned long long)(row->peer & 0xffff));
        sim_fail(law, __FILE__, __LINE__); /* Law 1 */
    }
    LAW("ENGINE §2: P",
        row->p == model_p(&model->rarity[ticket->pool], ticket, duty));
    LAW("an offer names the cards it was decided on",
        row->seeker_card_version == ticket->version &&
            row->peer_card_version == duty->version);
    ticket->flight = 1; /* any */
    duty->offer[duty->offers++] = row->id;
    model_load_count(sim, duty->member, model->is.now_ms);
    return true;
}

static bool run_batch(struct sim *sim)
{
    struct sim_model *model = sim->model;
    struct model_batch *batch = &model->batch;

    if (!model_batch_go(sim))
        return false;
    for (; batch->choice_at < batch->choices; batch->choice_at++) {
        const struct model_choice *choice = &batch->choice[batch->choice_at];
        uint32_t t = ticket_at(&model->is, choice->ticket);
        uint32_t d = duty_at(&model->is, choice->peer);

        if (t == MODEL_NEVER || d == MODEL_NEVER ||
            !model_waits(sim, &model->is, &model->is.ticket[t]) ||
            !model_free(&model->is, &model->is.duty[d]) ||
            !model_hard(sim, &model->is, &model->is.ticket[t],
                        &model->is.duty[d]))
            continue; /* something came between */
        if (!expect(sim, t, d, "ENGINE §3: a batch's offers, in batch order"))
            return false;
    }
    return true;
}

static bool run_tickets(struct sim *sim)
{
    struct sim_model *model = sim->model;
    const struct model_view *is = &model->is;

    for (;;) {
        uint32_t t = MODEL_NEVER, d = MODEL_NEVER;

        for (uint32_t i = 0; i < sim->places; i++)
            if (model->ticket[i].listed &&
                (t == MODEL_NEVER ||
                 model_before(&is->ticket[i], &is->ticket[t])))
                t = i;
        if (t == MODEL_NEVER)
            return true;
        if (model_waits(sim, is, &is->ticket[t]))
            d = model_first_peer(sim, is, &is->ticket[t]);
        if (d != MODEL_NEVER &&
            !expect(sim, t, d, "ENGINE §3: a ticket's moment"))
            return false;
        model->ticket[t].listed = false;
    }
}

static bool run_duties(struct sim *sim)
{
    struct sim_model *model = sim->model;
    const struct model_view *is = &model->is;

    for (;;) {
        uint32_t d = MODEL_NEVER;

        for (uint32_t i = 0; i < sim->places; i++)
            if (model->duty[i].listed &&
                (d == MODEL_NEVER || is->duty[i].member < is->duty[d].member))
                d = i;
        if (d == MODEL_NEVER)
            return true;
        while (model_free(is, &is->duty[d])) {
            uint32_t t = model_wanted_by(sim, is, &is->duty[d]);

            if (t == MODEL_NEVER)
                break;
            if (!expect(sim, t, d, "ENGINE §3: a peer's moment"))
                return false;
        }
        model->duty[d].listed = false;
    }
}

/* ---- bounds ---- */

static void bounds(struct sim *sim)
{
    struct sim_model *model = sim->model;

    for (uint32_t i = 0; i < sim->places; i++) {
        const struct model_ticket *was = &model->was.ticket[i];
        const struct model_ticket *is = &model->is.ticket[i];
        enum match_bound bound = was->bound;

        if (!is->id || was->id != is->id)
            continue;
        if (model->fired == TIMER_BOUND && model->fired_id == is->id) {
            LAW("why one waits is told once, and again when a wish is over",
                bound == BOUND_NONE ||
                    (model->ticket[i].one && !model_wishes(&model->was, was)));
            model->ticket[i].one = model_wishes(&model->was, was);
            bound = model_bound(sim, &model->was, was, &model->ticket[i].few);
            model->ticket[i].version = was->version;
            model->ticket[i].binding =
                bound == BOUND_NONE_COMPATIBLE
                    ? model_binding(sim, &model->was, was)
                    : 0;
        }
        LAW("ENGINE §3: why a ticket past its bound waits", /* Law 3 */
            is->bound == bound);
    }
    for (uint32_t i = 0; i < model->effects->n; i++) {
        const struct match_effect *effect = &model->effects->item[i];
        uint32_t t = effect->kind == EFFECT_TELL_TICKET
                         ? ticket_at(&model->is, effect->ticket.ticket)
                         : MODEL_NEVER;

        if (t == MODEL_NEVER || model->ticket[t].id != effect->ticket.ticket)
            continue;
        LAW("what is told of the bound is so", /* Law 3 */
            effect->ticket.bound == model->is.ticket[t].bound &&
                (effect->ticket.bound == BOUND_NONE ||
                 effect->ticket.bound_few == model->ticket[t].few));
        if (model->is.ticket[t].version != model->ticket[t].version)
            model->ticket[t].binding = 0; /* of a card that was */
        LAW("what is told to bind does, and nothing else", /* Law 3 */
            effect->ticket.binding ==
                (effect->ticket.bound == BOUND_NONE_COMPATIBLE
                     ? model_in_force(&model->is, &model->is.ticket[t],
                                      model->ticket[t].binding)
                     : 0));
    }
}

/* Every talk that a result shows has begun. */
static void begun(struct sim_model *model, const struct match_result *result)
{
    for (uint32_t i = 0; i < result->rows; i++) {
        const struct match_talk_row *talk = &result->row[i].talk;
        uint32_t at = 0;

        if (result->row[i].kind != ROW_TALK)
            continue;
        while (at < model->begins && model->begun[at].id != talk->id)
            at++;
        if (at < model->begins)
            continue;
        LAW("simulator: room for talks", model->begins < MODEL_BEGUN);
        model->begun[model->begins++] =
            (struct model_begun){talk->id, talk->peer, talk->started_ms};
    }
}

void sim_model_after(struct sim *sim, const struct match_event *event)
{
    struct sim_model *model = sim->model;

    model->effects = &sim->effects;
    model->next = 0;
    if (event->kind == EVENT_STORED)
        begun(model, event->stored.result);
    rarities(sim, event);
    model_view(sim, &model->is, event->now_ms);
    if (sim->engine->mode != ENGINE_LIVE)
        return;
    take_back(&model->is, &sim->effects);
    for (uint32_t i = 0; i < sim->effects.n; i++)
        if (sim->effects.item[i].kind == EFFECT_STORE &&
            sim->effects.item[i].store.kind == COMMAND_RARITY)
            model_rarity_page(sim, &sim->effects.item[i].store);
    bounds(sim);
    model_moments(sim);
    if (model->fired == TIMER_BATCH)
        model_batch_begin(sim);
    if (run_batch(sim) && run_tickets(sim))
        (void)run_duties(sim);
    for (; model->next < sim->effects.n; model->next++)
        LAW("ENGINE §3: an offer without a moment", /* Law 1 */
            !offered(&sim->effects.item[model->next]));
    if (!sim->effects.more &&
        match_engine_deadline_ms(sim->engine) > sim->now_ms)
        model_armed(sim);
}

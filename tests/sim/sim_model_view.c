/* How the engine stands before and after a step, and which moments the
 * difference makes. */
#include "sim_model.h"

#include <string.h>

/* ---- a view ---- */

static const struct match_card *card(const struct sim *sim, uint64_t member,
                                     enum match_role role, uint32_t version)
{
    const struct sim_model *model = sim->model;

    if (version == 0)
        return NULL;
    for (uint32_t i = model->cards; i-- > 0;)
        if (model->card[i].member == member &&
            model->card[i].card.role == role &&
            model->card[i].card.version == version)
            return &model->card[i].card;
    LAW("the engine holds a card that was put", false);
    return NULL;
}

static uint64_t flight(const struct match_subject *subject)
{
    return subject->flight ? subject->flight->op : 0;
}

static void see_ticket(const struct sim *sim, const struct match_ticket *from,
                       const struct model_ticket *last, struct model_ticket *to)
{
    const struct match_ticket_row *row = &from->row;
    uint64_t was_id = last->id; /* of what may be *to */
    uint32_t was_version = last->version;
    const struct match_card *was_card = last->card;

    if (row->id == 0 || !list_linked(&from->pool_link)) {
        if (to->id != 0)
            memset(to, 0, sizeof *to);
        return;
    }
    *to = (struct model_ticket){
        .id = row->id,
        .member = row->member,
        .since_ms = row->since_ms,
        .wish = row->wish,
        .wish_until_ms = row->wish_until_ms,
        .tie = row->tie,
        .seen_ms = from->presence.seen_ms,
        .backoff_ms = from->backoff_ms,
        .flight = flight(&from->subject),
        .offer = from->offer ? from->offer->row.id : 0,
        .pool = row->pool,
        .state = row->state,
        .version = from->hand.version,
        .danger = row->danger,
        .closing = from->closing,
        .held = from->held,
        .away = from->presence.away,
        .offer_new =
            from->offer && from->offer->row.state == (uint32_t)OFFER_NEW,
        .bound = (enum match_bound)from->bound,
    };
    to->card = was_id == to->id && was_version == to->version
                   ? was_card
                   : card(sim, row->member, MATCH_SEEKER, to->version);
}

/* Talks of a peer that began less than a day ago. */
static uint32_t today(const struct sim *sim, uint64_t peer, uint64_t now_ms)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < sim->model->begins; i++)
        n += sim->model->begun[i].peer == peer &&
             now_ms - sim->model->begun[i].started_ms < sim->limits.day_ms;
    return n;
}

static void see_duty(const struct sim *sim, const struct match_duty *from,
                     const struct model_duty *last, struct model_duty *to)
{
    const struct match_duty_row *row = &from->row;
    uint64_t was_member = last->member; /* of what may be *to */
    uint32_t was_version = last->version;
    const struct match_card *was_card = last->card;

    if (row->member == 0) {
        if (to->member != 0)
            memset(to, 0, sizeof *to);
        return;
    }
    *to = (struct model_duty){
        .member = row->member,
        .tie = row->tie,
        .grade_until_ms = row->grade_until_ms,
        .rest_until_ms = row->rest_until_ms,
        .flight = flight(&from->subject),
        .pool = row->pool,
        .state = row->state,
        .version = from->hand.version,
        .capacity = row->capacity,
        .day_max = row->day_max,
        .yes = row->yes,
        .total = row->total,
        .grade = row->grade,
        .closing = from->closing,
        .held = from->held,
        .asking = from->asking,
        .away = from->presence.away,
    };
    LIST_EACH (node, &from->offer_list) {
        LAW("never above 8", to->offers <= MATCH_CAPACITY_MAX);
        to->offer[to->offers++] =
            LIST_ENTRY(node, struct match_offer, duty_link)->row.id;
    }
    LIST_EACH (node, &from->talk_list) {
        LAW("never above 8", to->talks <= MATCH_CAPACITY_MAX);
        to->talk[to->talks++] =
            LIST_ENTRY(node, struct match_talk, duty_link)->row.id;
    }
    to->card = was_member == to->member && was_version == to->version
                   ? was_card
                   : card(sim, row->member, MATCH_PEER, to->version);
}

static void see_block(struct model_view *view, uint64_t a, uint64_t b)
{
    LAW("simulator: room for blocks", view->blocks < MODEL_BLOCKS);
    view->block[view->blocks].a = a;
    view->block[view->blocks++].b = b;
}

void model_view(struct sim *sim, struct model_view *view, uint64_t now_ms)
{
    const struct model_view *was = &sim->model->was;
    const struct match_engine *engine = sim->engine;

    view->now_ms = now_ms;
    view->places = sim->places;
    view->blocks = 0;
    for (uint32_t i = 0; i < sim->places; i++)
        see_ticket(sim, &engine->ticket[i], &was->ticket[i], &view->ticket[i]);
    for (uint32_t i = 0; i < sim->places; i++)
        see_duty(sim, &engine->duty[i], &was->duty[i], &view->duty[i]);
    for (uint32_t i = 0; i < sim->places; i++)
        if (view->duty[i].member != 0)
            view->duty[i].today = today(sim, view->duty[i].member, now_ms);
    LIST_EACH (node, &engine->in_flight) {
        const struct match_flight *flight =
            LIST_ENTRY(node, struct match_flight, link);

        if (flight->kind == COMMAND_BLOCK)
            see_block(view, flight->member, flight->other);
    }
    LIST_EACH (node, &engine->latched) {
        const struct match_event *event =
            &LIST_ENTRY(node, struct match_latch, link)->event;

        if (event->kind == EVENT_BLOCK)
            see_block(view, event->member, event->block.other);
    }
}

/* ---- moments ---- */

/* The state of an offer that the engine keeps, or OFFER_STATES. */
static uint32_t offer_state(const struct sim *sim, uint64_t id)
{
    for (uint32_t i = 0; i < sim->engine->offer_free.used; i++)
        if (sim->engine->offer[i].row.id == id)
            return sim->engine->offer[i].row.state;
    return OFFER_STATES;
}

static bool stale(const struct sim *sim, const struct model_ticket *ticket)
{
    return sim->now_ms - ticket->seen_ms > sim->limits.fresh_ms;
}

/* An offer that the store refused is retried, a few times. */
static bool retried(const struct sim *sim, const struct model_ticket *was,
                    const struct model_ticket *is,
                    struct model_ticket_more *more)
{
    const struct sim_model *model = sim->model;

    if (model->landed == 0 || was->flight != model->landed ||
        model->landed_kind != COMMAND_OFFER)
        return false;
    if (is->offer == was->offer && !is->offer_new)
        more->retries = 0;
    if (!was->offer_new || is->offer == was->offer ||
        offer_state(sim, was->offer) < OFFER_STATES)
        return false;
    return more->retries++ < sim->limits.retries_max;
}

static bool ticket_moment(const struct sim *sim, const struct model_ticket *was,
                          const struct model_ticket *is,
                          struct model_ticket_more *more)
{
    const struct sim_model *model = sim->model;
    bool known = was->id == is->id;
    bool moment = is->state == TICKET_WAITING &&
                  (!known || was->state == (uint32_t)TICKET_NEW ||
                   was->state == TICKET_OFFERED);

    if (known && !was->danger && is->danger && is->state == TICKET_WAITING)
        moment = true;
    if (known &&
        ((was->away && !is->away) || (stale(sim, was) && !stale(sim, is))))
        moment = true;
    if ((model->fired == TIMER_RELAX || model->fired == TIMER_BACKOFF) &&
        model->fired_id == is->id)
        moment = true;
    return retried(sim, was, is, more) || moment;
}

static bool among(const uint64_t *list, uint32_t n, uint64_t id)
{
    for (uint32_t i = 0; i < n; i++)
        if (list[i] == id)
            return true;
    return false;
}

/* Did an offer close without a talk, or a talk end? */
static bool slot_freed(const struct sim *sim, const struct model_duty *was,
                       const struct model_duty *is)
{
    for (uint32_t i = 0; i < was->offers; i++) {
        uint32_t state;

        if (among(is->offer, is->offers, was->offer[i]))
            continue;
        state = offer_state(sim, was->offer[i]);
        if (state < OFFER_STATES && state != OFFER_ACCEPTED)
            return true;
    }
    for (uint32_t i = 0; i < was->talks; i++)
        if (!among(is->talk, is->talks, was->talk[i]))
            return true;
    return false;
}

static bool duty_moment(const struct sim *sim, const struct model_duty *was,
                        const struct model_duty *is)
{
    const struct sim_model *model = sim->model;
    bool known = was->member == is->member;

    if (is->state == DUTY_ON &&
        (!known || was->state != DUTY_ON || is->capacity > was->capacity))
        return true;
    if (model->fired == TIMER_REST && model->fired_id == is->member)
        return true;
    if (!known)
        return false;
    if (model->landed != 0 && was->flight == model->landed &&
        model->landed_kind == COMMAND_OPEN_DUTY &&
        model->landed_outcome != OUTCOME_REFUSED)
        return true;
    return (was->away && !is->away) || slot_freed(sim, was, is);
}

/* A moment of one who is busy comes when that is over; of one whom the same
 * step made busy again, never: the batch is next. */
static void note(bool moment, uint64_t was_flight, uint64_t is_flight,
                 bool *listed, bool *missed)
{
    if (*missed && was_flight != is_flight) {
        *missed = false;
        *listed = *listed || is_flight == 0;
    }
    if (moment && is_flight == 0)
        *listed = true;
    else if (moment && was_flight == is_flight)
        *missed = true;
}

void model_moments(struct sim *sim)
{
    struct sim_model *model = sim->model;

    for (uint32_t i = 0; i < sim->places; i++) {
        const struct model_ticket *was = &model->was.ticket[i];
        const struct model_ticket *is = &model->is.ticket[i];
        struct model_ticket_more *more = &model->ticket[i];

        if (more->id != is->id)
            *more = (struct model_ticket_more){.id = is->id};
        if (is->id)
            note(ticket_moment(sim, was, is, more),
                 was->id == is->id ? was->flight : 0, is->flight, &more->listed,
                 &more->missed);
    }
    for (uint32_t i = 0; i < sim->places; i++) {
        const struct model_duty *was = &model->was.duty[i];
        const struct model_duty *is = &model->is.duty[i];
        struct model_load *more = &model->duty[i];

        if (more->member != is->member)
            *more = (struct model_load){.member = is->member};
        if (is->member)
            note(duty_moment(sim, was, is),
                 was->member == is->member ? was->flight : 0, is->flight,
                 &more->listed, &more->missed);
    }
}

/* ---- what will come by itself ---- */

static bool due(const struct match_timer *timer, uint64_t due_ms)
{
    return heap_in(&timer->due) && timer->due.key == due_ms;
}

static void ticket_armed(const struct sim *sim, uint32_t place)
{
    const struct model_view *view = &sim->model->is;
    const struct model_ticket *is = &view->ticket[place];
    const struct match_timer *timer = sim->engine->ticket[place].timer;
    uint64_t now_ms = sim->now_ms, next_ms = UINT64_MAX;

    for (uint32_t i = 0; i < is->card->musts; i++) {
        uint64_t at_ms = is->since_ms + is->card->must[i].relax_after_ms;

        if (is->card->must[i].relax_after_ms != 0 && at_ms > now_ms &&
            at_ms < next_ms)
            next_ms = at_ms;
    }
    if (model_wishes(view, is) && is->wish_until_ms < next_ms)
        next_ms = is->wish_until_ms;
    LAW("model law 4: the next must to relax is a moment to come",
        next_ms == UINT64_MAX ? !heap_in(&timer[TICKET_RELAX].due)
                              : due(&timer[TICKET_RELAX], next_ms));
    LAW("model law 4: the end of a back-off is a moment to come",
        is->backoff_ms <= now_ms ||
            due(&timer[TICKET_BACKOFF], is->backoff_ms));
    LAW("model law 4: the bound is told when it is reached",
        is->bound != BOUND_NONE ||
            due(&timer[TICKET_BOUND], is->since_ms + sim->limits.bound_ms));
    LAW("model law 4: and looked at again when a wish is over",
        !sim->model->ticket[place].one || model_wishes(view, is));
}

/* When the first of the talks in its day counts no more. */
static void duty_armed(const struct sim *sim, const struct model_duty *is,
                       const struct match_timer *timer)
{
    uint64_t first_ms = UINT64_MAX;

    for (uint32_t i = 0; i < sim->model->begins; i++) {
        const struct model_begun *talk = &sim->model->begun[i];

        if (talk->peer == is->member && talk->started_ms < first_ms &&
            sim->now_ms - talk->started_ms < sim->limits.day_ms)
            first_ms = talk->started_ms;
    }
    LAW("model law 4: a talk that leaves the day is a moment to come",
        is->day_max == 0 || first_ms == UINT64_MAX || is->flight != 0 ||
            is->rest_until_ms > sim->now_ms ||
            due(&timer[DUTY_REST], first_ms + sim->limits.day_ms));
}

void model_armed(struct sim *sim)
{
    const struct model_view *view = &sim->model->is;
    uint64_t step_ms = sim->limits.batch_ms;
    bool waits = false;

    for (uint32_t i = 0; i < sim->places; i++) {
        const struct model_ticket *is = &view->ticket[i];

        waits = waits || model_waits(sim, view, is);
        if (is->id && is->state != (uint32_t)TICKET_NEW)
            ticket_armed(sim, i);
        if (view->duty[i].member && view->duty[i].state != DUTY_OFF)
            duty_armed(sim, &view->duty[i], sim->engine->duty[i].timer);
    }
    LAW("model law 4: a batch is due while somebody waits",
        !waits || match_engine_deadline_ms(sim->engine) <=
                      sim->now_ms - sim->now_ms % step_ms + step_ms);
}

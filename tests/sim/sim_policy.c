/* Whom the policy of ENGINE.md §3 offers to whom, as things stand. */
#include "sim_policy.h"

#include "sim_model.h"

bool model_waits(const struct sim *sim, const struct model_view *view,
                 const struct model_ticket *ticket)
{
    uint64_t settled_ms = sim->engine->live_ms + sim->limits.settle_ms;

    return !sim->draining && ticket->id && ticket->state == TICKET_WAITING &&
           !ticket->flight && !ticket->closing && !ticket->held &&
           !ticket->away &&
           view->now_ms - ticket->seen_ms <= sim->limits.fresh_ms &&
           view->now_ms >= ticket->backoff_ms &&
           (ticket->danger || view->now_ms >= settled_ms);
}

bool model_free(const struct model_view *view, const struct model_duty *duty)
{
    return duty->member && duty->state == DUTY_ON && !duty->flight &&
           !duty->closing && !duty->held && !duty->asking && !duty->away &&
           view->now_ms >= duty->rest_until_ms && model_room(duty) > 0;
}

uint32_t model_room(const struct model_duty *duty)
{
    uint32_t used = duty->offers + duty->talks;
    uint32_t today = duty->today + duty->offers;
    uint32_t slots = used < duty->capacity ? duty->capacity - used : 0;
    uint32_t left = today < duty->day_max ? duty->day_max - today : 0;

    return duty->day_max != 0 && left < slots ? left : slots;
}

static uint64_t age(const struct model_view *view,
                    const struct model_ticket *ticket)
{
    return view->now_ms > ticket->since_ms ? view->now_ms - ticket->since_ms
                                           : 0;
}

/* As far as the engine has heard. */
static bool excluded(const struct sim *sim, const struct model_view *view,
                     const struct model_ticket *ticket, uint64_t peer)
{
    const struct match_pairs *pairs = &sim->engine->pairs;
    bool rests = false, bond = false;

    for (uint32_t i = 0; i < view->blocks; i++)
        if ((view->block[i].a == ticket->member && view->block[i].b == peer) ||
            (view->block[i].b == ticket->member && view->block[i].a == peer))
            return true;
    for (uint32_t i = 0; i < pairs->used; i++) {
        const struct match_pair_row *row = &pairs->slot[i].row;

        if (row->a == 0 || row->gone ||
            !((row->a == ticket->member && row->b == peer) ||
              (row->b == ticket->member && row->a == peer)))
            continue;
        if (row->kind == PAIR_BLOCK ||
            (row->kind == PAIR_TICKET && row->ticket == ticket->id))
            return true;
        rests =
            rests || (row->kind == PAIR_RESTS && row->until_ms > view->now_ms);
        bond = bond || row->kind == PAIR_BOND;
    }
    return rests && !bond;
}

/* Does it wait for one alone? */
bool model_wishes(const struct model_view *view,
                  const struct model_ticket *ticket)
{
    return ticket->wish && !ticket->danger &&
           ticket->wish_until_ms > view->now_ms;
}

bool model_hard(const struct sim *sim, const struct model_view *view,
                const struct model_ticket *ticket,
                const struct model_duty *duty)
{
    if (!ticket->id || !duty->member || !duty->card ||
        ticket->pool != duty->pool || ticket->member == duty->member ||
        ticket->held || duty->held)
        return false;
    if (model_wishes(view, ticket) && duty->member != ticket->wish)
        return false;
    if (duty->grade < GRADE_PEER ||
        (duty->grade_until_ms != 0 && view->now_ms >= duty->grade_until_ms))
        return false;
    return sim_laws_accepts(ticket->card, duty->card, age(view, ticket)) &&
           sim_laws_accepts(duty->card, ticket->card, age(view, ticket)) &&
           !excluded(sim, view, ticket, duty->member);
}

bool model_before(const struct model_ticket *a, const struct model_ticket *b)
{
    if (a->danger != b->danger)
        return a->danger;
    return a->since_ms != b->since_ms ? a->since_ms < b->since_ms
                                      : a->id < b->id;
}

static uint32_t p_of(const struct sim *sim, const struct model_ticket *ticket,
                     const struct model_duty *duty)
{
    return model_p(&sim->model->rarity[ticket->pool], ticket, duty);
}

static uint64_t theta(const struct sim *sim, const struct model_view *view,
                      const struct model_ticket *ticket)
{
    uint64_t relax_ms = sim->limits.relax_ms, waited = age(view, ticket);
    uint64_t best = 0;

    for (uint32_t i = 0; i < view->places; i++) {
        const struct model_duty *duty = &view->duty[i];

        if (duty->state == DUTY_ON && model_hard(sim, view, ticket, duty) &&
            p_of(sim, ticket, duty) > best)
            best = p_of(sim, ticket, duty);
    }
    waited = waited < relax_ms ? waited : relax_ms;
    if (ticket->danger)
        return 0;
    return (best * sim->limits.theta_share >> 16) * (relax_ms - waited) /
           relax_ms;
}

struct rank { /* a peer in the order for a ticket */
    uint32_t place, p, load;
    uint64_t h, member;
};

static bool first(const struct rank *a, const struct rank *b)
{
    if (a->p != b->p)
        return a->p > b->p;
    if (a->load != b->load)
        return a->load < b->load;
    return a->h != b->h ? a->h < b->h : a->member < b->member;
}

/* The free peers it may have and wants, of a grade at least, in order. */
static uint32_t rank(const struct sim *sim, const struct model_view *view,
                     const struct model_ticket *ticket, enum match_grade grade,
                     struct rank *ranks)
{
    uint64_t least = theta(sim, view, ticket);
    uint32_t n = 0;

    for (uint32_t i = 0; i < view->places; i++) {
        const struct model_duty *duty = &view->duty[i];
        struct rank one = {.place = i, .member = duty->member};
        uint32_t at = n;

        if (duty->grade < grade || !model_free(view, duty) ||
            !model_hard(sim, view, ticket, duty))
            continue;
        one.p = p_of(sim, ticket, duty);
        one.load = model_load(sim, duty->member, view->now_ms);
        one.h = duty->tie - ticket->tie;
        if (one.p < least)
            continue;
        for (; at > 0 && first(&one, &ranks[at - 1]); at--)
            ranks[at] = ranks[at - 1];
        ranks[at] = one;
        n++;
    }
    return n;
}

uint32_t model_peers(const struct sim *sim, const struct model_view *view,
                     const struct model_ticket *ticket, uint32_t most,
                     uint32_t *peer)
{
    struct rank ranks[MODEL_PLACES];
    uint32_t n = 0;

    if (ticket->danger)
        n = rank(sim, view, ticket, GRADE_CRISIS_PEER, ranks);
    if (n == 0)
        n = rank(sim, view, ticket, GRADE_MEMBER, ranks);
    if (n > most)
        n = most;
    for (uint32_t i = 0; i < n; i++)
        peer[i] = ranks[i].place;
    return n;
}

uint32_t model_first_peer(const struct sim *sim, const struct model_view *view,
                          const struct model_ticket *ticket)
{
    uint32_t peer[MODEL_PLACES];

    return model_peers(sim, view, ticket, 1, peer) ? peer[0] : MODEL_NEVER;
}

uint32_t model_wanted_by(const struct sim *sim, const struct model_view *view,
                         const struct model_duty *duty)
{
    uint32_t one = MODEL_NEVER, danger = MODEL_NEVER, n = 0;
    uint32_t wish = MODEL_NEVER;

    for (uint32_t i = 0; i < view->places; i++) {
        const struct model_ticket *ticket = &view->ticket[i];

        if (!model_waits(sim, view, ticket) ||
            !model_hard(sim, view, ticket, duty) ||
            p_of(sim, ticket, duty) < theta(sim, view, ticket))
            continue;
        n++;
        one = i;
        if (ticket->danger && (danger == MODEL_NEVER ||
                               model_before(ticket, &view->ticket[danger])))
            danger = i;
        if (model_wishes(view, ticket) &&
            (wish == MODEL_NEVER || model_before(ticket, &view->ticket[wish])))
            wish = i;
    }
    if (danger != MODEL_NEVER)
        return danger;
    if (wish != MODEL_NEVER)
        return wish;
    return n == 1 ? one : MODEL_NEVER;
}

enum match_bound model_bound(const struct sim *sim,
                             const struct model_view *view,
                             const struct model_ticket *ticket, bool *few)
{
    bool anybody = false;
    uint32_t busy = 0;

    for (uint32_t i = 0; i < view->places; i++) {
        const struct model_duty *duty = &view->duty[i];

        if (!duty->member || duty->state != DUTY_ON ||
            duty->pool != ticket->pool)
            continue;
        anybody = true;
        busy += model_hard(sim, view, ticket, duty);
    }
    if (model_wishes(view, ticket))
        busy = 1; /* whatever is with that one */
    *few = busy > 0 && busy < 5;
    return busy > 0  ? BOUND_ALL_BUSY
           : anybody ? BOUND_NONE_COMPATIBLE
                     : BOUND_NOBODY_ON_DUTY;
}

uint32_t model_in_force(const struct model_view *view,
                        const struct model_ticket *ticket, uint32_t musts)
{
    for (uint32_t i = 0; i < ticket->card->musts; i++) {
        uint32_t relax_after_ms = ticket->card->must[i].relax_after_ms;

        if (relax_after_ms != 0 && age(view, ticket) >= relax_after_ms)
            musts &= ~(1u << i);
    }
    return musts;
}

uint32_t model_binding(const struct sim *sim, const struct model_view *view,
                       const struct model_ticket *ticket)
{
    uint32_t binding = 0;

    for (uint32_t i = 0; i < ticket->card->musts; i++) {
        struct match_card card = *ticket->card;
        struct model_ticket without = *ticket;
        uint32_t peers = 0;

        for (uint32_t j = i + 1; j < card.musts; j++)
            card.must[j - 1] = card.must[j];
        card.musts--;
        without.card = &card;
        for (uint32_t j = 0; j < view->places; j++)
            peers += view->duty[j].member && view->duty[j].state == DUTY_ON &&
                     model_hard(sim, view, &without, &view->duty[j]);
        if (peers >= 5)
            binding |= 1u << i;
    }
    return model_wishes(view, ticket) ? 0
                                      : model_in_force(view, ticket, binding);
}

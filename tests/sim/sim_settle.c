/* Everything that is under way arrives; then both sides must agree. */
#include "sim.h"

#include <string.h>

enum { ARRIVES_IN = 20000 /* steps */ };

static bool live(const struct match_row *row)
{
    switch (row->kind) {
    case ROW_TICKET:
        return row->ticket.state == TICKET_WAITING ||
               row->ticket.state == TICKET_OFFERED;
    case ROW_OFFER:
        return row->offer.state == OFFER_OPEN;
    case ROW_DUTY:
        return row->duty.state != DUTY_OFF;
    case ROW_TALK:
        return row->talk.state != TALK_ENDED;
    case ROW_PAIR:
    case ROW_RARITY:
    case ROW_KINDS:
        break;
    }
    return false;
}

static bool same_key(const struct match_key *x, const struct match_key *y)
{
    return x->word[0] == y->word[0] && x->word[1] == y->word[1];
}

/* Field by field: padding says nothing. */
static bool same(const struct match_row *x, const struct match_row *y)
{
    const struct match_ticket_row *t = &x->ticket, *u = &y->ticket;
    const struct match_offer_row *o = &x->offer, *p = &y->offer;
    const struct match_duty_row *d = &x->duty, *e = &y->duty;
    const struct match_talk_row *a = &x->talk, *b = &y->talk;
    const struct match_pair_row *m = &x->pair, *n = &y->pair;

    switch (x->kind) {
    case ROW_TICKET:
        return t->id == u->id && t->member == u->member && t->pool == u->pool &&
               t->state == u->state && t->why == u->why &&
               t->danger == u->danger && t->offers == u->offers &&
               t->since_ms == u->since_ms && t->expires_ms == u->expires_ms &&
               t->tie == u->tie && t->backoff_until_ms == u->backoff_until_ms &&
               same_key(&t->key, &u->key);
    case ROW_OFFER:
        return o->id == p->id && o->ticket == p->ticket &&
               o->seeker == p->seeker && o->peer == p->peer &&
               o->state == p->state && o->p == p->p &&
               o->deadline_ms == p->deadline_ms && o->showns == p->showns &&
               o->seeker_card_version == p->seeker_card_version &&
               o->peer_card_version == p->peer_card_version;
    case ROW_DUTY:
        return d->member == e->member && d->pool == e->pool &&
               d->state == e->state && d->why == e->why &&
               d->grade == e->grade && d->capacity == e->capacity &&
               d->used == e->used && d->lapses == e->lapses &&
               d->yes == e->yes && d->total == e->total &&
               d->until_ms == e->until_ms && d->rest_ms == e->rest_ms &&
               d->rest_until_ms == e->rest_until_ms && d->tie == e->tie &&
               same_key(&d->key, &e->key);
    case ROW_TALK:
        return a->id == b->id && a->ticket == b->ticket &&
               a->offer == b->offer && a->seeker == b->seeker &&
               a->peer == b->peer && a->state == b->state && a->why == b->why &&
               a->joined == b->joined && a->reflected == b->reflected &&
               a->again == b->again && a->since_ms == b->since_ms &&
               a->started_ms == b->started_ms;
    case ROW_PAIR:
        return m->kind == n->kind && m->a == n->a && m->b == n->b &&
               m->ticket == n->ticket && m->until_ms == n->until_ms;
    case ROW_RARITY:
    case ROW_KINDS:
        break;
    }
    return true;
}

static bool has_ticket(const struct sim *sim, uint64_t member)
{
    for (uint32_t i = 0; i < sim->kept[ROW_TICKET]->n; i++)
        if (sim->kept[ROW_TICKET]->row[i].ticket.member == member &&
            live(&sim->kept[ROW_TICKET]->row[i]))
            return true;
    return false;
}

static bool on_duty(struct sim *sim, uint64_t member)
{
    const struct match_row *row = sim_truth_row(sim, ROW_DUTY, member);

    return row && row->duty.state != DUTY_OFF;
}

/* Must the engine know this pair?  If it keeps two of the living apart. */
static bool matters(struct sim *sim, const struct match_pair_row *pair)
{
    if (pair->kind == PAIR_RESTS && pair->until_ms <= sim->now_ms)
        return false;
    return (has_ticket(sim, pair->a) && on_duty(sim, pair->b)) ||
           (has_ticket(sim, pair->b) && on_duty(sim, pair->a));
}

static const char *const agree[] = {
    [ROW_TICKET] = "DESIGN law 13: tickets agree",
    [ROW_OFFER] = "DESIGN law 13: offers agree",
    [ROW_DUTY] = "DESIGN law 13: duties agree",
    [ROW_TALK] = "DESIGN law 13: talks agree",
    [ROW_PAIR] = "DESIGN law 13: pairs agree",
};

/* Is row among the engine's? */
static bool engine_has(const struct sim *sim, const struct match_row *row)
{
    struct match_row other;
    uint64_t cursor = 0;

    memset(&other, 0, sizeof other);
    while (match_engine_row(sim->engine, &cursor, &other)) {
        if (other.kind == row->kind && same(row, &other))
            return true;
        memset(&other, 0, sizeof other);
    }
    return false;
}

static void law_13(struct sim *sim)
{
    struct match_row row, stored;
    uint64_t cursor = 0;

    memset(&row, 0, sizeof row);
    while (match_engine_row(sim->engine, &cursor, &row)) {
        if (row.kind <= ROW_PAIR) {
            bool expired = row.kind == ROW_PAIR &&
                           row.pair.kind == PAIR_RESTS &&
                           row.pair.until_ms <= sim->now_ms;

            stored = row;
            if (!expired && (!store_memory_find(sim->store, &stored) ||
                             !same(&row, &stored)))
                sim_fail(agree[row.kind], __FILE__, __LINE__);
        }
        memset(&row, 0, sizeof row);
    }
    for (cursor = 0; store_memory_row(sim->store, &cursor, &row);
         memset(&row, 0, sizeof row)) {
        bool wanted =
            row.kind == ROW_PAIR ? matters(sim, &row.pair) : live(&row);

        if (row.kind < ROW_PAIR) { /* we were told of all of it */
            const struct match_row *told = sim_truth_row(
                sim, row.kind,
                row.kind == ROW_DUTY ? row.duty.member : row.ticket.id);

            if (!told || !same(told, &row))
                sim_fail("a result carries every row it wrote", __FILE__,
                         __LINE__);
        }
        if (wanted && !engine_has(sim, &row))
            sim_fail(agree[row.kind], __FILE__, __LINE__);
    }
}

static void all_answered(struct sim *sim)
{
    for (uint32_t i = sim->first_call; i < sim->calls; i++)
        LAW("engine law 5: every call is answered", sim->call[i].answered);
}

static bool under_way(const struct sim *sim)
{
    struct match_engine_count count;

    match_engine_count(sim->engine, &count);
    return count.commands_in_flight > 0 || sim_port_due_ms(sim) != UINT64_MAX ||
           sim_later_due_ms(sim) != UINT64_MAX;
}

/* Who was erased makes room for somebody new. */
static void replace(struct sim *sim)
{
    for (uint32_t i = 0; i < SIM_MEMBERS; i++)
        if (sim->member[i].gone) {
            sim_people_enrol(sim, &sim->member[i]);
            sim_trace(sim, "a new member %04llx",
                      (unsigned long long)(sim->member[i].id & 0xffff));
        }
}

void sim_settle(struct sim *sim)
{
    bool quiet = sim->quiet;
    uint32_t left = ARRIVES_IN;

    sim->quiet = true;
    sim->tick_late_ms = 0;
    while (under_way(sim) || sim->fenced) {
        LAW("DESIGN law 12: queues drain", --left > 0);
        LAW("something is on its way", sim_step(sim));
    }
    sim_trace(sim, "settled");
    if (sim->epoch == sim->engine_epoch)
        law_13(sim);
    all_answered(sim);
    replace(sim);
    sim->quiet = quiet;
}

void sim_settle_fenced(struct sim *sim)
{
    for (uint32_t i = sim->first_call; i < sim->calls; i++) {
        LAW("fenced: every call is answered",
            sim->call[i].answered || sim->call[i].kind == EVENT_SEEN);
        LAW("fenced: every stream ended", !sim->call[i].streams);
    }
}

/* ---- faults stop ---- */

static void run_for(struct sim *sim, uint64_t ms)
{
    uint64_t until_ms = sim->now_ms + ms;
    uint32_t left = 1000000;

    while (sim->now_ms < until_ms && sim_step(sim))
        LAW("time goes on", --left > 0);
}

/* DESIGN law 11, in a world without faults: nobody old enough, fresh and out
 * of back-off waits beside a free peer who may meet them. */
static void law_11(struct sim *sim)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];
    const struct sim_table *duties = sim->kept[ROW_DUTY];

    for (uint32_t i = 0; i < tickets->n; i++) {
        const struct match_ticket_row *ticket = &tickets->row[i].ticket;
        const struct sim_member *seeker = sim_people_of(sim, ticket->member);

        if (ticket->state != TICKET_WAITING || !seeker || !seeker->ask_call ||
            seeker->silent || ticket->backoff_until_ms > sim->now_ms)
            continue;
        for (uint32_t j = 0; j < duties->n; j++) {
            const struct match_duty_row *duty = &duties->row[j].duty;
            const struct sim_member *peer = sim_people_of(sim, duty->member);

            if (duty->state != DUTY_ON || !peer || !peer->attend_call ||
                peer->silent || duty->rest_until_ms > sim->now_ms ||
                sim_truth_used(sim, duty->member) >= duty->capacity)
                continue;
            LAW("DESIGN law 11: a ticket beside a free peer is offered",
                !sim_laws_hard(sim, ticket->id, duty->member, sim->now_ms));
        }
    }
}

/* DESIGN law 10. */
static void law_10(struct sim *sim)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];
    const struct sim_table *offers = sim->kept[ROW_OFFER];

    for (uint32_t i = 0; i < tickets->n; i++)
        LAW("DESIGN law 10: every ticket ends by its deadline plus grace",
            tickets->row[i].ticket.state > TICKET_OFFERED ||
                sim->now_ms <= tickets->row[i].ticket.expires_ms +
                                   sim->limits.grace_ticket_ms + 1000);
    for (uint32_t i = 0; i < offers->n; i++)
        LAW("DESIGN law 10: every offer resolves by its deadline plus 1 s",
            offers->row[i].offer.state != OFFER_OPEN ||
                sim->now_ms <= offers->row[i].offer.deadline_ms + 1000);
}

void sim_finish(struct sim *sim)
{
    uint64_t longest = sim->limits.ticket_ms + sim->limits.grace_ticket_ms;
    struct match_engine_count count;

    sim_settle(sim);
    sim->quiet = true;
    sim->faults_ended_ms = sim->now_ms;
    /* those who are there stay and beat, but say nothing more */
    run_for(sim, 2000);
    for (uint64_t ms = 0; ms < 2 * sim->limits.offer_ms; ms += 1000) {
        law_10(sim);
        run_for(sim, 1000);
    }
    run_for(sim, sim->limits.relax_ms + 2 * sim->limits.batch_ms);
    sim_settle(sim);
    run_for(sim, 2 * sim->limits.batch_ms + 50);
    law_11(sim);
    sim_settle(sim);
    /* now all vanish */
    for (uint32_t i = 0; i < SIM_MEMBERS; i++)
        sim->member[i].silent = true;
    run_for(sim, longest + sim->limits.lost_ms + sim->limits.offer_ms + 5000);
    sim_settle(sim);
    law_10(sim);
    for (uint32_t i = 0; i < sim->kept[ROW_TICKET]->n; i++)
        LAW("DESIGN law 10: every ticket has ended",
            !live(&sim->kept[ROW_TICKET]->row[i]));
    for (uint32_t i = 0; i < sim->kept[ROW_OFFER]->n; i++)
        LAW("DESIGN law 10: every offer has resolved",
            !live(&sim->kept[ROW_OFFER]->row[i]));
    run_for(sim, sim->limits.talk_ms + 5000);
    for (uint32_t i = 0; i < sim->kept[ROW_TALK]->n; i++)
        LAW("every talk has ended", !live(&sim->kept[ROW_TALK]->row[i]));
    match_engine_count(sim->engine, &count);
    LAW("DESIGN law 12: nothing is left",
        count.tickets_waiting + count.tickets_offered + count.duties_on +
                count.duties_paused + count.offers_open + count.talks_live +
                count.commands_in_flight ==
            0);
}

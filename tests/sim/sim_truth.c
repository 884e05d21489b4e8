/* What is true: the rows the store acknowledged, and the laws over them. */
#include <stdlib.h>
#include <string.h>

#include "sim_cover.h"

void sim_truth_open(struct sim *sim)
{
    for (int kind = 0; kind < ROW_PAIR; kind++) {
        struct sim_table *table = sim->kept[kind];

        table->n = 0;
        map_init(&table->map, table->slot, SIM_SLOTS);
    }
    sim->pairs = 0;
}

static uint64_t id_of(const struct match_row *row)
{
    switch (row->kind) {
    case ROW_TICKET:
        return row->ticket.id;
    case ROW_OFFER:
        return row->offer.id;
    case ROW_DUTY:
        return row->duty.member;
    case ROW_TALK:
        return row->talk.id;
    case ROW_PAIR:
    case ROW_RARITY:
    case ROW_KINDS:
        break;
    }
    return 0;
}

struct match_row *sim_truth_row(struct sim *sim, enum match_row_kind kind,
                                uint64_t id)
{
    struct sim_table *table = sim->kept[kind];
    uint32_t at = id ? map_get(&table->map, id) : MAP_NONE;

    return at == MAP_NONE ? NULL : &table->row[at];
}

static bool same_pair(const struct match_pair_row *x,
                      const struct match_pair_row *y)
{
    return x->kind == y->kind && x->a == y->a && x->b == y->b &&
           x->ticket == y->ticket;
}

static const struct match_pair_row *find_pair(const struct sim *sim,
                                              enum match_pair_kind kind,
                                              uint64_t a, uint64_t b,
                                              uint64_t ticket)
{
    bool ordered = kind == PAIR_RESTS || kind == PAIR_BOND;
    struct match_pair_row like = {.kind = kind,
                                  .a = ordered && b < a ? b : a,
                                  .b = ordered && b < a ? a : b,
                                  .ticket = kind == PAIR_TICKET ? ticket : 0};

    for (uint32_t i = 0; i < sim->pairs; i++)
        if (same_pair(&sim->pair[i], &like))
            return &sim->pair[i];
    return NULL;
}

bool sim_truth_pair(const struct sim *sim, enum match_pair_kind kind,
                    uint64_t a, uint64_t b, uint64_t ticket, uint64_t now_ms)
{
    const struct match_pair_row *pair = find_pair(sim, kind, a, b, ticket);

    return pair && (kind != PAIR_RESTS || pair->until_ms > now_ms);
}

bool sim_truth_talk(const struct sim *sim, uint64_t a, uint64_t b)
{
    const struct sim_table *talks = sim->kept[ROW_TALK];

    for (uint32_t i = 0; i < talks->n; i++) {
        const struct match_talk_row *talk = &talks->row[i].talk;

        if (talk->state != TALK_ENDED &&
            ((talk->seeker == a && talk->peer == b) ||
             (talk->seeker == b && talk->peer == a)))
            return true;
    }
    return false;
}

static void believe_pair(struct sim *sim, const struct match_pair_row *row)
{
    uint32_t at = 0;

    while (at < sim->pairs && !same_pair(&sim->pair[at], row))
        at++;
    if (row->gone) {
        if (at < sim->pairs)
            sim->pair[at] = sim->pair[--sim->pairs];
        return;
    }
    LAW("simulator: room for pairs", at < SIM_PAIRS);
    if (at == sim->pairs)
        sim->pairs++;
    sim->pair[at] = *row;
}

static void forget_ticket_pairs(struct sim *sim, uint64_t ticket)
{
    for (uint32_t i = 0; i < sim->pairs;)
        if (sim->pair[i].kind == PAIR_TICKET && sim->pair[i].ticket == ticket)
            sim->pair[i] = sim->pair[--sim->pairs];
        else
            i++;
}

uint32_t sim_truth_used(const struct sim *sim, uint64_t peer)
{
    const struct sim_table *offers = sim->kept[ROW_OFFER];
    const struct sim_table *talks = sim->kept[ROW_TALK];
    uint32_t used = 0;

    for (uint32_t i = 0; i < offers->n; i++)
        used += offers->row[i].offer.peer == peer &&
                offers->row[i].offer.state == OFFER_OPEN;
    for (uint32_t i = 0; i < talks->n; i++)
        used += talks->row[i].talk.peer == peer &&
                talks->row[i].talk.state != TALK_ENDED;
    return used;
}

uint32_t sim_truth_today(const struct sim *sim, uint64_t peer, uint64_t now_ms)
{
    const struct sim_table *offers = sim->kept[ROW_OFFER];
    const struct sim_table *talks = sim->kept[ROW_TALK];
    uint32_t n = 0;

    for (uint32_t i = 0; i < offers->n; i++)
        n += offers->row[i].offer.peer == peer &&
             offers->row[i].offer.state == OFFER_OPEN;
    for (uint32_t i = 0; i < talks->n; i++)
        n += talks->row[i].talk.peer == peer &&
             now_ms < talks->row[i].talk.started_ms + sim->limits.day_ms;
    return n;
}

/* ---- which moves a row may make (ENGINE.md §4), written down again ---- */

static void check_ticket(const struct match_ticket_row *was,
                         const struct match_ticket_row *is)
{
    bool live = was->state == TICKET_WAITING || was->state == TICKET_OFFERED;

    LAW("states: an ended ticket stays as it was", live);
    LAW("states: only an offered ticket is matched",
        is->state != TICKET_MATCHED || was->state == TICKET_OFFERED);
    LAW("since survives everything", was->since_ms == is->since_ms);
    LAW("a ticket keeps its owner, pool and tie",
        was->member == is->member && was->pool == is->pool &&
            was->tie == is->tie && was->danger <= is->danger &&
            was->carry == is->carry);
    LAW("a ticket keeps its wish", was->wish == is->wish &&
                                       was->wish_talk == is->wish_talk &&
                                       was->wish_until_ms == is->wish_until_ms);
    LAW("a ticket keeps its lifetime", was->expires_ms == is->expires_ms);
}

static void check_offer(const struct match_offer_row *was,
                        const struct match_offer_row *is)
{
    LAW("states: a closed offer stays closed", was->state == OFFER_OPEN);
    LAW("an offer keeps its pair, score and deadline",
        was->ticket == is->ticket && was->peer == is->peer && was->p == is->p &&
            was->deadline_ms == is->deadline_ms);
}

static void check_talk(const struct match_talk_row *was,
                       const struct match_talk_row *is)
{
    LAW("states: a talk moves forward", is->state >= was->state);
    LAW("an ended talk stays as it ended",
        was->state != TALK_ENDED ||
            (is->why == was->why && is->ended_ms == was->ended_ms));
    LAW("an age that was lent is not lent again",
        (was->carry & ~is->carry) == 0);
    LAW("both joined an open talk", is->state != TALK_OPEN || is->joined == 3);
}

static void check_moved(const struct match_row *was, const struct match_row *is)
{
    if (is->kind == ROW_TICKET)
        check_ticket(&was->ticket, &is->ticket);
    else if (is->kind == ROW_OFFER)
        check_offer(&was->offer, &is->offer);
    else if (is->kind == ROW_TALK)
        check_talk(&was->talk, &is->talk);
}

/* DESIGN law 6: one key makes one thing. */
static void check_new(struct sim *sim, const struct match_row *row)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];
    const struct sim_table *talks = sim->kept[ROW_TALK];

    for (uint32_t i = 0; row->kind == ROW_TICKET && i < tickets->n; i++) {
        const struct match_ticket_row *other = &tickets->row[i].ticket;

        LAW("DESIGN law 6: a key opens one ticket",
            other->member != row->ticket.member ||
                other->key.word[0] != row->ticket.key.word[0]);
        LAW("one live ticket per member", other->member != row->ticket.member ||
                                              other->state == TICKET_MATCHED ||
                                              other->state == TICKET_ENDED);
    }
    if (row->kind == ROW_TALK)
        LAW("a talk knows whether its age was taken from one that was no fit",
            row->talk.carry ==
                sim_truth_row(sim, ROW_TICKET, row->talk.ticket)->ticket.carry);
    for (uint32_t i = 0; row->kind == ROW_TALK && i < talks->n; i++)
        LAW("DESIGN law 1: at most one match of a ticket",
            talks->row[i].talk.ticket != row->talk.ticket);
}

static bool same_key(const struct match_key *x, const struct match_key *y)
{
    return x->word[0] == y->word[0] && x->word[1] == y->word[1];
}

/* Field by field: padding says nothing. */
bool sim_truth_same(const struct match_row *x, const struct match_row *y)
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
               t->carry == u->carry && t->wish == u->wish &&
               t->wish_talk == u->wish_talk &&
               t->wish_until_ms == u->wish_until_ms &&
               t->since_ms == u->since_ms && t->expires_ms == u->expires_ms &&
               t->tie == u->tie && t->backoff_until_ms == u->backoff_until_ms &&
               same_key(&t->key, &u->key);
    case ROW_OFFER:
        return o->id == p->id && o->ticket == p->ticket &&
               o->seeker == p->seeker && o->peer == p->peer &&
               o->state == p->state && o->p == p->p &&
               o->deadline_ms == p->deadline_ms && o->met == p->met &&
               o->showns == p->showns &&
               o->seeker_card_version == p->seeker_card_version &&
               o->peer_card_version == p->peer_card_version;
    case ROW_DUTY:
        return d->member == e->member && d->pool == e->pool &&
               d->state == e->state && d->why == e->why &&
               d->grade == e->grade && d->capacity == e->capacity &&
               d->used == e->used && d->lapses == e->lapses &&
               d->yes == e->yes && d->total == e->total &&
               d->day_max == e->day_max && d->until_ms == e->until_ms &&
               d->rest_ms == e->rest_ms &&
               d->rest_until_ms == e->rest_until_ms && d->tie == e->tie &&
               same_key(&d->key, &e->key);
    case ROW_TALK:
        return a->id == b->id && a->ticket == b->ticket &&
               a->offer == b->offer && a->seeker == b->seeker &&
               a->peer == b->peer && a->state == b->state && a->why == b->why &&
               a->joined == b->joined && a->reflected == b->reflected &&
               a->again == b->again && a->carry == b->carry &&
               a->since_ms == b->since_ms && a->started_ms == b->started_ms;
    case ROW_PAIR:
        return m->kind == n->kind && m->a == n->a && m->b == n->b &&
               m->ticket == n->ticket && m->until_ms == n->until_ms;
    case ROW_RARITY:
    case ROW_KINDS:
        break;
    }
    return x->kind == y->kind;
}

/* May this answer have changed anything? */
static bool may_change(const struct match_command *command,
                       const struct match_result *result)
{
    if (result->outcome == OUTCOME_REFUSED)
        return command->kind == COMMAND_ACCEPT && result->err == ERR_OFFER_GONE;
    return result->outcome == OUTCOME_OK;
}

static void believe(struct sim *sim, const struct match_command *command,
                    const struct match_result *result,
                    const struct match_row *row)
{
    struct match_row *was;
    struct sim_table *table;

    if (row->kind == ROW_PAIR) {
        believe_pair(sim, &row->pair);
        return;
    }
    if (row->kind >= ROW_PAIR)
        return;
    was = sim_truth_row(sim, row->kind, id_of(row));
    if (was && sim_truth_same(was, row))
        return;
    LAW("DESIGN laws 6 and 8: refused, repeated and fenced change nothing",
        may_change(command, result));
    sim_cover_move(was, row);
    table = sim->kept[row->kind];
    if (row->kind == ROW_DUTY && sim_people_of(sim, row->duty.member))
        sim_people_of(sim, row->duty.member)->duty_moved_ms = sim->now_ms;
    if (was) {
        check_moved(was, row);
        *was = *row;
    } else {
        check_new(sim, row);
        LAW("simulator: room for rows", table->n < SIM_ROWS);
        table->row[table->n] = *row;
        LAW("simulator: room for rows",
            map_put(&table->map, id_of(row), table->n) == ERR_NONE);
        table->n++;
    }
    if (row->kind == ROW_TICKET && row->ticket.state > TICKET_OFFERED)
        forget_ticket_pairs(sim, row->ticket.id);
}

/* What the store itself must never let in, of the open offers and talks. */
static void check_peer(const struct sim *sim, uint64_t peer)
{
    const struct sim_table *duties = sim->kept[ROW_DUTY];
    uint32_t used = sim_truth_used(sim, peer);

    LAW("DESIGN law 2: never above 8", used <= MATCH_CAPACITY_MAX);
    for (uint32_t i = 0; i < duties->n; i++)
        if (duties->row[i].duty.member == peer)
            LAW("used counts open offers and live talks",
                duties->row[i].duty.used == used);
}

static void check_touched(struct sim *sim, const struct match_result *result)
{
    for (uint32_t i = 0; i < result->rows; i++) {
        const struct match_row *row = &result->row[i];
        uint32_t open = 0;

        if (row->kind == ROW_DUTY)
            check_peer(sim, row->duty.member);
        if (row->kind != ROW_TICKET)
            continue;
        for (uint32_t j = 0; j < sim->kept[ROW_OFFER]->n; j++) {
            const struct match_offer_row *offer =
                &sim->kept[ROW_OFFER]->row[j].offer;

            open +=
                offer->ticket == row->ticket.id && offer->state == OFFER_OPEN;
        }
        LAW("DESIGN law 1: at most one open offer", open <= 1);
        LAW("offered means an open offer",
            open == (row->ticket.state == TICKET_OFFERED));
    }
}

void sim_truth_claimed(struct sim *sim)
{
    struct sim_table *duties = sim->kept[ROW_DUTY];

    for (uint32_t i = 0; i < duties->n; i++) {
        struct match_row was = duties->row[i];

        if (was.duty.state == DUTY_OFF)
            continue;
        duties->row[i].duty.state = DUTY_OFF;
        duties->row[i].duty.why = DUTY_WHY_CLAIM;
        sim_cover_move(&was, &duties->row[i]);
    }
}

void sim_truth_believe(struct sim *sim, const struct match_command *command,
                       const struct match_result *result)
{
    for (uint32_t i = 0; i < result->rows; i++)
        believe(sim, command, result, &result->row[i]);
    check_touched(sim, result);
}

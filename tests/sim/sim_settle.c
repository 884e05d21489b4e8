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

/* Is row among the engine's, as engine_agrees() went through them? */
static bool engine_has(const struct sim *sim, const struct match_row *row)
{
    for (uint32_t i = 0; i < sim->showns; i++)
        if (sim->shown[i].kind == row->kind &&
            sim_truth_same(row, &sim->shown[i]))
            return true;
    return false;
}

static _Noreturn void differ(const struct sim *sim, const char *law,
                             const char *one, const struct match_row *x,
                             const char *other, const struct match_row *y)
{
    sim_trace_row(sim, one, x);
    if (y)
        sim_trace_row(sim, other, y);
    else
        sim_trace(sim, "%s has none", other);
    sim_fail(law, __FILE__, __LINE__);
}

static bool blocked(const struct sim *sim, uint64_t a, uint64_t b)
{
    return sim_truth_pair(sim, PAIR_BLOCK, a, b, 0, sim->now_ms) ||
           sim_truth_pair(sim, PAIR_BLOCK, b, a, 0, sim->now_ms);
}

/* A pair that no longer makes a difference may linger on either side. */
static bool over(struct sim *sim, const struct match_pair_row *pair)
{
    const struct match_row *ticket =
        sim_truth_row(sim, ROW_TICKET, pair->ticket);

    return (pair->kind == PAIR_RESTS && pair->until_ms <= sim->now_ms) ||
           (pair->kind == PAIR_TICKET && (!ticket || !live(ticket))) ||
           (pair->kind == PAIR_BOND && blocked(sim, pair->a, pair->b));
}

/* Off duty, only the slots in use matter: a load brings no more. */
static bool same_off(const struct match_row *x, const struct match_row *y)
{
    return x->kind == ROW_DUTY && x->duty.state == DUTY_OFF &&
           y->duty.state == DUTY_OFF && x->duty.used == y->duty.used;
}

/* Nothing the engine holds is other than the store has it. */
static void engine_agrees(struct sim *sim)
{
    struct match_row row, stored;
    uint64_t cursor = 0;

    sim->showns = 0;
    memset(&row, 0, sizeof row);
    for (; match_engine_row(sim->engine, &cursor, &row);
         memset(&row, 0, sizeof row)) {
        LAW("simulator: room for rows", sim->showns < SIM_ROWS);
        sim->shown[sim->showns++] = row;
        if (row.kind > ROW_PAIR ||
            (row.kind == ROW_PAIR && over(sim, &row.pair)))
            continue;
        stored = row;
        if (!store_memory_find(sim->store, &stored))
            differ(sim, agree[row.kind], "engine's", &row, "store", NULL);
        if (!sim_truth_same(&row, &stored) && !same_off(&row, &stored))
            differ(sim, agree[row.kind], "engine's", &row, "store's", &stored);
    }
}

/* Nothing of the living is missing, here or in what we were told. */
static void law_13(struct sim *sim)
{
    struct match_row row;
    uint64_t cursor = 0;

    engine_agrees(sim);
    memset(&row, 0, sizeof row);
    for (; store_memory_row(sim->store, &cursor, &row);
         memset(&row, 0, sizeof row)) {
        bool wanted =
            row.kind == ROW_PAIR ? matters(sim, &row.pair) : live(&row);

        if (row.kind < ROW_PAIR) {
            const struct match_row *told = sim_truth_row(
                sim, row.kind,
                row.kind == ROW_DUTY ? row.duty.member : row.ticket.id);

            if (!told || !sim_truth_same(told, &row))
                differ(sim, "a result carries every row it wrote", "store's",
                       &row, "told", told);
        }
        if (wanted && !engine_has(sim, &row))
            differ(sim, agree[row.kind], "store's", &row, "engine", NULL);
    }
}

static void all_answered(struct sim *sim)
{
    for (uint32_t i = sim->first_call; i < sim->calls; i++) {
        if (!sim->call[i].answered && !sim->call[i].lost)
            sim_trace(sim, "call %u %s has no answer", i,
                      match_words_event(sim->call[i].kind));
        LAW("engine law 5: every call is answered",
            sim->call[i].answered || sim->call[i].lost);
    }
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
    for (uint32_t i = 0; i < sim->members; i++)
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
    for (; sim->overtakes > 0; sim->overtakes--) { /* said until it is heard */
        const struct sim_ban *block = &sim->overtaken[sim->overtakes - 1];
        const struct sim_member *member = sim_people_of(sim, block->a);

        if (member &&
            sim_truth_pair(sim, PAIR_BLOCK, block->a, block->b, 0, sim->now_ms))
            sim_later_block(sim, (uint32_t)(member - sim->member), block->b);
    }
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
        if (!sim->call[i].answered && !sim->call[i].lost)
            sim_trace(sim, "call %u %s has no answer", i,
                      match_words_event(sim->call[i].kind));
        LAW("fenced: every call is answered",
            sim->call[i].answered || sim->call[i].lost ||
                sim->call[i].kind == EVENT_SEEN);
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

/* Has this ticket been ready for an offer for a while? */
static bool waits(struct sim *sim, const struct match_ticket_row *ticket,
                  uint64_t since_ms)
{
    const struct sim_member *seeker = sim_people_of(sim, ticket->member);

    return ticket->state == TICKET_WAITING && seeker && seeker->ask_call &&
           !seeker->silent && ticket->backoff_until_ms <= since_ms &&
           !sim_laws_backs_off(sim, ticket->id);
}

static bool is_free(struct sim *sim, const struct match_duty_row *duty,
                    uint64_t since_ms)
{
    const struct sim_member *peer = sim_people_of(sim, duty->member);

    return duty->state == DUTY_ON && peer && peer->attend_call &&
           !peer->silent && duty->rest_until_ms <= since_ms &&
           peer->duty_moved_ms <= since_ms &&
           sim_truth_used(sim, duty->member) < duty->capacity &&
           (duty->day_max == 0 ||
            sim_truth_today(sim, duty->member, since_ms) < duty->day_max);
}

/* Do all that wait fit in one batch?  Those beyond it may wait on. */
static bool all_in_batch(const struct sim *sim)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];
    uint64_t n = 0;

    for (uint32_t i = 0; i < tickets->n; i++)
        n += tickets->row[i].ticket.state == TICKET_WAITING;
    return n <= sim->limits.batch_tickets;
}

/* DESIGN law 11, in a world without faults: nobody old enough, fresh and out
 * of back-off waits beside a free peer who may meet them. */
static void law_11(struct sim *sim)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];
    const struct sim_table *duties = sim->kept[ROW_DUTY];
    uint64_t since_ms = sim->now_ms - 2 * sim->limits.batch_ms;

    if (!all_in_batch(sim))
        return;
    for (uint32_t i = 0; i < tickets->n; i++) {
        const struct match_ticket_row *ticket = &tickets->row[i].ticket;

        if (!waits(sim, ticket, since_ms))
            continue;
        for (uint32_t j = 0; j < duties->n; j++) {
            const struct match_duty_row *duty = &duties->row[j].duty;

            if (!is_free(sim, duty, since_ms))
                continue;
            if (sim_laws_hard(sim, ticket->id, duty->member, since_ms)) {
                sim_trace_row(sim, "waiting", &tickets->row[i]);
                sim_trace_row(sim, "free", &duties->row[j]);
            }
            LAW("DESIGN law 11: a ticket beside a free peer is offered",
                !sim_laws_hard(sim, ticket->id, duty->member, since_ms) ||
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

    if (sim->draining)
        sim_crash(sim);
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
    sim_settle(sim);
    law_11(sim);
    /* now all vanish */
    for (uint32_t i = 0; i < sim->members; i++)
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
    sim_settle(sim);
    match_engine_count(sim->engine, &count);
    sim_trace(sim, "left: tickets %u %u duties %u %u offers %u talks %u %u",
              count.tickets_waiting, count.tickets_offered, count.duties_on,
              count.duties_paused, count.offers_open, count.talks_live,
              count.commands_in_flight);
    LAW("DESIGN law 12: nothing is left",
        count.tickets_waiting + count.tickets_offered + count.duties_on +
                count.duties_paused + count.offers_open + count.talks_live +
                count.commands_in_flight ==
            0);
}

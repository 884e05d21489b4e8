#include "cli/simulate_hear.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/require.h"

static const char *ticket_name(const struct cli_simulate_run *run, uint64_t id)
{
    return cli_names_get(&run->names->tickets, (uint32_t)id);
}

static const char *member_name(const struct cli_simulate_run *run, uint64_t id)
{
    return cli_names_get(&run->names->members, (uint32_t)id);
}

/* The answer that is the same for a pair under every policy; scheduled. */
static enum err plan_answer(struct cli_simulate_run *run,
                            const struct match_offer_row *row)
{
    const struct cli_simulate_member *peer = &run->member[row->peer];
    struct cli_simulate_offer *offer = &run->offer[row->id];
    const struct cli_workload_answer *answer;

    if (peer->answers == 0)
        return ERR_NONE;
    answer =
        &peer->answer[chance_mix(row->ticket ^ chance_rotl(row->peer, 32)) %
                      peer->answers];
    if (answer->say == CLI_WORKLOAD_SILENCE)
        return ERR_NONE;
    offer->accept = answer->say == CLI_WORKLOAD_ACCEPT;
    return cli_agenda_add(
        &run->agenda,
        (struct cli_agenda_entry){.due_ms = run->now_ms + answer->after_ms,
                                  .kind = CLI_SIMULATE_ANSWERS,
                                  .id = row->id});
}

static enum err room_for_offer(struct cli_simulate_run *run, uint64_t id)
{
    uint32_t cap = run->offers_cap ? run->offers_cap : 256;
    struct cli_simulate_offer *more;

    if (id < run->offers_cap)
        return ERR_NONE;
    while (cap <= id && cap < UINT32_MAX / 2)
        cap *= 2;
    more = cap <= id ? NULL : realloc(run->offer, cap * sizeof *more);
    if (!more)
        return ERR_NOMEM;
    memset(more + run->offers_cap, 0, (cap - run->offers_cap) * sizeof *more);
    run->offer = more;
    run->offers_cap = cap;
    return ERR_NONE;
}

static enum err hear_offered(struct cli_simulate_run *run,
                             const struct match_offer_row *row)
{
    struct cli_simulate_log_pair pair = {.ticket =
                                             ticket_name(run, row->ticket),
                                         .peer = member_name(run, row->peer),
                                         .id = row->id,
                                         .p = row->p,
                                         .deadline_ms = row->deadline_ms};

    if (room_for_offer(run, row->id) != ERR_NONE)
        return ERR_NOMEM;
    run->offer[row->id] =
        (struct cli_simulate_offer){.ticket = (uint32_t)row->ticket,
                                    .peer = (uint32_t)row->peer,
                                    .p = row->p,
                                    .open = true};
    run->open++;
    cli_simulate_log_offered(run->log, run->now_ms, &pair);
    return plan_answer(run, row);
}

static void hear_answered(struct cli_simulate_run *run,
                          const struct match_offer_row *row)
{
    REQUIRE(run->open > 0);
    run->offer[row->id].open = false;
    run->open--;
    cli_simulate_log_answered(run->log, run->now_ms, row->id, row->state);
}

static enum err hear_matched(struct cli_simulate_run *run,
                             const struct match_talk_row *row)
{
    struct cli_simulate_ticket *ticket = &run->ticket[row->ticket];
    struct cli_simulate_log_pair pair = {
        .ticket = ticket_name(run, row->ticket),
        .peer = member_name(run, row->peer),
        .id = row->id,
        .p = run->offer[row->offer].p,
        .waited_ms = run->now_ms - ticket->since_ms};
    uint64_t longest = run->limits.talk_ms;

    ticket->talk = row->id;
    run->talk[row->id] = (struct cli_simulate_talk){
        .ticket = (uint32_t)row->ticket,
        .seeker = (uint32_t)row->seeker,
        .peer = (uint32_t)row->peer,
        .absent = 1 << MATCH_SEEKER | 1 << MATCH_PEER,
        .live = true};
    run->next_talk = row->id + 1;
    run->joining[run->joinings++] = row->id;
    if (ticket->talk_ms < longest)
        longest = ticket->talk_ms;
    if (cli_agenda_add(&run->agenda, (struct cli_agenda_entry){
                                         .due_ms = run->now_ms + longest,
                                         .kind = CLI_SIMULATE_TALK_ENDS,
                                         .id = row->id}) != ERR_NONE)
        return ERR_NOMEM;
    return cli_simulate_log_matched(run->log, run->now_ms, &pair);
}

static void hear_ticket(struct cli_simulate_run *run,
                        const struct match_ticket_row *row)
{
    struct cli_simulate_ticket *ticket = &run->ticket[row->id];
    struct cli_simulate_member *member = &run->member[row->member];

    if (row->state != TICKET_MATCHED && row->state != TICKET_ENDED) {
        REQUIRE(!ticket->live);
        ticket->live = true;
        run->live++;
        run->log->tickets++;
        member->ticket = (uint32_t)row->id;
        return;
    }
    ticket->live = false;
    run->live--;
    member->ticket = 0;
    member->ask_stream = 0;
    cli_simulate_log_ticket_ended(run->log, run->now_ms,
                                  ticket_name(run, row->id), row->why);
}

/* The turns in which rows are told. */
enum turn {
    TURN_TALK_ENDED,
    TURN_ANSWERED,
    TURN_MATCHED,
    TURN_TICKET,
    TURN_OFFERED,
    TURNS
};

/* Whose turn a row is, if it says something new; TURNS if not.  *id: its
 * place within the turn. */
static enum turn turn_of(const struct cli_simulate_run *run,
                         const struct match_row *row, uint64_t *id)
{
    bool known;

    switch (row->kind) {
    case ROW_TALK:
        *id = row->talk.id;
        if (row->talk.id >= run->next_talk)
            return TURN_MATCHED;
        known = row->talk.state != TALK_ENDED || !run->talk[*id].live;
        return known ? TURNS : TURN_TALK_ENDED;
    case ROW_OFFER:
        *id = row->offer.id;
        if (*id >= run->offers_cap || run->offer[*id].ticket == 0)
            return row->offer.state == OFFER_OPEN ? TURN_OFFERED : TURNS;
        known = row->offer.state == OFFER_OPEN || !run->offer[*id].open;
        return known ? TURNS : TURN_ANSWERED;
    case ROW_TICKET:
        *id = row->ticket.id;
        known = run->ticket[*id].live == (row->ticket.state == TICKET_WAITING ||
                                          row->ticket.state == TICKET_OFFERED);
        return known ? TURNS : TURN_TICKET;
    case ROW_DUTY:
    case ROW_PAIR:
    case ROW_RARITY:
    case ROW_KINDS:
        break;
    }
    return TURNS;
}

static enum err tell(struct cli_simulate_run *run, enum turn turn,
                     const struct match_row *row)
{
    switch (turn) {
    case TURN_TALK_ENDED:
        run->talk[row->talk.id].live = false;
        cli_simulate_log_talk_ended(run->log, run->now_ms, row->talk.id,
                                    row->talk.why);
        return ERR_NONE;
    case TURN_ANSWERED:
        hear_answered(run, &row->offer);
        return ERR_NONE;
    case TURN_MATCHED:
        return hear_matched(run, &row->talk);
    case TURN_TICKET:
        hear_ticket(run, &row->ticket);
        return ERR_NONE;
    case TURN_OFFERED:
        return hear_offered(run, &row->offer);
    case TURNS:
        break;
    }
    return ERR_INTERNAL;
}

enum err cli_simulate_hear_rows(struct cli_simulate_run *run,
                                const struct match_result *result)
{
    for (uint32_t i = 0; i < result->rows; i++)
        if (result->row[i].kind == ROW_DUTY &&
            result->row[i].duty.state == DUTY_OFF)
            run->member[result->row[i].duty.member].attend_stream = 0;
    /* few rows per answer say anything new: look for the first, repeat */
    for (;;) {
        const struct match_row *first = NULL;
        enum turn first_turn = TURNS;
        uint64_t first_id = 0;

        for (uint32_t i = 0; i < result->rows; i++) {
            uint64_t id = 0;
            enum turn turn = turn_of(run, &result->row[i], &id);

            if (turn < first_turn ||
                (first && turn == first_turn && id < first_id)) {
                first = &result->row[i];
                first_turn = turn;
                first_id = id;
            }
        }
        if (!first)
            return ERR_NONE;
        enum err err = tell(run, first_turn, first);

        if (err != ERR_NONE)
            return err;
    }
}

void cli_simulate_hear_told(struct cli_simulate_run *run,
                            const struct match_ticket_view *view)
{
    struct cli_simulate_ticket *ticket = &run->ticket[view->ticket];

    if (view->bound == BOUND_NONE || !ticket->live || ticket->told)
        return;
    ticket->told = true;
    cli_simulate_log_bound_passed(run->log, run->now_ms,
                                  ticket_name(run, view->ticket), view->bound);
}

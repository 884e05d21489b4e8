#include "cli/simulate_hear.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/require.h"

static void note(struct cli_simulate_run *run, struct cli_simulate_fact fact)
{
    fact.t_ms = run->now_ms;
    cli_simulate_scribe_note(&run->scribe, &fact);
}

/* The answer that is the same for a pair under every policy; scheduled. */
static enum err plan_answer(struct cli_simulate_run *run,
                            const struct match_offer_row *row)
{
    const struct cli_simulate_peer *peer =
        &run->peer[run->member[row->peer].peer];
    struct cli_simulate_offer *offer = &run->offer[row->id];
    const struct cli_day_answer *answer;

    if (peer->answers == 0)
        return ERR_NONE;
    answer =
        &peer->answer[chance_mix(row->ticket ^ chance_rotl(row->peer, 32)) %
                      peer->answers];
    if (answer->say == CLI_DAY_SILENCE)
        return ERR_NONE;
    offer->accept = answer->say == CLI_DAY_ACCEPT;
    return cli_agenda_add(
        &run->agenda,
        (struct cli_agenda_entry){.due_ms = run->now_ms + answer->after_ms,
                                  .kind = CLI_SIMULATE_ANSWERS,
                                  .id = (uint32_t)row->id});
}

/* Make *list hold one more of its pieces, of which there are n. */
static enum err room(void *list, uint32_t n, uint32_t *cap, size_t piece)
{
    uint32_t more = *cap ? *cap : 64;
    void *old, *wider;

    if (n < *cap)
        return ERR_NONE;
    while (more <= n && more < UINT32_MAX / 2)
        more *= 2;
    memcpy(&old, list, sizeof old);
    wider = more <= n ? NULL : realloc(old, more * piece);
    if (!wider)
        return ERR_NOMEM;
    memset((char *)wider + *cap * piece, 0, (more - *cap) * piece);
    memcpy(list, &wider, sizeof wider);
    *cap = more;
    return ERR_NONE;
}

static enum err note_done(struct cli_simulate_run *run,
                          enum match_row_kind kind, uint64_t id)
{
    if (room(&run->done, run->dones, &run->done_cap, sizeof *run->done) !=
        ERR_NONE)
        return ERR_NOMEM;
    run->done[run->dones++] =
        (struct cli_simulate_done){.kind = kind, .id = id};
    return ERR_NONE;
}

static enum err hear_offered(struct cli_simulate_run *run,
                             const struct match_offer_row *row)
{
    if (row->id > UINT32_MAX / 2 ||
        room(&run->offer, (uint32_t)row->id, &run->offers_cap,
             sizeof *run->offer) != ERR_NONE)
        return ERR_NOMEM;
    run->offer[row->id] =
        (struct cli_simulate_offer){.ticket = (uint32_t)row->ticket,
                                    .peer = (uint32_t)row->peer,
                                    .p = row->p,
                                    .open = true};
    run->open++;
    cli_simulate_tally_offer(run->tally, run->member[row->peer].peer,
                             run->now_ms);
    note(run, (struct cli_simulate_fact){.kind = CLI_SIMULATE_OFFERED,
                                         .ticket = (uint32_t)row->ticket,
                                         .peer = (uint32_t)row->peer,
                                         .id = row->id,
                                         .p = row->p,
                                         .deadline_ms = row->deadline_ms});
    return plan_answer(run, row);
}

static enum err hear_answered(struct cli_simulate_run *run,
                              const struct match_offer_row *row)
{
    REQUIRE(run->open > 0);
    run->offer[row->id].open = false;
    run->open--;
    run->tally->answered[row->state]++;
    note(run, (struct cli_simulate_fact){.kind = CLI_SIMULATE_ANSWERED,
                                         .id = row->id,
                                         .state = row->state});
    return note_done(run, ROW_OFFER, row->id);
}

static enum err hear_matched(struct cli_simulate_run *run,
                             const struct match_talk_row *row)
{
    struct cli_simulate_ticket *ticket = &run->ticket[row->ticket];
    const struct cli_simulate_fact fact = {.kind = CLI_SIMULATE_MATCHED,
                                           .ticket = (uint32_t)row->ticket,
                                           .peer = (uint32_t)row->peer,
                                           .id = row->id,
                                           .p = run->offer[row->offer].p,
                                           .waited_ms =
                                               run->now_ms - ticket->since_ms};
    uint64_t longest = run->limits.talk_ms;

    if (room(&run->joining, run->joinings, &run->joining_cap,
             sizeof *run->joining) != ERR_NONE)
        return ERR_NOMEM;
    ticket->talk = (uint32_t)row->id;
    run->talk[row->id] = (struct cli_simulate_talk){
        .ticket = (uint32_t)row->ticket,
        .seeker = (uint32_t)row->seeker,
        .peer = (uint32_t)row->peer,
        .absent = 1 << MATCH_SEEKER | 1 << MATCH_PEER,
        .live = true};
    run->next_talk = row->id + 1;
    run->joining[run->joinings++] = row->id;
    run->joins = true;
    if (ticket->talk_ms < longest)
        longest = ticket->talk_ms;
    if (cli_agenda_add(&run->agenda, (struct cli_agenda_entry){
                                         .due_ms = run->now_ms + longest,
                                         .kind = CLI_SIMULATE_TALK_ENDS,
                                         .id = (uint32_t)row->id}) != ERR_NONE)
        return ERR_NOMEM;
    note(run, fact);
    return cli_simulate_tally_match(run->tally, fact.p, fact.waited_ms);
}

static enum err hear_ticket(struct cli_simulate_run *run,
                            const struct match_ticket_row *row)
{
    struct cli_simulate_ticket *ticket = &run->ticket[row->id];
    struct cli_simulate_member *member = &run->member[row->member];

    if (row->state != TICKET_MATCHED && row->state != TICKET_ENDED) {
        REQUIRE(!ticket->live);
        ticket->live = true;
        run->live++;
        run->tally->tickets++;
        member->ticket = (uint32_t)row->id;
        return ERR_NONE;
    }
    ticket->live = false;
    run->live--;
    run->tally->ended[row->why]++;
    member->ticket = 0;
    member->ask_stream = 0;
    note(run, (struct cli_simulate_fact){.kind = CLI_SIMULATE_TICKET_ENDED,
                                         .ticket = (uint32_t)row->id,
                                         .ticket_why = row->why});
    return note_done(run, ROW_TICKET, row->id);
}

static enum err hear_talk_ended(struct cli_simulate_run *run,
                                const struct match_talk_row *row)
{
    run->talk[row->id].live = false;
    note(run, (struct cli_simulate_fact){.kind = CLI_SIMULATE_TALK_ENDED,
                                         .id = row->id,
                                         .talk_why = row->why});
    return run->ticket[row->ticket].reflects
               ? ERR_NONE
               : note_done(run, ROW_TALK, row->id);
}

static void hear_duty(struct cli_simulate_run *run,
                      const struct match_duty_row *row)
{
    uint32_t peer = run->member[row->member].peer;

    if (row->state == DUTY_OFF)
        run->peer[peer].stream = 0;
    run->peer[peer].paused = row->state == DUTY_PAUSED;
    cli_simulate_tally_duty(run->tally, peer, row->state == DUTY_ON,
                            run->now_ms);
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
        return hear_talk_ended(run, &row->talk);
    case TURN_ANSWERED:
        return hear_answered(run, &row->offer);
    case TURN_MATCHED:
        return hear_matched(run, &row->talk);
    case TURN_TICKET:
        return hear_ticket(run, &row->ticket);
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
        if (result->row[i].kind == ROW_DUTY)
            hear_duty(run, &result->row[i].duty);
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
    run->tally->bound[view->bound]++;
    note(run, (struct cli_simulate_fact){.kind = CLI_SIMULATE_BOUND_PASSED,
                                         .ticket = (uint32_t)view->ticket,
                                         .bound = view->bound});
}

/* Counting what happens, and failing on what no table declares. */
#include "sim_cover.h"

#include <stdio.h>
#include <string.h>

#include "sim_model.h"

static struct cover_counts counts;

const struct cover_counts *sim_cover_counts(void)
{
    return &counts;
}

void sim_cover_add(const struct cover_counts *other, uint32_t n)
{
    uint64_t *to = (uint64_t *)(void *)&counts;

    memset(&counts, 0, sizeof counts);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *from = (const uint64_t *)(const void *)&other[i];

        for (size_t at = 0; at < sizeof counts / sizeof *to; at++)
            to[at] += from[at];
    }
}

/* ---- in which state ---- */

/* The member's last ticket, whatever became of it. */
static uint32_t ticket_of(const struct sim *sim, uint64_t member)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];

    for (uint32_t i = tickets->n; i > 0; i--)
        if (tickets->row[i - 1].ticket.member == member)
            return 1 + (uint32_t)tickets->row[i - 1].ticket.state;
    return 0;
}

/* The last talk of a member, with `other` unless 0. */
static uint32_t talk_of(const struct sim *sim, uint64_t member, uint64_t other)
{
    const struct sim_table *talks = sim->kept[ROW_TALK];

    for (uint32_t i = talks->n; i > 0; i--) {
        const struct match_talk_row *talk = &talks->row[i - 1].talk;

        if ((talk->seeker == member && (!other || talk->peer == other)) ||
            (talk->peer == member && (!other || talk->seeker == other)))
            return 1 + (uint32_t)talk->state;
    }
    return 0;
}

static uint32_t state_of(const struct match_row *row)
{
    if (!row)
        return 0;
    switch (row->kind) {
    case ROW_TICKET:
        return 1 + (uint32_t)row->ticket.state;
    case ROW_OFFER:
        return 1 + (uint32_t)row->offer.state;
    case ROW_DUTY:
        return 1 + (uint32_t)row->duty.state;
    case ROW_TALK:
        return 1 + (uint32_t)row->talk.state;
    case ROW_PAIR:
    case ROW_RARITY:
    case ROW_KINDS:
        break;
    }
    return 0;
}

static uint32_t state(struct sim *sim, enum match_row_kind kind, uint64_t id)
{
    return state_of(sim_truth_row(sim, kind, id));
}

/* ---- whom a command concerns ---- */

struct parties {
    uint64_t offer, talk, member[2];
};

static struct parties parties(struct sim *sim,
                              const struct match_command *command)
{
    struct parties of = {.offer = 0};
    const struct match_row *row;

    switch (command->kind) {
    case COMMAND_OPEN_TICKET:
        of.member[0] = command->open_ticket.ticket.member;
        break;
    case COMMAND_CLOSE_TICKET:
        of.member[0] = command->close_ticket.member;
        break;
    case COMMAND_RAISE_DANGER:
        of.member[0] = command->raise_danger.member;
        break;
    case COMMAND_OPEN_DUTY:
        of.member[0] = command->open_duty.duty.member;
        break;
    case COMMAND_SET_DUTY:
        of.member[0] = command->set_duty.duty.member;
        break;
    case COMMAND_CLOSE_DUTY:
        of.member[0] = command->close_duty.member;
        break;
    case COMMAND_OFFER:
        of.member[0] = command->offer.offer.seeker;
        of.member[1] = command->offer.offer.peer;
        break;
    case COMMAND_ACCEPT:
        of.offer = command->accept.offer;
        break;
    case COMMAND_DECLINE:
        of.offer = command->decline.offer;
        break;
    case COMMAND_CLOSE_OFFER:
        of.offer = command->close_offer.offer;
        break;
    case COMMAND_JOIN:
        of.talk = command->join.talk;
        break;
    case COMMAND_END_TALK:
        of.talk = command->end_talk.talk;
        break;
    case COMMAND_REFLECT:
        of.talk = command->reflect.talk;
        break;
    case COMMAND_BLOCK:
    case COMMAND_UNBLOCK:
        of.member[0] = command->block.member;
        of.member[1] = command->block.other;
        break;
    case COMMAND_HOLD:
        of.member[0] = command->hold.member;
        break;
    case COMMAND_RARITY:
    case COMMAND_KINDS:
        break;
    }
    if ((row = sim_truth_row(sim, ROW_OFFER, of.offer)) != NULL) {
        of.member[0] = row->offer.seeker;
        of.member[1] = row->offer.peer;
    }
    if ((row = sim_truth_row(sim, ROW_TALK, of.talk)) != NULL) {
        of.member[0] = row->talk.seeker;
        of.member[1] = row->talk.peer;
    }
    return of;
}

static bool concerns(const struct parties *of, uint64_t member)
{
    return member != 0 && (of->member[0] == member || of->member[1] == member);
}

/* ---- races ---- */

static void race(struct sim *sim, enum cover_race what, uint64_t member,
                 uint64_t other)
{
    for (uint32_t i = 0; i < sim->flyings; i++) {
        const struct sim_flying *flying = &sim->flying[i];
        struct parties of;

        if (!flying->used || flying->zombie)
            continue;
        of = parties(sim, &flying->command);
        if (concerns(&of, member) || concerns(&of, other))
            counts.race[flying->command.kind][what][flying->executed]++;
    }
}

void sim_cover_card(struct sim *sim, uint64_t member)
{
    race(sim, RACE_CARD, member, 0);
}

/* Did an offer of theirs that the engine holds open reach its deadline since
 * then? */
static void deadlines(struct sim *sim, const struct sim_flying *flying,
                      uint64_t since_ms)
{
    struct parties of = parties(sim, &flying->command);

    for (uint32_t i = 0; i < sim->places; i++) {
        const struct match_row *row =
            sim_truth_row(sim, ROW_OFFER, sim->model->is.ticket[i].offer);

        if (row && row->offer.deadline_ms > since_ms &&
            row->offer.deadline_ms <= sim->now_ms &&
            (concerns(&of, row->offer.seeker) ||
             concerns(&of, row->offer.peer)))
            counts
                .race[flying->command.kind][RACE_DEADLINE][flying->executed]++;
    }
}

/* ---- events ---- */

static void visit(enum sim_cover_table table, uint32_t at,
                  enum match_event_kind kind)
{
    counts.event[table][at][kind]++;
}

void sim_cover_event(struct sim *sim, const struct match_event *event)
{
    if (event->kind == EVENT_ANSWER)
        visit(COVER_OFFER, state(sim, ROW_OFFER, event->answer.offer),
              event->kind);
    if (event->kind == EVENT_JOIN || event->kind == EVENT_END ||
        event->kind == EVENT_IDLE)
        visit(COVER_TALK, state(sim, ROW_TALK, event->talk.talk), event->kind);
    if (event->kind == EVENT_REFLECT)
        visit(COVER_TALK, state(sim, ROW_TALK, event->reflect.talk),
              event->kind);
    if (event->kind == EVENT_BLOCK)
        visit(COVER_TALK, talk_of(sim, event->member, 0), event->kind);
    if (event->kind == EVENT_WITHDRAW)
        race(sim, RACE_WITHDRAW, event->member, 0);
    if (event->kind == EVENT_BLOCK)
        race(sim, RACE_BLOCK, event->member, event->block.other);
    if (event->kind == EVENT_LOST)
        race(sim, RACE_LOST, event->member, 0);
    if (event->kind == EVENT_CARD)
        race(sim, RACE_CARD, event->member, 0);
    if (event->kind == EVENT_HOLD || event->kind == EVENT_GONE)
        race(sim, RACE_HOLD, event->member, 0);
    if (event->member == 0)
        return;
    visit(COVER_TICKET, ticket_of(sim, event->member), event->kind);
    visit(COVER_DUTY, state(sim, ROW_DUTY, event->member), event->kind);
}

void sim_cover_reply(enum match_event_kind kind, enum err err)
{
    const struct cover_tables *tables = cover_tables();
    bool declared = false;

    for (uint32_t i = 0; i < tables->replies && !declared; i++)
        declared = tables->reply[i].kind == kind && tables->reply[i].err == err;
    if (!declared)
        (void)fprintf(stderr, "%s answered %s\n", match_words_event(kind),
                      err_reason(err));
    LAW("an answer is one that a table declares", declared);
    counts.reply[kind][err]++;
}

/* ---- commands ---- */

/* The state of what a guard looks at. */
static uint32_t guarded(struct sim *sim, const struct match_command *command,
                        enum sim_cover_table table)
{
    struct parties of = parties(sim, command);

    if (command->kind == COMMAND_CLOSE_TICKET)
        return state(sim, ROW_TICKET, command->close_ticket.ticket);
    if (command->kind == COMMAND_RAISE_DANGER)
        return state(sim, ROW_TICKET, command->raise_danger.ticket);
    if (command->kind == COMMAND_OPEN_TICKET && table == COVER_TALK)
        return state(sim, ROW_TALK, command->open_ticket.after);
    if (command->kind == COMMAND_OFFER && table == COVER_TICKET)
        return state(sim, ROW_TICKET, command->offer.offer.ticket);
    if (command->kind == COMMAND_OFFER)
        return state(sim, ROW_DUTY, command->offer.offer.peer);
    if (table == COVER_TICKET)
        return ticket_of(sim, of.member[0]);
    if (table == COVER_DUTY)
        return state(sim, ROW_DUTY, of.member[0]);
    if (table == COVER_OFFER)
        return state(sim, ROW_OFFER, of.offer);
    if (of.talk)
        return state(sim, ROW_TALK, of.talk);
    return of.member[1] ? talk_of(sim, of.member[0], of.member[1]) : 0;
}

static void refused(enum match_command_kind kind, enum err err)
{
    const struct cover_tables *tables = cover_tables();
    bool declared = false;

    for (uint32_t i = 0; i < tables->reasons && !declared; i++)
        declared =
            tables->reason[i].kind == kind && tables->reason[i].err == err;
    if (!declared)
        (void)fprintf(stderr, "%s refused %s\n", match_words_command(kind),
                      err_reason(err));
    LAW("a refusal is for a reason that a table declares", declared);
    counts.reason[kind][err]++;
}

void sim_cover_executed(struct sim *sim, const struct sim_flying *flying,
                        const struct match_result *result)
{
    const struct match_command *command = &flying->command;
    const struct cover_tables *tables = cover_tables();
    bool done = result->outcome == OUTCOME_OK;

    deadlines(sim, flying, command->now_ms);
    if (result->outcome == OUTCOME_REFUSED)
        refused(command->kind, result->err);
    if (!done && (result->outcome != OUTCOME_REFUSED ||
                  result->err == ERR_STORE || result->err == ERR_KEY_REUSED))
        return; /* in whatever state */
    for (uint32_t i = 0; i < tables->guards; i++) {
        const struct cover_guard *guard = &tables->guard[i];
        uint32_t at;

        if (guard->kind != command->kind)
            continue;
        at = guarded(sim, command, guard->table);
        LAW("a command is done only in the states that a table declares",
            !done || guard->done & 1u << at);
        counts.guard[guard->kind][guard->table][at][done]++;
    }
}

void sim_cover_broken(enum match_command_kind kind)
{
    refused(kind, ERR_STORE);
}

void sim_cover_heard(struct sim *sim, const struct sim_flying *flying)
{
    deadlines(sim, flying, flying->executed_ms);
    counts.outcome[flying->command.kind][flying->result.outcome]++;
}

void sim_cover_died(enum match_command_kind kind, enum cover_death death)
{
    if (kind < COMMAND_KINDS)
        counts.death[kind][death]++;
}

/* ---- moves ---- */

static uint32_t why_of(const struct match_row *row)
{
    if (row->kind == ROW_TICKET)
        return row->ticket.why;
    if (row->kind == ROW_DUTY)
        return row->duty.why;
    return row->kind == ROW_TALK ? (uint32_t)row->talk.why : 0;
}

void sim_cover_move(const struct match_row *was, const struct match_row *is)
{
    static const enum sim_cover_table table_of[ROW_PAIR] = {
        [ROW_TICKET] = COVER_TICKET,
        [ROW_OFFER] = COVER_OFFER,
        [ROW_DUTY] = COVER_DUTY,
        [ROW_TALK] = COVER_TALK,
    };
    const struct cover_tables *tables = cover_tables();
    enum sim_cover_table table = table_of[is->kind];
    uint32_t from = state_of(was), to = state_of(is), why = why_of(is);
    bool declared = false;

    if (from == to)
        return;
    for (uint32_t i = 0; i < tables->moves && !declared; i++) {
        const struct cover_move *move = &tables->move[i];

        declared = move->table == table && move->from == from &&
                   move->to == to && move->whys & 1u << why;
    }
    if (!declared)
        (void)fprintf(stderr, "%s %s to %s, why %u\n",
                      tables->names[table].table,
                      tables->names[table].state[from],
                      tables->names[table].state[to], why);
    LAW("a row moves as a table declares", declared);
    counts.move[table][from][to][why]++;
}

/* What no sound engine asks: commands that the store must refuse whatever
 * comes, built from a sound one by a single wrong thing. */
#include "sim.h"

enum { WRONG = 1000 };

/* False: nothing here to build it from. */
typedef bool probe_fn(struct sim *sim, struct match_command *command);

static uint32_t state_of(const struct match_row *row)
{
    if (row->kind == ROW_TICKET)
        return row->ticket.state;
    if (row->kind == ROW_OFFER)
        return row->offer.state;
    return row->kind == ROW_DUTY ? (uint32_t)row->duty.state
                                 : (uint32_t)row->talk.state;
}

/* A row in this state, or NULL. */
static const struct match_row *pick(struct sim *sim, enum match_row_kind kind,
                                    uint32_t state)
{
    const struct sim_table *table = sim->kept[kind];
    uint32_t first = table->n ? (uint32_t)sim_roll(sim, table->n) : 0;

    for (uint32_t i = 0; i < table->n; i++) {
        const struct match_row *row = &table->row[(first + i) % table->n];
        if (state_of(row) == state)
            return row;
    }
    return NULL;
}

static const struct sim_member *somebody(struct sim *sim)
{
    return &sim->member[sim_roll(sim, sim->members)];
}

static bool asks(const struct sim *sim, uint64_t member)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];

    for (uint32_t i = tickets->n; i-- > 0;)
        if (tickets->row[i].ticket.member == member)
            return tickets->row[i].ticket.state <= TICKET_OFFERED;
    return false;
}

/* Somebody who does, or does not. */
static const struct sim_member *who_asks(struct sim *sim, bool asking)
{
    uint32_t first = (uint32_t)sim_roll(sim, sim->members);

    for (uint32_t i = 0; i < sim->members; i++) {
        const struct sim_member *member =
            &sim->member[(first + i) % sim->members];

        if (!member->held_stored && asks(sim, member->id) == asking)
            return member;
    }
    return NULL;
}

static bool open_ticket(struct sim *sim, struct match_command *command)
{
    struct match_ticket_row *row = &command->open_ticket.ticket;
    uint64_t wrong = sim_roll(sim, 5);
    const struct sim_member *member = who_asks(sim, wrong == 0);

    if (!member)
        return false;
    *row = (struct match_ticket_row){.id = sim_id(sim),
                                     .member = member->id,
                                     .pool = member->pool,
                                     .state = TICKET_WAITING,
                                     .since_ms = sim->now_ms};
    row->tie = sim_id(sim);
    row->expires_ms = sim->now_ms + sim->limits.ticket_ms;
    command->open_ticket.card_version = member->card[MATCH_SEEKER].version;
    if (wrong == 1)
        row->member = sim_id(sim);
    if (wrong == 2)
        row->pool ^= 1;
    if (wrong == 3)
        command->open_ticket.card_version += WRONG;
    if (wrong == 4)
        row->id = 0;
    return true;
}

static bool close_ticket(struct sim *sim, struct match_command *command)
{
    command->close_ticket.ticket = sim_id(sim);
    command->close_ticket.member = somebody(sim)->id;
    command->close_ticket.why = TICKET_WHY_WITHDRAWN;
    return true;
}

static bool raise_danger(struct sim *sim, struct match_command *command)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];
    const struct match_ticket_row *last =
        tickets->n > 0 ? &tickets->row[tickets->n - 1].ticket : NULL;

    command->raise_danger.ticket = last ? last->id : sim_id(sim);
    command->raise_danger.member = somebody(sim)->id;
    return !last || last->member != command->raise_danger.member;
}

static bool open_duty(struct sim *sim, struct match_command *command)
{
    struct match_duty_row *row = &command->open_duty.duty;
    uint64_t wrong = sim_roll(sim, 7);
    const struct sim_member *member = who_asks(sim, wrong == 0);

    if (!member)
        return false;
    *row = (struct match_duty_row){.member = member->id,
                                   .pool = member->pool,
                                   .state = DUTY_ON,
                                   .grade = member->grade,
                                   .capacity = 1,
                                   .tie = sim_id(sim)};
    command->open_duty.card_version = member->card[MATCH_PEER].version;
    if (wrong == 1)
        row->member = sim_id(sim);
    if (wrong == 2)
        row->pool ^= 1;
    if (wrong == 3)
        row->grade = GRADE_MEMBER;
    if (wrong == 4)
        row->capacity = MATCH_CAPACITY_MAX + 1;
    if (wrong == 5)
        row->state = DUTY_PAUSED;
    if (wrong == 6)
        command->open_duty.card_version += WRONG;
    return true;
}

/* A duty that is paused, and cannot be resumed: its member asks, or the grade
 * has run out by then. */
static bool cannot_resume(struct sim *sim, struct match_command *command)
{
    struct match_duty_row *row = &command->set_duty.duty;

    row->state = DUTY_ON;
    if (asks(sim, row->member))
        return true;
    if (row->grade_until_ms == 0)
        return false;
    command->now_ms =
        sim->now_ms > row->grade_until_ms ? sim->now_ms : row->grade_until_ms;
    return sim_people_of(sim, row->member) != NULL;
}

static bool set_duty(struct sim *sim, struct match_command *command)
{
    struct match_duty_row *row = &command->set_duty.duty;
    uint64_t wrong = sim_roll(sim, 6);
    const struct match_row *duty =
        pick(sim, ROW_DUTY,
             wrong == 0   ? (uint32_t)DUTY_OFF
             : wrong == 1 ? (uint32_t)DUTY_PAUSED
             : wrong == 2 ? (uint32_t)DUTY_ON
                          : 1 + (uint32_t)sim_roll(sim, 2));

    if (!duty)
        return false;
    *row = duty->duty;
    if (wrong == 0)
        row->state = DUTY_ON;
    if (wrong == 1)
        return cannot_resume(sim, command);
    if (wrong == 2 || wrong == 3)
        row->state = DUTY_OFF;
    if (wrong == 4)
        row->capacity = MATCH_CAPACITY_MAX + 1;
    if (wrong == 5)
        row->member = sim_id(sim);
    return true;
}

static bool close_duty(struct sim *sim, struct match_command *command)
{
    const struct match_row *duty = pick(sim, ROW_DUTY, DUTY_OFF);

    command->close_duty.why = DUTY_WHY_LEFT;
    command->close_duty.member =
        duty && sim_percent(sim, 50) ? duty->duty.member : sim_id(sim);
    return true;
}

/* A ticket or duty that is in no state for it. */
static bool offer_in_state(struct match_command *command,
                           const struct match_row *ticket,
                           const struct match_row *duty)
{
    struct match_offer_row *row = &command->offer.offer;

    if (!ticket || !duty)
        return false;
    row->ticket = ticket->ticket.id;
    row->seeker = ticket->ticket.member;
    row->pool = ticket->ticket.pool;
    row->peer = duty->duty.member;
    return ticket->ticket.state != TICKET_WAITING ||
           duty->duty.state != DUTY_ON ||
           duty->duty.used >= duty->duty.capacity;
}

/* Between one who waits and one who is on duty, but for one thing. */
static bool offer_wrong(struct sim *sim, struct match_command *command,
                        uint64_t wrong)
{
    struct match_offer_row *row = &command->offer.offer;
    const struct match_row *ticket = pick(sim, ROW_TICKET, TICKET_WAITING);
    const struct match_row *duty = pick(sim, ROW_DUTY, DUTY_ON);
    const struct sim_member *seeker, *peer;

    (void)offer_in_state(command, ticket, duty);
    if (!ticket || !duty)
        return false;
    seeker = sim_people_of(sim, row->seeker);
    peer = sim_people_of(sim, row->peer);
    if (!seeker || !peer)
        return false;
    row->seeker_card_version = seeker->card[MATCH_SEEKER].version;
    row->peer_card_version = peer->card[MATCH_PEER].version;
    if (wrong == 0)
        row->id = 0;
    if (wrong == 1)
        row->pool ^= 1;
    if (wrong == 2)
        row->peer_card_version += WRONG;
    if (wrong == 3)
        row->seeker = row->peer;
    if (wrong == 4)
        row->ticket = sim_id(sim);
    if (wrong == 5)
        row->peer = sim_id(sim);
    if (wrong < 6)
        return true;
    command->now_ms =
        peer->grade_until_ms > sim->now_ms ? peer->grade_until_ms : sim->now_ms;
    return peer->grade_until_ms != 0;
}

static bool offer(struct sim *sim, struct match_command *command)
{
    struct match_offer_row *row = &command->offer.offer;
    uint64_t wrong = sim_roll(sim, 12);
    const struct match_row *ticket, *duty;

    *row = (struct match_offer_row){.id = sim_id(sim), .state = OFFER_OPEN};
    row->deadline_ms = sim->now_ms + sim->limits.offer_ms;
    if (wrong < 7)
        return offer_wrong(sim, command, wrong);
    ticket = pick(sim, ROW_TICKET, (uint32_t)sim_roll(sim, TICKET_STATES));
    duty = pick(sim, ROW_DUTY, (uint32_t)sim_roll(sim, DUTY_STATES));
    return offer_in_state(command, ticket, duty);
}

static bool accept(struct sim *sim, struct match_command *command)
{
    const struct match_row *row = pick(sim, ROW_OFFER, OFFER_OPEN);
    uint64_t wrong = sim_roll(sim, 4);

    command->accept.offer = sim_id(sim);
    command->accept.peer = somebody(sim)->id;
    command->accept.talk = sim_id(sim);
    if (wrong == 0)
        return true;
    if (!row)
        return false;
    command->accept.offer = row->offer.id;
    command->accept.peer = row->offer.peer;
    command->accept.ticket = row->offer.ticket;
    if (wrong == 1)
        command->accept.ticket = sim_id(sim);
    if (wrong == 2)
        command->now_ms = row->offer.deadline_ms > sim->now_ms
                              ? row->offer.deadline_ms
                              : sim->now_ms;
    if (wrong == 3)
        command->accept.talk = 0;
    return true;
}

static bool decline(struct sim *sim, struct match_command *command)
{
    command->decline.offer = sim_id(sim);
    command->decline.peer = somebody(sim)->id;
    return true;
}

static bool close_offer(struct sim *sim, struct match_command *command)
{
    uint32_t state = (uint32_t)sim_roll(sim, OFFER_STATES);
    const struct match_row *row = pick(sim, ROW_OFFER, state);

    command->close_offer.state =
        sim_percent(sim, 50) ? OFFER_LAPSED : OFFER_DECLINED;
    command->close_offer.lapses_max = 1;
    command->close_offer.offer = row ? row->offer.id : sim_id(sim);
    return !row || state != OFFER_OPEN ||
           command->close_offer.state != OFFER_LAPSED ||
           row->offer.deadline_ms > command->now_ms;
}

/* A talk in this state, or one that never was. */
static uint64_t talk(struct sim *sim, uint32_t state)
{
    const struct match_row *row = pick(sim, ROW_TALK, state);

    return row && sim_percent(sim, 70) ? row->talk.id : sim_id(sim);
}

static bool join(struct sim *sim, struct match_command *command)
{
    command->join.talk = talk(sim, TALK_ENDED);
    return true;
}

static bool end_talk(struct sim *sim, struct match_command *command)
{
    command->end_talk.talk = talk(sim, TALK_ENDED);
    command->end_talk.why = TALK_WHY_ENDED;
    return true;
}

static bool reflect(struct sim *sim, struct match_command *command)
{
    command->reflect.talk =
        talk(sim, sim_percent(sim, 50) ? TALK_JOINING : TALK_OPEN);
    return true;
}

static bool block(struct sim *sim, struct match_command *command)
{
    command->block.member = somebody(sim)->id;
    command->block.other = sim_percent(sim, 50) ? command->block.member : 0;
    return true;
}

static bool unblock(struct sim *sim, struct match_command *command)
{
    command->block.member = somebody(sim)->id;
    command->block.other = somebody(sim)->id;
    return !sim_truth_pair(sim, PAIR_BLOCK, command->block.member,
                           command->block.other, 0, sim->now_ms);
}

static bool hold(struct sim *sim, struct match_command *command)
{
    command->hold.member = sim_id(sim);
    command->hold.held = sim_percent(sim, 50);
    return true;
}

static probe_fn *const probes[COMMAND_KINDS] = {
    [COMMAND_OPEN_TICKET] = open_ticket,
    [COMMAND_CLOSE_TICKET] = close_ticket,
    [COMMAND_RAISE_DANGER] = raise_danger,
    [COMMAND_OPEN_DUTY] = open_duty,
    [COMMAND_SET_DUTY] = set_duty,
    [COMMAND_CLOSE_DUTY] = close_duty,
    [COMMAND_OFFER] = offer,
    [COMMAND_ACCEPT] = accept,
    [COMMAND_DECLINE] = decline,
    [COMMAND_CLOSE_OFFER] = close_offer,
    [COMMAND_JOIN] = join,
    [COMMAND_END_TALK] = end_talk,
    [COMMAND_REFLECT] = reflect,
    [COMMAND_BLOCK] = block,
    [COMMAND_UNBLOCK] = unblock,
    [COMMAND_HOLD] = hold,
};

void sim_probe_cardless(struct sim *sim, const struct sim_member *member)
{
    struct match_command command = {.now_ms = sim->now_ms, .epoch = sim->epoch};

    command.kind = COMMAND_OPEN_TICKET;
    command.open_ticket.ticket =
        (struct match_ticket_row){.id = sim_id(sim),
                                  .member = member->id,
                                  .pool = member->pool,
                                  .state = TICKET_WAITING};
    sim_port_probe(sim, &command);
    if (member->grade == GRADE_MEMBER)
        return;
    command.kind = COMMAND_OPEN_DUTY;
    command.open_duty.duty = (struct match_duty_row){.member = member->id,
                                                     .pool = member->pool,
                                                     .state = DUTY_ON,
                                                     .grade = member->grade};
    command.open_duty.card_version = 1;
    sim_port_probe(sim, &command);
}

void sim_probe(struct sim *sim)
{
    struct match_command command = {
        .kind = (enum match_command_kind)sim_roll(sim, COMMAND_KINDS),
        .now_ms = sim->now_ms,
        .epoch = sim->epoch};

    if (probes[command.kind] && probes[command.kind](sim, &command))
        sim_port_probe(sim, &command);
}

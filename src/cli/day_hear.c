#include "cli/day_state.h"

static enum err offered(struct cli_day *day, const struct match_offer_row *row)
{
    uint32_t number, peer = cli_day_state_find(&day->members, row->peer);
    enum err err = cli_day_state_add(&day->offers, row->id, &number);

    if (err == ERR_NONE)
        err = cli_day_state_grow(&day->offer, &day->offers_cap, number + 1,
                                 sizeof *day->offer);
    if (err == ERR_NONE)
        day->offer[number] = (struct cli_day_offer){
            .ask = cli_day_state_bound(&day->tickets, day->ticket_ask,
                                       row->ticket),
            .peer = peer,
            .made_ms = row->made_ms};
    return err;
}

static enum err commanded(struct cli_day *day,
                          const struct match_command *command)
{
    uint32_t number, asked;

    switch ((int)command->kind) {
    case COMMAND_OPEN_TICKET:
        number = cli_day_state_find(&day->members,
                                    command->open_ticket.ticket.member);
        return cli_day_state_bind(&day->tickets, &day->ticket_ask,
                                  &day->tickets_cap,
                                  command->open_ticket.ticket.id,
                                  number != 0 ? day->member[number].ask : 0);
    case COMMAND_OFFER:
        return offered(day, &command->offer.offer);
    case COMMAND_CLOSE_OFFER:
        number = cli_day_state_find(&day->offers, command->close_offer.offer);
        if (number == 0 || day->offer[number].known ||
            command->close_offer.state != OFFER_LAPSED)
            return ERR_NONE;
        day->offer[number].known = true;
        day->offer[number].say = CLI_WORKLOAD_SILENCE;
        return ERR_NONE;
    case COMMAND_ACCEPT:
        asked = cli_day_state_bound(&day->tickets, day->ticket_ask,
                                    command->accept.ticket);
        day->ask[asked].talk = command->accept.talk;
        day->ask[asked].accepted_ms = command->now_ms;
        return cli_day_state_bind(&day->talks, &day->talk_ask, &day->talks_cap,
                                  command->accept.talk, asked);
    case COMMAND_CLOSE_DUTY:
        number = cli_day_state_find(&day->members, command->close_duty.member);
        if (number == 0 || (command->close_duty.why != DUTY_WHY_UNTIL &&
                            command->close_duty.why != DUTY_WHY_GRADE))
            return ERR_NONE;
        return cli_day_state_say(day, CLI_WORKLOAD_LEAVE, number, 0);
    default:
        return ERR_NONE;
    }
}

/* What was refused did not happen. */
static void refused(struct cli_day *day, uint64_t call)
{
    uint32_t after = cli_day_state_bound(&day->calls, day->call_line, call);
    struct cli_day_line *line;

    if (after == 0)
        return;
    line = &day->line[after - 1];
    line->out = true;
    if (line->what != CLI_WORKLOAD_ASK)
        return;
    day->ask[line->ask].refused = true;
    if (day->member[line->member].ask == line->ask)
        day->member[line->member].ask = 0;
}

enum err cli_day_hear(struct cli_day *day, const struct match_effect *effect,
                      uint64_t now_ms)
{
    uint32_t number;

    switch ((int)effect->kind) {
    case EFFECT_STORE:
        return commanded(day, &effect->store);
    case EFFECT_REPLY:
        if (effect->reply.err != ERR_NONE && effect->call != 0)
            refused(day, effect->call);
        return ERR_NONE;
    case EFFECT_TELL_TICKET:
        number = cli_day_state_bound(&day->tickets, day->ticket_ask,
                                     effect->ticket.ticket);
        if (effect->ticket.state >= TICKET_MATCHED &&
            day->member[day->ask[number].member].ask == number)
            day->member[day->ask[number].member].ask = 0;
        return ERR_NONE;
    case EFFECT_TELL_DUTY:
        number = cli_day_state_find(&day->members, effect->duty.member);
        if (number != 0 && effect->duty.state == DUTY_OFF)
            day->member[number].on = false;
        return ERR_NONE;
    case EFFECT_TELL_TALK:
        number =
            cli_day_state_bound(&day->talks, day->talk_ask, effect->talk.talk);
        if (number != 0 && day->ask[number].talk_ms == 0 &&
            effect->talk.state == TALK_ENDED &&
            (effect->talk.why == TALK_WHY_ENDED ||
             effect->talk.why == TALK_WHY_IDLE))
            day->ask[number].talk_ms = now_ms - day->ask[number].accepted_ms;
        return ERR_NONE;
    default:
        return ERR_NONE;
    }
}

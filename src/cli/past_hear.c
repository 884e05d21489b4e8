#include "cli/past_state.h"

static enum err offered(struct cli_past *past,
                        const struct match_offer_row *row)
{
    uint32_t number, peer = cli_past_state_find(&past->members, row->peer);
    enum err err = cli_past_state_add(&past->offers, row->id, &number);

    if (err == ERR_NONE)
        err = cli_past_state_grow(&past->offer, &past->offers_cap, number + 1,
                                  sizeof *past->offer);
    if (err == ERR_NONE)
        past->offer[number] = (struct cli_past_offer){
            .ask = cli_past_state_bound(&past->tickets, past->ticket_ask,
                                        row->ticket),
            .peer = peer,
            .made_ms = row->made_ms};
    return err;
}

static enum err commanded(struct cli_past *past,
                          const struct match_command *command)
{
    uint32_t number, asked;

    switch ((int)command->kind) {
    case COMMAND_OPEN_TICKET:
        number = cli_past_state_find(&past->members,
                                     command->open_ticket.ticket.member);
        return cli_past_state_bind(&past->tickets, &past->ticket_ask,
                                   &past->tickets_cap,
                                   command->open_ticket.ticket.id,
                                   number != 0 ? past->member[number].ask : 0);
    case COMMAND_OFFER:
        return offered(past, &command->offer.offer);
    case COMMAND_CLOSE_OFFER:
        number = cli_past_state_find(&past->offers, command->close_offer.offer);
        if (number == 0 || past->offer[number].known ||
            command->close_offer.state != OFFER_LAPSED)
            return ERR_NONE;
        past->offer[number].known = true;
        past->offer[number].say = CLI_DAY_SILENCE;
        return ERR_NONE;
    case COMMAND_ACCEPT:
        asked = cli_past_state_bound(&past->tickets, past->ticket_ask,
                                     command->accept.ticket);
        past->ask[asked].talk = command->accept.talk;
        past->ask[asked].accepted_ms = command->now_ms;
        return cli_past_state_bind(&past->talks, &past->talk_ask,
                                   &past->talks_cap, command->accept.talk,
                                   asked);
    case COMMAND_CLOSE_DUTY:
        number =
            cli_past_state_find(&past->members, command->close_duty.member);
        if (number == 0 || (command->close_duty.why != DUTY_WHY_UNTIL &&
                            command->close_duty.why != DUTY_WHY_GRADE))
            return ERR_NONE;
        return cli_past_state_say(past, CLI_DAY_LEAVE, number, 0);
    default:
        return ERR_NONE;
    }
}

/* What was refused did not happen. */
static void refused(struct cli_past *past, uint64_t call)
{
    uint32_t after = cli_past_state_bound(&past->calls, past->call_line, call);
    struct cli_past_line *line;

    if (after == 0)
        return;
    line = &past->line[after - 1];
    line->out = true;
    if (line->what != CLI_DAY_ASK)
        return;
    past->ask[line->ask].refused = true;
    if (past->member[line->member].ask == line->ask)
        past->member[line->member].ask = 0;
}

enum err cli_past_hear(struct cli_past *past, const struct match_effect *effect,
                       uint64_t now_ms)
{
    uint32_t number;

    switch ((int)effect->kind) {
    case EFFECT_STORE:
        return commanded(past, &effect->store);
    case EFFECT_REPLY:
        if (effect->reply.err != ERR_NONE && effect->call != 0)
            refused(past, effect->call);
        return ERR_NONE;
    case EFFECT_TELL_TICKET:
        number = cli_past_state_bound(&past->tickets, past->ticket_ask,
                                      effect->ticket.ticket);
        if (effect->ticket.state >= TICKET_MATCHED &&
            past->member[past->ask[number].member].ask == number)
            past->member[past->ask[number].member].ask = 0;
        return ERR_NONE;
    case EFFECT_TELL_DUTY:
        number = cli_past_state_find(&past->members, effect->duty.member);
        if (number != 0 && effect->duty.state == DUTY_OFF)
            past->member[number].on = false;
        return ERR_NONE;
    case EFFECT_TELL_TALK:
        number = cli_past_state_bound(&past->talks, past->talk_ask,
                                      effect->talk.talk);
        if (number != 0 && past->ask[number].talk_ms == 0 &&
            effect->talk.state == TALK_ENDED &&
            (effect->talk.why == TALK_WHY_ENDED ||
             effect->talk.why == TALK_WHY_IDLE))
            past->ask[number].talk_ms = now_ms - past->ask[number].accepted_ms;
        return ERR_NONE;
    default:
        return ERR_NONE;
    }
}

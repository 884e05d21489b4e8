/* What must not overtake: holds of one member, lapses of one peer.  And what a
 * ticket takes along of talks before it. */
#include "sim.h"

void sim_laws_asked(struct sim *sim, const struct match_event *event)
{
    LAW("simulator: room for holds", sim->askeds < SIM_ASKED);
    sim->asked[sim->askeds++] = (struct sim_asked){
        .member = event->member,
        .gone = event->kind == EVENT_GONE,
        .held = event->kind == EVENT_GONE || event->hold.held};
}

/* Holds of one member are stored one after the other, as asked for: else the
 * last word is not theirs. */
static void proposed_hold(struct sim *sim, const struct match_command *command)
{
    uint32_t at = 0;

    while (at < sim->askeds && sim->asked[at].member != command->hold.member)
        at++;
    LAW("a hold was asked for", at < sim->askeds);
    LAW("holds of one member keep their order",
        sim->asked[at].held == command->hold.held &&
            sim->asked[at].gone == command->hold.erased);
    sim->askeds--;
    for (; at < sim->askeds; at++)
        sim->asked[at] = sim->asked[at + 1];
}

/* Is a lapse of this peer on its way, as far as the engine knows? */
static bool lapses(struct sim *sim, uint64_t peer)
{
    for (uint32_t i = 0; i < sim->flyings; i++) {
        const struct sim_flying *flying = &sim->flying[i];
        const struct match_command *command = &flying->command;
        const struct match_row *row;

        if (!flying->used || flying->zombie ||
            command->kind != COMMAND_CLOSE_OFFER ||
            command->close_offer.state != OFFER_LAPSED)
            continue;
        row = sim_truth_row(sim, ROW_OFFER, command->close_offer.offer);
        if (row && row->offer.peer == peer)
            return true;
    }
    return false;
}

static void proposed_lapse(struct sim *sim, const struct match_command *command)
{
    const struct match_row *row =
        sim_truth_row(sim, ROW_OFFER, command->close_offer.offer);

    LAW("an offer lapses at its deadline and slack, not before",
        row && sim->now_ms >= row->offer.deadline_ms + sim->limits.slack_ms);
    LAW("whether a lapse pauses is known before the next of that peer",
        !lapses(sim, row->offer.peer));
}

void sim_laws_order(struct sim *sim, const struct match_command *command)
{
    if (command->kind == COMMAND_HOLD)
        proposed_hold(sim, command);
    if (command->kind == COMMAND_CLOSE_OFFER &&
        command->close_offer.state == OFFER_LAPSED)
        proposed_lapse(sim, command);
}

/* Who is asked for is who both want to meet again. */
void sim_laws_wished(struct sim *sim, const struct match_ticket_row *ticket)
{
    const struct match_row *row =
        sim_truth_row(sim, ROW_TALK, ticket->wish_talk);

    LAW("a wish is for somebody, by a talk",
        (ticket->wish != 0) == (ticket->wish_talk != 0));
    if (ticket->wish == 0)
        return;
    LAW("a wish is for the peer of a talk of their own",
        row && row->talk.seeker == ticket->member &&
            row->talk.peer == ticket->wish);
    LAW("a wish is by a talk after which both said again",
        row->talk.again == (1 << MATCH_SEEKER | 1 << MATCH_PEER));
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* As the talk stood before: worked out anew from what each of the two asked for
 * and when. */
void sim_laws_lent(struct sim *sim, const struct match_command *command,
                   const struct match_ticket_row *ticket)
{
    uint64_t after = command->open_ticket.after;
    const struct match_row *row = sim_truth_row(sim, ROW_TALK, after);
    const struct match_talk_row *talk;
    uint64_t waited_ms;
    bool came;

    if (after == 0) {
        LAW("a new wait begins when it is asked for",
            ticket->since_ms == command->open_ticket.ticket.since_ms);
        LAW("a new wait has no past", ticket->carry == 0);
        return;
    }
    LAW("what lends its age is there", row);
    talk = &row->talk;
    LAW("only an ended talk of their own lends its age",
        talk->seeker == ticket->member && talk->state == TALK_ENDED);
    came = talk->why != TALK_WHY_NO_SHOW;
    LAW("an age is lent once, and not for ever",
        talk->carry < CARRY_LENT &&
            command->now_ms < talk->ended_ms + sim->limits.carry_ms);
    LAW("not a fit: once", !came || talk->carry == 0);
    waited_ms = talk->started_ms - talk->since_ms;
    if (!came)
        waited_ms += least(command->now_ms - talk->started_ms,
                           sim->limits.grace_ticket_ms);
    LAW("the age that is lent",
        command->now_ms - ticket->since_ms == waited_ms);
    LAW("that it was no fit is not forgotten",
        ticket->carry == (came ? CARRY_UNFIT : talk->carry));
}

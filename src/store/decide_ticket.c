#include "store/decide.h"

#include "store/move.h"

/* The talk whose age is asked for; on ERR_NONE it lends it. */
static enum err lender(struct store_work *work, struct match_talk_row **out)
{
    const struct match_command *command = work->command;
    uint64_t within_ms = command->open_ticket.within_ms;
    struct match_talk_row *talk =
        store_work_talk(work, command->open_ticket.after);

    if (!talk || talk->seeker != command->open_ticket.ticket.member) {
        work->entries = 0; /* someone else's: not even a row */
        return ERR_NO_TALK;
    }
    if (talk->state != TALK_ENDED)
        return ERR_TALK_LIVES;
    if (talk->carry & CARRY_LENT ||
        (talk->carry & CARRY_UNFIT && talk->why != TALK_WHY_NO_SHOW) ||
        work->now_ms < talk->started_ms || work->now_ms < talk->ended_ms ||
        work->now_ms - talk->ended_ms >= within_ms)
        return ERR_AGE; /* a clock that was set back tells no age */
    *out = talk;
    return ERR_NONE;
}

/* Whom the seeker of that talk asks for. */
static enum err wished(struct store_work *work, struct match_ticket_row *ticket)
{
    const struct match_talk_row *talk =
        store_work_talk(work, ticket->wish_talk);

    if (!talk || talk->seeker != ticket->member) {
        work->entries = 0; /* someone else's: not even a row */
        return ERR_NO_TALK;
    }
    if (!store_decide_talk_bond(talk))
        return ERR_NO_BOND;
    ticket->wish = talk->peer;
    return ERR_NONE;
}

/* What was waited before the match counts, not the talk.  After a no-show the
 * wait goes on as if nobody had come, but no longer than somebody who is lost
 * goes on waiting: nobody grows older by staying away. */
static void lend(struct match_talk_row *talk, struct match_ticket_row *ticket,
                 uint64_t now_ms, uint64_t grace_ms)
{
    uint64_t after_ms = now_ms - talk->started_ms;

    ticket->carry = talk->carry;
    ticket->since_ms = talk->since_ms + after_ms;
    if (talk->why == TALK_WHY_NO_SHOW)
        ticket->since_ms -= after_ms < grace_ms ? after_ms : grace_ms;
    else
        ticket->carry |= CARRY_UNFIT;
    talk->carry |= CARRY_LENT;
}

enum err store_decide_ticket_open(struct store_work *work)
{
    const struct match_ticket_row *wanted = &work->command->open_ticket.ticket;
    struct match_row row = {.kind = ROW_TICKET, .ticket = *wanted};
    struct match_talk_row *talk = NULL;
    struct store_member member;
    struct match_duty_row *duty;
    uint64_t id[STORE_FOUND_MAX];
    enum err err = store_decide_member_active(work, wanted->member, &member);

    if (err != ERR_NONE)
        return err;
    if (member.pool != wanted->pool)
        return ERR_PERMISSION;
    if (store_work_find(work, FIND_TICKET_OF_MEMBER, member.id, id) > 0) {
        (void)store_work_ticket(work, id[0]);
        return ERR_TICKET_LIVES;
    }
    err = store_decide_member_card(&member, MATCH_SEEKER,
                                   work->command->open_ticket.card_version);
    if (err != ERR_NONE)
        return err;
    if (store_work_find(work, FIND_TALKS_OF_SEEKER, member.id, id) >=
        STORE_TALKS_MAX)
        return ERR_FULL;
    if (wanted->id == 0 || wanted->state != TICKET_WAITING ||
        store_work_ticket(work, wanted->id))
        return ERR_INTERNAL;
    row.ticket.carry = 0;
    row.ticket.wish = 0;
    if (wanted->wish_talk != 0)
        err = wished(work, &row.ticket);
    if (err == ERR_NONE && work->command->open_ticket.after != 0)
        err = lender(work, &talk);
    if (err != ERR_NONE)
        return err;

    if (talk)
        lend(talk, &row.ticket, work->now_ms,
             work->command->open_ticket.grace_ms);
    store_work_add(work, &row);
    duty = store_work_duty(work, member.id);
    if (duty) {
        store_move_revoke_all(work, member.id);
        if (duty->state == DUTY_ON)
            store_move_duty(duty, DUTY_PAUSED, DUTY_WHY_ASK);
    }
    store_work_show_pairs(work, member.id, MATCH_PEER);
    work->reference = wanted->id;
    return ERR_NONE;
}

/* The ticket, if it is of this member and lives. */
static enum err living(struct store_work *work, uint64_t id, uint64_t member,
                       struct match_ticket_row **out)
{
    struct match_ticket_row *ticket = store_work_ticket(work, id);

    if (!ticket)
        return ERR_NO_TICKET;
    if (ticket->member != member) {
        work->entries = 0; /* someone else's: not even a row */
        return ERR_NO_TICKET;
    }
    if (ticket->state == TICKET_MATCHED)
        return ERR_ALREADY_MATCHED;
    if (ticket->state == TICKET_ENDED)
        return ERR_TICKET_ENDED;
    *out = ticket;
    return ERR_NONE;
}

enum err store_decide_ticket_close(struct store_work *work)
{
    uint64_t id = work->command->close_ticket.ticket, open[STORE_FOUND_MAX];
    struct match_ticket_row *ticket = NULL;
    enum err err =
        living(work, id, work->command->close_ticket.member, &ticket);

    if (err != ERR_NONE)
        return err;

    if (store_work_find(work, FIND_OFFER_OF_TICKET, id, open) > 0) {
        struct match_offer_row *offer = store_work_offer(work, open[0]);

        if (offer)
            (void)store_move_offer_close(work, offer, OFFER_REVOKED);
    }
    store_move_ticket(ticket, TICKET_ENDED, work->command->close_ticket.why);
    work->reference = id;
    return ERR_NONE;
}

enum err store_decide_ticket_danger(struct store_work *work)
{
    uint64_t id = work->command->raise_danger.ticket;
    struct match_ticket_row *ticket = NULL;
    enum err err =
        living(work, id, work->command->raise_danger.member, &ticket);

    if (err != ERR_NONE)
        return err;
    ticket->danger = true;
    work->reference = id;
    return ERR_NONE;
}

#include "store/decide.h"

#include "store/move.h"

enum err store_decide_ticket_open(struct store_work *work)
{
    const struct match_ticket_row *wanted = &work->command->open_ticket.ticket;
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

    store_work_add(work,
                   &(struct match_row){.kind = ROW_TICKET, .ticket = *wanted});
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

enum err store_decide_ticket_close(struct store_work *work)
{
    uint64_t id = work->command->close_ticket.ticket, open[STORE_FOUND_MAX];
    struct match_ticket_row *ticket = store_work_ticket(work, id);

    if (!ticket)
        return ERR_NO_TICKET;
    if (ticket->member != work->command->close_ticket.member) {
        work->entries = 0; /* someone else's: not even a row */
        return ERR_NO_TICKET;
    }
    if (ticket->state == TICKET_MATCHED)
        return ERR_ALREADY_MATCHED;
    if (ticket->state == TICKET_ENDED)
        return ERR_TICKET_ENDED;

    if (store_work_find(work, FIND_OFFER_OF_TICKET, id, open) > 0) {
        struct match_offer_row *offer = store_work_offer(work, open[0]);

        if (offer)
            (void)store_move_offer_close(work, offer, OFFER_REVOKED);
    }
    store_move_ticket(ticket, TICKET_ENDED, work->command->close_ticket.why);
    work->reference = id;
    return ERR_NONE;
}

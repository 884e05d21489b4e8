#include "store/decide.h"

#include <string.h>

#include "base/require.h"
#include "store/move.h"

/* Both are active, the peer may be one, and their cards are those offered. */
static enum err hard(struct store_work *work,
                     const struct match_offer_row *offer)
{
    struct store_member seeker, peer;
    enum err err = store_decide_member_active(work, offer->seeker, &seeker);

    if (err == ERR_NONE)
        err = store_decide_member_active(work, offer->peer, &peer);
    if (err != ERR_NONE)
        return err;
    if (seeker.pool != offer->pool || peer.pool != offer->pool)
        return ERR_PERMISSION;
    if (peer.grade < GRADE_PEER ||
        (peer.grade_until_ms != 0 && work->now_ms >= peer.grade_until_ms))
        return ERR_GRADE;
    err = store_decide_member_card(&seeker, MATCH_SEEKER,
                                   offer->seeker_card_version);
    if (err == ERR_NONE)
        err = store_decide_member_card(&peer, MATCH_PEER,
                                       offer->peer_card_version);
    if (err == ERR_NONE && store_decide_pair_excluded(
                               work, offer->seeker, offer->peer, offer->ticket))
        err = ERR_EXCLUDED;
    return err;
}

static enum err waits(const struct match_ticket_row *ticket)
{
    switch (ticket->state) {
    case TICKET_WAITING:
        return ERR_NONE;
    case TICKET_OFFERED:
        return ERR_OFFER_OPEN;
    case TICKET_MATCHED:
        return ERR_ALREADY_MATCHED;
    case TICKET_ENDED:
    case TICKET_STATES:
        break;
    }
    return ERR_TICKET_ENDED;
}

enum err store_decide_offer_make(struct store_work *work)
{
    const struct match_offer_row *wanted = &work->command->offer.offer;
    struct match_ticket_row *ticket = store_work_ticket(work, wanted->ticket);
    struct match_duty_row *duty = store_work_duty(work, wanted->peer);
    enum err err;

    if (!ticket)
        return ERR_NO_TICKET;
    err = waits(ticket);
    if (err != ERR_NONE)
        return err;
    if (!duty || duty->state == DUTY_OFF)
        return ERR_NOT_ON_DUTY;
    if (duty->state == DUTY_PAUSED)
        return ERR_DUTY_STATE;
    if (duty->used >= duty->capacity ||
        store_decide_duty_full_today(work, duty,
                                     work->command->offer.day_since_ms))
        return ERR_FULL;
    if (ticket->pool != wanted->pool || duty->pool != wanted->pool)
        return ERR_PERMISSION;
    if (wanted->seeker == wanted->peer || ticket->member != wanted->seeker)
        return ERR_EXCLUDED;
    err = hard(work, wanted);
    if (err != ERR_NONE)
        return err;
    if (wanted->id == 0 || wanted->state != OFFER_OPEN ||
        wanted->showns > MATCH_SHOWN_MAX || store_work_offer(work, wanted->id))
        return ERR_INTERNAL;

    store_work_add(work,
                   &(struct match_row){.kind = ROW_OFFER, .offer = *wanted});
    store_move_ticket(ticket, TICKET_OFFERED, TICKET_WHY_NONE);
    if (ticket->offers < UINT8_MAX)
        ticket->offers++;
    duty->used++;
    REQUIRE(duty->used <= MATCH_CAPACITY_MAX);
    work->reference = wanted->id;
    return ERR_NONE;
}

/* The open offer of this peer, or why there is none. */
static enum err answered(struct store_work *work, uint64_t id, uint64_t peer,
                         struct match_offer_row **out)
{
    struct match_offer_row *offer = store_work_offer(work, id);

    if (!offer)
        return ERR_NO_OFFER;
    if (offer->peer != peer) {
        work->entries = 0; /* someone else's: not even a row */
        return ERR_NO_OFFER;
    }
    (void)store_work_ticket(work, offer->ticket);
    (void)store_work_duty(work, offer->peer);
    if (offer->state != OFFER_OPEN)
        return ERR_OFFER_CLOSED;
    *out = offer;
    return ERR_NONE;
}

static void add_talk(struct store_work *work,
                     const struct match_offer_row *offer,
                     const struct match_ticket_row *ticket)
{
    struct match_row row = {.kind = ROW_TALK,
                            .talk = {.id = work->command->accept.talk,
                                     .ticket = offer->ticket,
                                     .offer = offer->id,
                                     .seeker = offer->seeker,
                                     .peer = offer->peer,
                                     .pool = offer->pool,
                                     .p = offer->p,
                                     .state = TALK_JOINING,
                                     .showns = offer->showns,
                                     .carry = ticket->carry,
                                     .since_ms = ticket->since_ms,
                                     .started_ms = work->now_ms}};

    memcpy(row.talk.shown, offer->shown, sizeof row.talk.shown);
    store_work_add(work, &row);
}

/* The pair rests, and never meets again for this ticket. */
static void part(struct store_work *work, const struct match_offer_row *offer,
                 uint64_t rests_until_ms)
{
    struct match_pair_row rests =
        store_decide_pair_of(PAIR_RESTS, offer->seeker, offer->peer);

    store_decide_pair_rest(work, &rests, rests_until_ms);
    store_work_change_pair(work,
                           &(struct match_pair_row){.kind = PAIR_TICKET,
                                                    .a = offer->seeker,
                                                    .b = offer->peer,
                                                    .ticket = offer->ticket});
}

enum err store_decide_offer_accept(struct store_work *work)
{
    uint64_t talk = work->command->accept.talk;
    struct match_offer_row *offer = NULL;
    struct match_ticket_row *ticket;
    struct match_duty_row *duty;
    bool clash;
    enum err err = answered(work, work->command->accept.offer,
                            work->command->accept.peer, &offer);

    if (err != ERR_NONE)
        return err;
    if (offer->ticket != work->command->accept.ticket)
        return ERR_INTERNAL; /* its secrets would go to a stranger */
    if (work->now_ms >= offer->deadline_ms)
        return ERR_LATE;
    if (talk == 0 || store_work_talk(work, talk))
        return ERR_INTERNAL;
    ticket = store_work_ticket(work, offer->ticket);
    duty = store_work_duty(work, offer->peer);
    if (!ticket || !duty)
        return ERR_INTERNAL;

    duty->lapses = 0; /* an answer, whatever comes of it */
    offer->answer = work->command->key;
    clash = store_decide_mail_clash(work);
    /* Not both: hard() shows the very pair that part() would change. */
    if (clash || hard(work, offer) != ERR_NONE) {
        (void)store_move_offer_close(work, offer, OFFER_REVOKED);
        if (clash) /* one of them would do it again, and use the offers up */
            part(work, offer, 0);
        work->refused_but_done = true;
        return ERR_OFFER_GONE; /* without cause */
    }
    store_move_offer_accept(offer);
    store_move_ticket(ticket, TICKET_MATCHED, TICKET_WHY_MATCHED);
    add_talk(work, offer, ticket);
    work->reference = talk;
    return ERR_NONE;
}

static void back_off(struct store_work *work, uint64_t id, uint64_t until_ms)
{
    struct match_ticket_row *ticket = store_work_ticket(work, id);

    if (!ticket || until_ms == 0)
        return;
    ticket->backoff_until_ms = until_ms;
    ticket->offers = 0;
}

enum err store_decide_offer_decline(struct store_work *work)
{
    struct match_offer_row *offer = NULL;
    struct match_duty_row *duty;
    enum err err = answered(work, work->command->decline.offer,
                            work->command->decline.peer, &offer);

    if (err != ERR_NONE)
        return err;
    duty = store_move_offer_close(work, offer, OFFER_DECLINED);
    if (duty)
        duty->lapses = 0;
    offer->answer = work->command->key;
    back_off(work, offer->ticket, work->command->decline.backoff_until_ms);
    part(work, offer, work->command->decline.rests_until_ms);
    work->reference = offer->id;
    return ERR_NONE;
}

static void count_lapse(struct store_work *work, struct match_duty_row *duty)
{
    if (duty->state == DUTY_OFF)
        return; /* a claim sent them off: no fault of theirs */
    if (duty->lapses < UINT8_MAX)
        duty->lapses++;
    if (duty->state != DUTY_ON ||
        duty->lapses < work->command->close_offer.lapses_max)
        return;
    store_move_duty(duty, DUTY_PAUSED, DUTY_WHY_LAPSES);
    store_move_revoke_all(work, duty->member);
}

enum err store_decide_offer_close(struct store_work *work)
{
    enum match_offer_state state = work->command->close_offer.state;
    struct match_offer_row *offer =
        store_work_offer(work, work->command->close_offer.offer);
    struct match_duty_row *duty;
    enum err err;

    if (!offer)
        return ERR_NO_OFFER;
    err = answered(work, offer->id, offer->peer, &offer);
    if (err != ERR_NONE)
        return err;
    if (state != OFFER_LAPSED && state != OFFER_REVOKED)
        return ERR_INTERNAL;
    if (state == OFFER_LAPSED && work->now_ms < offer->deadline_ms)
        return ERR_OFFER_OPEN;
    duty = store_move_offer_close(work, offer, state);
    back_off(work, offer->ticket, work->command->close_offer.backoff_until_ms);
    if (state == OFFER_LAPSED) {
        part(work, offer, work->command->close_offer.rests_until_ms);
        if (duty)
            count_lapse(work, duty);
    }
    work->reference = offer->id;
    return ERR_NONE;
}

#include "store/move.h"

#include "base/require.h"

/* Law 1: bit 1 << to */
static const uint8_t ticket_may[TICKET_STATES] = {
    [TICKET_WAITING] = 1 << TICKET_OFFERED | 1 << TICKET_ENDED,
    [TICKET_OFFERED] =
        1 << TICKET_WAITING | 1 << TICKET_MATCHED | 1 << TICKET_ENDED,
};
static const uint8_t duty_may[DUTY_STATES] = {
    [DUTY_OFF] = 1 << DUTY_ON,
    [DUTY_ON] = 1 << DUTY_ON | 1 << DUTY_PAUSED | 1 << DUTY_OFF,
    [DUTY_PAUSED] = 1 << DUTY_ON | 1 << DUTY_PAUSED | 1 << DUTY_OFF,
};
static const uint8_t talk_may[TALK_STATES] = {
    [TALK_JOINING] = 1 << TALK_OPEN | 1 << TALK_ENDED,
    [TALK_OPEN] = 1 << TALK_ENDED,
};

void store_move_ticket(struct match_ticket_row *ticket,
                       enum match_ticket_state state, enum match_ticket_why why)
{
    REQUIRE(ticket_may[ticket->state] & 1 << state);
    ticket->state = state;
    ticket->why = why;
}

void store_move_offer_accept(struct match_offer_row *offer)
{
    REQUIRE(offer->state == OFFER_OPEN);
    offer->state = OFFER_ACCEPTED;
}

struct match_duty_row *store_move_offer_close(struct store_work *work,
                                              struct match_offer_row *offer,
                                              enum match_offer_state state)
{
    struct match_ticket_row *ticket = store_work_ticket(work, offer->ticket);
    struct match_duty_row *duty = store_work_duty(work, offer->peer);

    if (!ticket || !duty) {
        REQUIRE(work->keeper->err != ERR_NONE);
        return NULL;
    }
    REQUIRE(offer->state == OFFER_OPEN);
    REQUIRE(state != OFFER_OPEN && state != OFFER_ACCEPTED);
    REQUIRE(duty->used > 0); /* Law 2 */
    offer->state = state;
    duty->used--;
    store_move_ticket(ticket, TICKET_WAITING, TICKET_WHY_NONE);
    return duty;
}

void store_move_revoke_all(struct store_work *work, uint64_t peer)
{
    uint64_t id[STORE_FOUND_MAX];
    uint32_t n = store_work_find(work, FIND_OFFERS_OF_PEER, peer, id);

    for (uint32_t i = 0; i < n; i++) {
        struct match_offer_row *offer = store_work_offer(work, id[i]);

        if (offer && offer->state == OFFER_OPEN) /* or closed just now */
            store_move_offer_close(work, offer, OFFER_REVOKED);
    }
}

void store_move_duty(struct match_duty_row *duty, enum match_duty_state state,
                     enum match_duty_why why)
{
    REQUIRE(duty_may[duty->state] & 1 << state);
    duty->state = state;
    duty->why = why;
}

void store_move_talk_open(struct match_talk_row *talk)
{
    REQUIRE(talk_may[talk->state] & 1 << TALK_OPEN);
    talk->state = TALK_OPEN;
}

uint64_t store_move_rest_until_ms(struct store_work *work, uint64_t peer)
{
    const struct match_duty_row *duty = store_work_duty(work, peer);

    return duty && duty->rest_ms > 0 ? work->now_ms + duty->rest_ms : 0;
}

void store_move_talk_end(struct store_work *work, struct match_talk_row *talk,
                         enum match_talk_why why, uint64_t rest_until_ms)
{
    struct match_duty_row *duty = store_work_duty(work, talk->peer);

    REQUIRE(talk_may[talk->state] & 1 << TALK_ENDED);
    talk->state = TALK_ENDED;
    talk->why = why;
    talk->ended_ms = work->now_ms;
    if (!duty) {
        REQUIRE(work->keeper->err != ERR_NONE);
        return;
    }
    REQUIRE(duty->used > 0); /* Law 2 */
    duty->used--;
    duty->rest_until_ms = rest_until_ms;
}

/* How offers close but by acceptance: declines, lapses, revokes, and what each
 * leaves to the ticket, the duty and the pair. */
#include "expect.h"

static struct world w;

static void decline(void)
{
    struct match_command *c;
    struct couple a;

    world_offered(&w, &a);
    c = world_match(&w, COMMAND_DECLINE);
    c->decline.offer = a.offer;
    c->decline.peer = a.seeker;
    REFUSED(&w, ERR_NO_OFFER);
    c = world_match(&w, COMMAND_DECLINE);
    c->decline.offer = a.offer;
    c->decline.peer = a.peer;
    c->decline.rests_until_ms = w.now_ms + 86400000;
    c->decline.backoff_until_ms = w.now_ms + 60000;
    w.now_ms += 40000; /* a decline counts while the offer is open */
    c->now_ms = w.now_ms;
    OK(&w);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_DECLINED);
    ROW(&w, ROW_TICKET, a.ticket, ticket.state, TICKET_WAITING);
    ROW(&w, ROW_TICKET, a.ticket, ticket.offers, 0);
    ROW(&w, ROW_TICKET, a.ticket, ticket.since_ms, w.now_ms - 40000);
    ROW(&w, ROW_TICKET, a.ticket, ticket.backoff_until_ms, w.now_ms + 20000);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 0);
    CHECK(world_pair(&w, PAIR_RESTS, a.seeker, a.peer) != NULL);
    CHECK(world_pair(&w, PAIR_TICKET, a.seeker, a.peer) != NULL);
    c = world_match(&w, COMMAND_DECLINE);
    c->decline.offer = a.offer;
    c->decline.peer = a.peer;
    REFUSED(&w, ERR_OFFER_CLOSED);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_EXCLUDED);
}

static void lapse(uint64_t offer, enum match_offer_state state)
{
    struct match_command *c = world_match(&w, COMMAND_CLOSE_OFFER);

    c->close_offer.offer = offer;
    c->close_offer.state = state;
    c->close_offer.rests_until_ms =
        state == OFFER_LAPSED ? w.now_ms + 1800000 : 0;
    c->close_offer.lapses_max = 2;
}

/* Two lapses in a row pause the duty and revoke what else was offered. */
static void lapses(void)
{
    struct couple a;
    uint64_t seeker[3], ticket[3], offer[3];
    struct match_command *c;

    world_couple(&w, &a);
    world_duty(&w, a.peer, 8);
    for (int i = 0; i < 3; i++) {
        seeker[i] = world_member(&w, GRADE_MEMBER);
        ticket[i] = world_ticket(&w, seeker[i]);
        offer[i] = world_offer(&w, ticket[i], seeker[i], a.peer);
    }
    lapse(offer[0], OFFER_LAPSED);
    REFUSED(&w, ERR_OFFER_OPEN);
    w.now_ms += 30000;
    lapse(offer[0], OFFER_LAPSED);
    OK(&w);
    ROW(&w, ROW_DUTY, a.peer, duty.lapses, 1);
    ROW(&w, ROW_DUTY, a.peer, duty.state, DUTY_ON);
    ROW(&w, ROW_TICKET, ticket[0], ticket.offers, 1);
    lapse(offer[1], OFFER_LAPSED);
    OK(&w);
    ROW(&w, ROW_DUTY, a.peer, duty.lapses, 2);
    ROW(&w, ROW_DUTY, a.peer, duty.state, DUTY_PAUSED);
    ROW(&w, ROW_DUTY, a.peer, duty.why, DUTY_WHY_LAPSES);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 0);
    ROW(&w, ROW_OFFER, offer[2], offer.state, OFFER_REVOKED);
    CHECK(world_pair(&w, PAIR_RESTS, seeker[1], a.peer) != NULL);
    CHECK(world_pair(&w, PAIR_RESTS, seeker[2], a.peer) == NULL);
    lapse(offer[2], OFFER_LAPSED);
    REFUSED(&w, ERR_OFFER_CLOSED);
    c = world_match(&w, COMMAND_SET_DUTY);
    c->set_duty.duty = (struct match_duty_row){
        .member = a.peer, .state = DUTY_ON, .capacity = 2};
    OK(&w); /* a resume starts anew */
    ROW(&w, ROW_DUTY, a.peer, duty.lapses, 0);
}

/* Any answer starts the count of lapses anew; a lapse may send the ticket into
 * its back-off. */
static void answers_start_anew(void)
{
    struct match_command *c;

    for (int way = 0; way < 2; way++) {
        struct couple a, b;

        world_offered(&w, &a);
        b.seeker = world_member(&w, GRADE_MEMBER);
        b.ticket = world_ticket(&w, b.seeker);
        b.offer = world_offer(&w, b.ticket, b.seeker, a.peer);
        w.now_ms += 30000;
        lapse(a.offer, OFFER_LAPSED);
        w.job.command.match.command.close_offer.backoff_until_ms = w.now_ms + 5;
        OK(&w);
        ROW(&w, ROW_DUTY, a.peer, duty.lapses, 1);
        ROW(&w, ROW_TICKET, a.ticket, ticket.backoff_until_ms, w.now_ms + 5);
        ROW(&w, ROW_TICKET, a.ticket, ticket.offers, 0);
        if (way == 0) {
            (void)world_accept_command(&w, b.offer, b.ticket, a.peer);
            w.job.command.match.command.now_ms = w.now_ms - 1;
        } else {
            c = world_match(&w, COMMAND_DECLINE);
            c->decline.offer = b.offer;
            c->decline.peer = a.peer;
        }
        OK(&w);
        ROW(&w, ROW_DUTY, a.peer, duty.lapses, 0);
    }
}

/* A revoke leaves nothing between the two, and counts no lapse. */
static void revoke(void)
{
    struct couple a;

    world_offered(&w, &a);
    lapse(a.offer, OFFER_REVOKED);
    OK(&w);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_REVOKED);
    ROW(&w, ROW_DUTY, a.peer, duty.lapses, 0);
    ROW(&w, ROW_TICKET, a.ticket, ticket.offers, 1);
    (void)world_offer(&w, a.ticket, a.seeker, a.peer);
}

int part_answers(const char *kind, const char *path)
{
    world_open(&w, kind, path);
    decline();
    lapses();
    answers_start_anew();
    revoke();
    world_close(&w);
    return check_report("store answers");
}

/* The engine's laws by number, each by a small story. */
#include "engine_world.h"

/* Ask, attend, offer, accept, join, end. */
static void story(void)
{
    struct world *w = world_new();
    uint64_t ask = world_ask(w, 1, false);
    struct match_event event = {.kind = EVENT_JOIN};
    uint64_t attend, answer, talk;

    CHECK(world_err(w, ask) == ERR_NONE);
    CHECK(w->call[ask].reference == w->ticket_of[1]);
    CHECK(w->ticket[1].state == TICKET_WAITING);
    attend = world_attend(w, 2, 1);
    CHECK(world_err(w, attend) == ERR_NONE);
    CHECK(w->duty[2].offers == 1); /* wanted by one: at once */
    answer = world_answer(w, 2, w->duty[2].offer[0].id, true);
    CHECK(world_err(w, answer) == ERR_NONE);
    talk = w->call[answer].reference;
    CHECK(w->ticket[1].state == TICKET_MATCHED && w->ticket[1].talk == talk);
    CHECK(w->duty[2].offers == 0 && w->duty[2].talks == 1);
    for (int side = 0; side < 2; side++) {
        event.talk.talk = talk;
        event.talk.side = (enum match_role)side;
        CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    }
    CHECK(world_stored(w, ROW_TALK, talk)->talk.state == TALK_OPEN);
    event.kind = EVENT_END;
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    CHECK(w->duty[2].talks == 0);
    CHECK(world_err(w, world_event(w, event)) == ERR_TALK_ENDED);
    world_agrees(w);
    world_free(w);
}

/* match/engine law 1: what meets a busy subject waits, and is answered in the
 * order hold, close, answer. */
static void latches(void)
{
    struct world *w = world_new();
    uint64_t ask, withdraw, again;

    w->later = true;
    ask = world_ask(w, 1, false);
    withdraw = world_say(w, EVENT_WITHDRAW, 1);
    again = world_say(w, EVENT_WITHDRAW, 1);
    CHECK(w->flyings == 1); /* match/flight law 1, match/subject law 1 */
    CHECK(w->call[ask].answers == 0 && w->call[withdraw].answers == 0);
    world_carry_out(w, 0);
    CHECK(world_err(w, ask) == ERR_NONE);
    CHECK(w->flyings == 1); /* the withdraw, now (match/turn law 1) */
    world_carry_out(w, 0);
    CHECK(world_err(w, withdraw) == ERR_NONE);
    while (w->flyings)
        world_carry_out(w, 0);
    CHECK(world_err(w, again) == ERR_TICKET_ENDED);
    world_agrees(w);
    world_free(w);
}

static void hold_before_answer(void)
{
    struct world *w = world_new();
    uint64_t offer, accept, second, hold;

    (void)world_ask(w, 1, false);
    (void)world_attend(w, 2, 1);
    offer = w->duty[2].offer[0].id;
    w->later = true;
    w->store.broken = true; /* so that the first changes nothing */
    accept = world_answer(w, 2, offer, false);
    second = world_answer(w, 2, offer, true);
    hold = world_say(w, EVENT_HOLD, 1);
    world_carry_out(w, 0);
    w->store.broken = false;
    CHECK(world_err(w, accept) == ERR_STORE);
    CHECK(w->flyings == 1 && w->flying[0].kind == COMMAND_HOLD);
    world_carry_out(w, 0);
    CHECK(world_err(w, hold) == ERR_NONE);
    CHECK(world_err(w, second) == ERR_OFFER_CLOSED);
    CHECK(w->ticket[1].state == TICKET_ENDED);
    CHECK(w->ticket[1].why == TICKET_WHY_HELD);
    w->later = false;
    world_agrees(w);
    world_free(w);
}

/* match/engine law 2, match/duty law 2: capacity, lowered and raised. */
static void capacity(void)
{
    struct world *w = world_new();
    struct match_event event = {.kind = EVENT_CAPACITY, .member = 2};

    (void)world_attend(w, 2, 2);
    for (uint64_t member = 10; member < 14; member++)
        (void)world_ask(w, member, false);
    world_until(w, w->now_ms + 5000);
    CHECK(w->duty[2].offers == 2);
    event.capacity.capacity = 1; /* cancels nothing */
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    CHECK(w->duty[2].offers == 2);
    (void)world_answer(w, 2, w->duty[2].offer[0].id, false);
    CHECK(w->duty[2].offers == 1);
    world_until(w, w->now_ms + 3000);
    CHECK(w->duty[2].offers == 1);
    event.capacity.capacity = 9;
    CHECK(world_err(w, world_event(w, event)) == ERR_CAPACITY);
    event.capacity.capacity = 8;
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    world_until(w, w->now_ms + 3000);
    CHECK(w->duty[2].offers == 3); /* one was declined: not for them again */
    world_agrees(w);
    world_free(w);
}

/* match/engine law 3, match/index law 1: Hard before rank; blocks hold from
 * the moment they arrive. */
static void hard(void)
{
    struct world *w = world_new();
    struct match_event event = {.kind = EVENT_BLOCK, .member = 1};

    w->peer[2].must_nots = 1;
    w->peer[2].must_not[0] = 7;
    (void)world_attend(w, 2, 1);
    (void)world_ask(w, 1, true); /* not even in danger */
    world_until(w, w->now_ms + 3000);
    CHECK(w->offers == 0);
    w->later = true;
    event.block.other = 3;
    (void)world_event(w, event);
    (void)world_attend(w, 3, 1);
    world_carry_out(w, 1); /* the attend, while the block is on its way */
    CHECK(w->flyings == 1 && w->offers == 0);
    world_carry_out(w, 0);
    w->later = false;
    world_until(w, w->now_ms + 3000);
    CHECK(w->offers == 0);
    (void)world_attend(w, 4, 1);
    CHECK(w->offers == 1);
    world_free(w);
}

/* match/engine law 4, match/ticket laws 1 and 2: a ticket through its states;
 * DESIGN law 1: one offer, though two peers are there. */
static void states(void)
{
    struct world *w = world_new();
    struct match_row row;
    uint64_t id;

    (void)world_ask(w, 1, false);
    id = w->ticket_of[1];
    CHECK(world_row(w, ROW_TICKET, id, &row));
    CHECK(row.ticket.state == TICKET_WAITING);
    CHECK(world_err(w, world_ask(w, 1, false)) == ERR_TICKET_LIVES);
    w->ticket_of[1] = id;
    w->later = true;
    (void)world_attend(w, 2, 1);
    world_carry_out(w, 0);
    CHECK(!world_row(w, ROW_TICKET, id, &row)); /* in flight */
    world_carry_out(w, 0);
    CHECK(world_row(w, ROW_TICKET, id, &row));
    CHECK(row.ticket.state == TICKET_OFFERED);
    w->later = false;
    (void)world_attend(w, 3, 1);
    CHECK(w->offers == 1); /* match/offer laws 1 and 2 */
    (void)world_answer(w, 2, w->duty[2].offer[0].id, false);
    CHECK(w->offers == 2); /* offered on at once, to the other */
    CHECK(world_row(w, ROW_TICKET, id, &row));
    CHECK(row.ticket.since_ms == 0 && row.ticket.offers == 2);
    CHECK(world_err(w, world_say(w, EVENT_WITHDRAW, 1)) == ERR_NONE);
    CHECK(w->duty[3].offers == 0); /* revoked in the same commit */
    world_agrees(w);
    world_free(w);
}

/* match/engine law 5, match/flight law 2: resumed, replaced, refused, fenced. */
static void answered_once(void)
{
    struct world *w = world_new();
    struct match_event event = {.kind = EVENT_ASK, .member = 1};
    struct match_result fenced = {.outcome = OUTCOME_FENCED};
    uint64_t first, second, third, other;

    event.ask.card = &w->seeker[1];
    event.key = (struct match_key){.word = {77, 1}, .request_hash = 5};
    w->later = true;
    first = world_event(w, event);
    second = world_event(w, event); /* the same key: a newer stream */
    CHECK(w->call[first].dropped && w->call[first].answers == 0);
    world_carry_out(w, 0);
    CHECK(world_err(w, second) == ERR_NONE && !w->call[second].dropped);
    third = world_event(w, event);
    CHECK(world_err(w, third) == ERR_NONE && w->call[second].dropped);
    event.key.request_hash = 6;
    CHECK(world_err(w, world_event(w, event)) == ERR_KEY_REUSED);
    other = world_attend(w, 2, 1);
    first = world_say(w, EVENT_WITHDRAW, 9); /* of nobody: the store's */
    fenced.op = w->flying[0].op;
    world_deliver(w, &fenced);
    CHECK(w->call[other].dropped && w->call[other].answers == 0);
    CHECK(world_err(w, first) == ERR_FENCED);
    CHECK(w->call[third].dropped);
    CHECK(world_err(w, world_ask(w, 5, false)) == ERR_FENCED);
    CHECK(match_engine_deadline_ms(w->engine) == UINT64_MAX);
    world_free(w);
}

/* match/duty law 1: on, paused by lapses, resumed, off; by its own ask. */
static void duty_states(void)
{
    struct world *w = world_new();
    uint64_t stream = world_attend(w, 2, 1);

    for (int i = 0; i < 2; i++) { /* two in a row */
        (void)world_ask(w, 10 + (uint64_t)i, false);
        world_until(w, w->now_ms + 31000);
    }
    CHECK(w->duty[2].state == DUTY_PAUSED);
    CHECK(w->duty[2].why == DUTY_WHY_LAPSES);
    CHECK(world_err(w, world_say(w, EVENT_PAUSE, 2)) == ERR_NONE);
    CHECK(world_err(w, world_say(w, EVENT_RESUME, 2)) == ERR_NONE);
    CHECK(w->duty[2].state == DUTY_ON);
    (void)world_ask(w, 2, false);
    CHECK(w->duty[2].state == DUTY_PAUSED && w->duty[2].why == DUTY_WHY_ASK);
    CHECK(world_err(w, world_say(w, EVENT_RESUME, 2)) == ERR_TICKET_LIVES);
    CHECK(world_err(w, world_attend(w, 2, 1)) == ERR_TICKET_LIVES);
    (void)world_lost(w, stream);
    world_until(w, w->now_ms + 29999);
    CHECK(world_stored(w, ROW_DUTY, 2)->duty.state == DUTY_PAUSED);
    world_until(w, w->now_ms + 1); /* grace */
    CHECK(world_stored(w, ROW_DUTY, 2)->duty.state == DUTY_OFF);
    CHECK(world_stored(w, ROW_DUTY, 2)->duty.why == DUTY_WHY_LOST);
    world_agrees(w);
    world_free(w);
}

/* match/talk law 1: a no-show, with the rest of the peer and without blame. */
static void talk_states(void)
{
    struct world *w = world_new();
    struct match_event event = {.kind = EVENT_ATTEND, .member = 2};
    uint64_t talk;

    event.attend.card = &w->peer[2];
    event.attend.grade = GRADE_PEER;
    event.attend.capacity = 2;
    event.attend.rest_ms = 5000;
    (void)world_event(w, event);
    (void)world_ask(w, 1, false);
    talk = w->call[world_answer(w, 2, w->duty[2].offer[0].id, true)].reference;
    world_until(w, 59999);
    CHECK(world_stored(w, ROW_TALK, talk)->talk.state == TALK_JOINING);
    world_until(w, 60000);
    CHECK(world_stored(w, ROW_TALK, talk)->talk.why == TALK_WHY_NO_SHOW);
    (void)world_ask(w, 1, false); /* again, and to the same peer */
    CHECK(w->offers == 1);        /* who rests */
    world_until(w, 64999);
    CHECK(w->offers == 1);
    world_until(w, 65000);
    CHECK(w->offers == 2);
    world_agrees(w);
    world_free(w);
}

/* match/offer law 1, DESIGN law 8: too late is late, and an answer replays. */
static void deadlines(void)
{
    struct world *w = world_new();
    struct match_event event = {.kind = EVENT_ANSWER, .member = 2};
    uint64_t offer, seq;

    (void)world_attend(w, 2, 1);
    (void)world_ask(w, 1, false);
    offer = w->duty[2].offer[0].id;
    world_until(w, 30000);
    seq = w->store.seq;
    CHECK(world_err(w, world_answer(w, 2, offer, true)) == ERR_LATE);
    CHECK(w->store.seq == seq); /* the store was not even asked */
    CHECK(world_err(w, world_answer(w, 3, offer, false)) == ERR_NO_OFFER);
    event.answer.offer = offer;
    event.key = (struct match_key){.word = {5, 5}, .request_hash = 1};
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE); /* replayed */
    event.key.request_hash = 2;
    CHECK(world_err(w, world_event(w, event)) == ERR_KEY_REUSED);
    CHECK(world_err(w, world_answer(w, 2, offer, true)) == ERR_OFFER_CLOSED);
    world_free(w);
}

/* match/agenda law 1, match/batch laws 1 and 2: two want one peer, so the
 * batch decides; one in danger is not asked to wait for it. */
static void moments(void)
{
    struct world *w = world_new();
    struct match_row row;

    w->now_ms = 500;
    (void)world_ask(w, 1, false);
    (void)world_ask(w, 2, false);
    (void)world_attend(w, 3, 1);
    CHECK(w->offers == 0);
    world_until(w, 999);
    CHECK(w->offers == 0);
    world_until(w, 1000);
    CHECK(w->offers == 1);
    world_until(w, 5000);
    CHECK(w->offers == 1);
    w->now_ms = 5500;
    (void)world_ask(w, 4, true);
    (void)world_answer(w, 3, w->duty[3].offer[0].id, false);
    CHECK(w->offers == 2); /* the slot goes to danger at once */
    CHECK(world_row(w, ROW_OFFER, w->duty[3].offer[0].id, &row));
    CHECK(row.offer.danger && row.offer.seeker == 4);
    CHECK(row.offer.deadline_ms == 5500 + 15000);
    world_free(w);
}

/* A refused offer: at most three at once, then the batch. */
static void refusals(void)
{
    struct world *w = world_new();

    w->now_ms = 1;
    (void)world_ask(w, 1, false);
    w->store.peer_card[2] = 9; /* the engine does not know */
    (void)world_attend(w, 2, 1);
    CHECK(w->offers == 4);
    world_until(w, 999);
    CHECK(w->offers == 4);
    world_until(w, 1000);
    CHECK(w->offers > 4);
    w->store.peer_card[2] = 1;
    world_until(w, 2000);
    CHECK(w->duty[2].offers == 1);
    world_agrees(w);
    world_free(w);
}

/* match/state law 1: a full table refuses, and gives its places back. */
static void full(void)
{
    struct world *w = world_new();

    for (uint64_t member = 1; member <= 24; member++)
        CHECK(world_err(w, world_ask(w, member, false)) == ERR_NONE);
    CHECK(world_err(w, world_ask(w, 25, false)) == ERR_FULL);
    CHECK(world_err(w, world_say(w, EVENT_WITHDRAW, 3)) == ERR_NONE);
    CHECK(world_err(w, world_ask(w, 25, false)) == ERR_NONE);
    world_agrees(w);
    world_free(w);
}

/* Twenty offers, then back-off, danger too; the bound is told once. */
static void backoff(void)
{
    struct world *w = world_new();

    w->now_ms = 0;
    (void)world_ask(w, 1, true);
    for (uint64_t i = 0; i < 21; i++) {
        uint64_t peer = 2 + i;

        (void)world_attend(w, peer, 1);
        if (i < 20)
            (void)world_answer(w, peer, w->duty[peer].offer[0].id, false);
    }
    CHECK(w->offers == 20);
    CHECK(
        world_stored(w, ROW_TICKET, w->ticket_of[1])->ticket.backoff_until_ms ==
        60000); /* outlives a restart */
    world_until(w, 59999);
    CHECK(w->offers == 20);
    world_until(w, 60000);
    CHECK(w->offers == 21);
    CHECK(w->ticket[1].bound == BOUND_NONE);
    world_until(w, 120000);
    CHECK(w->ticket[1].bound != BOUND_NONE);
    CHECK(w->notes[LOG_BOUND_PASSED] == 1);
    world_free(w);
}

/* Past the bound a seeker is told why, and those who ask who may be told: not
 * where the reason rests on one to four peers. */
static void bound_reason(void)
{
    static const uint64_t peers[] = {0, 1, 4, 5, 6};

    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        struct world *w = world_new();

        (void)world_ask(w, 1, false);
        for (uint64_t peer = 2; peer < 2 + peers[i]; peer++)
            (void)world_attend(w, peer, 0);
        world_until(w, w->now_ms + 120000);
        CHECK(w->ticket[1].bound ==
              (peers[i] == 0 ? BOUND_NOBODY_ON_DUTY : BOUND_ALL_BUSY));
        CHECK(w->ticket[1].bound_few == (peers[i] > 0 && peers[i] < 5));
        world_free(w);
    }
}

/* match/index: whoever is blocked no more counts for what a ticket may hope
 * for, and who fits far worse is not offered it at once. */
static void unblock(void)
{
    for (int unblocked = 0; unblocked < 2; unblocked++) {
        struct world *w = world_new();
        struct match_event event = {.kind = EVENT_BLOCK, .member = 1};
        struct match_card *card = &w->seeker[1];

        card->seeks = card->seek_tokens = 2;
        card->seek_token[0] = 7;
        card->seek_token[1] = 8;
        card->seek[0] = (struct match_group){.count = 1, .importance = 3};
        card->seek[1] =
            (struct match_group){.first = 1, .count = 1, .importance = 1};
        w->peer[3].have[0] = 8;
        event.block.other = 2;
        CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
        (void)world_attend(w, 2, 1);
        (void)world_ask(w, 1, false);
        event.kind = EVENT_UNBLOCK;
        if (unblocked)
            CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
        (void)world_attend(w, 3, 1);
        CHECK(w->duty[2].offers == 0);
        CHECK(w->duty[3].offers == (unblocked ? 0 : 1));
        world_free(w);
    }
}

int main(void)
{
    story();
    latches();
    hold_before_answer();
    capacity();
    hard();
    states();
    answered_once();
    duty_states();
    talk_states();
    deadlines();
    moments();
    refusals();
    full();
    backoff();
    bound_reason();
    unblock();
    return check_report("match/engine");
}

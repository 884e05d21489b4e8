#include "engine_world.h"
#include "match/state.h"

/* A talk of 1 and 2 that ended; its id. */
static uint64_t ended(struct world *w)
{
    struct match_event event = {.kind = EVENT_END};
    uint64_t call;

    (void)world_ask(w, 1, false);
    w->now_ms += 3000;
    (void)world_attend(w, 2, 1);
    call = world_answer(w, 2, w->duty[2].offer[0].id, true);
    CHECK(world_err(w, call) == ERR_NONE);
    w->now_ms += 10000;
    event.talk.talk = w->call[call].reference;
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    return event.talk.talk;
}

static uint64_t ask_after(struct world *w, uint64_t member, uint64_t talk)
{
    struct match_event event = {.kind = EVENT_ASK, .member = member};

    event.ask.card = &w->seeker[member];
    event.ask.after = talk;
    w->ticket_of[member] = w->fresh;
    return world_event(w, event);
}

/* The age that the store says a ticket has is the age it has: of its view, of
 * its bound, of its place among others. */
static void age_goes_on(void)
{
    struct world *w = world_new();
    struct match_row row;
    uint64_t talk;

    w->now_ms = 1000;
    talk = ended(w);
    CHECK(world_err(w, ask_after(w, 1, 77)) == ERR_NO_TALK);
    CHECK(world_err(w, ask_after(w, 2, talk)) == ERR_NO_TALK);
    w->now_ms = 130999; /* its wait was asked for at 1,000 */
    CHECK(world_err(w, ask_after(w, 1, talk)) == ERR_NONE);
    CHECK(world_row(w, ROW_TICKET, w->ticket_of[1], &row));
    CHECK(row.ticket.since_ms == 1000);
    CHECK(w->ticket[1].waited_ms == 129999);
    CHECK(w->ticket[1].bound == BOUND_NONE);
    world_until(w, 130999); /* the bound passed at 121,000 already */
    CHECK(w->ticket[1].bound != BOUND_NONE);
    world_agrees(w);
    CHECK(world_err(w, world_say(w, EVENT_WITHDRAW, 1)) == ERR_NONE);
    CHECK(world_err(w, ask_after(w, 1, talk)) == ERR_AGE);
    world_agrees(w);
    world_free(w);
}

static uint64_t ask_for(struct world *w, uint64_t member, uint64_t talk,
                        uint64_t wish_ms)
{
    struct match_event event = {.kind = EVENT_ASK, .member = member};

    event.ask.card = &w->seeker[member];
    event.ask.wish = talk;
    event.ask.wish_ms = wish_ms;
    w->ticket_of[member] = w->fresh;
    return world_event(w, event);
}

static const struct match_row *offered(struct world *w, uint64_t peer)
{
    return w->duty[peer].offers == 1
               ? world_stored(w, ROW_OFFER, w->duty[peer].offer[0].id)
               : NULL;
}

/* A talk of 1 and 2 after which they do not rest from each other; 2 is on duty
 * no more. */
static uint64_t met(struct world *w)
{
    uint64_t talk = ended(w);

    store_pair(&w->store,
               (struct match_pair_row){.kind = PAIR_BOND, .a = 1, .b = 2});
    CHECK(world_err(w, world_say(w, EVENT_LEAVE, 2)) == ERR_NONE);
    return talk;
}

/* match/fit law 1: for so long nobody else; then whoever is there. */
static void waits_for_one(void)
{
    struct world *w = world_new();
    uint64_t talk;

    w->now_ms = 100;
    talk = met(w);
    (void)world_attend(w, 3, 1);
    CHECK(world_err(w, ask_for(w, 1, talk, 5000)) == ERR_NONE);
    CHECK(w->ticket[1].wishes);
    CHECK(w->duty[3].offers == 0);
    world_until(w, w->now_ms + 4999);
    CHECK(w->duty[3].offers == 0);
    world_until(w, w->now_ms + 1); /* at once: it is a moment */
    CHECK(w->duty[3].offers == 1 && w->duty[3].offer[0].met == 0);
    world_agrees(w);
    world_free(w);
}

/* A slot that frees goes to who waits for it alone, before others who want it
 * and before the batch; the peer is told whom they have met. */
static void comes_first(void)
{
    struct world *w = world_new();
    const struct match_row *row;
    uint64_t talk;

    w->now_ms = 100;
    talk = met(w);
    (void)world_ask(w, 4, false);
    (void)world_ask(w, 5, false);
    CHECK(world_err(w, ask_for(w, 1, talk, 0)) == ERR_NONE);
    world_until(w, w->now_ms + 300000);
    CHECK(w->ticket[1].wishes && w->ticket[1].bound_few);
    (void)world_attend(w, 2, 1);
    row = offered(w, 2);
    CHECK(row && row->offer.seeker == 1 && row->offer.met == talk);
    CHECK(w->duty[2].offer[0].met == talk);
    CHECK(world_err(w, world_answer(w, 2, row->offer.id, false)) == ERR_NONE);
    world_until(w, w->now_ms + 1000); /* two want it: the batch decides */
    row = offered(w, 2);
    CHECK(row && row->offer.seeker != 1 && row->offer.met == 0);
    (void)world_attend(w, 3, 1);
    row = offered(w, 3);
    CHECK(row && row->offer.seeker != 1); /* nobody else, to the end */
    world_agrees(w);
    world_free(w);
}

/* Who is in danger is not made to wait for anybody, and comes first. */
static void danger_waits_for_none(void)
{
    struct world *w = world_new();
    struct match_event event = {.kind = EVENT_ASK, .member = 1};
    uint64_t talk;

    w->now_ms = 100;
    talk = met(w);
    (void)world_attend(w, 3, 1);
    event.ask.card = &w->seeker[1];
    event.ask.wish = talk;
    event.ask.danger = true;
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    CHECK(!w->ticket[1].wishes);
    CHECK(offered(w, 3) != NULL);
    world_free(w);
}

/* Raised while it waits: it goes first, at once; an open offer stands; what is
 * in flight comes first. */
static void raises_danger(void)
{
    struct world *w = world_new();
    struct match_row row;
    uint64_t offer, call;

    w->now_ms = 500;
    (void)world_ask(w, 1, false);
    (void)world_ask(w, 2, false);
    (void)world_attend(w, 3, 1); /* two want them: the batch is to decide */
    CHECK(w->offers == 0);
    CHECK(world_err(w, world_say(w, EVENT_DANGER, 2)) == ERR_NONE);
    CHECK(w->ticket[2].danger && !w->ticket[1].danger);
    CHECK(w->duty[3].offers == 1 && w->duty[3].offer[0].danger);
    offer = w->duty[3].offer[0].id;
    CHECK(world_row(w, ROW_OFFER, offer, &row) && row.offer.seeker == 2);
    CHECK(world_err(w, world_answer(w, 3, offer, false)) == ERR_NONE);
    world_until(w, 1000);
    offer = w->duty[3].offer[0].id;
    CHECK(world_row(w, ROW_OFFER, offer, &row) && row.offer.seeker == 1);
    CHECK(world_err(w, world_say(w, EVENT_DANGER, 1)) == ERR_NONE);
    CHECK(w->duty[3].offers == 1 && w->duty[3].offer[0].id == offer);
    CHECK(!w->duty[3].offer[0].danger); /* as it was made */
    call = world_answer(w, 3, offer, true);
    CHECK(world_err(w, call) == ERR_NONE);
    CHECK(world_err(w, world_say(w, EVENT_DANGER, 1)) == ERR_ALREADY_MATCHED);
    w->ticket_of[4] = w->ticket_of[2];
    CHECK(world_err(w, world_say(w, EVENT_DANGER, 4)) == ERR_NO_TICKET);
    world_agrees(w);
    world_free(w);
}

/* As who has the account key of this generation, for a request of this key. */
static enum err ask_as(struct world *w, uint64_t member, uint32_t generation,
                       uint64_t key)
{
    struct match_event event = {
        .kind = EVENT_ASK, .member = member, .key = {.word = {key, 9}}};
    uint64_t fresh = w->fresh, call;

    event.ask.card = &w->seeker[member];
    event.generation = generation;
    call = world_event(w, event);
    if (w->call[call].answers == 0)
        return ERR_NONE; /* it is in flight */
    if (w->call[call].err == ERR_NONE && w->fresh != fresh)
        w->ticket_of[member] = fresh;
    return world_err(w, call);
}

static enum err attend_as(struct world *w, uint64_t member, uint32_t generation,
                          uint64_t key)
{
    struct match_event event = {
        .kind = EVENT_ATTEND, .member = member, .key = {.word = {key, 9}}};

    event.attend.card = &w->peer[member];
    event.attend.grade = GRADE_PEER;
    event.attend.capacity = 1;
    event.generation = generation;
    return world_err(w, world_event(w, event));
}

/* What was asked for with an older account key is closed, with its offer, for
 * who has the newer one and asks for something else, or attends; with the same
 * key it goes on, and is theirs from then on. */
static void yields_to_newer(void)
{
    struct world *w = world_new();
    const struct match_row *row;

    w->now_ms = 500;
    (void)world_attend(w, 2, 1);
    CHECK(ask_as(w, 1, 0, 100) == ERR_NONE);
    CHECK(w->duty[2].offers == 1);
    CHECK(ask_as(w, 1, 0, 101) == ERR_TICKET_LIVES);
    CHECK(w->duty[2].offers == 1);
    CHECK(ask_as(w, 1, 1, 101) == ERR_FULL); /* not yet: try again */
    CHECK(w->duty[2].offers == 0);
    row = world_stored(w, ROW_TICKET, w->ticket_of[1]);
    CHECK(row && row->ticket.state == TICKET_ENDED &&
          row->ticket.why == TICKET_WHY_WITHDRAWN);
    CHECK(ask_as(w, 1, 1, 101) == ERR_NONE);
    CHECK(ask_as(w, 1, 0, 102) == ERR_TICKET_LIVES); /* on its way since */
    CHECK(ask_as(w, 1, 1, 102) == ERR_TICKET_LIVES);
    CHECK(ask_as(w, 1, 2, 101) == ERR_NONE); /* resumed by a third key */
    CHECK(ask_as(w, 1, 2, 103) == ERR_TICKET_LIVES);
    CHECK(ask_as(w, 3, 0, 104) == ERR_NONE);
    CHECK(attend_as(w, 3, 0, 105) == ERR_TICKET_LIVES);
    CHECK(attend_as(w, 3, 1, 105) == ERR_FULL);
    CHECK(attend_as(w, 3, 1, 105) == ERR_NONE);
    world_agrees(w);
    world_free(w);
}

/* Who opens their own duty again takes nothing from their own request, which
 * is opened again after it. */
static void own_duty_first(void)
{
    struct world *w = world_new();

    CHECK(attend_as(w, 3, 0, 100) == ERR_NONE);
    CHECK(ask_as(w, 3, 0, 101) == ERR_NONE);
    CHECK(attend_as(w, 3, 1, 100) == ERR_NONE);
    CHECK(ask_as(w, 3, 1, 101) == ERR_NONE);
    CHECK(ask_as(w, 3, 1, 102) == ERR_TICKET_LIVES);
    world_agrees(w);
    world_free(w);
}

/* What is in flight comes first, and is looked at again. */
static void yields_in_time(void)
{
    struct world *w = world_new();

    w->later = true;
    CHECK(ask_as(w, 1, 0, 100) == ERR_NONE);
    CHECK(ask_as(w, 1, 1, 101) == ERR_FULL && w->flyings == 1);
    world_carry_out(w, 0);
    CHECK(ask_as(w, 1, 1, 101) == ERR_FULL && w->flyings == 1);
    CHECK(ask_as(w, 1, 1, 101) == ERR_FULL && w->flyings == 1);
    w->later = false;
    world_carry_out(w, 0);
    CHECK(ask_as(w, 1, 1, 101) == ERR_NONE);
    world_agrees(w);
    world_free(w);
}

int main(void)
{
    yields_to_newer();
    own_duty_first();
    yields_in_time();
    age_goes_on();
    waits_for_one();
    comes_first();
    danger_waits_for_none();
    raises_danger();
    return check_report("match/seeker");
}

/* Two commands that were proposed of the same moment, in both orders and in
 * one batch: whatever comes second finds the truth, and no law breaks. */
#include "expect.h"

static struct world w;
static struct couple a;
static uint64_t talk;

typedef void propose_fn(struct store_command *out);

static void taken(struct store_command *out)
{
    *out = w.job.command;
}

static void accept(struct store_command *out)
{
    talk = world_accept_command(&w, a.offer, a.ticket, a.peer)->accept.talk;
    taken(out);
}

static void block(struct store_command *out)
{
    struct match_command *c = world_match(&w, COMMAND_BLOCK);

    c->block.member = a.peer;
    c->block.other = a.seeker;
    c->block.via = a.offer;
    taken(out);
}

static void withdraw(struct store_command *out)
{
    struct match_command *c = world_match(&w, COMMAND_CLOSE_TICKET);

    c->close_ticket.ticket = a.ticket;
    c->close_ticket.member = a.seeker;
    c->close_ticket.why = TICKET_WHY_WITHDRAWN;
    taken(out);
}

static void lapse(struct store_command *out)
{
    struct match_command *c = world_match(&w, COMMAND_CLOSE_OFFER);

    c->now_ms += 30250;
    c->close_offer.offer = a.offer;
    c->close_offer.state = OFFER_LAPSED;
    c->close_offer.lapses_max = 2;
    taken(out);
}

static void decline(struct store_command *out)
{
    struct match_command *c = world_match(&w, COMMAND_DECLINE);

    c->decline.offer = a.offer;
    c->decline.peer = a.peer;
    taken(out);
}

static void leave(struct store_command *out)
{
    struct match_command *c = world_match(&w, COMMAND_CLOSE_DUTY);

    c->close_duty.member = a.peer;
    c->close_duty.why = DUTY_WHY_LEFT;
    taken(out);
}

static void hold_seeker(struct store_command *out)
{
    struct match_command *c = world_match(&w, COMMAND_HOLD);

    c->hold.member = a.seeker;
    c->hold.held = true;
    taken(out);
}

static void peer_asks(struct store_command *out)
{
    (void)world_ask(&w, a.peer);
    taken(out);
}

/* Run both in one batch, and look at the laws. */
static void run_both(const struct store_command *first,
                     const struct store_command *second,
                     struct store_result result[2])
{
    static struct store_job job[2];
    struct store_job *const both[2] = {&job[0], &job[1]};

    for (int i = 0; i < 2; i++) {
        job[i].command = i == 0 ? *first : *second;
        arena_init(&job[i].arena, 1 << 20);
    }
    store_execute(w.store, both, 2);
    for (int i = 0; i < 2; i++) {
        result[i] = job[i].result;
        arena_reset(&job[i].arena);
    }
    CHECK(world_broken(&w) == 0);
}

struct race {
    propose_fn *x, *y;
    /* how each ends when it comes second; ERR_NONE = OK */
    enum err x_second, y_second;
};

static const struct race races[] = {
    {accept, block, ERR_OFFER_CLOSED, ERR_NONE},
    {accept, withdraw, ERR_OFFER_CLOSED, ERR_ALREADY_MATCHED},
    {accept, lapse, ERR_OFFER_CLOSED, ERR_OFFER_CLOSED},
    {accept, leave, ERR_OFFER_CLOSED, ERR_NONE},
    {accept, hold_seeker, ERR_OFFER_CLOSED, ERR_NONE},
    {accept, peer_asks, ERR_OFFER_CLOSED, ERR_NONE},
    {accept, decline, ERR_OFFER_CLOSED, ERR_OFFER_CLOSED},
    {accept, accept, ERR_OFFER_CLOSED, ERR_OFFER_CLOSED},
    {decline, withdraw, ERR_OFFER_CLOSED, ERR_NONE},
    {decline, lapse, ERR_OFFER_CLOSED, ERR_OFFER_CLOSED},
    {block, withdraw, ERR_NONE, ERR_NONE},
    {block, lapse, ERR_NONE, ERR_OFFER_CLOSED},
    {leave, withdraw, ERR_NONE, ERR_NONE},
    {hold_seeker, withdraw, ERR_NONE, ERR_TICKET_ENDED},
};

static void race(const struct race *r, bool swapped)
{
    struct store_command x, y;
    struct store_result result[2];
    enum err second = swapped ? r->x_second : r->y_second;

    world_offered(&w, &a);
    r->x(&x);
    r->y(&y);
    if (swapped)
        run_both(&y, &x, result);
    else
        run_both(&x, &y, result);
    CHECK(result[0].outcome == OUTCOME_OK);
    CHECK(result[1].err == second);
    CHECK(result[1].outcome ==
          (second == ERR_NONE ? OUTCOME_OK : OUTCOME_REFUSED));
}

/* Two peers for one ticket; two tickets for one slot. */
static void two_offers(void)
{
    struct store_command first, second;
    struct store_result result[2];
    uint64_t other;

    world_couple(&w, &a);
    other = world_member(&w, GRADE_PEER);
    world_duty(&w, other, 1);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    taken(&first);
    (void)world_offer_command(&w, a.ticket, a.seeker, other);
    taken(&second);
    run_both(&first, &second, result);
    CHECK(result[0].outcome == OUTCOME_OK);
    CHECK(result[1].err == ERR_OFFER_OPEN); /* store/store law 4 */

    other = world_member(&w, GRADE_MEMBER);
    world_couple(&w, &a);
    world_duty(&w, a.peer, 1);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    taken(&first);
    (void)world_offer_command(&w, world_ticket(&w, other), other, a.peer);
    taken(&second);
    run_both(&first, &second, result);
    CHECK(result[0].outcome == OUTCOME_OK);
    CHECK(result[1].err == ERR_FULL);
}

/* DESIGN law 3: no match after an acknowledged block, whichever way. */
static void block_before_offer(void)
{
    struct match_command *c;

    for (int way = 0; way < 2; way++) {
        world_couple(&w, &a);
        c = world_match(&w, COMMAND_BLOCK);
        c->block.member = way ? a.seeker : a.peer;
        c->block.other = way ? a.peer : a.seeker;
        OK(&w);
        (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
        REFUSED(&w, ERR_EXCLUDED);
        CHECK(world_pair(&w, PAIR_BLOCK, a.seeker, a.peer) != NULL);
    }
}

int part_races(const char *kind, const char *path)
{
    world_open(&w, kind, path);
    for (size_t i = 0; i < sizeof races / sizeof races[0]; i++) {
        race(&races[i], false);
        race(&races[i], true);
    }
    two_offers();
    block_before_offer();
    world_close(&w);
    return check_report("store races");
}

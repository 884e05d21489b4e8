/* Each command against each of its guards: the reason by name, the rows that
 * decided, and what is written when all hold. */
#include "expect.h"

static struct world w;

static void hold(uint64_t member, bool held)
{
    struct match_command *c = world_match(&w, COMMAND_HOLD);

    c->hold.member = member;
    c->hold.held = held;
    OK(&w);
}

static void open_ticket(void)
{
    uint64_t member = world_member(&w, GRADE_MEMBER), id;
    struct match_command *c = world_ask(&w, world_id(&w));

    REFUSED(&w, ERR_NOT_ENROLLED);
    c = world_ask(&w, member);
    c->open_ticket.ticket.pool = WORLD_POOL + 1;
    REFUSED(&w, ERR_PERMISSION);
    c = world_ask(&w, member);
    c->open_ticket.card_version = 2;
    REFUSED(&w, ERR_CARD_VERSION);
    hold(member, true);
    c = world_ask(&w, member);
    REFUSED(&w, ERR_MEMBER_INACTIVE);
    hold(member, false);
    c = world_ask(&w, member);
    id = c->open_ticket.ticket.id;
    OK(&w);
    CHECK(w.job.result.match.reference == id);
    ROW(&w, ROW_TICKET, id, ticket.state, TICKET_WAITING);
    c = world_ask(&w, member); /* store/store law 4: one live ticket */
    REFUSED(&w, ERR_TICKET_LIVES);
    ROW(&w, ROW_TICKET, id, ticket.state, TICKET_WAITING);
    CHECK(w.job.result.match.rows == 1);
}

/* A card that was never put. */
static void no_card(void)
{
    struct store_command *e = world_command(&w, STORE_ENROL);
    uint64_t member = world_id(&w);
    struct match_command *c;

    e->enrol.member = member;
    memcpy(e->enrol.handle, &member, sizeof member);
    e->enrol.pool = WORLD_POOL;
    e->enrol.grade = GRADE_PEER;
    OK(&w);
    c = world_ask(&w, member);
    REFUSED(&w, ERR_CARD_MISSING);
    c = world_match(&w, COMMAND_OPEN_DUTY);
    c->open_duty.duty = (struct match_duty_row){.member = member,
                                                .pool = WORLD_POOL,
                                                .state = DUTY_ON,
                                                .grade = GRADE_PEER};
    REFUSED(&w, ERR_CARD_MISSING);
}

/* The ask of one who is on duty pauses it and revokes what they were offered. */
static void ask_on_duty(void)
{
    struct couple a;
    uint64_t id;

    world_offered(&w, &a);
    id = world_ask(&w, a.peer)->open_ticket.ticket.id;
    OK(&w);
    ROW(&w, ROW_TICKET, id, ticket.state, TICKET_WAITING);
    ROW(&w, ROW_DUTY, a.peer, duty.state, DUTY_PAUSED);
    ROW(&w, ROW_DUTY, a.peer, duty.why, DUTY_WHY_ASK);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 0);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_REVOKED);
    ROW(&w, ROW_TICKET, a.ticket, ticket.state, TICKET_WAITING);
    world_again(&w);
    EXPECTED(&w, OUTCOME_REPLAY, ERR_NONE);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_REVOKED);
}

static void close_ticket(void)
{
    struct match_command *c = world_match(&w, COMMAND_CLOSE_TICKET);
    struct couple a;

    c->close_ticket.ticket = world_id(&w);
    c->close_ticket.member = 1;
    REFUSED(&w, ERR_NO_TICKET);
    world_offered(&w, &a);
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = a.ticket;
    c->close_ticket.member = a.peer; /* DESIGN law 9: not even a row */
    REFUSED(&w, ERR_NO_TICKET);
    CHECK(w.job.result.match.rows == 0);
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = a.ticket;
    c->close_ticket.member = a.seeker;
    c->close_ticket.why = TICKET_WHY_WITHDRAWN;
    OK(&w);
    ROW(&w, ROW_TICKET, a.ticket, ticket.state, TICKET_ENDED);
    ROW(&w, ROW_TICKET, a.ticket, ticket.why, TICKET_WHY_WITHDRAWN);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_REVOKED);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 0);
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = a.ticket;
    c->close_ticket.member = a.seeker;
    REFUSED(&w, ERR_TICKET_ENDED);
}

static struct match_command *duty_command(uint64_t member)
{
    struct match_command *c = world_match(&w, COMMAND_OPEN_DUTY);

    c->open_duty.duty = (struct match_duty_row){.member = member,
                                                .pool = WORLD_POOL,
                                                .state = DUTY_ON,
                                                .grade = GRADE_PEER,
                                                .capacity = 3,
                                                .rest_ms = 5,
                                                .tie = 77};
    c->open_duty.card_version = 1;
    return c;
}

static void open_duty(void)
{
    uint64_t member = world_member(&w, GRADE_MEMBER), peer, ticket;
    struct match_command *c = duty_command(member);

    REFUSED(&w, ERR_GRADE);
    peer = world_member(&w, GRADE_PEER);
    c = duty_command(peer);
    c->open_duty.duty.grade = GRADE_CRISIS_PEER;
    REFUSED(&w, ERR_GRADE);
    c = duty_command(world_id(&w));
    REFUSED(&w, ERR_NOT_ENROLLED);
    c = duty_command(peer);
    c->open_duty.duty.pool = 0;
    REFUSED(&w, ERR_PERMISSION);
    c = duty_command(peer);
    c->open_duty.card_version = 9;
    REFUSED(&w, ERR_CARD_VERSION);
    c = duty_command(peer);
    c->open_duty.duty.capacity = 9;
    REFUSED(&w, ERR_CAPACITY);
    hold(peer, true);
    c = duty_command(peer);
    REFUSED(&w, ERR_MEMBER_INACTIVE);
    hold(peer, false);
    ticket = world_ticket(&w, peer);
    c = duty_command(peer);
    REFUSED(&w, ERR_TICKET_LIVES);
    ROW(&w, ROW_TICKET, ticket, ticket.state, TICKET_WAITING);
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = ticket;
    c->close_ticket.member = peer;
    c->close_ticket.why = TICKET_WHY_EXPIRED;
    OK(&w);
    c = duty_command(peer);
    OK(&w);
    ROW(&w, ROW_DUTY, peer, duty.capacity, 3);
    c = duty_command(peer); /* again: replaces all values */
    c->open_duty.duty.capacity = 1;
    OK(&w);
    ROW(&w, ROW_DUTY, peer, duty.capacity, 1);
}

/* used, yes and total are the store's own; offers and talks come with it. */
static void reopen_duty(void)
{
    struct couple a;
    struct match_command *c;

    world_offered(&w, &a);
    c = duty_command(a.peer);
    c->open_duty.duty.used = 7;
    c->open_duty.duty.yes = 3;
    c->open_duty.duty.total = 4;
    OK(&w);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 1);
    ROW(&w, ROW_DUTY, a.peer, duty.total, 0);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_OPEN);
}

static struct match_command *set_command(uint64_t member,
                                         enum match_duty_state state)
{
    struct match_command *c = world_match(&w, COMMAND_SET_DUTY);

    c->set_duty.duty = (struct match_duty_row){.member = member,
                                               .state = state,
                                               .why = DUTY_WHY_REQUEST,
                                               .capacity = 2};
    return c;
}

static void set_duty(void)
{
    struct couple a;
    uint64_t nobody = world_member(&w, GRADE_PEER);

    (void)set_command(nobody, DUTY_PAUSED);
    REFUSED(&w, ERR_NOT_ON_DUTY);
    world_offered(&w, &a);
    (void)set_command(a.peer, DUTY_OFF);
    REFUSED(&w, ERR_DUTY_STATE);
    set_command(a.peer, DUTY_ON)->set_duty.duty.capacity = 9;
    REFUSED(&w, ERR_CAPACITY);
    set_command(a.peer, DUTY_ON)->set_duty.duty.capacity = 0;
    OK(&w); /* lowering capacity cancels nothing */
    ROW(&w, ROW_DUTY, a.peer, duty.used, 1);
    (void)set_command(a.peer, DUTY_PAUSED);
    OK(&w); /* without revoke the offer stands */
    CHECK(world_row(&w, ROW_OFFER, a.offer) == NULL);
    set_command(a.peer, DUTY_PAUSED)->set_duty.revoke = true;
    OK(&w);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_REVOKED);
    ROW(&w, ROW_TICKET, a.ticket, ticket.state, TICKET_WAITING);
    ROW(&w, ROW_DUTY, a.peer, duty.why, DUTY_WHY_REQUEST);
    (void)set_command(a.peer, DUTY_ON);
    OK(&w);
    ROW(&w, ROW_DUTY, a.peer, duty.why, DUTY_WHY_NONE);
    (void)world_ticket(&w, a.peer); /* pauses */
    (void)set_command(a.peer, DUTY_ON);
    REFUSED(&w, ERR_TICKET_LIVES);
}

static void close_duty(void)
{
    struct match_command *c;
    struct couple a;

    world_offered(&w, &a);
    c = world_match(&w, COMMAND_CLOSE_DUTY);
    c->close_duty.member = a.peer;
    c->close_duty.why = DUTY_WHY_LEFT;
    OK(&w);
    ROW(&w, ROW_DUTY, a.peer, duty.state, DUTY_OFF);
    ROW(&w, ROW_DUTY, a.peer, duty.why, DUTY_WHY_LEFT);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_REVOKED);
    c = world_match(&w, COMMAND_CLOSE_DUTY);
    c->close_duty.member = a.peer;
    REFUSED(&w, ERR_NOT_ON_DUTY);
}

static void offer_states(void)
{
    struct couple a;
    struct match_command *c;
    uint64_t peer;

    world_offered(&w, &a);
    peer = world_member(&w, GRADE_PEER);
    (void)world_offer_command(&w, world_id(&w), a.seeker, a.peer);
    REFUSED(&w, ERR_NO_TICKET);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_OFFER_OPEN); /* Law 4: one open offer per ticket */
    (void)world_accept(&w, a.offer, a.ticket, a.peer);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_ALREADY_MATCHED);
    world_couple(&w, &a);
    (void)world_offer_command(&w, a.ticket, a.seeker, peer);
    REFUSED(&w, ERR_NOT_ON_DUTY);
    c = set_command(a.peer, DUTY_PAUSED);
    OK(&w);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_DUTY_STATE);
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = a.ticket;
    c->close_ticket.member = a.seeker;
    c->close_ticket.why = TICKET_WHY_LOST;
    OK(&w);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_TICKET_ENDED);
}

static void offer_guards(void)
{
    struct couple a;
    struct match_command *c;
    uint64_t other;

    world_couple(&w, &a);
    world_offer_command(&w, a.ticket, a.seeker, a.peer)->offer.offer.pool = 1;
    REFUSED(&w, ERR_PERMISSION);
    (void)world_offer_command(&w, a.ticket, a.peer, a.peer);
    REFUSED(&w, ERR_EXCLUDED); /* Law 4: seeker ≠ peer */
    c = world_offer_command(&w, a.ticket, a.seeker, a.peer);
    c->offer.offer.seeker_card_version = 2;
    REFUSED(&w, ERR_CARD_VERSION);
    c = world_offer_command(&w, a.ticket, a.seeker, a.peer);
    c->offer.offer.peer_card_version = 2;
    REFUSED(&w, ERR_CARD_VERSION);
    c = set_command(a.peer, DUTY_ON);
    c->set_duty.duty.capacity = 1;
    OK(&w);
    other = world_member(&w, GRADE_MEMBER);
    (void)world_offer(&w, world_ticket(&w, other), other, a.peer);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_FULL); /* used < capacity */
    ROW(&w, ROW_DUTY, a.peer, duty.used, 1);
    ROW(&w, ROW_TICKET, a.ticket, ticket.state, TICKET_WAITING);
}

static void accept_guards(void)
{
    struct couple a;
    struct match_command *c;

    world_offered(&w, &a);
    (void)world_accept_command(&w, world_id(&w), a.ticket, a.peer);
    REFUSED(&w, ERR_NO_OFFER);
    (void)world_accept_command(&w, a.offer, a.ticket, a.seeker);
    REFUSED(&w, ERR_NO_OFFER);
    CHECK(w.job.result.match.rows == 0); /* DESIGN law 9 */
    (void)world_accept_command(&w, a.offer, a.ticket + 1, a.peer);
    REFUSED(&w, ERR_INTERNAL);
    w.now_ms += 30000; /* DESIGN law 8: not at the deadline either */
    (void)world_accept_command(&w, a.offer, a.ticket, a.peer);
    REFUSED(&w, ERR_LATE);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_OPEN);
    w.now_ms -= 1;
    c = world_accept_command(&w, a.offer, a.ticket, a.peer);
    a.talk = c->accept.talk;
    OK(&w);
    CHECK(w.job.result.match.reference == a.talk);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_ACCEPTED);
    ROW(&w, ROW_TICKET, a.ticket, ticket.state, TICKET_MATCHED);
    ROW(&w, ROW_TICKET, a.ticket, ticket.why, TICKET_WHY_MATCHED);
    ROW(&w, ROW_TALK, a.talk, talk.state, TALK_JOINING);
    ROW(&w, ROW_TALK, a.talk, talk.p, 50000);
    ROW(&w, ROW_TALK, a.talk, talk.shown[1], 12);
    ROW(&w, ROW_TALK, a.talk, talk.since_ms, w.now_ms - 29999);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 1); /* the slot is the talk's */
    (void)world_accept_command(&w, a.offer, a.ticket, a.peer);
    REFUSED(&w, ERR_OFFER_CLOSED);
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = a.ticket;
    c->close_ticket.member = a.seeker;
    REFUSED(&w, ERR_ALREADY_MATCHED);
}

static void expect_gone(const struct couple *a)
{
    (void)world_accept_command(&w, a->offer, a->ticket, a->peer);
    REFUSED(&w, ERR_OFFER_GONE); /* without cause, and revoked */
    ROW(&w, ROW_OFFER, a->offer, offer.state, OFFER_REVOKED);
    ROW(&w, ROW_TICKET, a->ticket, ticket.state, TICKET_WAITING);
    ROW(&w, ROW_DUTY, a->peer, duty.used, 0);
    world_again(&w); /* and the same answer again: store/decide law 2 */
    EXPECTED(&w, OUTCOME_REFUSED, ERR_OFFER_GONE);
    ROW(&w, ROW_OFFER, a->offer, offer.state, OFFER_REVOKED);
}

/* store/decide law 1: an accept that comes to nothing revokes its offer. */
static void accept_gone(void)
{
    struct couple a;
    struct store_mailbox taken;
    struct match_command *c;

    world_offered(&w, &a);
    world_card(&w, a.seeker, MATCH_SEEKER, 2);
    expect_gone(&a);
    world_offered(&w, &a);
    world_card(&w, a.peer, MATCH_PEER, 2);
    expect_gone(&a);

    world_talking(&w, &a); /* a capability that was used before */
    taken = w.job.command.match.mailbox[MATCH_PEER];
    world_offered(&w, &a);
    c = world_accept_command(&w, a.offer, a.ticket, a.peer);
    memcpy(w.job.command.match.mailbox[MATCH_SEEKER].send_hash, taken.send_hash,
           STORE_HASH);
    REFUSED(&w, ERR_OFFER_GONE);
    CHECK(world_row(&w, ROW_TALK, c->accept.talk) == NULL);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_EXCLUDED); /* or the two would use the offers up */
}

/* An offer made while the two still talked, accepted with the capability of
 * that talk when it has ended: parted, and a clash as well. */
static void accept_parted_and_clashing(void)
{
    struct couple a;
    struct store_mailbox taken;
    uint64_t ticket, offer;

    world_talking(&w, &a);
    taken = w.job.command.match.mailbox[MATCH_PEER];
    ticket = world_ticket(&w, a.seeker);
    offer = world_offer(&w, ticket, a.seeker, a.peer);
    world_end(&w, a.talk, w.now_ms + 604800000);
    (void)world_accept_command(&w, offer, ticket, a.peer);
    memcpy(w.job.command.match.mailbox[MATCH_PEER].send_hash, taken.send_hash,
           STORE_HASH);
    REFUSED(&w, ERR_OFFER_GONE);
    ROW(&w, ROW_OFFER, offer, offer.state, OFFER_REVOKED);
    ROW(&w, ROW_TICKET, ticket, ticket.state, TICKET_WAITING);
}

/* Everything of one member fits one command: talks as a seeker are bounded. */
static void many_talks(void)
{
    uint64_t seeker = world_member(&w, GRADE_MEMBER), peer = 0, ticket;
    struct match_command *h;

    for (uint32_t i = 0; i < 16; i++) {
        if (i % 8 == 0) {
            peer = world_member(&w, GRADE_PEER);
            world_duty(&w, peer, 8);
        }
        ticket = world_ticket(&w, seeker);
        (void)world_accept(&w, world_offer(&w, ticket, seeker, peer), ticket,
                           peer);
    }
    (void)world_ask(&w, seeker);
    REFUSED(&w, ERR_FULL);
    h = world_match(&w, COMMAND_HOLD);
    h->hold.member = seeker;
    h->hold.held = true;
    OK(&w);
    CHECK(w.job.result.match.rows == 18); /* the talks and the two duties */
    ROW(&w, ROW_DUTY, peer, duty.used, 0);
}

static void put_today(uint64_t member, enum match_role role, uint32_t version)
{
    struct store_command *c = world_command(&w, STORE_PUT_CARD);

    c->put_card.member = member;
    c->put_card.role = role;
    c->put_card.version = version;
    c->put_card.per_day = 3;
}

/* So many cards of a member, of both roles, within 24 h of the first. */
static void cards_a_day(void)
{
    uint64_t member = world_member(&w, GRADE_PEER); /* puts two, unbounded */

    w.now_ms += 86400000;
    put_today(member, MATCH_SEEKER, 3);
    REFUSED(&w, ERR_CARD_VERSION); /* does not count */
    put_today(member, MATCH_SEEKER, 2);
    OK(&w);
    put_today(member, MATCH_PEER, 2);
    OK(&w);
    world_reopen(&w);
    w.now_ms += 86399999;
    put_today(member, MATCH_SEEKER, 3);
    w.job.command.key = world_key(91, 1);
    OK(&w);
    put_today(member, MATCH_PEER, 3);
    REFUSED(&w, ERR_CARDS_PER_DAY);
    put_today(member, MATCH_SEEKER, 3);
    w.job.command.key = world_key(91, 1);
    EXPECT(&w, OUTCOME_REPLAY, ERR_NONE);
    w.now_ms += 1;
    put_today(member, MATCH_PEER, 3);
    OK(&w);
}

int part_guards(const char *kind, const char *path)
{
    world_open(&w, kind, path);
    open_ticket();
    no_card();
    ask_on_duty();
    close_ticket();
    open_duty();
    reopen_duty();
    set_duty();
    close_duty();
    offer_states();
    offer_guards();
    accept_guards();
    accept_gone();
    accept_parted_and_clashing();
    many_talks();
    cards_a_day();
    world_close(&w);
    return check_report("store guards");
}

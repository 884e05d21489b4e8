/* What an ask may take along. */
#include "expect.h"

static struct world w;

static struct match_command *ask_after(uint64_t member, uint64_t talk)
{
    struct match_command *c = world_ask(&w, member);

    c->open_ticket.after = talk;
    c->open_ticket.within_ms = 60000;
    c->open_ticket.grace_ms = 30000;
    return c;
}

/* A seeker who waited 5 s talks for 20 s; ended for this reason. */
static void ended(struct couple *a, enum match_talk_why why)
{
    struct match_command *c;

    world_offered(&w, a);
    w.now_ms += 5000;
    a->talk = world_accept(&w, a->offer, a->ticket, a->peer);
    w.now_ms += 20000;
    c = world_match(&w, COMMAND_END_TALK);
    c->end_talk.talk = a->talk;
    c->end_talk.why = why;
    OK(&w);
}

static void close_own(uint64_t ticket, uint64_t member)
{
    struct match_command *c = world_match(&w, COMMAND_CLOSE_TICKET);

    c->close_ticket.ticket = ticket;
    c->close_ticket.member = member;
    c->close_ticket.why = TICKET_WHY_WITHDRAWN;
    OK(&w);
}

/* The age goes on: of a no-show since it was asked, else what was waited. */
static void age_goes_on(void)
{
    struct couple a, other;
    struct match_command *c;
    uint64_t id;

    world_talking(&w, &a);
    (void)ask_after(a.seeker, world_id(&w));
    REFUSED(&w, ERR_NO_TALK);
    (void)ask_after(a.seeker, a.talk);
    REFUSED(&w, ERR_TALK_LIVES);
    ended(&a, TALK_WHY_ENDED);
    ended(&other, TALK_WHY_NO_SHOW);
    (void)ask_after(a.peer, a.talk); /* only who asked for it */
    REFUSED(&w, ERR_NO_TALK);
    CHECK(w.job.result.match.rows == 0); /* DESIGN law 9 */
    w.now_ms += 59999 - 25000;
    c = ask_after(a.seeker, a.talk);
    id = c->open_ticket.ticket.id;
    OK(&w);
    ROW(&w, ROW_TICKET, id, ticket.since_ms, w.now_ms - 5000);
    ROW(&w, ROW_TICKET, id, ticket.carry, CARRY_UNFIT);
    ROW(&w, ROW_TALK, a.talk, talk.carry, CARRY_LENT);
    world_again(&w);
    EXPECTED(&w, OUTCOME_REPLAY, ERR_NONE);
    ROW(&w, ROW_TICKET, id, ticket.since_ms, w.now_ms - 5000);
    close_own(id, a.seeker);
    ask_after(other.seeker, other.talk)->open_ticket.within_ms = 0;
    REFUSED(&w, ERR_AGE);              /* 0: it is never lent */
    (void)ask_after(a.seeker, a.talk); /* lent already */
    REFUSED(&w, ERR_AGE);
    w.now_ms += 25001; /* of the other: the last moment, and the next */
    (void)ask_after(other.seeker, other.talk);
    REFUSED(&w, ERR_AGE);
    w.now_ms--;
    id = ask_after(other.seeker, other.talk)->open_ticket.ticket.id;
    OK(&w);
    ROW(&w, ROW_TICKET, id, ticket.since_ms, w.now_ms - 5000 - 30000);
    ROW(&w, ROW_TICKET, id, ticket.carry, 0); /* nobody is to blame */
}

/* Of what went by since the match the grace counts, and no more; where it is
 * none, nothing does. */
static void away_is_no_wait(void)
{
    static const struct {
        uint64_t away_ms, grace_ms, waited_ms; /* since the match */
    } cases[] = {{0, 30000, 20000},     {9999, 30000, 29999},
                 {10000, 30000, 30000}, {10001, 30000, 30000},
                 {59999, 30000, 30000}, {59999, 86400000, 79999},
                 {0, 10000, 10000},     {5000, 0, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct couple a;
        struct match_command *c;
        uint64_t id;

        ended(&a, TALK_WHY_NO_SHOW);
        w.now_ms += cases[i].away_ms;
        c = ask_after(a.seeker, a.talk);
        c->open_ticket.grace_ms = cases[i].grace_ms;
        id = c->open_ticket.ticket.id;
        OK(&w);
        ROW(&w, ROW_TICKET, id, ticket.since_ms,
            w.now_ms - 5000 - cases[i].waited_ms);
    }
}

/* "Not a fit" once; a no-show after it passes on that it was. */
static void unfit_once(void)
{
    struct match_command *c;
    uint64_t ticket, talk, offer;
    struct couple a;

    ended(&a, TALK_WHY_ENDED);
    for (int i = 0; i < 2; i++) {
        uint64_t peer = world_member(&w, GRADE_PEER);

        world_duty(&w, peer, 1);
        ticket = ask_after(a.seeker, a.talk)->open_ticket.ticket.id;
        OK(&w);
        offer = world_offer(&w, ticket, a.seeker, peer);
        talk = world_accept(&w, offer, ticket, peer);
        ROW(&w, ROW_TALK, talk, talk.carry, CARRY_UNFIT);
        c = world_match(&w, COMMAND_END_TALK);
        c->end_talk.talk = talk;
        c->end_talk.why = i == 0 ? TALK_WHY_NO_SHOW : TALK_WHY_IDLE;
        OK(&w);
        a.talk = talk;
    }
    (void)ask_after(a.seeker, a.talk);
    REFUSED(&w, ERR_AGE);
}

/* A clock that was set back over a restart, to before the end or the start of
 * the talk: no age, and no more than that. */
static void clock_back(void)
{
    struct couple a;
    uint64_t now_ms;

    for (int why = TALK_WHY_ENDED; why <= TALK_WHY_NO_SHOW; why++) {
        ended(&a, (enum match_talk_why)why);
        now_ms = w.now_ms;
        world_reopen(&w);
        w.now_ms = now_ms - 1;
        (void)ask_after(a.seeker, a.talk);
        REFUSED(&w, ERR_AGE);
        w.now_ms = now_ms - 20001;
        (void)ask_after(a.seeker, a.talk);
        REFUSED(&w, ERR_AGE);
        w.now_ms = now_ms;
        (void)ask_after(a.seeker, a.talk);
        OK(&w);
    }
}

static struct match_command *wish(uint64_t member, uint64_t talk)
{
    struct match_command *c = world_ask(&w, member);

    c->open_ticket.ticket.wish = 99; /* the store's own */
    c->open_ticket.ticket.wish_talk = talk;
    c->open_ticket.ticket.wish_until_ms = w.now_ms + 1000;
    return c;
}

static void say_again(uint64_t talk, enum match_role side)
{
    struct match_command *c = world_match(&w, COMMAND_REFLECT);

    c->reflect.talk = talk;
    c->reflect.side = side;
    c->reflect.within_ms = 1000;
    c->reflect.again = true;
    OK(&w);
}

static bool bond_of(uint64_t talk)
{
    world_command(&w, STORE_FIND_TALK)->find_talk.talk = talk;
    OK(&w);
    return w.job.result.talk.bond;
}

/* Only the seeker of a talk, and only once both said again, asks for its peer.
 * A block keeps the two apart and is not told. */
static void wishes(void)
{
    struct match_command *c;
    struct couple a;
    uint64_t id;

    ended(&a, TALK_WHY_ENDED);
    (void)wish(a.seeker, world_id(&w));
    REFUSED(&w, ERR_NO_TALK);
    say_again(a.talk, MATCH_SEEKER);
    (void)wish(a.seeker, a.talk);
    REFUSED(&w, ERR_NO_BOND);
    CHECK(!bond_of(a.talk));
    say_again(a.talk, MATCH_PEER);
    CHECK(bond_of(a.talk));
    (void)wish(a.peer, a.talk);
    REFUSED(&w, ERR_NO_TALK);
    CHECK(w.job.result.match.rows == 0); /* DESIGN law 9 */
    id = wish(a.seeker, a.talk)->open_ticket.ticket.id;
    OK(&w);
    ROW(&w, ROW_TICKET, id, ticket.wish, a.peer);
    ROW(&w, ROW_TICKET, id, ticket.wish_talk, a.talk);
    ROW(&w, ROW_TICKET, id, ticket.wish_until_ms, w.now_ms + 1000);
    world_reopen(&w);
    c = world_offer_command(&w, id, a.seeker, a.peer);
    c->offer.offer.met = a.talk;
    OK(&w); /* they rest, and the bond overrides it */
    ROW(&w, ROW_OFFER, c->offer.offer.id, offer.met, a.talk);
    ROW(&w, ROW_TICKET, id, ticket.wish, a.peer);
    close_own(id, a.seeker);
    c = world_match(&w, COMMAND_BLOCK);
    c->block.member = a.peer;
    c->block.other = a.seeker;
    OK(&w);
    CHECK(bond_of(a.talk));
    id = wish(a.seeker, a.talk)->open_ticket.ticket.id;
    OK(&w);
    ROW(&w, ROW_TICKET, id, ticket.wish, a.peer);
    (void)world_offer_command(&w, id, a.seeker, a.peer);
    REFUSED(&w, ERR_EXCLUDED);
    close_own(id, a.seeker);
    (void)world_ask(&w, a.seeker);
    OK(&w);
    ROW(&w, ROW_TICKET, w.job.result.match.reference, ticket.wish, 0);
}

/* The same two by another talk, with other names: a bond by one is not told of
 * the other, nor can it be asked for by it. */
static void unlinkable(void)
{
    struct couple a;
    uint64_t first;

    ended(&a, TALK_WHY_ENDED);
    first = a.talk;
    say_again(first, MATCH_SEEKER);
    say_again(first, MATCH_PEER);
    a.ticket = world_ticket(&w, a.seeker);
    a.offer = world_offer(&w, a.ticket, a.seeker, a.peer); /* they may meet */
    a.talk = world_accept(&w, a.offer, a.ticket, a.peer);
    world_end(&w, a.talk, 0);
    CHECK(bond_of(first) && !bond_of(a.talk));
    (void)wish(a.seeker, a.talk);
    REFUSED(&w, ERR_NO_BOND);
    say_again(a.talk, MATCH_SEEKER);
    CHECK(!bond_of(a.talk)); /* one is not both */
    (void)wish(a.seeker, a.talk);
    REFUSED(&w, ERR_NO_BOND);
    (void)wish(a.seeker, first);
    OK(&w);
}

static struct match_command *danger(uint64_t member, uint64_t ticket)
{
    struct match_command *c = world_match(&w, COMMAND_RAISE_DANGER);

    c->raise_danger.member = member;
    c->raise_danger.ticket = ticket;
    return c;
}

/* A ticket that waits or is offered is in danger from now on; the offer stands
 * as it was made. */
static void raised(void)
{
    struct couple a;

    world_offered(&w, &a);
    (void)danger(a.seeker, world_id(&w));
    REFUSED(&w, ERR_NO_TICKET);
    (void)danger(a.peer, a.ticket);
    REFUSED(&w, ERR_NO_TICKET);
    CHECK(w.job.result.match.rows == 0); /* DESIGN law 9 */
    danger(a.seeker, a.ticket)->key = world_key(71, 1);
    OK(&w);
    ROW(&w, ROW_TICKET, a.ticket, ticket.danger, true);
    ROW(&w, ROW_TICKET, a.ticket, ticket.state, TICKET_OFFERED);
    world_again(&w);
    EXPECTED(&w, OUTCOME_REPLAY, ERR_NONE);
    world_reopen(&w);
    danger(a.seeker, a.ticket)->key = world_key(71, 1);
    EXPECT(&w, OUTCOME_REPLAY, ERR_NONE);
    ROW(&w, ROW_TICKET, a.ticket, ticket.danger, true);
    danger(a.seeker, a.ticket)->key = world_key(71, 2);
    REFUSED(&w, ERR_KEY_REUSED);
    (void)danger(a.seeker, a.ticket);
    OK(&w); /* by nature */
    a.talk = world_accept(&w, a.offer, a.ticket, a.peer);
    ROW(&w, ROW_OFFER, a.offer, offer.danger, false);
    ROW(&w, ROW_TICKET, a.ticket, ticket.danger, true);
    (void)danger(a.seeker, a.ticket);
    REFUSED(&w, ERR_ALREADY_MATCHED);
    world_couple(&w, &a);
    close_own(a.ticket, a.seeker);
    (void)danger(a.seeker, a.ticket);
    REFUSED(&w, ERR_TICKET_ENDED);
    ROW(&w, ROW_TICKET, a.ticket, ticket.danger, false);
}

int part_asks(const char *kind, const char *path)
{
    world_open(&w, kind, path);
    age_goes_on();
    away_is_no_wait();
    unfit_once();
    clock_back();
    wishes();
    unlinkable();
    raised();
    world_close(&w);
    return check_report("store asks");
}

/* Talks and what they leave behind: joins, ends, rests, reflections, bonds,
 * blocks, holds. */
#include "expect.h"

static struct world w;

static void join(uint64_t talk, enum match_role side)
{
    struct match_command *c = world_match(&w, COMMAND_JOIN);

    c->join.talk = talk;
    c->join.side = side;
}

static void joins(void)
{
    struct couple a;

    join(world_id(&w), MATCH_PEER);
    REFUSED(&w, ERR_NO_TALK);
    world_talking(&w, &a);
    join(a.talk, MATCH_PEER);
    OK(&w);
    ROW(&w, ROW_TALK, a.talk, talk.state, TALK_JOINING);
    join(a.talk, MATCH_PEER); /* once more */
    OK(&w);
    ROW(&w, ROW_TALK, a.talk, talk.state, TALK_JOINING);
    join(a.talk, MATCH_SEEKER);
    OK(&w);
    ROW(&w, ROW_TALK, a.talk, talk.state, TALK_OPEN);
    world_end(&w, a.talk, 0);
    join(a.talk, MATCH_SEEKER);
    REFUSED(&w, ERR_TALK_ENDED);
}

static void ends(void)
{
    struct match_command *c = world_match(&w, COMMAND_END_TALK);
    struct couple a;

    c->end_talk.talk = world_id(&w);
    REFUSED(&w, ERR_NO_TALK);
    world_talking(&w, &a);
    world_end(&w, a.talk, w.now_ms + 604800000);
    ROW(&w, ROW_TALK, a.talk, talk.why, TALK_WHY_ENDED);
    ROW(&w, ROW_TALK, a.talk, talk.ended_ms, w.now_ms);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 0);
    ROW(&w, ROW_DUTY, a.peer, duty.rest_until_ms, w.now_ms + 300000);
    CHECK(world_pair(&w, PAIR_RESTS, a.seeker, a.peer)->until_ms ==
          w.now_ms + 604800000);
    c = world_match(&w, COMMAND_END_TALK);
    c->end_talk.talk = a.talk;
    c->end_talk.rests_until_ms = w.now_ms + 1;
    REFUSED(&w, ERR_TALK_ENDED);
}

/* The later rest of a pair holds, the later rest of a peer too. */
static void later_rests(void)
{
    struct couple a;
    struct match_command *c;
    const struct match_pair_row *rests;

    world_offered(&w, &a);
    c = world_match(&w, COMMAND_DECLINE);
    c->decline.offer = a.offer;
    c->decline.peer = a.peer;
    c->decline.rests_until_ms = w.now_ms + 1000;
    OK(&w);
    w.now_ms += 1000; /* over: but not for this ticket */
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_EXCLUDED);
    CHECK(world_pair(&w, PAIR_TICKET, a.seeker, a.peer) != NULL);
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = a.ticket;
    c->close_ticket.member = a.seeker;
    c->close_ticket.why = TICKET_WHY_WITHDRAWN;
    OK(&w);
    a.ticket = world_ticket(&w, a.seeker); /* PAIR_TICKET ended with its own */
    a.offer = world_offer(&w, a.ticket, a.seeker, a.peer);
    a.talk = world_accept(&w, a.offer, a.ticket, a.peer);
    world_end(&w, a.talk, w.now_ms + 9000);
    a.ticket = world_ticket(&w, a.seeker);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_EXCLUDED);
    rests = world_pair(&w, PAIR_RESTS, a.seeker, a.peer);
    CHECK(rests && rests->until_ms == w.now_ms + 9000);
    CHECK(rests && rests->a < rests->b);
    w.now_ms += 9000;
    (void)world_offer(&w, a.ticket, a.seeker, a.peer);
}

static uint32_t pair_rows(enum match_pair_kind kind, uint64_t member)
{
    static struct match_row row[4096];
    uint32_t n = world_rows(&w, row, 4096), found = 0;

    for (uint32_t i = 0; i < n; i++)
        found += row[i].kind == ROW_PAIR && row[i].pair.kind == kind &&
                 (row[i].pair.a == member || row[i].pair.b == member);
    return found;
}

/* A shorter rest does not shorten a longer one: neither of the pair, nor of
 * the peer; and what a ticket forbade goes with it. */
static void shorter_rests(void)
{
    struct couple a, b;
    struct match_command *c;

    world_offered(&w, &a);
    c = world_match(&w, COMMAND_DECLINE);
    c->decline.offer = a.offer;
    c->decline.peer = a.peer;
    c->decline.rests_until_ms = w.now_ms + 1;
    OK(&w);
    w.now_ms += 1;
    CHECK(pair_rows(PAIR_TICKET, a.peer) == 1);
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = a.ticket;
    c->close_ticket.member = a.seeker;
    c->close_ticket.why = TICKET_WHY_WITHDRAWN;
    OK(&w);
    CHECK(pair_rows(PAIR_TICKET, a.peer) == 0);
    CHECK(pair_rows(PAIR_RESTS, a.peer) == 1);
    for (int i = 0; i < 2; i++) { /* two talks of one peer end */
        struct couple *x = i ? &b : &a;

        *x = (struct couple){.seeker =
                                 i ? world_member(&w, GRADE_MEMBER) : a.seeker,
                             .peer = a.peer};
        x->ticket = world_ticket(&w, x->seeker);
        x->offer = world_offer(&w, x->ticket, x->seeker, x->peer);
        x->talk = world_accept(&w, x->offer, x->ticket, x->peer);
    }
    for (int i = 0; i < 2; i++) { /* the rest is counted from the latest end */
        c = world_match(&w, COMMAND_END_TALK);
        c->end_talk.talk = i ? b.talk : a.talk;
        c->end_talk.why = TALK_WHY_ENDED;
        c->end_talk.rest_until_ms = w.now_ms + (i ? 100 : 900000);
        c->end_talk.rests_until_ms = w.now_ms + 5000;
        OK(&w);
        ROW(&w, ROW_DUTY, a.peer, duty.rest_until_ms,
            w.now_ms + (i ? 300000 : 900000)); /* as they chose, at least */
    }
    a.ticket = world_ticket(&w, a.seeker);
    CHECK(world_pair(&w, PAIR_RESTS, a.seeker, a.peer)->until_ms ==
          w.now_ms + 5000);
    w.now_ms += 5000;
    a.offer = world_offer(&w, a.ticket, a.seeker, a.peer);
    w.now_ms -= 4000; /* a decline whose rest ends sooner */
    c = world_match(&w, COMMAND_DECLINE);
    c->decline.offer = a.offer;
    c->decline.peer = a.peer;
    c->decline.rests_until_ms = w.now_ms + 10;
    OK(&w);
    CHECK(world_pair(&w, PAIR_RESTS, a.seeker, a.peer)->until_ms ==
          w.now_ms + 4000);
    w.now_ms += 4000;
}

static void reflect(const struct couple *a, enum match_role side,
                    bool understood, bool again)
{
    struct match_command *c = world_match(&w, COMMAND_REFLECT);

    c->reflect.talk = a->talk;
    c->reflect.side = side;
    c->reflect.said = true;
    c->reflect.understood = understood;
    c->reflect.again = again;
    c->reflect.within_ms = 604800000;
}

/* Both again: a bond, which lifts the rest but neither a block nor what a
 * ticket forbids. */
static void bonds(void)
{
    struct couple a;
    struct match_command *c;

    world_talking(&w, &a);
    reflect(&a, MATCH_SEEKER, true, true);
    REFUSED(&w, ERR_TALK_LIVES);
    world_end(&w, a.talk, w.now_ms + 604800000);
    reflect(&a, MATCH_SEEKER, true, true);
    w.job.command.match.command.reflect.within_ms = 0;
    REFUSED(&w, ERR_REFLECTED); /* never, not even at once */
    reflect(&a, MATCH_SEEKER, true, true);
    w.job.command.match.command.reflect.within_ms = 1;
    OK(&w);
    ROW(&w, ROW_DUTY, a.peer, duty.yes, 1);
    ROW(&w, ROW_DUTY, a.peer, duty.total, 1);
    CHECK(world_pair(&w, PAIR_BOND, a.seeker, a.peer) == NULL);
    reflect(&a, MATCH_SEEKER, true, true);
    REFUSED(&w, ERR_REFLECTED);
    w.now_ms += 1001;
    reflect(&a, MATCH_PEER, true, true);
    w.job.command.match.command.reflect.within_ms = 1001;
    REFUSED(&w, ERR_REFLECTED);          /* too late by a millisecond */
    reflect(&a, MATCH_PEER, true, true); /* a peer's moves no record */
    w.job.command.match.command.reflect.within_ms = 1002;
    OK(&w);
    ROW(&w, ROW_DUTY, a.peer, duty.total, 1);
    CHECK(world_pair(&w, PAIR_BOND, a.seeker, a.peer) != NULL);
    a.ticket = world_ticket(&w, a.seeker);
    a.offer = world_offer(&w, a.ticket, a.seeker, a.peer);
    c = world_match(&w, COMMAND_DECLINE);
    c->decline.offer = a.offer;
    c->decline.peer = a.peer;
    c->decline.rests_until_ms = w.now_ms + 86400000;
    OK(&w);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_EXCLUDED); /* bond or not, for the life of the ticket */
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = a.ticket;
    c->close_ticket.member = a.seeker;
    c->close_ticket.why = TICKET_WHY_WITHDRAWN;
    OK(&w);
    a.ticket = world_ticket(&w, a.seeker);
    CHECK(world_pair(&w, PAIR_BOND, a.seeker, a.peer) != NULL);
    (void)world_offer(&w, a.ticket, a.seeker, a.peer);
    c = world_match(&w, COMMAND_BLOCK);
    c->block.member = a.peer;
    c->block.via = a.talk; /* who it is, the store finds */
    OK(&w);
    CHECK(world_pair(&w, PAIR_BLOCK, a.seeker, a.peer) != NULL);
    CHECK(world_pair(&w, PAIR_BOND, a.seeker, a.peer)->gone);
    ROW(&w, ROW_TICKET, a.ticket, ticket.state, TICKET_WAITING);
    (void)world_offer_command(&w, a.ticket, a.seeker, a.peer);
    REFUSED(&w, ERR_EXCLUDED);
}

/* The record is halved for every 90 days it is old. */
static void records(void)
{
    const uint64_t days_90_ms = (uint64_t)90 * 86400000;
    struct couple a;

    world_talking(&w, &a);
    for (int i = 0; i < 4; i++) {
        world_end(&w, a.talk, 0);
        reflect(&a, MATCH_SEEKER, i != 0, false);
        OK(&w);
        a.ticket = world_ticket(&w, a.seeker);
        a.offer = world_offer(&w, a.ticket, a.seeker, a.peer);
        a.talk = world_accept(&w, a.offer, a.ticket, a.peer);
    }
    world_duty(&w, a.peer, 2);
    ROW(&w, ROW_DUTY, a.peer, duty.yes, 3);
    ROW(&w, ROW_DUTY, a.peer, duty.total, 4);
    w.now_ms += days_90_ms - 1;
    world_duty(&w, a.peer, 2);
    ROW(&w, ROW_DUTY, a.peer, duty.total, 4);
    w.now_ms += 1;
    world_duty(&w, a.peer, 2);
    ROW(&w, ROW_DUTY, a.peer, duty.yes, 1);
    ROW(&w, ROW_DUTY, a.peer, duty.total, 2);
    w.now_ms += 3 * days_90_ms;
    world_duty(&w, a.peer, 2);
    ROW(&w, ROW_DUTY, a.peer, duty.total, 0);
}

static struct match_command *attend(uint64_t peer, uint8_t day_max,
                                    uint64_t day_since_ms)
{
    struct match_command *c = world_match(&w, COMMAND_OPEN_DUTY);

    c->open_duty.duty = (struct match_duty_row){.member = peer,
                                                .pool = WORLD_POOL,
                                                .state = DUTY_ON,
                                                .grade = GRADE_PEER,
                                                .capacity = 8,
                                                .day_max = day_max};
    c->open_duty.card_version = 1;
    c->open_duty.day_since_ms = day_since_ms;
    return c;
}

static uint64_t offer_today(uint64_t peer, uint64_t day_since_ms, enum err err)
{
    uint64_t seeker = world_member(&w, GRADE_MEMBER);
    uint64_t ticket = world_ticket(&w, seeker);
    struct match_command *c = world_offer_command(&w, ticket, seeker, peer);
    uint64_t offer = c->offer.offer.id;

    c->offer.day_since_ms = day_since_ms;
    if (err != ERR_NONE) {
        REFUSED(&w, err);
        return 0;
    }
    OK(&w);
    return world_accept(&w, offer, ticket, peer);
}

static uint32_t talks_told(void)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w.job.result.match.rows; i++)
        n += w.job.result.match.row[i].kind == ROW_TALK;
    return n;
}

/* A peer's own maximum a day: of talks begun, ended or not, and open offers. */
static void days(void)
{
    uint64_t peer = world_member(&w, GRADE_PEER), first_ms, talk[3];

    (void)attend(peer, 17, 0);
    REFUSED(&w, ERR_CAPACITY);
    (void)attend(peer, 2, 0);
    OK(&w);
    ROW(&w, ROW_DUTY, peer, duty.day_max, 2);
    first_ms = w.now_ms;
    talk[0] = offer_today(peer, 0, ERR_NONE);
    world_end(&w, talk[0], 0);
    w.now_ms += 1000;
    talk[1] = offer_today(peer, 0, ERR_NONE);
    (void)offer_today(peer, 0, ERR_FULL);
    (void)offer_today(peer, first_ms - 1, ERR_FULL);
    world_end(&w, talk[1], 0);
    (void)offer_today(peer, first_ms - 1, ERR_FULL); /* an end frees nothing */
    world_reopen(&w);
    (void)attend(peer, 2, first_ms - 1);
    OK(&w);
    CHECK(talks_told() == 2);
    (void)attend(peer, 2, first_ms);
    OK(&w);
    CHECK(talks_told() == 1);
    talk[2] = offer_today(peer, first_ms, ERR_NONE);
    (void)offer_today(peer, first_ms, ERR_FULL);
    (void)attend(peer, 0, 0); /* without one, nothing is counted or told */
    OK(&w);
    CHECK(talks_told() == 1); /* the live one */
    (void)offer_today(peer, 0, ERR_NONE);
    world_end(&w, talk[2], 0);
}

/* Of many, the newest sixteen are told. */
static void newest(void)
{
    uint64_t peer = world_member(&w, GRADE_PEER), talk[30];
    uint32_t told = 0;

    (void)attend(peer, 0, 0);
    OK(&w);
    for (int i = 0; i < 30; i++) {
        talk[i] = offer_today(peer, 0, ERR_NONE);
        world_end(&w, talk[i], 0);
        w.now_ms++;
    }
    (void)attend(peer, MATCH_DAY_MAX, 0);
    OK(&w);
    for (int i = 0; i < 30; i++) {
        bool there = world_row(&w, ROW_TALK, talk[i]) != NULL;

        told += there;
        CHECK(there == (i >= 30 - MATCH_DAY_MAX));
    }
    CHECK(told == MATCH_DAY_MAX);
    (void)offer_today(peer, 0, ERR_FULL);
}

static struct match_command *block(uint64_t member, uint64_t other,
                                   uint64_t via)
{
    struct match_command *c = world_match(&w, COMMAND_BLOCK);

    c->block.member = member;
    c->block.other = other;
    c->block.via = via;
    return c;
}

static void blocks(void)
{
    struct couple a, b;
    struct match_command *c;

    world_talking(&w, &a);
    world_offered(&w, &b);
    (void)block(a.seeker, a.seeker, 0);
    REFUSED(&w, ERR_INVALID);
    (void)block(a.seeker, b.peer, a.talk);
    REFUSED(&w, ERR_NO_RELATION);
    (void)block(a.seeker, b.peer, b.offer); /* a stranger's offer */
    REFUSED(&w, ERR_NO_RELATION);
    CHECK(w.job.result.match.rows == 0);
    (void)block(a.seeker, 0, world_id(&w));
    REFUSED(&w, ERR_NO_RELATION);
    w.now_ms += 86400000; /* an offer tells who the other is for a day */
    (void)block(b.peer, b.seeker, b.offer);
    REFUSED(&w, ERR_NO_RELATION);
    w.now_ms -= 1;
    (void)block(b.peer, b.seeker, b.offer);
    OK(&w);
    ROW(&w, ROW_OFFER, b.offer, offer.state, OFFER_REVOKED);
    (void)block(a.seeker, 0, a.talk);
    OK(&w);
    ROW(&w, ROW_TALK, a.talk, talk.state, TALK_ENDED);
    ROW(&w, ROW_TALK, a.talk, talk.why, TALK_WHY_BLOCK);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 0);
    ROW(&w, ROW_DUTY, a.peer, duty.rest_until_ms, w.now_ms + 300000);
    (void)block(a.seeker, 0, a.talk); /* again is well */
    OK(&w);
    c = block(a.peer, a.seeker, 0); /* one does not undo the other */
    c->kind = COMMAND_UNBLOCK;
    REFUSED(&w, ERR_NO_RELATION);
    c = block(a.seeker, a.peer, 0);
    c->kind = COMMAND_UNBLOCK;
    OK(&w);
    CHECK(world_pair(&w, PAIR_BLOCK, a.seeker, a.peer)->gone);
    a.ticket = world_ticket(&w, a.seeker);
    (void)world_offer(&w, a.ticket, a.seeker, a.peer);
}

/* A hold closes everything of theirs, on both sides, in one commit. */
static void holds(void)
{
    struct couple a, b, c;
    struct match_command *h;

    world_talking(&w, &a); /* as a peer */
    b.seeker = world_member(&w, GRADE_MEMBER);
    b.ticket = world_ticket(&w, b.seeker);
    b.offer = world_offer(&w, b.ticket, b.seeker, a.peer);
    world_couple(&w, &c); /* and as a seeker */
    c.ticket = world_ticket(&w, a.peer);
    ROW(&w, ROW_OFFER, b.offer, offer.state, OFFER_REVOKED);
    c.offer = world_offer(&w, c.ticket, a.peer, c.peer);
    h = world_match(&w, COMMAND_HOLD);
    h->hold.member = world_id(&w);
    REFUSED(&w, ERR_NOT_ENROLLED);
    h = world_match(&w, COMMAND_HOLD);
    h->hold.member = a.peer;
    h->hold.held = true;
    OK(&w);
    ROW(&w, ROW_TICKET, c.ticket, ticket.why, TICKET_WHY_HELD);
    ROW(&w, ROW_OFFER, c.offer, offer.state, OFFER_REVOKED);
    ROW(&w, ROW_DUTY, c.peer, duty.used, 0);
    ROW(&w, ROW_TALK, a.talk, talk.why, TALK_WHY_HELD);
    ROW(&w, ROW_DUTY, a.peer, duty.state, DUTY_OFF);
    ROW(&w, ROW_DUTY, a.peer, duty.why, DUTY_WHY_HELD);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 0);
    h = world_match(&w, COMMAND_HOLD);
    h->hold.member = a.seeker;
    h->hold.held = h->hold.erased = true;
    a.ticket = 0;
    OK(&w);
    (void)world_command(&w, STORE_PUT_CARD);
    w.job.command.put_card.member = a.seeker;
    w.job.command.put_card.version = 2;
    REFUSED(&w, ERR_MEMBER_INACTIVE);
}

/* What a new ticket and a new duty are told about. */
static void told_pairs(void)
{
    struct couple a;
    uint64_t other = world_member(&w, GRADE_PEER);

    world_talking(&w, &a);
    world_end(&w, a.talk, w.now_ms + 100000);
    (void)block(a.seeker, other, 0);
    OK(&w);
    a.ticket = world_ticket(&w, a.seeker);
    CHECK(world_pair(&w, PAIR_RESTS, a.seeker, a.peer) != NULL);
    CHECK(world_pair(&w, PAIR_BLOCK, a.seeker, other) == NULL); /* off */
    world_duty(&w, other, 1);
    CHECK(world_pair(&w, PAIR_BLOCK, a.seeker, other) != NULL);
    CHECK(world_pair(&w, PAIR_RESTS, a.seeker, a.peer) == NULL);
    world_again(&w);
    EXPECTED(&w, OUTCOME_REPLAY, ERR_NONE);
    CHECK(world_pair(&w, PAIR_BLOCK, a.seeker, other) != NULL);
}

int part_pairs(const char *kind, const char *path)
{
    world_open(&w, kind, path);
    joins();
    ends();
    later_rests();
    shorter_rests();
    bonds();
    records();
    blocks();
    holds();
    told_pairs();
    days();
    newest();
    world_close(&w);
    return check_report("store pairs");
}

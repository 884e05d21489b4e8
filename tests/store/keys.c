/* Replays by operation and by key, keys that are reused, epochs that are old,
 * and what outlives a restart. */
#include "expect.h"

static struct world w;

/* store/store law 2, by operation: each kind of command run twice. */
static void same_operation(void)
{
    struct couple a;
    uint64_t talk;

    world_offered(&w, &a);
    world_again(&w);
    EXPECTED(&w, OUTCOME_REPLAY, ERR_NONE);
    CHECK(w.job.result.match.reference == a.offer);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_OPEN);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 1);
    talk = world_accept(&w, a.offer, a.ticket, a.peer);
    world_again(&w);
    EXPECTED(&w, OUTCOME_REPLAY, ERR_NONE);
    CHECK(w.job.result.match.reference == talk);
    ROW(&w, ROW_TALK, talk, talk.state, TALK_JOINING);
    ROW(&w, ROW_TICKET, a.ticket, ticket.state, TICKET_MATCHED);
    world_end(&w, talk, w.now_ms + 1000);
    world_reopen(&w);
    world_again(&w);
    EXPECTED(&w, OUTCOME_REPLAY, ERR_NONE);
    ROW(&w, ROW_TALK, talk, talk.state, TALK_ENDED);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 0);
    CHECK(world_pair(&w, PAIR_RESTS, a.seeker, a.peer) != NULL);
}

static struct match_command *ask(uint64_t member, struct match_key key)
{
    struct match_command *c = world_ask(&w, member);

    c->key = c->open_ticket.ticket.key = key;
    return c;
}

/* Law 2, by key: the first is the answer for ever, also when it is over. */
static void same_key(void)
{
    uint64_t member = world_member(&w, GRADE_MEMBER), first;
    uint64_t other = world_member(&w, GRADE_MEMBER);
    struct match_key key = world_key(5, 50);
    struct match_command *c;

    first = ask(member, key)->open_ticket.ticket.id;
    OK(&w);
    (void)ask(member, key);
    EXPECT(&w, OUTCOME_REPLAY, ERR_NONE);
    CHECK(w.job.result.match.reference == first);
    ROW(&w, ROW_TICKET, first, ticket.key.word[0], 5);
    (void)ask(member, world_key(5, 51));
    REFUSED(&w, ERR_KEY_REUSED);
    (void)ask(member, world_key(6, 50));
    REFUSED(&w, ERR_TICKET_LIVES); /* a refusal of state is not recorded */
    (void)ask(other, key);
    OK(&w); /* keys are each member's own */
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->key = key; /* of another call */
    c->close_ticket.ticket = first;
    c->close_ticket.member = member;
    REFUSED(&w, ERR_KEY_REUSED);
    c = world_match(&w, COMMAND_CLOSE_TICKET);
    c->close_ticket.ticket = first;
    c->close_ticket.member = member;
    c->close_ticket.why = TICKET_WHY_WITHDRAWN;
    OK(&w);
    world_reopen(&w);
    (void)ask(member, key);
    EXPECT(&w, OUTCOME_REPLAY, ERR_NONE);
    ROW(&w, ROW_TICKET, first, ticket.state, TICKET_ENDED);
    (void)ask(member, world_key(6, 50));
    OK(&w);
}

/* Answering a closed offer: the same key replays, another is refused. */
static void answer_keys(void)
{
    struct couple a;
    struct match_command *c;
    uint64_t talk;

    world_offered(&w, &a);
    c = world_accept_command(&w, a.offer, a.ticket, a.peer);
    c->key = world_key(8, 80);
    talk = c->accept.talk;
    OK(&w);
    ROW(&w, ROW_OFFER, a.offer, offer.answer.word[0], 8);
    c = world_accept_command(&w, a.offer, a.ticket, a.peer);
    c->key = world_key(8, 80);
    EXPECT(&w, OUTCOME_REPLAY, ERR_NONE);
    CHECK(w.job.result.match.reference == talk);
    ROW(&w, ROW_TALK, talk, talk.state, TALK_JOINING);
    ROW(&w, ROW_OFFER, a.offer, offer.state, OFFER_ACCEPTED);
    c = world_accept_command(&w, a.offer, a.ticket, a.peer);
    c->key = world_key(9, 80);
    REFUSED(&w, ERR_OFFER_CLOSED);
    c = world_match(&w, COMMAND_DECLINE);
    c->key = world_key(8, 81);
    c->decline.offer = a.offer;
    c->decline.peer = a.peer;
    REFUSED(&w, ERR_KEY_REUSED);
}

static struct match_command *attend(uint64_t peer, struct match_key key)
{
    struct match_command *c = world_match(&w, COMMAND_OPEN_DUTY);

    c->key = key;
    c->open_duty.duty = (struct match_duty_row){.member = peer,
                                                .pool = WORLD_POOL,
                                                .state = DUTY_ON,
                                                .grade = GRADE_PEER,
                                                .capacity = 2,
                                                .key = key};
    c->open_duty.card_version = 1;
    return c;
}

/* The key of an attend resumes it after a claim, but not after leaving. */
static void attend_keys(void)
{
    uint64_t peer = world_member(&w, GRADE_PEER);
    struct match_key key = world_key(3, 30);
    struct match_command *c;

    (void)attend(peer, key);
    OK(&w);
    (void)attend(peer, key);
    EXPECT(&w, OUTCOME_REPLAY, ERR_NONE);
    ROW(&w, ROW_DUTY, peer, duty.state, DUTY_ON);
    world_claim(&w);
    (void)attend(peer, world_key(3, 31));
    REFUSED(&w, ERR_KEY_REUSED);
    (void)attend(peer, key);
    OK(&w);
    ROW(&w, ROW_DUTY, peer, duty.state, DUTY_ON);
    c = world_match(&w, COMMAND_CLOSE_DUTY);
    c->close_duty.member = peer;
    c->close_duty.why = DUTY_WHY_LEFT;
    OK(&w);
    (void)attend(peer, key);
    EXPECT(&w, OUTCOME_REPLAY, ERR_NONE);
    ROW(&w, ROW_DUTY, peer, duty.state, DUTY_OFF);
}

/* store/store law 3, and what a claim does to duties and their offers. */
static void epochs(void)
{
    struct couple a;
    struct match_command *c;
    uint64_t old = w.epoch;

    world_offered(&w, &a);
    world_claim(&w);
    CHECK(w.epoch == old + 1);
    c = world_accept_command(&w, a.offer, a.ticket, a.peer);
    c->epoch = old;
    EXPECT(&w, OUTCOME_FENCED, ERR_FENCED);
    CHECK(w.job.result.match.rows == 0);
    world_command(&w, STORE_LOAD)->epoch = old;
    EXPECT(&w, OUTCOME_FENCED, ERR_FENCED);
    (void)world_offer_command(&w, world_ticket(&w, a.peer), a.peer, a.seeker);
    REFUSED(&w, ERR_NOT_ON_DUTY);
    world_reopen(&w);
    (void)world_accept_command(&w, a.offer, a.ticket, a.peer);
    REFUSED(&w, ERR_OFFER_CLOSED); /* the peer asked: it was revoked */
    ROW(&w, ROW_DUTY, a.peer, duty.why, DUTY_WHY_CLAIM);

    world_offered(&w, &a);
    world_claim(&w);
    (void)world_accept_command(&w, a.offer, a.ticket, a.peer);
    OK(&w); /* open offers keep their deadline */
    ROW(&w, ROW_DUTY, a.peer, duty.state, DUTY_OFF);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 1);
}

/* A lapse that a claim caused is no fault of the peer. */
static void claim_and_lapse(void)
{
    struct couple a;
    struct match_command *c;

    world_offered(&w, &a);
    world_claim(&w);
    w.now_ms += 31000;
    c = world_match(&w, COMMAND_CLOSE_OFFER);
    c->close_offer.offer = a.offer;
    c->close_offer.state = OFFER_LAPSED;
    c->close_offer.lapses_max = 1;
    OK(&w);
    ROW(&w, ROW_DUTY, a.peer, duty.lapses, 0);
    ROW(&w, ROW_DUTY, a.peer, duty.used, 0);
}

static struct store_command *rotate(uint64_t from, uint64_t to, uint64_t key)
{
    struct store_command *c = world_command(&w, STORE_ROTATE);

    if (key)
        c->key = world_key(key, 30);
    memcpy(c->rotate.old_handle, &from, sizeof from);
    memcpy(c->rotate.new_handle, &to, sizeof to);
    return c;
}

static void find(uint64_t handle, enum err err, uint64_t member,
                 uint32_t generation)
{
    struct store_command *c = world_command(&w, STORE_FIND_ACCOUNT);

    memcpy(c->find_account.handle, &handle, sizeof handle);
    EXPECT(&w, err ? OUTCOME_REFUSED : OUTCOME_OK, err);
    if (err != ERR_NONE)
        return;
    CHECK(w.job.result.account.member == member);
    CHECK(w.job.result.account.generation == generation);
}

static uint64_t last_rotation(void)
{
    uint64_t rotated_ms;

    (void)world_command(&w, STORE_CLAIM);
    OK(&w);
    w.epoch = w.job.result.epoch;
    rotated_ms = w.job.result.rotated_ms;
    return rotated_ms;
}

/* Another key, the same member; each guard, and that the card is still theirs. */
static void rotations(void)
{
    uint64_t id = world_id(&w), other = world_id(&w), fresh = world_id(&w);
    uint64_t done_ms;
    struct store_command *c;

    CHECK(last_rotation() == 0);
    for (int i = 0; i < 2; i++) {
        c = world_command(&w, STORE_ENROL);
        c->enrol.member = i ? other : id;
        memcpy(c->enrol.handle, &c->enrol.member, sizeof id);
        c->enrol.pool = WORLD_POOL;
        OK(&w);
    }
    world_card(&w, id, MATCH_SEEKER, 1);
    (void)rotate(fresh, id, 0);
    REFUSED(&w, ERR_NOT_ENROLLED);
    (void)rotate(id, other, 0);
    REFUSED(&w, ERR_ENROLLED);
    world_match(&w, COMMAND_HOLD)->hold.member = id;
    w.job.command.match.command.hold.held = true;
    OK(&w);
    (void)rotate(id, fresh, 0);
    REFUSED(&w, ERR_MEMBER_INACTIVE);
    world_match(&w, COMMAND_HOLD)->hold.member = id;
    OK(&w);
    find(id, ERR_NONE, id, 0);
    find(fresh, ERR_NOT_ENROLLED, 0, 0);
    done_ms = w.now_ms;
    for (int again = 0; again < 2; again++) {
        (void)rotate(id, fresh, 7);
        EXPECT(&w, again ? OUTCOME_REPLAY : OUTCOME_OK, ERR_NONE);
        CHECK(w.job.result.account.member == id);
        CHECK(w.job.result.account.generation == 1);
        CHECK(w.job.result.account.rotated_ms == done_ms); /* once */
        w.now_ms += 1000;
        world_reopen(&w);
    }
    (void)rotate(id, fresh, 0);
    REFUSED(&w, ERR_NOT_ENROLLED);
    (void)rotate(id, other, 7); /* the same key, another request */
    w.job.command.key.request_hash++;
    REFUSED(&w, ERR_KEY_REUSED);
    find(id, ERR_NOT_ENROLLED, 0, 0);
    find(fresh, ERR_NONE, id, 1);
    find(other, ERR_NONE, other, 0);
    world_card(&w, id, MATCH_SEEKER, 2);
    (void)rotate(fresh, id, 0); /* and back */
    w.now_ms += 1000;
    w.job.command.now_ms = w.now_ms;
    OK(&w);
    find(id, ERR_NONE, id, 2);
    world_reopen(&w);
    CHECK(last_rotation() == w.now_ms);
    find(id, ERR_NONE, id, 2);
    for (uint64_t past_ms = 4999; past_ms <= 5000; past_ms++) {
        c = world_command(&w, STORE_SWEEP);
        c->now_ms = w.now_ms + past_ms;
        c->sweep.idle_ms = c->sweep.message_ms = UINT64_MAX / 4;
        c->sweep.mailbox_ms = c->sweep.link_ms = UINT64_MAX / 4;
        c->sweep.key_ms = 5000;
        c->sweep.most = STORE_BATCH_MAX;
        OK(&w);
        CHECK(last_rotation() == (past_ms < 5000 ? w.now_ms : 0));
    }
    find(id, ERR_NONE, id, 2); /* when is forgotten, how often is not */
}

/* Accounts and cards have keys too. */
static void other_keys(void)
{
    uint64_t id = world_id(&w);
    struct store_command *c;

    for (int again = 0; again < 2; again++) {
        c = world_command(&w, STORE_ENROL);
        c->key = world_key(1, 10);
        c->enrol.member = id + (uint64_t)again;
        memcpy(c->enrol.handle, &id, sizeof id);
        c->enrol.pool = WORLD_POOL;
        EXPECT(&w, again ? OUTCOME_REPLAY : OUTCOME_OK, ERR_NONE);
        CHECK(w.job.result.account.member == id);
        CHECK(w.job.result.account.pool == WORLD_POOL);
    }
    c = world_command(&w, STORE_ENROL);
    c->enrol.member = id + 1;
    memcpy(c->enrol.handle, &id, sizeof id);
    REFUSED(&w, ERR_ENROLLED);
    c = world_command(&w, STORE_FIND_ACCOUNT);
    memcpy(c->find_account.handle, &id, sizeof id);
    OK(&w);
    CHECK(w.job.result.account.member == id);
    CHECK(w.job.result.account.active);
    c = world_command(&w, STORE_FIND_ACCOUNT);
    c->find_account.handle[5] = 1;
    REFUSED(&w, ERR_NOT_ENROLLED);
    for (int again = 0; again < 2; again++) {
        c = world_command(&w, STORE_PUT_CARD);
        c->key = world_key(2, 20);
        c->put_card.member = id;
        c->put_card.version = 1;
        c->put_card.consent_version = 4;
        EXPECT(&w, again ? OUTCOME_REPLAY : OUTCOME_OK, ERR_NONE);
        CHECK(w.job.result.card.version == 1);
    }
    c = world_command(&w, STORE_PUT_CARD);
    c->put_card.member = id;
    c->put_card.version = 1;
    REFUSED(&w, ERR_CARD_VERSION);
    CHECK(w.job.result.card.version == 1);
    world_reopen(&w);
    c = world_command(&w, STORE_GET_CARD);
    c->get_card.member = id;
    OK(&w);
    CHECK(w.job.result.card.consent_version == 4);
    c = world_command(&w, STORE_GET_CARD);
    c->get_card.member = id;
    c->get_card.role = MATCH_PEER;
    REFUSED(&w, ERR_CARD_MISSING);
}

int part_keys(const char *kind, const char *path)
{
    world_open(&w, kind, path);
    same_operation();
    same_key();
    answer_keys();
    attend_keys();
    epochs();
    claim_and_lapse();
    other_keys();
    rotations();
    world_close(&w);
    return check_report("store keys");
}

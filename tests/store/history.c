/* Random histories: the same commands to a memory store and to the keeper
 * under test, in batches; the same results, and the same rows after each
 * batch.  A seed that fails is printed and fails again. */
#include "base/chance.h"
#include "expect.h"

enum { SEEDS = 12, BATCHES = 60, PEOPLE = 24, IDS = 64, ROWS_MAX = 8192 };
enum { BATCH = 24 };

static struct world slow, w;
static struct store_job twin[BATCH], job[BATCH];
static uint64_t seed, member[PEOPLE], id[3][IDS];
static uint32_t ids[3]; /* tickets, offers, talks */
static struct store_command last;
static uint8_t text[900];

static uint64_t below(uint64_t n)
{
    return chance_below(&seed, n);
}

static uint64_t some_member(void)
{
    return member[below(PEOPLE)];
}

/* Mostly of those who seek, or of those who help. */
static uint64_t some_of(enum match_role role)
{
    uint64_t half = PEOPLE / 2;

    return below(12) == 0 ? some_member()
                          : member[below(half) + (role == MATCH_PEER) * half];
}

/* One that was made lately, or none. */
static uint64_t some_id(uint32_t kind)
{
    uint32_t n = ids[kind] < IDS ? ids[kind] : IDS;

    return n == 0 || below(40) == 0
               ? 99
               : id[kind][(ids[kind] - 1 - below(n < 8 ? n : 8)) % IDS];
}

static uint64_t new_id(uint32_t kind)
{
    uint64_t made = chance_next(&seed) | 1;

    id[kind][ids[kind]++ % IDS] = made;
    return made;
}

/* Any live row of this kind; else one without a kind. */
static struct match_row any(enum match_row_kind kind)
{
    static struct match_row row[ROWS_MAX];
    uint32_t n = world_rows(&slow, row, ROWS_MAX), first = 0, count = 0;

    for (uint32_t i = 0; i < n; i++) {
        first = row[i].kind < kind ? i + 1 : first;
        count += row[i].kind == kind;
    }
    if (count == 0 || below(20) == 0)
        return (struct match_row){.kind = ROW_KINDS};
    return row[first + below(count)];
}

static void make_ask(struct match_command *c)
{
    c->kind = COMMAND_OPEN_TICKET;
    c->open_ticket.ticket =
        (struct match_ticket_row){.id = new_id(0),
                                  .member = some_of(MATCH_SEEKER),
                                  .pool = WORLD_POOL,
                                  .since_ms = w.now_ms - below(1000),
                                  .expires_ms = w.now_ms + 1800000,
                                  .danger = below(4) == 0,
                                  .tie = chance_next(&seed)};
    c->open_ticket.card_version = 1;
}

static void make_duty(struct match_command *c)
{
    c->kind = COMMAND_OPEN_DUTY;
    c->open_duty.duty = (struct match_duty_row){.member = some_of(MATCH_PEER),
                                                .pool = WORLD_POOL,
                                                .state = DUTY_ON,
                                                .grade = GRADE_PEER,
                                                .capacity = (uint8_t)below(10),
                                                .rest_ms = below(2000),
                                                .tie = chance_next(&seed)};
    c->open_duty.card_version = 1;
    if (below(3) != 0)
        return;
    c->kind = COMMAND_SET_DUTY;
    c->set_duty.duty.state = below(2) ? DUTY_ON : DUTY_PAUSED;
    c->set_duty.duty.why = DUTY_WHY_REQUEST;
    c->set_duty.revoke = below(2);
}

static void make_offer(struct match_command *c)
{
    struct match_row ticket = any(ROW_TICKET), duty = any(ROW_DUTY);

    c->kind = COMMAND_OFFER;
    c->offer.offer = (struct match_offer_row){
        .id = new_id(1),
        .ticket = ticket.kind == ROW_TICKET ? ticket.ticket.id : 99,
        .seeker = ticket.kind == ROW_TICKET && below(20) ? ticket.ticket.member
                                                         : some_member(),
        .peer = duty.kind == ROW_DUTY ? duty.duty.member : some_member(),
        .pool = WORLD_POOL,
        .seeker_card_version = 1,
        .peer_card_version = 1 + (below(30) == 0),
        .made_ms = w.now_ms,
        .deadline_ms = w.now_ms + below(12000)};
}

static void make_answer(struct match_command *c, struct store_command *whole)
{
    struct match_row row = any(ROW_OFFER);
    bool found = row.kind == ROW_OFFER;
    uint64_t offer = found ? row.offer.id : some_id(1);

    c->kind = below(3) ? COMMAND_ACCEPT : COMMAND_DECLINE;
    if (c->kind == COMMAND_DECLINE) {
        c->decline.offer = offer;
        c->decline.peer = found ? row.offer.peer : some_member();
        c->decline.rests_until_ms = below(2) ? w.now_ms + below(9000) : 0;
        c->decline.backoff_until_ms = below(2) ? w.now_ms + below(900) : 0;
        return;
    }
    c->accept.offer = offer;
    c->accept.ticket = found ? row.offer.ticket : 99;
    c->accept.peer = found ? row.offer.peer : some_member();
    c->accept.talk = new_id(2);
    for (int side = 0; side < MATCH_ROLES; side++) {
        struct store_mailbox *box = &whole->match.mailbox[side];

        memcpy(box->receive_hash, &c->accept.talk, sizeof(uint64_t));
        box->receive_hash[9] = (uint8_t)(side + 1);
        memcpy(box->send_hash, box->receive_hash, STORE_HASH);
    }
}

static void make_close(struct match_command *c)
{
    struct match_row ticket = any(ROW_TICKET), offer = any(ROW_OFFER);

    switch (below(4)) {
    case 0:
        c->kind = COMMAND_CLOSE_TICKET;
        c->close_ticket.ticket =
            ticket.kind == ROW_TICKET ? ticket.ticket.id : some_id(0);
        c->close_ticket.member =
            ticket.kind == ROW_TICKET ? ticket.ticket.member : some_member();
        c->close_ticket.why = TICKET_WHY_WITHDRAWN;
        break;
    case 1:
        c->kind = COMMAND_CLOSE_DUTY;
        c->close_duty.member = some_of(MATCH_PEER);
        c->close_duty.why = DUTY_WHY_LEFT;
        break;
    default:
        c->kind = COMMAND_CLOSE_OFFER;
        c->close_offer.offer =
            offer.kind == ROW_OFFER ? offer.offer.id : some_id(1);
        c->close_offer.state = below(2) ? OFFER_LAPSED : OFFER_REVOKED;
        c->close_offer.lapses_max = 2;
        c->close_offer.rests_until_ms = below(2) ? w.now_ms + 3000 : 0;
    }
}

static void make_talk(struct match_command *c)
{
    struct match_row live = any(ROW_TALK);
    uint64_t talk =
        live.kind == ROW_TALK && below(4) ? live.talk.id : some_id(2);

    c->kind = (enum match_command_kind)(COMMAND_JOIN + below(3));
    if (c->kind == COMMAND_JOIN) {
        c->join.talk = talk;
        c->join.side = (enum match_role)below(2);
    } else if (c->kind == COMMAND_END_TALK) {
        c->end_talk.talk = talk;
        c->end_talk.why = TALK_WHY_ENDED;
        c->end_talk.rests_until_ms = w.now_ms + below(5000);
        c->end_talk.rest_until_ms = w.now_ms + below(5000);
    } else {
        c->reflect.talk = talk;
        c->reflect.side = (enum match_role)below(2);
        c->reflect.said = below(4);
        c->reflect.understood = below(2);
        c->reflect.again = below(2);
        c->reflect.within_ms = 1 + below(20000);
    }
}

static void make_safety(struct match_command *c)
{
    if (below(3) == 0) {
        c->kind = COMMAND_HOLD;
        c->hold.member = some_member();
        c->hold.held = below(4) == 0;
        return;
    }
    c->kind = below(5) < 2 ? COMMAND_BLOCK : COMMAND_UNBLOCK;
    c->block.member = some_member();
    c->block.other = below(2) ? some_member() : 0;
    c->block.via = below(2) ? some_id(1 + (uint32_t)below(2)) : 0;
}

/* One mailbox of a talk that may or may not live. */
static void make_mail(struct store_command *c)
{
    uint64_t talk = some_id(2);
    uint8_t hash[STORE_HASH] = {0};

    memset(c, 0, sizeof *c);
    c->now_ms = w.now_ms;
    memcpy(hash, &talk, sizeof talk);
    hash[9] = (uint8_t)(1 + below(2));
    switch (below(4)) {
    case 0:
        c->kind = STORE_RECEIVE;
        memcpy(c->receive.receive_hash, hash, STORE_HASH);
        c->receive.after_seq = below(6);
        c->receive.most = (uint32_t)below(5);
        break;
    case 1:
        c->kind = STORE_ACKNOWLEDGE;
        memcpy(c->acknowledge.receive_hash, hash, STORE_HASH);
        c->acknowledge.up_to_seq = below(6);
        break;
    default:
        c->kind = STORE_SEND;
        memcpy(c->send.send_hash, hash, STORE_HASH);
        c->send.ciphertext = (struct store_bytes){.data = text + below(300),
                                                  .size = (uint32_t)below(600)};
        if (below(3) == 0)
            c->key = world_key(1 + below(9), below(2));
    }
}

/* One of three keys that each might have. */
static void some_handle(uint8_t handle[STORE_HASH], uint64_t of)
{
    memset(handle, 0, STORE_HASH);
    memcpy(handle, &of, sizeof of);
    handle[STORE_HASH - 1] = (uint8_t)(1 + below(3)); /* as world_member() */
}

static void make_account(struct store_command *c)
{
    uint64_t who = some_member();

    memset(c, 0, sizeof *c);
    c->now_ms = w.now_ms;
    c->kind = below(3) ? STORE_ROTATE : STORE_FIND_ACCOUNT;
    if (c->kind == STORE_FIND_ACCOUNT) {
        some_handle(c->find_account.handle, who);
        return;
    }
    some_handle(c->rotate.old_handle, who);
    some_handle(c->rotate.new_handle, below(4) ? who : some_member());
    if (below(3) == 0)
        c->key = world_key(1 + below(9), below(2));
}

static bool same_account(const struct store_result *x,
                         const struct store_result *y)
{
    return x->account.member == y->account.member &&
           x->account.generation == y->account.generation &&
           x->account.rotated_ms == y->account.rotated_ms &&
           x->account.active == y->account.active;
}

static bool same_message(const struct store_message *x,
                         const struct store_message *y)
{
    return x->seq == y->seq && x->ciphertext.size == y->ciphertext.size &&
           memcmp(x->ciphertext.data, y->ciphertext.data, x->ciphertext.size) ==
               0;
}

static bool same_result(enum store_command_kind kind,
                        const struct store_result *x,
                        const struct store_result *y)
{
    if (kind == STORE_MATCH)
        return world_same_result(x, y);
    if (x->outcome != y->outcome || x->err != y->err)
        return false;
    if (x->outcome == OUTCOME_REFUSED)
        return true;
    if (kind == STORE_ROTATE || kind == STORE_FIND_ACCOUNT)
        return same_account(x, y);
    if (kind == STORE_SEND)
        return x->sent.seq == y->sent.seq;
    if (kind == STORE_ACKNOWLEDGE)
        return x->mailbox.last_seq == y->mailbox.last_seq &&
               x->mailbox.acked_seq == y->mailbox.acked_seq &&
               x->mailbox.closed_ms == y->mailbox.closed_ms;
    if (x->received.messages != y->received.messages ||
        x->received.more != y->received.more ||
        x->received.expired_seq != y->received.expired_seq)
        return false;
    for (uint32_t i = 0; i < x->received.messages; i++)
        if (!same_message(&x->received.message[i], &y->received.message[i]))
            return false;
    return true;
}

static void make(struct store_command *whole)
{
    struct match_command *c = &whole->match.command;
    uint64_t dice = below(100);

    if (below(25) == 0 && last.kind == STORE_MATCH &&
        last.match.command.now_ms <= w.now_ms) {
        *whole = last; /* nobody heard the answer: once more */
        return;
    }
    if (below(5) == 0) {
        make_mail(whole);
        return;
    }
    if (below(20) == 0) {
        make_account(whole);
        return;
    }
    memset(whole, 0, sizeof *whole);
    whole->kind = STORE_MATCH;
    c->op = ++w.op;
    c->epoch = w.epoch - (below(100) == 0);
    c->now_ms = w.now_ms;
    if (dice < 10)
        make_ask(c);
    else if (dice < 18)
        make_duty(c);
    else if (dice < 50)
        make_offer(c);
    else if (dice < 75)
        make_answer(c, whole);
    else if (dice < 84)
        make_close(c);
    else if (dice < 96)
        make_talk(c);
    else
        make_safety(c);
    if (below(6) == 0)
        c->key = world_key(1 + below(9), below(2));
    last = *whole;
}

static bool same_rows(void)
{
    static struct match_row x[ROWS_MAX], y[ROWS_MAX];
    uint32_t n = world_rows(&slow, x, ROWS_MAX);

    if (world_rows(&w, y, ROWS_MAX) != n)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!world_same_row(&x[i], &y[i]))
            return false;
    return true;
}

static void sweep_both(void)
{
    struct world *const both[2] = {&slow, &w};

    for (int i = 0; i < 2; i++) {
        struct store_command *c = world_command(both[i], STORE_SWEEP);

        c->now_ms = w.now_ms;
        c->sweep.idle_ms = UINT64_MAX / 4;
        c->sweep.message_ms = 4000;
        c->sweep.mailbox_ms = c->sweep.link_ms = 20000;
        c->sweep.key_ms = 20000;
        c->sweep.most = STORE_BATCH_MAX;
        (void)world_run(both[i]);
        CHECK(both[i]->job.result.outcome == OUTCOME_OK);
    }
    CHECK(slow.job.result.swept.deleted == w.job.result.swept.deleted);
}

/* A batch for the keeper under test; one by one for the slow one. */
static uint32_t batch(uint32_t tally[OUTCOME_COUNT])
{
    struct store_job *all[BATCH];
    uint32_t n = 1 + (uint32_t)below(BATCH), wrong = 0;

    for (uint32_t i = 0; i < n; i++) {
        make(&job[i].command);
        arena_init(&job[i].arena, 1 << 20);
        arena_init(&twin[i].arena, 1 << 20);
        twin[i].command = job[i].command;
        all[i] = &twin[i];
        store_execute(slow.store, &all[i], 1);
        all[i] = &job[i];
        w.now_ms += below(300);
    }
    store_execute(w.store, all, n);
    for (uint32_t i = 0; i < n; i++) {
        wrong +=
            !same_result(job[i].command.kind, &twin[i].result, &job[i].result);
        tally[job[i].result.outcome]++;
        arena_reset(&job[i].arena);
        arena_reset(&twin[i].arena);
    }
    return wrong + !same_rows() + world_broken(&w);
}

static void people(void)
{
    for (int i = 0; i < PEOPLE; i++) {
        member[i] = world_member(&w, GRADE_PEER);
        (void)world_member(&slow, GRADE_PEER);
    }
}

static void live(uint64_t which, const char *kind, const char *path,
                 uint32_t tally[OUTCOME_COUNT])
{
    uint32_t wrong = 0;

    seed = which;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 31);
    memset(ids, 0, sizeof ids);
    memset(&last, 0, sizeof last);
    world_open(&slow, "memory", "");
    world_open(&w, kind, path);
    people();
    for (uint32_t i = 0; i < BATCHES && wrong == 0; i++) {
        wrong = batch(tally);
        store_rest(w.store);
        w.now_ms += below(2000);
        if (below(12) == 0) {
            world_claim(&w);
            world_claim(&slow);
            CHECK(w.job.result.rotated_ms == slow.job.result.rotated_ms);
        }
        if (below(12) == 0)
            world_reopen(&w);
        if (below(6) == 0)
            sweep_both();
    }
    if (wrong > 0)
        (void)fprintf(stderr, "history: seed %llu\n",
                      (unsigned long long)which);
    CHECK(wrong == 0);
    world_close(&w);
    world_close(&slow);
}

int part_history(const char *kind, const char *path)
{
    uint32_t tally[OUTCOME_COUNT] = {0};

    for (uint64_t which = 1; which <= SEEDS; which++)
        live(which, kind, path, tally);
    /* A history in which little happens proves little. */
    CHECK(tally[OUTCOME_OK] > 2000);
    CHECK(tally[OUTCOME_REFUSED] > 2000);
    CHECK(tally[OUTCOME_REPLAY] > 50);
    CHECK(tally[OUTCOME_FENCED] > 20);
    return check_report("store history");
}

/* What is the memory keeper's own: its bounds, its enumerator, and that a job
 * without memory leaves no trace.  All else is in the conformance suite. */
#include "store/memory.h"

#include <string.h>

#include "check.h"
#include "fail_malloc.h"

enum { STEPS = 12, ROWS = 16, MANY = 300 };

static struct store_job job;

static void run(struct store *store, size_t budget)
{
    struct store_job *one = &job;

    arena_reset(&job.arena);
    arena_init(&job.arena, budget);
    store_execute(store, &one, 1);
}

static struct store_command *command(enum store_command_kind kind)
{
    memset(&job.command, 0, sizeof job.command);
    job.command.kind = kind;
    job.command.now_ms = 1000;
    return &job.command;
}

static struct match_command *match(enum match_command_kind kind, uint64_t op)
{
    struct match_command *c = &command(STORE_MATCH)->match.command;

    c->kind = kind;
    c->epoch = 1;
    c->op = op;
    c->now_ms = 1000;
    return c;
}

static void make_people(uint32_t step)
{
    static uint8_t sealed[300];
    uint64_t id = 1 + step % 2;
    struct store_command *c = command(step <= 2 ? STORE_ENROL : STORE_PUT_CARD);

    if (step <= 2) {
        c->enrol.member = id;
        memcpy(c->enrol.handle, &id, sizeof id);
        c->enrol.grade = GRADE_PEER;
        return;
    }
    c->put_card.member = id;
    c->put_card.role = id == 1 ? MATCH_SEEKER : MATCH_PEER;
    c->put_card.version = 1;
    c->put_card.sealed =
        (struct store_bytes){.data = sealed, .size = sizeof sealed};
}

static void make_match(uint32_t step)
{
    static uint8_t close[MATCH_ROLES][STORE_HASH];
    static uint8_t sealed[100];
    struct store_bytes blob = {.data = sealed, .size = sizeof sealed};
    struct match_command *c = match(
        (enum match_command_kind[]){COMMAND_OPEN_TICKET, COMMAND_OPEN_DUTY,
                                    COMMAND_OFFER, COMMAND_ACCEPT,
                                    COMMAND_END_TALK}[step - 5],
        step);

    if (c->kind == COMMAND_OPEN_TICKET) {
        c->open_ticket.ticket =
            (struct match_ticket_row){.id = 10, .member = 1};
        c->open_ticket.card_version = 1;
        job.command.match.ticket_sealed = blob;
    } else if (c->kind == COMMAND_OPEN_DUTY) {
        c->open_duty.duty = (struct match_duty_row){
            .member = 2, .state = DUTY_ON, .grade = GRADE_PEER, .capacity = 1};
        c->open_duty.card_version = 1;
    } else if (c->kind == COMMAND_OFFER) {
        c->offer.offer = (struct match_offer_row){.id = 20,
                                                  .ticket = 10,
                                                  .seeker = 1,
                                                  .peer = 2,
                                                  .seeker_card_version = 1,
                                                  .peer_card_version = 1,
                                                  .deadline_ms = 5000};
    } else if (c->kind == COMMAND_ACCEPT) {
        c->accept.offer = 20;
        c->accept.ticket = 10;
        c->accept.peer = 2;
        c->accept.talk = 30;
        job.command.match.link_sealed = blob;
        for (int side = 0; side < MATCH_ROLES; side++) {
            struct store_mailbox *box = &job.command.match.mailbox[side];

            memset(box->receive_hash, side + 1, STORE_HASH);
            memset(box->send_hash, side + 3, STORE_HASH);
            box->link = blob;
        }
    } else {
        c->end_talk.talk = 30;
        c->end_talk.why = TALK_WHY_ENDED;
        c->end_talk.rests_until_ms = 90000;
        job.command.match.close = close;
        job.command.match.closes = 2;
        memset(job.command.match.close[0], 1, STORE_HASH);
        memset(job.command.match.close[1], 2, STORE_HASH);
    }
}

/* The main job in twelve commands: claim, two people, their cards, ask,
 * attend, offer, accept, end, then a message that comes too late. */
static void make(uint32_t step)
{
    static uint8_t text[500];

    if (step == 0) {
        (void)command(STORE_CLAIM);
    } else if (step <= 4) {
        make_people(step);
    } else if (step <= 9) {
        make_match(step);
    } else {
        struct store_command *c = command(STORE_SEND);

        memset(c->send.send_hash, 3, STORE_HASH);
        c->send.ciphertext =
            (struct store_bytes){.data = text, .size = sizeof text};
    }
}

static uint32_t rows(struct store *store)
{
    struct match_row row;
    uint64_t cursor = 0;
    uint32_t n = 0;

    while (store_memory_row(store, &cursor, &row))
        n++;
    return n;
}

static void main_job(void)
{
    static const uint32_t live[STEPS] = {0, 0, 0, 0, 0, 1, 2, 3, 2, 2, 2, 2};
    static const struct store_memory_soon soon = {
        .ticket = 10, .offer = 20, .talk = 30, .seeker = 1, .peer = 2};
    struct store *store = store_memory_new(ROWS);
    struct match_row row = {.kind = ROW_TICKET, .ticket.id = 10};

    for (uint32_t step = 0; step < STEPS; step++) {
        make(step);
        store_memory_hint(store, &soon); /* of what is not there, then is */
        run(store, 1 << 20);
        CHECK(job.result.err == (step < 10 ? ERR_NONE : ERR_TALK_ENDED));
        CHECK(rows(store) == live[step]);
    }
    CHECK(store_memory_find(store, &row));
    CHECK(row.ticket.state == TICKET_MATCHED);
    row = (struct match_row){.kind = ROW_TALK, .talk.id = 31};
    CHECK(!store_memory_find(store, &row));
    row = (struct match_row){.kind = ROW_PAIR,
                             .pair = {.kind = PAIR_RESTS, .a = 1, .b = 2}};
    CHECK(store_memory_find(store, &row));
    CHECK(row.pair.until_ms == 90000);
    store_close(store);
}

static bool holds(struct store *store, enum match_row_kind kind, uint64_t id)
{
    struct match_row row = {.kind = kind};

    if (kind == ROW_TICKET)
        row.ticket.id = id;
    else if (kind == ROW_OFFER)
        row.offer.id = id;
    else
        row.talk.id = id;
    return store_memory_find(store, &row);
}

/* What ended is forgotten when it is said to, and its place is used again. */
static void forgetting(void)
{
    struct store *store = store_memory_new(ROWS);

    for (uint32_t step = 0; step < STEPS; step++) {
        make(step);
        run(store, 1 << 20);
    }
    store_memory_forget(store, ROW_TICKET, 10);
    CHECK(!holds(store, ROW_TICKET, 10));
    CHECK(holds(store, ROW_OFFER, 20) && holds(store, ROW_TALK, 30));
    store_memory_forget(store, ROW_OFFER, 20);
    store_memory_forget(store, ROW_TALK, 30);
    store_memory_forget(store, ROW_TALK, 30); /* nothing: harmless */
    CHECK(!holds(store, ROW_OFFER, 20) && !holds(store, ROW_TALK, 30));
    make(5); /* the same ask, as an operation of its own */
    job.command.match.command.op = 99;
    run(store, 1 << 20);
    CHECK(job.result.outcome == OUTCOME_OK);
    CHECK(holds(store, ROW_TICKET, 10));
    store_close(store);
}

/* store/decide law 3: whichever allocation fails, the job says ERR_STORE, has
 * changed nothing, and does all of it when asked again. */
static void no_memory(void)
{
    static const uint32_t live[STEPS] = {0, 0, 0, 0, 0, 1, 2, 3, 2, 2, 2, 2};

    for (uint32_t at = 0; at < STEPS; at++) {
        bool failed = true;

        for (size_t nth = 1; failed; nth++) {
            struct store *store = store_memory_new(ROWS);

            for (uint32_t step = 0; step < at; step++) {
                make(step);
                run(store, 1 << 20);
            }
            make(at);
            fail_malloc_start(nth);
            run(store, 1 << 20);
            failed = fail_malloc_stop();
            if (failed) {
                CHECK(job.result.err == ERR_STORE);
                CHECK(rows(store) == (at == 0 ? 0 : live[at - 1]));
                run(store, 1 << 20);
            }
            CHECK(job.result.err != ERR_STORE);
            CHECK(job.result.outcome == OUTCOME_OK || at >= 10);
            CHECK(rows(store) == live[at]);
            store_close(store);
        }
    }
}

/* Past its bound, or without room for the answer, a job changes nothing. */
static void bounds(void)
{
    struct store *store = store_memory_new(4);
    uint32_t enrolled = 0;

    for (uint64_t id = 1; id <= 8; id++) {
        struct store_command *c = command(STORE_ENROL);

        c->enrol.member = id;
        memcpy(c->enrol.handle, &id, sizeof id);
        run(store, 1 << 20);
        enrolled += job.result.outcome == OUTCOME_OK;
        CHECK(job.result.err == ERR_NONE || job.result.err == ERR_STORE);
    }
    CHECK(enrolled >= 1 && enrolled <= 4);
    store_close(store);
    store = store_memory_new(ROWS);
    for (uint32_t step = 0; step < STEPS; step++) {
        make(step);
        if (step >= 5 && step <= 9) {
            run(store, 16); /* the rows do not fit */
            CHECK(job.result.err == ERR_STORE);
        }
        run(store, 1 << 20);
        CHECK(job.result.outcome == OUTCOME_OK || step >= 10);
    }
    store_close(store);
}

static void enrol(struct store *store, uint64_t id)
{
    struct store_command *c = command(STORE_ENROL);

    c->enrol.member = id;
    memcpy(c->enrol.handle, &id, sizeof id);
    run(store, 1 << 20);
    CHECK(job.result.outcome == OUTCOME_OK);
}

/* Those there is room for are taken without more memory; beyond the bound there
 * is none, and nobody is lost. */
static void room(void)
{
    struct store *store = store_memory_new(MANY + 1);

    enrol(store, 1);
    CHECK(store_memory_room(store, MANY - 1));
    CHECK(!store_memory_room(store, MANY + 1));
    fail_malloc_start(1);
    for (uint64_t id = 2; id <= MANY; id++)
        enrol(store, id);
    for (uint64_t id = 1; id <= MANY; id++) {
        struct store_command *c = command(STORE_PUT_CARD);

        c->put_card.member = id;
        c->put_card.role = MATCH_SEEKER;
        c->put_card.version = 1;
        run(store, 1 << 20);
        CHECK(job.result.outcome == OUTCOME_OK);
    }
    CHECK(!fail_malloc_stop());
    store_close(store);
}

int main(void)
{
    main_job();
    room();
    forgetting();
    no_memory();
    bounds();
    arena_reset(&job.arena);
    return check_report("store/memory");
}

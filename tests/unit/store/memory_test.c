/* What is the memory keeper's own: its bounds and its enumerator.  All else is
 * in the conformance suite. */
#include "store/memory.h"

#include <string.h>

#include "check.h"

static struct store_job job;

static void run(struct store *store)
{
    struct store_job *one = &job;

    arena_reset(&job.arena);
    arena_init(&job.arena, 1 << 20);
    store_execute(store, &one, 1);
}

static void enrol(struct store *store, uint64_t id)
{
    memset(&job.command, 0, sizeof job.command);
    job.command.kind = STORE_ENROL;
    job.command.enrol.member = id;
    memcpy(job.command.enrol.handle, &id, sizeof id);
    job.command.enrol.grade = GRADE_PEER;
    run(store);
    if (job.result.err != ERR_NONE)
        return;
    for (int role = 0; role < MATCH_ROLES; role++) {
        memset(&job.command, 0, sizeof job.command);
        job.command.kind = STORE_PUT_CARD;
        job.command.put_card.member = id;
        job.command.put_card.role = (enum match_role)role;
        job.command.put_card.version = 1;
        run(store);
        CHECK(job.result.outcome == OUTCOME_OK);
    }
}

static struct match_command *command(enum match_command_kind kind)
{
    static uint64_t op;

    memset(&job.command, 0, sizeof job.command);
    job.command.kind = STORE_MATCH;
    job.command.match.command.kind = kind;
    job.command.match.command.epoch = 1;
    job.command.match.command.op = ++op;
    job.command.match.command.now_ms = 1000;
    return &job.command.match.command;
}

static void main_job(void)
{
    struct store *store = store_memory_new(1000);
    struct match_command *c;
    struct match_row row;
    uint64_t cursor = 0;
    uint32_t n = 0;

    memset(&job.command, 0, sizeof job.command);
    job.command.kind = STORE_CLAIM;
    run(store);
    CHECK(job.result.epoch == 1);
    enrol(store, 1);
    enrol(store, 2);
    c = command(COMMAND_OPEN_TICKET);
    c->open_ticket.ticket =
        (struct match_ticket_row){.id = 10, .member = 1, .since_ms = 1000};
    c->open_ticket.card_version = 1;
    run(store);
    CHECK(job.result.outcome == OUTCOME_OK);
    CHECK(job.result.match.rows == 1);
    c = command(COMMAND_OPEN_DUTY);
    c->open_duty.duty = (struct match_duty_row){
        .member = 2, .state = DUTY_ON, .grade = GRADE_PEER, .capacity = 1};
    c->open_duty.card_version = 1;
    run(store);
    CHECK(job.result.outcome == OUTCOME_OK);
    c = command(COMMAND_OFFER);
    c->offer.offer = (struct match_offer_row){.id = 20,
                                              .ticket = 10,
                                              .seeker = 1,
                                              .peer = 2,
                                              .seeker_card_version = 1,
                                              .peer_card_version = 1,
                                              .deadline_ms = 5000};
    run(store);
    CHECK(job.result.outcome == OUTCOME_OK);
    CHECK(job.result.match.rows == 3);
    run(store);
    CHECK(job.result.outcome == OUTCOME_REPLAY);
    CHECK(job.result.match.rows == 3);
    c = command(COMMAND_ACCEPT);
    c->accept.offer = 20;
    c->accept.ticket = 10;
    c->accept.peer = 2;
    c->accept.talk = 30;
    run(store);
    CHECK(job.result.outcome == OUTCOME_OK);
    CHECK(job.result.match.rows == 4);
    while (store_memory_row(store, &cursor, &row))
        n++;
    CHECK(n == 2); /* the duty and the talk */
    row.kind = ROW_TICKET;
    row.ticket.id = 10;
    CHECK(store_memory_find(store, &row));
    CHECK(row.ticket.state == TICKET_MATCHED);
    c = command(COMMAND_END_TALK);
    c->end_talk.talk = 30;
    c->end_talk.why = TALK_WHY_ENDED;
    c->end_talk.rests_until_ms = 90000;
    run(store);
    CHECK(job.result.outcome == OUTCOME_OK);
    CHECK(job.result.match.rows == 3);
    store_close(store);
}

/* Past its bound a job changes nothing. */
static void full(void)
{
    struct store *store = store_memory_new(4);

    for (uint64_t id = 1; id <= 4; id++)
        enrol(store, id);
    memset(&job.command, 0, sizeof job.command);
    job.command.kind = STORE_COUNT;
    run(store);
    CHECK(job.result.err == ERR_STORE || job.result.count.members <= 4);
    store_close(store);
}

int main(void)
{
    main_job();
    full();
    arena_reset(&job.arena);
    return check_report("store/memory");
}

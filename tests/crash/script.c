#include "script.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/require.h"
#include "store/memory.h"
#include "store/sqlite.h"

enum { EVERY = 10, CLAIM = 200, ROWS_MAX = 20000 };

static uint64_t id_of(uint64_t couple, uint64_t what)
{
    return chance_mix(couple * 16 + what) | 1;
}

static void make_person(struct store_command *c, uint64_t couple, uint64_t step)
{
    static uint8_t sealed[700];
    uint64_t member = id_of(couple, step % 2);

    if (step < 2) {
        c->kind = STORE_ENROL;
        c->enrol.member = member;
        memcpy(c->enrol.handle, &member, sizeof member);
        c->enrol.grade = GRADE_PEER;
        return;
    }
    c->kind = STORE_PUT_CARD;
    c->put_card.member = member;
    c->put_card.role = step % 2 ? MATCH_PEER : MATCH_SEEKER;
    c->put_card.version = 1;
    c->put_card.sealed =
        (struct store_bytes){.data = sealed, .size = sizeof sealed};
}

static void make_boxes(struct store_command *c, uint64_t talk)
{
    static uint8_t sealed[100];
    struct store_bytes blob = {.data = sealed, .size = sizeof sealed};

    c->match.link_sealed = blob;
    for (int side = 0; side < MATCH_ROLES; side++) {
        struct store_mailbox *box = &c->match.mailbox[side];

        memcpy(box->receive_hash, &talk, sizeof talk);
        box->receive_hash[20] = (uint8_t)(side + 1);
        memcpy(box->send_hash, box->receive_hash, STORE_HASH);
        box->link = blob;
    }
}

static void make_match(struct store_command *c, uint64_t couple, uint64_t step)
{
    struct match_command *m = &c->match.command;
    uint64_t seeker = id_of(couple, 0), peer = id_of(couple, 1);
    uint64_t ticket = id_of(couple, 2), offer = id_of(couple, 3);
    uint64_t talk = id_of(couple, 4);

    if (step == 4) {
        m->kind = COMMAND_OPEN_TICKET;
        m->open_ticket.ticket = (struct match_ticket_row){
            .id = ticket, .member = seeker, .since_ms = m->now_ms};
        m->open_ticket.card_version = 1;
        m->key = (struct match_key){{ticket, 1}, 1};
    } else if (step == 5) {
        m->kind = COMMAND_OPEN_DUTY;
        m->open_duty.duty = (struct match_duty_row){.member = peer,
                                                    .state = DUTY_ON,
                                                    .grade = GRADE_PEER,
                                                    .capacity = 1};
        m->open_duty.card_version = 1;
    } else if (step == 6) {
        m->kind = COMMAND_OFFER;
        m->offer.offer =
            (struct match_offer_row){.id = offer,
                                     .ticket = ticket,
                                     .seeker = seeker,
                                     .peer = peer,
                                     .seeker_card_version = 1,
                                     .peer_card_version = 1,
                                     .made_ms = m->now_ms,
                                     .deadline_ms = m->now_ms + 30000};
    } else if (step == 7) {
        m->kind = COMMAND_ACCEPT;
        m->accept.offer = offer;
        m->accept.ticket = ticket;
        m->accept.peer = peer;
        m->accept.talk = talk;
        make_boxes(c, talk);
    } else {
        m->kind = couple % 16 ? COMMAND_END_TALK : COMMAND_JOIN;
        m->end_talk.talk = talk;
        if (m->kind == COMMAND_JOIN)
            m->join.side = MATCH_SEEKER;
        else
            m->end_talk.why = TALK_WHY_ENDED;
    }
}

void script_make(struct store_command *c, uint64_t n)
{
    static uint8_t text[STORE_CIPHERTEXT_MAX];
    uint64_t couple = n / EVERY, step = n % EVERY, talk = id_of(couple, 4);

    memset(c, 0, sizeof *c);
    c->now_ms = 1000000 + n;
    c->epoch = 1 + n / CLAIM;
    if (n % CLAIM == 0) { /* in place of an enrolment: that couple never is */
        c->kind = STORE_CLAIM;
    } else if (step < 4) {
        make_person(c, couple, step);
    } else if (step == 8) {
        c->kind = STORE_SEND;
        memcpy(c->send.send_hash, &talk, sizeof talk);
        c->send.send_hash[20] = 1;
        c->send.ciphertext = (struct store_bytes){
            .data = text, .size = 1 + (uint32_t)(couple * 97 % sizeof text)};
    } else {
        c->kind = STORE_MATCH;
        c->match.command.op = n;
        c->match.command.epoch = c->epoch;
        c->match.command.now_ms = c->now_ms;
        make_match(c, couple, step);
    }
}

uint64_t script_run(struct store *store, uint64_t from, uint64_t to,
                    uint32_t batch)
{
    static struct store_job job[STORE_BATCH_MAX];
    struct store_job *all[STORE_BATCH_MAX];
    bool failed = false;

    REQUIRE(batch <= STORE_BATCH_MAX);
    while (from < to && !failed) {
        uint32_t n = to - from < batch ? (uint32_t)(to - from) : batch;

        for (uint32_t i = 0; i < n; i++) {
            script_make(&job[i].command, from + i);
            arena_init(&job[i].arena, 1 << 20);
            all[i] = &job[i];
        }
        store_execute(store, all, n);
        for (uint32_t i = 0; i < n; i++) {
            failed = failed || job[i].result.err == ERR_STORE;
            arena_reset(&job[i].arena);
            from += !failed;
        }
        store_rest(store);
    }
    return from;
}

static uint64_t digest(const struct match_row *row)
{
    switch (row->kind) { /* what may differ between two moments of the script */
    case ROW_TICKET:
        return chance_mix(row->ticket.id ^ (uint64_t)row->ticket.state);
    case ROW_OFFER:
        return chance_mix(row->offer.id ^ 11);
    case ROW_DUTY:
        return chance_mix(row->duty.member ^ row->duty.used * 64u ^
                          (uint64_t)row->duty.state * 1024u);
    case ROW_TALK:
        return chance_mix(row->talk.id ^ (uint64_t)row->talk.state * 64u ^
                          row->talk.joined);
    case ROW_PAIR:
    case ROW_RARITY:
    case ROW_KINDS:
        break;
    }
    return chance_mix(row->pair.a ^ row->pair.b);
}

static void count(struct store *store, struct store_result *out)
{
    struct store_job job = {.command.kind = STORE_COUNT};
    struct store_job *one = &job;

    store_execute(store, &one, 1);
    REQUIRE(job.result.err == ERR_NONE);
    *out = job.result;
}

bool script_same(struct store *memory, struct store *sqlite)
{
    uint64_t x = 0, y = 0, cursor = 0;
    struct store_result cx, cy;
    struct match_row row;

    count(memory, &cx);
    count(sqlite, &cy);
    if (cx.count.members != cy.count.members ||
        cx.count.cards != cy.count.cards ||
        cx.count.tickets_live != cy.count.tickets_live ||
        cx.count.duties_on != cy.count.duties_on ||
        cx.count.offers_open != cy.count.offers_open ||
        cx.count.talks_live != cy.count.talks_live ||
        cx.count.messages_waiting != cy.count.messages_waiting ||
        cx.count.matches != cy.count.matches)
        return false;
    while (store_memory_row(memory, &cursor, &row))
        x += digest(&row);
    cursor = 0;
    while (store_sqlite_row(sqlite, &cursor, &row))
        y += digest(&row);
    return x == y;
}

uint64_t script_find(struct store *memory, struct store *sqlite, uint64_t from,
                     uint64_t to)
{
    while (!script_same(memory, sqlite)) {
        if (from >= to)
            return UINT64_MAX;
        from = script_run(memory, from, from + 1, 1);
    }
    return from;
}

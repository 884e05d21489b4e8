/* Durable commands per second on SQLite, one per commit and 256 per commit,
 * beside a bare group commit of the same shape of work on the same disk in
 * the same run.  Prints; asserts nothing.
 * Usage: store_bench DIR [COMMANDS] */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/require.h"
#include "store/sqlite.h"

enum { POOL = 1, PEERS = 2000 };

static struct store_job job[STORE_BATCH_MAX];
static struct store *store;
static uint64_t epoch, op, last_id, now_ms = 1000000;
static char path[512];
static uint64_t peer[PEERS], seeker[PEERS], ticket[PEERS], offer[PEERS];
static uint64_t talk[PEERS];

static double seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t id(void)
{
    return ++last_id * 0x9e3779b97f4a7c15u;
}

static void remove_files(void)
{
    char name[600];

    (void)unlink(path);
    (void)snprintf(name, sizeof name, "%s-wal", path);
    (void)unlink(name);
}

static struct store_command *next(uint32_t at, enum store_command_kind kind)
{
    struct store_command *c = &job[at].command;

    memset(c, 0, sizeof *c);
    c->kind = kind;
    c->epoch = epoch;
    c->now_ms = now_ms;
    if (kind == STORE_MATCH) {
        c->match.command.epoch = epoch;
        c->match.command.now_ms = now_ms;
        c->match.command.op = ++op;
    }
    return c;
}

/* Run n commands that make() fills, batch at a time; commands per second. */
static double run(uint32_t n, uint32_t batch,
                  void (*make)(uint32_t at, uint32_t i), double *worst_ms)
{
    struct store_job *all[STORE_BATCH_MAX];
    double begun = seconds();

    *worst_ms = 0;
    for (uint32_t done = 0; done < n;) {
        uint32_t some = n - done < batch ? n - done : batch;
        double before = seconds(), took;

        for (uint32_t i = 0; i < some; i++) {
            make(i, done + i);
            arena_init(&job[i].arena, 1 << 20);
            all[i] = &job[i];
        }
        store_execute(store, all, some);
        took = (seconds() - before) * 1e3;
        *worst_ms = took > *worst_ms ? took : *worst_ms;
        for (uint32_t i = 0; i < some; i++) {
            if (job[i].result.outcome != OUTCOME_OK)
                (void)fprintf(stderr, "refused: %s\n",
                              err_reason(job[i].result.err));
            REQUIRE(job[i].result.outcome == OUTCOME_OK);
            arena_reset(&job[i].arena);
        }
        store_rest(store);
        done += some;
    }
    return n / (seconds() - begun);
}

static void make_member(uint32_t at, uint32_t i)
{
    struct store_command *c = next(at, STORE_ENROL);
    uint64_t *made = i % 2 ? &peer[i / 2] : &seeker[i / 2];

    *made = c->enrol.member = id();
    memcpy(c->enrol.handle, made, sizeof *made);
    c->enrol.pool = POOL;
    c->enrol.grade = GRADE_PEER;
}

static void make_card(uint32_t at, uint32_t i)
{
    struct store_command *c = next(at, STORE_PUT_CARD);
    static uint8_t sealed[600];

    c->put_card.member = i % 2 ? peer[i / 2] : seeker[i / 2];
    c->put_card.role = i % 2 ? MATCH_PEER : MATCH_SEEKER;
    c->put_card.version = 1;
    c->put_card.sealed =
        (struct store_bytes){.data = sealed, .size = sizeof sealed};
}

static void make_duty(uint32_t at, uint32_t i)
{
    struct match_command *c = &next(at, STORE_MATCH)->match.command;

    c->kind = COMMAND_OPEN_DUTY;
    c->open_duty.duty = (struct match_duty_row){.member = peer[i],
                                                .pool = POOL,
                                                .state = DUTY_ON,
                                                .grade = GRADE_PEER,
                                                .capacity = 8};
    c->open_duty.card_version = 1;
}

/* ask, offer, accept, end, for one couple after the other */
static void make_step(uint32_t at, uint32_t i)
{
    static uint8_t sealed[200];
    uint32_t who = i / 4 % PEERS;
    struct store_command *whole = next(at, STORE_MATCH);
    struct match_command *c = &whole->match.command;
    struct store_bytes blob = {.data = sealed, .size = sizeof sealed};

    if (i % 4 == 0) {
        c->kind = COMMAND_OPEN_TICKET;
        c->open_ticket.ticket =
            (struct match_ticket_row){.id = ticket[who] = id(),
                                      .member = seeker[who],
                                      .pool = POOL,
                                      .since_ms = now_ms,
                                      .expires_ms = now_ms + 1800000};
        c->open_ticket.card_version = 1;
        c->key = (struct match_key){{id(), 1}, 1};
        whole->match.ticket_sealed = blob;
    } else if (i % 4 == 1) {
        c->kind = COMMAND_OFFER;
        c->offer.offer =
            (struct match_offer_row){.id = offer[who] = id(),
                                     .ticket = ticket[who],
                                     .seeker = seeker[who],
                                     .peer = peer[who],
                                     .pool = POOL,
                                     .seeker_card_version = 1,
                                     .peer_card_version = 1,
                                     .made_ms = now_ms,
                                     .deadline_ms = now_ms + 30000};
    } else if (i % 4 == 2) {
        c->kind = COMMAND_ACCEPT;
        c->accept.offer = offer[who];
        c->accept.ticket = ticket[who];
        c->accept.peer = peer[who];
        c->accept.talk = talk[who] = id();
        c->key = (struct match_key){{id(), 2}, 2};
        whole->match.link_sealed = blob;
        for (int side = 0; side < MATCH_ROLES; side++) {
            struct store_mailbox *box = &whole->match.mailbox[side];

            memcpy(box->receive_hash, &talk[who], sizeof(uint64_t));
            box->receive_hash[9] = (uint8_t)(side + 1);
            memcpy(box->send_hash, box->receive_hash, STORE_HASH);
            box->link = blob;
        }
    } else {
        c->kind = COMMAND_END_TALK;
        c->end_talk.talk = talk[who];
        c->end_talk.why = TALK_WHY_ENDED;
    }
    now_ms++;
}

static void make_message(uint32_t at, uint32_t i)
{
    static uint8_t sealed[2100];
    struct store_command *c = next(at, STORE_SEND);

    /* make_step() left these talks open: see main() */
    memcpy(c->send.send_hash, &talk[i % PEERS], sizeof(uint64_t));
    c->send.send_hash[9] = 1;
    c->key = (struct match_key){{id(), 3}, 3};
    c->send.ciphertext =
        (struct store_bytes){.data = sealed, .size = sizeof sealed};
}

/* The floor: one prepared insert of 200 bytes under a random key. */
static double bare(uint32_t n, uint32_t batch)
{
    static uint8_t blob[200];
    sqlite3 *db;
    sqlite3_stmt *insert;
    double begun;

    remove_files();
    REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db,
                         "PRAGMA locking_mode=EXCLUSIVE;"
                         "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                         "PRAGMA wal_autocheckpoint=0;"
                         "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB)",
                         NULL, NULL, NULL) == SQLITE_OK);
    REQUIRE(sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?, ?)", -1, &insert,
                               NULL) == SQLITE_OK);
    begun = seconds();
    for (uint32_t i = 0; i < n; i++) {
        if (i % batch == 0)
            (void)sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        (void)sqlite3_bind_int64(insert, 1, (sqlite3_int64)id());
        (void)sqlite3_bind_blob(insert, 2, blob, sizeof blob, SQLITE_STATIC);
        REQUIRE(sqlite3_step(insert) == SQLITE_DONE);
        (void)sqlite3_reset(insert);
        if (i % batch == batch - 1 || i == n - 1)
            (void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    }
    begun = n / (seconds() - begun);
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    remove_files();
    return begun;
}

static void open_store(void)
{
    enum err err;
    double worst_ms;
    struct store_job *one = &job[0];

    remove_files();
    err = store_sqlite_open(path, &store);
    REQUIRE(err == ERR_NONE);
    (void)next(0, STORE_CLAIM);
    store_execute(store, &one, 1);
    epoch = job[0].result.epoch;
    (void)run(2 * PEERS, STORE_BATCH_MAX, make_member, &worst_ms);
    (void)run(2 * PEERS, STORE_BATCH_MAX, make_card, &worst_ms);
    (void)run(PEERS, STORE_BATCH_MAX, make_duty, &worst_ms);
}

static void line(const char *what, double rate, double worst_ms, double floor)
{
    (void)printf("%-44s %9.0f /s  worst commit %6.1f ms  %5.2f of bare\n", what,
                 rate, worst_ms, rate / floor);
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 40000;
    double floor_1, floor_256, rate, worst_ms;

    REQUIRE(argc >= 2);
    (void)snprintf(path, sizeof path, "%s/store_bench.db", argv[1]);
    n -= n % 64; /* whole couples in every run */
    floor_1 = bare(n / 16, 1);
    floor_256 = bare(n, STORE_BATCH_MAX);
    line("bare insert, 1 per commit", floor_1, 0, floor_1);
    line("bare insert, 256 per commit", floor_256, 0, floor_256);
    open_store();
    rate = run(n / 16, 1, make_step, &worst_ms);
    line("ask, offer, accept, end: 1 per commit", rate, worst_ms, floor_1);
    rate = run(n, STORE_BATCH_MAX, make_step, &worst_ms);
    line("ask, offer, accept, end: 256 per commit", rate, worst_ms, floor_256);
    store_close(store);
    open_store();
    for (uint32_t i = 0; i < 4 * PEERS; i += 4) { /* all but the end */
        for (uint32_t step = 0; step < 3; step++) {
            struct store_job *one = &job[0];

            make_step(0, i + step);
            arena_init(&job[0].arena, 1 << 20);
            store_execute(store, &one, 1);
            REQUIRE(job[0].result.outcome == OUTCOME_OK);
            arena_reset(&job[0].arena);
        }
    }
    rate = run(n, STORE_BATCH_MAX, make_message, &worst_ms);
    line("send 2 KiB: 256 per commit", rate, worst_ms, floor_256);
    store_close(store);
    remove_files();
    return 0;
}

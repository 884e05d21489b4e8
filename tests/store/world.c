#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/require.h"
#include "store/memory.h"
#include "store/sqlite.h"

enum { ROWS_MAX = 1 << 16 };

static void remove_files(const char *path)
{
    char name[512];

    (void)unlink(path);
    (void)snprintf(name, sizeof name, "%s-wal", path);
    (void)unlink(name);
}

void world_open(struct world *world, const char *kind, const char *path)
{
    memset(world, 0, sizeof *world);
    world->kind = kind;
    world->path = path;
    world->now_ms = 1000000;
    if (strcmp(kind, "memory") == 0) {
        world->store = store_memory_new(ROWS_MAX);
        REQUIRE(world->store != NULL);
    } else {
        enum err err;

        remove_files(path);
        err = store_sqlite_open(path, &world->store);
        REQUIRE(err == ERR_NONE);
    }
    world_claim(world);
}

void world_close(struct world *world)
{
    store_close(world->store);
    arena_reset(&world->job.arena);
    if (strcmp(world->kind, "memory") != 0)
        remove_files(world->path);
    world->store = NULL;
}

void world_reopen(struct world *world)
{
    enum err err;

    if (strcmp(world->kind, "memory") == 0)
        return;
    store_close(world->store);
    err = store_sqlite_open(world->path, &world->store);
    REQUIRE(err == ERR_NONE);
}

struct store_command *world_command(struct world *world,
                                    enum store_command_kind kind)
{
    arena_reset(&world->job.arena);
    memset(&world->job.command, 0, sizeof world->job.command);
    world->job.command.kind = kind;
    world->job.command.epoch = world->epoch;
    world->job.command.now_ms = world->now_ms;
    return &world->job.command;
}

struct match_command *world_match(struct world *world,
                                  enum match_command_kind kind)
{
    struct match_command *command =
        &world_command(world, STORE_MATCH)->match.command;

    command->kind = kind;
    command->epoch = world->epoch;
    command->now_ms = world->now_ms;
    command->op = ++world->op;
    return command;
}

const struct store_result *world_run(struct world *world)
{
    struct store_job *one = &world->job;

    arena_init(&world->job.arena, (size_t)4 << 20);
    store_execute(world->store, &one, 1);
    return &world->job.result;
}

const struct store_result *world_again(struct world *world)
{
    arena_reset(&world->job.arena);
    return world_run(world);
}

static void must(struct world *world)
{
    const struct store_result *result = world_run(world);

    if (result->outcome != OUTCOME_OK)
        (void)fprintf(stderr, "a builder was refused: %s\n",
                      err_reason(result->err));
    REQUIRE(result->outcome == OUTCOME_OK);
}

struct match_key world_key(uint64_t word, uint64_t request_hash)
{
    return (struct match_key){.word = {word, ~word},
                              .request_hash = request_hash};
}

uint64_t world_id(struct world *world)
{
    /* far apart, some above 2^63, as random ids are */
    return ++world->last_id * 0x9e3779b97f4a7c15u;
}

void world_claim(struct world *world)
{
    (void)world_command(world, STORE_CLAIM);
    must(world);
    world->epoch = world->job.result.epoch;
}

void world_card(struct world *world, uint64_t member, enum match_role role,
                uint32_t version)
{
    struct store_command *command = world_command(world, STORE_PUT_CARD);
    uint8_t sealed[40];

    memset(sealed, (int)version, sizeof sealed);
    command->put_card.member = member;
    command->put_card.role = role;
    command->put_card.version = version;
    command->put_card.vocabulary_version = 7;
    command->put_card.consent_version = 2;
    command->put_card.sealed =
        (struct store_bytes){.data = sealed, .size = sizeof sealed};
    must(world);
}

uint64_t world_member(struct world *world, enum match_grade grade)
{
    struct store_command *command = world_command(world, STORE_ENROL);
    uint64_t id = world_id(world);

    command->enrol.member = id;
    memcpy(command->enrol.handle, &id, sizeof id);
    command->enrol.handle[31] = 1;
    command->enrol.pool = WORLD_POOL;
    command->enrol.grade = grade;
    must(world);
    world_card(world, id, MATCH_SEEKER, 1);
    world_card(world, id, MATCH_PEER, 1);
    return id;
}

struct match_command *world_ask(struct world *world, uint64_t member)
{
    struct match_command *command = world_match(world, COMMAND_OPEN_TICKET);

    command->open_ticket.ticket =
        (struct match_ticket_row){.id = world_id(world),
                                  .member = member,
                                  .pool = WORLD_POOL,
                                  .since_ms = world->now_ms};
    command->open_ticket.card_version = 1;
    return command;
}

uint64_t world_ticket(struct world *world, uint64_t member)
{
    struct match_ticket_row *row =
        &world_ask(world, member)->open_ticket.ticket;
    uint64_t id = row->id;

    row->expires_ms = world->now_ms + 1800000;
    row->tie = id ^ 5;
    world->job.command.match.ticket_sealed =
        (struct store_bytes){.data = (uint8_t *)&id, .size = sizeof id};
    must(world);
    return id;
}

void world_duty(struct world *world, uint64_t member, uint8_t capacity)
{
    struct match_command *command = world_match(world, COMMAND_OPEN_DUTY);

    command->open_duty.duty = (struct match_duty_row){.member = member,
                                                      .pool = WORLD_POOL,
                                                      .state = DUTY_ON,
                                                      .grade = GRADE_PEER,
                                                      .capacity = capacity,
                                                      .rest_ms = 300000,
                                                      .tie = member ^ 9};
    command->open_duty.card_version = 1;
    must(world);
}

struct match_command *world_offer_command(struct world *world, uint64_t ticket,
                                          uint64_t seeker, uint64_t peer)
{
    struct match_command *command = world_match(world, COMMAND_OFFER);

    command->offer.offer =
        (struct match_offer_row){.id = world_id(world),
                                 .ticket = ticket,
                                 .seeker = seeker,
                                 .peer = peer,
                                 .pool = WORLD_POOL,
                                 .showns = 2,
                                 .p = 50000,
                                 .seeker_card_version = 1,
                                 .peer_card_version = 1,
                                 .made_ms = world->now_ms,
                                 .deadline_ms = world->now_ms + 30000,
                                 .shown = {11, 12}};
    return command;
}

uint64_t world_offer(struct world *world, uint64_t ticket, uint64_t seeker,
                     uint64_t peer)
{
    uint64_t id =
        world_offer_command(world, ticket, seeker, peer)->offer.offer.id;

    must(world);
    return id;
}

struct match_command *world_accept_command(struct world *world, uint64_t offer,
                                           uint64_t ticket, uint64_t peer)
{
    static uint8_t link[16] = "a sealed link 1";
    struct match_command *command = world_match(world, COMMAND_ACCEPT);
    struct store_command *whole = &world->job.command;

    command->accept.offer = offer;
    command->accept.ticket = ticket;
    command->accept.peer = peer;
    command->accept.talk = world_id(world);
    whole->match.link_sealed =
        (struct store_bytes){.data = link, .size = sizeof link};
    for (int side = 0; side < MATCH_ROLES; side++) {
        struct store_mailbox *box = &whole->match.mailbox[side];

        memcpy(box->receive_hash, &command->accept.talk, sizeof(uint64_t));
        memcpy(box->send_hash, &command->accept.talk, sizeof(uint64_t));
        box->receive_hash[31] = box->send_hash[31] = (uint8_t)(1 + side);
        box->link = (struct store_bytes){.data = link, .size = 8};
    }
    return command;
}

uint64_t world_accept(struct world *world, uint64_t offer, uint64_t ticket,
                      uint64_t peer)
{
    uint64_t talk =
        world_accept_command(world, offer, ticket, peer)->accept.talk;

    must(world);
    return talk;
}

void world_end(struct world *world, uint64_t talk, uint64_t rests_until_ms)
{
    struct match_command *command = world_match(world, COMMAND_END_TALK);

    command->end_talk.talk = talk;
    command->end_talk.why = TALK_WHY_ENDED;
    command->end_talk.rests_until_ms = rests_until_ms;
    command->end_talk.rest_until_ms = world->now_ms + 300000;
    world_close_boxes(world, talk);
    must(world);
}

void world_close_boxes(struct world *world, uint64_t talk)
{
    struct store_command *whole = &world->job.command;

    memset(world->close, 0, sizeof world->close);
    for (int side = 0; side < MATCH_ROLES; side++) {
        memcpy(world->close[side], &talk, sizeof talk);
        world->close[side][31] = (uint8_t)(1 + side);
    }
    whole->match.close = world->close;
    whole->match.closes = MATCH_ROLES;
}

void world_couple(struct world *world, struct couple *couple)
{
    memset(couple, 0, sizeof *couple);
    couple->seeker = world_member(world, GRADE_MEMBER);
    couple->peer = world_member(world, GRADE_PEER);
    couple->ticket = world_ticket(world, couple->seeker);
    world_duty(world, couple->peer, 2);
}

void world_offered(struct world *world, struct couple *couple)
{
    world_couple(world, couple);
    couple->offer =
        world_offer(world, couple->ticket, couple->seeker, couple->peer);
}

void world_talking(struct world *world, struct couple *couple)
{
    world_offered(world, couple);
    couple->talk =
        world_accept(world, couple->offer, couple->ticket, couple->peer);
}

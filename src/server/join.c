#include "server/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "base/wipe.h"
#include "net/entropy.h"
#include "service/card.h"

enum { JOB_BYTES = 4 << 20 };

struct store_job *server_join_job(enum store_command_kind kind, uint64_t now_ms)
{
    struct store_job *job = calloc(1, sizeof *job);

    if (!job)
        return NULL;
    arena_init(&job->arena, JOB_BYTES);
    job->command.kind = kind;
    job->command.now_ms = now_ms;
    return job;
}

void server_join_free(struct store_job *job)
{
    arena_reset(&job->arena);
    wipe(job, sizeof *job);
    free(job);
}

struct store_job *server_join_sweep(const struct match_limits *limits,
                                    uint64_t now_ms)
{
    struct store_job *job = server_join_job(STORE_SWEEP, now_ms);

    if (!job)
        return NULL;
    job->command.sweep.idle_ms = limits->idle_ms;
    job->command.sweep.message_ms = limits->message_ms;
    job->command.sweep.mailbox_ms = limits->mailbox_ms;
    job->command.sweep.link_ms = limits->link_ms;
    job->command.sweep.key_ms = UINT64_C(24) * 3600 * 1000;
    job->command.sweep.most = STORE_PAGE_MAX;
    return job;
}

/* Room in the job's arena for a blob of this size. */
static uint8_t *blob(struct store_job *job, struct store_bytes *bytes,
                     uint32_t size)
{
    bytes->data = arena_alloc(&job->arena, size);
    bytes->size = bytes->data ? size : 0;
    return bytes->data;
}

static bool join_ticket(const struct server_join *join, struct store_job *job,
                        uint64_t call)
{
    const struct match_ticket_row *ticket =
        &job->command.match.command.open_ticket.ticket;
    const struct seal_row_side *side = server_secrets_find(join->orders, call);
    uint8_t nonce[SEAL_ROW_NONCE];
    uint8_t *out =
        blob(job, &job->command.match.ticket_sealed, SEAL_ROW_TICKET_SIZE);

    REQUIRE(side); /* the ask brought it and is not answered yet */
    if (!out)
        return false;
    net_entropy_fill(nonce, sizeof nonce);
    seal_row_seal_ticket(out, ticket->id, side, join->keys->row, nonce);
    return true;
}

static bool join_mailbox(const struct server_join *join, struct store_job *job,
                         const struct seal_row_side *side, uint64_t talk,
                         enum match_role role)
{
    const struct seal_row_mailbox whose = {
        .talk = talk, .side = (uint8_t)(role == MATCH_PEER)};
    struct store_mailbox *mailbox = &job->command.match.mailbox[role];
    uint8_t nonce[SEAL_ROW_NONCE];
    uint8_t *out = blob(job, &mailbox->link, SEAL_ROW_MAILBOX_SIZE);

    if (!out)
        return false;
    memcpy(mailbox->receive_hash, side->receive_hash, STORE_HASH);
    memcpy(mailbox->send_hash, side->send_hash, STORE_HASH);
    net_entropy_fill(nonce, sizeof nonce);
    seal_row_seal_mailbox(out, side->receive_hash, &whose, join->keys->row,
                          nonce);
    return true;
}

static bool join_talk(const struct server_join *join, struct store_job *job,
                      uint64_t call)
{
    const struct match_command *command = &job->command.match.command;
    const struct seal_row_side *seeker =
        server_secrets_find(join->tickets, command->accept.ticket);
    const struct seal_row_side *peer = server_secrets_find(join->orders, call);
    struct seal_row_side sides[MATCH_ROLES];
    uint8_t nonce[SEAL_ROW_NONCE];
    uint8_t *out;

    REQUIRE(peer); /* the answer brought it and is not answered yet */
    if (!seeker)
        return true; /* no such ticket lives: the store knows why */
    out = blob(job, &job->command.match.link_sealed, SEAL_ROW_LINK_SIZE);
    if (!out)
        return false;
    sides[0] = *seeker;
    sides[1] = *peer;
    net_entropy_fill(nonce, sizeof nonce);
    seal_row_seal_link(out, command->accept.talk, sides, join->keys->row,
                       nonce);
    wipe(sides, sizeof sides);
    return join_mailbox(join, job, seeker, command->accept.talk,
                        MATCH_SEEKER) &&
           join_mailbox(join, job, peer, command->accept.talk, MATCH_PEER);
}

/* The tokens two were shown go to the store masked, and come back so. */
static void mask(const struct server_join *join, uint64_t *shown,
                 uint8_t showns, uint64_t offer)
{
    seal_row_mask_shown(shown, showns, offer, join->keys->row);
}

void server_join_unmask(const struct server_join *join, struct match_row *row)
{
    if (row->kind == ROW_OFFER)
        mask(join, row->offer.shown, row->offer.showns, row->offer.id);
    else if (row->kind == ROW_TALK)
        mask(join, row->talk.shown, row->talk.showns, row->talk.offer);
    else if (row->kind == ROW_RARITY && row->rarity.token != 0)
        seal_row_unmask_term(&row->rarity.token, join->keys->row);
}

/* A page of the rarity table, copied: the engine's own changes. */
static bool join_rarity(const struct server_join *join, struct store_job *job)
{
    struct match_command *command = &job->command.match.command;
    size_t size = command->rarity.rows * sizeof *command->rarity.row;
    struct match_rarity_row *row =
        size > 0 ? arena_alloc(&job->arena, size) : NULL;

    if (size == 0)
        return true;
    if (!row)
        return false;
    memcpy(row, command->rarity.row, size);
    for (uint32_t i = 0; i < command->rarity.rows; i++)
        if (row[i].token != 0) /* 0 carries N */
            seal_row_mask_term(&row[i].token, join->keys->row);
    command->rarity.row = row;
    return true;
}

/* Closing talks closes their mailboxes. */
static bool join_close(const struct server_join *join, struct store_job *job,
                       const uint64_t *talk, uint32_t talks)
{
    size_t size = (size_t)talks * MATCH_ROLES * STORE_HASH;
    uint8_t(*close)[STORE_HASH] =
        talks > 0 ? arena_alloc(&job->arena, size) : NULL;
    uint32_t n = 0;

    if (!close)
        return talks == 0;
    for (uint32_t i = 0; i < talks * MATCH_ROLES; i++) {
        const struct seal_row_side *found = server_secrets_find(
            &join->talks[i % MATCH_ROLES], talk[i / MATCH_ROLES]);

        if (found) /* else it is over already: the store will say so */
            memcpy(close[n++], found->receive_hash, STORE_HASH);
    }
    job->command.match.close = close;
    job->command.match.closes = n;
    return true;
}

struct store_job *server_join_command(const struct server_join *join,
                                      const struct match_effect *effect)
{
    const struct match_command *command = &effect->store;
    struct store_job *job = server_join_job(STORE_MATCH, command->now_ms);
    struct match_offer_row *offer;
    bool good = true;

    if (!job)
        return NULL;
    job->command.epoch = command->epoch;
    job->command.match.command = *command;
    offer = &job->command.match.command.offer.offer; /* if it is one */
    if (command->kind == COMMAND_OPEN_TICKET)        /* Law 1 */
        good = join_ticket(join, job, effect->call);
    else if (command->kind == COMMAND_ACCEPT)
        good = join_talk(join, job, effect->call);
    else if (command->kind == COMMAND_RARITY)
        good = join_rarity(join, job);
    else if (command->kind == COMMAND_OFFER)
        mask(join, offer->shown, offer->showns, offer->id);
    else if (command->kind == COMMAND_END_TALK)
        good = join_close(join, job, &command->end_talk.talk, 1);
    else if (command->kind == COMMAND_BLOCK)
        good = join_close(join, job, command->block.talk, command->block.talks);
    if (good)
        return job;
    server_join_free(job);
    return NULL;
}

/* Law 2: from here until turn forgets what has ended.  A full table: the talk or
 * ticket lives in the store, but nobody here can speak for it. */
static void keep(struct server_secrets *secrets, uint64_t id,
                 const struct seal_row_side *side)
{
    if (server_secrets_keep(secrets, id, side) != ERR_NONE)
        log_event(LOG_QUEUE_FULL, 1, ERR_FULL);
}

void server_join_stored(const struct server_join *join,
                        const struct store_job *job)
{
    const struct store_command *stored = &job->command;
    const struct match_command *command = &stored->match.command;
    uint64_t made = job->result.match.reference;
    struct seal_row_side side[MATCH_ROLES];

    if (command->kind == COMMAND_OPEN_TICKET &&
        made == command->open_ticket.ticket.id) {
        REQUIRE(seal_row_open_ticket(&side[0], made,
                                     stored->match.ticket_sealed.data,
                                     stored->match.ticket_sealed.size,
                                     join->keys->row) == ERR_NONE);
        keep(join->tickets, made, &side[0]);
    } else if (command->kind == COMMAND_ACCEPT &&
               made == command->accept.talk) {
        REQUIRE(seal_row_open_link(side, made, stored->match.link_sealed.data,
                                   stored->match.link_sealed.size,
                                   join->keys->row) == ERR_NONE);
        for (int i = 0; i < MATCH_ROLES; i++)
            keep(&join->talks[i], made, &side[i]);
    }
    wipe(side, sizeof side);
}

static enum err loaded_ticket(const struct server_join *join,
                              const struct store_loaded *loaded,
                              struct match_card *card, bool *carded)
{
    const struct match_ticket_row *row = &loaded->row.ticket;
    struct seal_row_side side;
    enum err err = seal_row_open_ticket(&side, row->id, loaded->sealed.data,
                                        loaded->sealed.size, join->keys->row);

    if (err == ERR_NONE)
        err = server_secrets_keep(join->tickets, row->id, &side);
    wipe(&side, sizeof side);
    if (err == ERR_NONE)
        err = service_card_open(join->keys, row->member, MATCH_SEEKER,
                                loaded->card, card);
    *carded = err == ERR_NONE;
    return err;
}

static enum err loaded_talk(const struct server_join *join,
                            const struct store_loaded *loaded)
{
    struct seal_row_side side[MATCH_ROLES];
    uint64_t talk = loaded->row.talk.id;
    enum err err = seal_row_open_link(side, talk, loaded->sealed.data,
                                      loaded->sealed.size, join->keys->row);

    for (int i = 0; i < MATCH_ROLES && err == ERR_NONE; i++)
        err = server_secrets_keep(&join->talks[i], talk, &side[i]);
    wipe(side, sizeof side);
    return err;
}

enum err server_join_loaded(const struct server_join *join,
                            const struct store_loaded *loaded,
                            struct match_card *card, bool *carded)
{
    *carded = false;
    if (loaded->row.kind == ROW_TICKET)
        return loaded_ticket(join, loaded, card, carded);
    if (loaded->row.kind == ROW_TALK)
        return loaded_talk(join, loaded);
    return ERR_NONE;
}

uint64_t
server_join_talk_of(const struct server_secrets talks[static MATCH_ROLES],
                    const uint8_t receive_hash[static 32])
{
    uint64_t talk = 0;

    for (int side = 0; side < MATCH_ROLES && talk == 0; side++)
        talk = server_secrets_of(&talks[side], receive_hash);
    return talk;
}

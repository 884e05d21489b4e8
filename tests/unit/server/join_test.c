#include "server/join.h"

#include <sodium.h>
#include <string.h>

#include "check.h"
#include "fail_malloc.h"
#include "seal/row.h"

enum { CALL = 7, TICKET = 70, TALK = 700, OFFER = 7000 };

static struct seal_keys keys;
static struct server_secrets orders, tickets, talks[MATCH_ROLES];
static const struct server_join join = {
    .keys = &keys, .orders = &orders, .tickets = &tickets, .talks = talks};

static struct seal_row_side side_of(int n)
{
    struct seal_row_side side;

    memset(&side, n, sizeof side);
    return side;
}

static void begin(void)
{
    CHECK(server_secrets_init(&orders, 8) == ERR_NONE);
    CHECK(server_secrets_init(&tickets, 8) == ERR_NONE);
    for (int i = 0; i < MATCH_ROLES; i++)
        CHECK(server_secrets_init(&talks[i], 8) == ERR_NONE);
}

static void end(void)
{
    server_secrets_close(&orders);
    server_secrets_close(&tickets);
    for (int i = 0; i < MATCH_ROLES; i++)
        server_secrets_close(&talks[i]);
}

static struct match_effect effect_of(enum match_command_kind kind)
{
    struct match_effect effect = {.kind = EFFECT_STORE, .call = CALL};

    effect.store.kind = kind;
    effect.store.epoch = 3;
    effect.store.now_ms = 99;
    return effect;
}

static bool none(const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const uint8_t *)bytes)[i] != 0)
            return false;
    return true;
}

/* Law 1: other commands than those that need a key carry none. */
static void nothing_more(void)
{
    const struct seal_row_side side = side_of(1);

    begin();
    CHECK(server_secrets_keep(&orders, CALL, &side) == ERR_NONE);
    for (int kind = 0; kind < COMMAND_KINDS; kind++) {
        struct match_effect effect = effect_of((enum match_command_kind)kind);
        struct store_job *job;

        if (kind == COMMAND_OPEN_TICKET || kind == COMMAND_ACCEPT)
            continue;
        job = server_join_command(&join, &effect);
        CHECK(job->command.kind == STORE_MATCH && job->command.epoch == 3);
        CHECK(job->command.now_ms == 99);
        CHECK(!job->command.match.ticket_sealed.data);
        CHECK(!job->command.match.link_sealed.data);
        CHECK(none(job->command.match.mailbox,
                   sizeof job->command.match.mailbox));
        CHECK(job->command.match.closes == 0);
        server_join_free(job);
    }
    end();
}

/* Law 2: a ticket's secrets are kept when it is stored, and what was sealed
 * is what was brought. */
static void ask(void)
{
    const struct seal_row_side brought = side_of(1);
    struct match_effect effect = effect_of(COMMAND_OPEN_TICKET);
    struct store_loaded loaded = {.row.kind = ROW_TICKET};
    struct match_card card;
    struct store_job *job;
    bool carded = true;

    begin();
    CHECK(server_secrets_keep(&orders, CALL, &brought) == ERR_NONE);
    effect.store.open_ticket.ticket.id = TICKET;
    job = server_join_command(&join, &effect);
    CHECK(job->command.match.ticket_sealed.size == SEAL_ROW_TICKET_SIZE);
    CHECK(!server_secrets_find(&tickets, TICKET)); /* not yet */
    job->result.match.reference = TICKET + 1; /* replayed: another ticket */
    server_join_stored(&join, job);
    CHECK(!server_secrets_find(&tickets, TICKET));
    job->result.match.reference = TICKET;
    server_join_stored(&join, job);
    CHECK(memcmp(server_secrets_find(&tickets, TICKET), &brought,
                 sizeof brought) == 0);
    server_secrets_forget(&tickets, TICKET);
    loaded.row.ticket.id = TICKET;
    loaded.sealed = job->command.match.ticket_sealed;
    CHECK(server_join_loaded(&join, &loaded, &card, &carded) == ERR_INTERNAL);
    CHECK(!carded); /* no card came with it */
    CHECK(memcmp(server_secrets_find(&tickets, TICKET), &brought,
                 sizeof brought) == 0);
    loaded.row.ticket.id = TICKET + 1; /* a blob moved to another row */
    CHECK(server_join_loaded(&join, &loaded, &card, &carded) == ERR_INTERNAL);
    CHECK(!server_secrets_find(&tickets, TICKET + 1));
    server_join_free(job);
    end();
}

/* An accept joins both sides; the end of the talk names both mailboxes. */
static void accept(void)
{
    const struct seal_row_side seeker = side_of(1), peer = side_of(2);
    struct match_effect effect = effect_of(COMMAND_ACCEPT);
    struct store_loaded loaded = {.row.kind = ROW_TALK};
    struct match_card card;
    struct store_job *job, *over;
    bool carded = true;

    begin();
    CHECK(server_secrets_keep(&tickets, TICKET, &seeker) == ERR_NONE);
    CHECK(server_secrets_keep(&orders, CALL, &peer) == ERR_NONE);
    effect.store.accept.ticket = TICKET;
    effect.store.accept.talk = TALK;
    job = server_join_command(&join, &effect);
    CHECK(job->command.match.link_sealed.size == SEAL_ROW_LINK_SIZE);
    for (int i = 0; i < MATCH_ROLES; i++) {
        const struct seal_row_side *side = i == 0 ? &seeker : &peer;
        const struct store_mailbox *box = &job->command.match.mailbox[i];
        struct seal_row_mailbox whose;

        CHECK(memcmp(box->receive_hash, side->receive_hash, 32) == 0);
        CHECK(memcmp(box->send_hash, side->send_hash, 32) == 0);
        CHECK(seal_row_open_mailbox(&whose, box->receive_hash, box->link.data,
                                    box->link.size, keys.row) == ERR_NONE);
        CHECK(whose.talk == TALK && whose.side == i);
    }
    job->result.match.reference = TALK;
    server_join_stored(&join, job);
    CHECK(server_join_talk_of(talks, seeker.receive_hash) == TALK);
    CHECK(server_join_talk_of(talks, peer.receive_hash) == TALK);
    CHECK(server_join_talk_of(talks, keys.row) == 0);
    effect = effect_of(COMMAND_END_TALK);
    effect.store.end_talk.talk = TALK;
    over = server_join_command(&join, &effect);
    CHECK(over->command.match.closes == 2);
    CHECK(memcmp(over->command.match.close[1], peer.receive_hash, 32) == 0);
    server_join_free(over);
    effect = effect_of(COMMAND_BLOCK); /* so does a block, of those it ends */
    effect.store.block.talks = 2;
    effect.store.block.talk[0] = TALK + 1; /* over already */
    effect.store.block.talk[1] = TALK;
    over = server_join_command(&join, &effect);
    CHECK(over->command.match.closes == 2);
    CHECK(memcmp(over->command.match.close[0], seeker.receive_hash, 32) == 0);
    CHECK(memcmp(over->command.match.close[1], peer.receive_hash, 32) == 0);
    server_join_free(over);
    for (int i = 0; i < MATCH_ROLES; i++)
        server_secrets_forget(&talks[i], TALK);
    loaded.row.talk.id = TALK;
    loaded.sealed = job->command.match.link_sealed;
    CHECK(server_join_loaded(&join, &loaded, &card, &carded) == ERR_NONE);
    CHECK(!carded && server_join_talk_of(talks, peer.receive_hash) == TALK);
    server_join_free(job);
    end();
}

/* An accept of an offer that no ticket of ours stands behind is for the store
 * to refuse: it brings nothing along. */
static void accept_nothing(void)
{
    const struct seal_row_side peer = side_of(2);
    struct match_effect effect = effect_of(COMMAND_ACCEPT);
    struct store_job *job;

    begin();
    CHECK(server_secrets_keep(&orders, CALL, &peer) == ERR_NONE);
    job = server_join_command(&join, &effect);
    CHECK(!job->command.match.link_sealed.data);
    CHECK(none(job->command.match.mailbox, sizeof job->command.match.mailbox));
    server_join_free(job);
    end();
}

/* What two were shown, and how often a term is met, is no plain token. */
static void masked(void)
{
    struct match_effect effect = effect_of(COMMAND_OFFER);
    struct match_rarity_row page[3] = {
        {.token = 0, .count_q8 = 9}, {.token = 111}, {.token = 222}};
    struct match_row row = {.kind = ROW_OFFER};
    struct store_job *job;

    begin();
    effect.store.offer.offer.id = OFFER;
    effect.store.offer.offer.showns = 2;
    effect.store.offer.offer.shown[0] = 111;
    effect.store.offer.offer.shown[1] = 222;
    job = server_join_command(&join, &effect);
    row.offer = job->command.match.command.offer.offer;
    CHECK(row.offer.shown[0] != 111 && row.offer.shown[1] != 222);
    server_join_unmask(&join, &row);
    CHECK(row.offer.shown[0] == 111 && row.offer.shown[1] == 222);
    server_join_free(job);
    effect = effect_of(COMMAND_RARITY);
    effect.store.rarity.row = page;
    effect.store.rarity.rows = 3;
    job = server_join_command(&join, &effect);
    CHECK(job->command.match.command.rarity.row != page);
    CHECK(page[1].token == 111); /* the engine's own page is as it was */
    for (int i = 0; i < 3; i++) {
        row.kind = ROW_RARITY;
        row.rarity = job->command.match.command.rarity.row[i];
        CHECK((row.rarity.token == page[i].token) == (i == 0));
        server_join_unmask(&join, &row);
        CHECK(row.rarity.token == page[i].token);
        CHECK(row.rarity.count_q8 == page[i].count_q8);
    }
    server_join_free(job);
    end();
}

static void out_of_memory(void)
{
    const struct seal_row_side side = side_of(1);
    const enum match_command_kind kinds[] = {COMMAND_OPEN_TICKET,
                                             COMMAND_ACCEPT, COMMAND_RARITY};
    struct match_rarity_row page = {.token = 5};

    begin();
    CHECK(server_secrets_keep(&orders, CALL, &side) == ERR_NONE);
    CHECK(server_secrets_keep(&tickets, TICKET, &side) == ERR_NONE);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool failed = true;

        for (size_t at = 1; failed; at++) {
            struct match_effect effect = effect_of(kinds[i]);
            struct store_job *job;

            if (kinds[i] == COMMAND_ACCEPT)
                effect.store.accept.ticket = TICKET;
            if (kinds[i] == COMMAND_RARITY) {
                effect.store.rarity.row = &page;
                effect.store.rarity.rows = 1;
            }
            fail_malloc_start(at);
            job = server_join_command(&join, &effect);
            failed = fail_malloc_stop();
            CHECK((job == NULL) == failed);
            if (job)
                server_join_free(job);
        }
    }
    end();
}

int main(void)
{
    const uint8_t master[SEAL_KEY] = {4};

    CHECK(sodium_init() >= 0);
    seal_keys_init(&keys, master);
    nothing_more();
    ask();
    accept();
    accept_nothing();
    masked();
    out_of_memory();
    seal_keys_close(&keys);
    return check_report("server/join");
}

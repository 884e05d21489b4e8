#include <string.h>

#include "store/sqlite_tables.h"

static const char *const finds[FIND_KINDS] = {
    [FIND_TICKET_OF_MEMBER] =
        "SELECT id FROM ticket WHERE member = ? AND state < 2",
    [FIND_OFFER_OF_TICKET] = "SELECT id FROM offer WHERE open_ticket = ?",
    [FIND_OFFERS_OF_PEER] = "SELECT id FROM offer WHERE open_peer = ?",
    [FIND_TALKS_OF_PEER] = "SELECT id FROM talk WHERE live_peer = ?",
    [FIND_TALKS_OF_SEEKER] = "SELECT id FROM talk WHERE live_seeker = ?",
    [FIND_TALK_OF_TICKET] = "SELECT id FROM talk WHERE ticket = ?",
    [FIND_TALKS_BEGUN] =
        "SELECT id FROM talk WHERE peer = ? ORDER BY started_ms DESC",
};

static uint32_t find(struct store_keeper *keeper, enum store_find what,
                     uint64_t key, uint64_t id[STORE_FOUND_MAX])
{
    struct store_query q = store_sqlite_ask(keeper, finds[what]);
    uint32_t n = 0;

    store_query_put(&q, key);
    while (n < STORE_FOUND_MAX && store_query_step(&q))
        id[n++] = store_query_u64(&q);
    store_query_end(&q);
    return n;
}

static void seal(struct store_keeper *keeper, enum match_row_kind kind,
                 uint64_t id, struct store_bytes sealed)
{
    struct store_query q;

    if (sealed.size == 0)
        return;
    q = store_sqlite_ask(
        keeper, kind == ROW_TICKET ? "UPDATE ticket SET sealed = ? WHERE id = ?"
                                   : "UPDATE talk SET sealed = ? WHERE id = ?");
    store_query_put_bytes(&q, sealed.data, sealed.size);
    store_query_put(&q, id);
    store_query_run(&q);
}

static struct store_bytes link(struct store_keeper *keeper, uint64_t talk,
                               struct arena *arena)
{
    struct store_bytes bytes = {0};
    struct store_query q =
        store_sqlite_ask(keeper, "SELECT sealed FROM talk WHERE id = ?");

    store_query_put(&q, talk);
    if (store_query_step(&q))
        bytes = store_sqlite_give(keeper, &q, arena);
    store_query_end(&q);
    return bytes;
}

void store_sqlite_pairs_read(struct store_query *q, struct match_pair_row *pair)
{
    pair->kind = (enum match_pair_kind)store_query_u32(q);
    pair->gone = false;
    pair->a = store_query_u64(q);
    pair->b = store_query_u64(q);
    pair->ticket = store_query_u64(q);
    pair->until_ms = store_query_u64(q);
}

static void put_name(struct store_query *q, const struct match_pair_row *pair)
{
    store_query_put(q, pair->a);
    store_query_put(q, pair->b);
    store_query_put(q, pair->kind);
    store_query_put(q, pair->ticket);
}

static bool pair(struct store_keeper *keeper, struct match_pair_row *like)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT until_ms FROM pair"
                " WHERE a = ? AND b = ? AND kind = ? AND ticket = ?");
    bool there;

    put_name(&q, like);
    there = store_query_step(&q);
    if (there) {
        like->gone = false;
        like->until_ms = store_query_u64(&q);
    }
    store_query_end(&q);
    return there;
}

static void put_pair(struct store_keeper *keeper,
                     const struct match_pair_row *put)
{
    struct store_query q = store_sqlite_ask(
        keeper, put->gone
                    ? "DELETE FROM pair"
                      " WHERE a = ? AND b = ? AND kind = ? AND ticket = ?"
                    : "INSERT INTO pair(a, b, kind, ticket, until_ms)"
                      " VALUES(?, ?, ?, ?, ?) ON CONFLICT(a, b, kind, ticket)"
                      " DO UPDATE SET until_ms = excluded.until_ms");

    put_name(&q, put);
    if (!put->gone)
        store_query_put(&q, put->until_ms);
    store_query_run(&q);
}

static const char *const lives[MATCH_ROLES] = {
    [MATCH_SEEKER] =
        "SELECT " STORE_PAIR_COLUMNS " FROM pair WHERE a = ?1 AND EXISTS("
        "SELECT 1 FROM ticket WHERE ticket.member = pair.b AND state < 2)"
        " UNION ALL "
        "SELECT " STORE_PAIR_COLUMNS " FROM pair WHERE b = ?1 AND EXISTS("
        "SELECT 1 FROM ticket WHERE ticket.member = pair.a AND state < 2)"
        " LIMIT ?2",
    [MATCH_PEER] =
        "SELECT " STORE_PAIR_COLUMNS " FROM pair WHERE a = ?1 AND EXISTS("
        "SELECT 1 FROM duty WHERE duty.member = pair.b AND state <> 0)"
        " UNION ALL "
        "SELECT " STORE_PAIR_COLUMNS " FROM pair WHERE b = ?1 AND EXISTS("
        "SELECT 1 FROM duty WHERE duty.member = pair.a AND state <> 0)"
        " LIMIT ?2",
};

static uint32_t pairs(struct store_keeper *keeper, uint64_t id,
                      enum match_role role, struct match_pair_row *out,
                      uint32_t most)
{
    struct store_query q = store_sqlite_ask(keeper, lives[role]);
    uint32_t n = 0;

    store_query_put(&q, id);
    store_query_put(&q, most);
    while (n < most && store_query_step(&q))
        store_sqlite_pairs_read(&q, &out[n++]);
    store_query_end(&q);
    return n;
}

/* ---- lists of blocks ---- */

static void read_block(struct store_query *q, struct store_block *block)
{
    block->via = store_query_u64(q);
    block->other = store_query_u64(q);
    block->known = (enum store_known)store_query_u32(q);
    block->day = store_query_u32(q);
    block->gone = false;
}

static bool block(struct store_keeper *keeper, struct store_block *like)
{
    struct store_query q =
        store_sqlite_ask(keeper, "SELECT via, other, known, day FROM block"
                                 " WHERE member = ? AND via = ?");
    bool there;

    store_query_put(&q, like->member);
    store_query_put(&q, like->via);
    there = store_query_step(&q);
    if (there)
        read_block(&q, like);
    store_query_end(&q);
    return there;
}

static void put_block(struct store_keeper *keeper,
                      const struct store_block *put)
{
    struct store_query q = store_sqlite_ask(
        keeper, put->gone ? "DELETE FROM block WHERE member = ? AND via = ?"
                          : "INSERT INTO block(member, via, other, known, day)"
                            " VALUES(?, ?, ?, ?, ?)");

    store_query_put(&q, put->member);
    store_query_put(&q, put->via);
    if (!put->gone) {
        store_query_put(&q, put->other);
        store_query_put(&q, put->known);
        store_query_put(&q, put->day);
    }
    store_query_run(&q);
}

static uint32_t blocks(struct store_keeper *keeper, uint64_t id,
                       uint64_t after_via, struct store_block *out,
                       uint32_t most)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT via, other, known, day FROM block WHERE member = ?1"
                " AND (via < 0, via) > (?2 < 0, ?2)"
                " ORDER BY via < 0, via LIMIT ?3");
    uint32_t n = 0;

    store_query_put(&q, id);
    store_query_put(&q, after_via);
    store_query_put(&q, most);
    while (n < most && store_query_step(&q)) {
        read_block(&q, &out[n]);
        out[n++].member = id;
    }
    store_query_end(&q);
    return n;
}

static uint32_t blocks_of(struct store_keeper *keeper, uint64_t id)
{
    struct store_query q =
        store_sqlite_ask(keeper, "SELECT count(*) FROM block WHERE member = ?");
    uint32_t n = 0;

    store_query_put(&q, id);
    if (store_query_step(&q))
        n = store_query_u32(&q);
    store_query_end(&q);
    return n;
}

static void rarity(struct store_keeper *keeper,
                   const struct match_command *command)
{
    struct store_query q;

    if (command->rarity.first) {
        q = store_sqlite_ask(keeper, "DELETE FROM rarity WHERE pool = ?");
        store_query_put(&q, command->rarity.pool);
        store_query_run(&q);
    }
    for (uint32_t i = 0; i < command->rarity.rows; i++) {
        q = store_sqlite_ask(
            keeper, "INSERT INTO rarity(pool, token, count_q8) VALUES(?, ?, ?)"
                    " ON CONFLICT(pool, token)"
                    " DO UPDATE SET count_q8 = excluded.count_q8");
        store_query_put(&q, command->rarity.row[i].pool);
        store_query_put(&q, command->rarity.row[i].token);
        store_query_put(&q, command->rarity.row[i].count_q8);
        store_query_run(&q);
    }
}

void store_sqlite_pairs_ops(struct store_keeper_ops *ops)
{
    ops->find = find;
    ops->seal = seal;
    ops->link = link;
    ops->pair = pair;
    ops->put_pair = put_pair;
    ops->pairs = pairs;
    ops->block = block;
    ops->put_block = put_block;
    ops->blocks = blocks;
    ops->blocks_of = blocks_of;
    ops->rarity = rarity;
}

#include <string.h>

#include "store/sqlite_tables.h"

struct broom { /* one sweep */
    struct store_keeper *keeper;
    struct store_job *job;
    uint64_t now_ms;
    uint32_t most;
};

struct expired { /* what one mailbox lost */
    uint64_t mailbox, seq, count, bytes;
};

/* Put the latest time that is over; -1 where none is. */
static void put_before(struct store_query *q, const struct broom *broom,
                       uint64_t life_ms)
{
    store_query_put(q, broom->now_ms < life_ms ? UINT64_MAX
                                               : broom->now_ms - life_ms);
}

/* Delete `most` at most, of what is that old; how many. */
static uint32_t delete_some(struct broom *broom, const char *sql,
                            uint64_t life_ms)
{
    struct store_queries *queries = &store_sqlite_of(broom->keeper)->queries;
    struct store_query q = store_sqlite_ask(broom->keeper, sql);
    uint32_t n;

    put_before(&q, broom, life_ms);
    store_query_put(&q, broom->most);
    store_query_run(&q);
    n = (uint32_t)sqlite3_changes(queries->db);
    if (n >= broom->most)
        broom->job->result.swept.more = true;
    return n;
}

static void clear(struct broom *broom, const char *sql, uint64_t life_ms)
{
    broom->job->result.swept.deleted += delete_some(broom, sql, life_ms);
}

static void report_idle(struct broom *broom, const uint8_t hash[STORE_HASH],
                        const uint8_t other[STORE_HASH])
{
    uint8_t(*idle)[STORE_HASH] = broom->job->result.swept.idle;
    uint32_t *n = &broom->job->result.swept.idles;

    for (uint32_t i = 0; i < *n; i++)
        if (memcmp(idle[i], hash, STORE_HASH) == 0 ||
            memcmp(idle[i], other, STORE_HASH) == 0)
            return;
    if (*n < broom->most && *n < STORE_PAGE_MAX)
        memcpy(idle[(*n)++], hash, STORE_HASH);
    else
        broom->job->result.swept.more = true;
}

static void note_expiry(struct broom *broom, const struct expired *e)
{
    uint8_t hash[STORE_HASH], other[STORE_HASH];
    struct store_query q = store_sqlite_ask(
        broom->keeper,
        "UPDATE mailbox SET expired_seq = max(expired_seq, ?1),"
        " waiting = waiting - ?2, waiting_bytes = waiting_bytes - ?3"
        " WHERE id = ?4 RETURNING receive_hash, other, closed_ms");

    store_query_put(&q, e->seq);
    store_query_put(&q, e->count);
    store_query_put(&q, e->bytes);
    store_query_put(&q, e->mailbox);
    if (store_query_step(&q)) {
        store_query_hash(&q, hash);
        store_query_hash(&q, other);
        if (store_query_u64(&q) == 0)
            report_idle(broom, hash, other);
    }
    store_query_run(&q);
}

static void sweep_messages(struct broom *broom)
{
    struct expired expired[STORE_BATCH_MAX];
    uint64_t life_ms = broom->job->command.sweep.message_ms;
    uint32_t n = 0;
    struct store_query q = store_sqlite_ask(
        broom->keeper,
        "SELECT mailbox, max(seq), count(*), sum(length(text)) FROM"
        " (SELECT mailbox, seq, text FROM message WHERE sent_ms <= ?1"
        " ORDER BY sent_ms, id LIMIT ?2) GROUP BY mailbox");

    put_before(&q, broom, life_ms);
    store_query_put(&q, broom->most);
    while (n < STORE_BATCH_MAX && store_query_step(&q)) {
        expired[n].mailbox = store_query_u64(&q);
        expired[n].seq = store_query_u64(&q);
        expired[n].count = store_query_u64(&q);
        expired[n++].bytes = store_query_u64(&q);
    }
    store_query_end(&q);
    for (uint32_t i = 0; i < n; i++)
        note_expiry(broom, &expired[i]);
    clear(broom,
          "DELETE FROM message WHERE id IN (SELECT id FROM message"
          " WHERE sent_ms <= ?1 ORDER BY sent_ms, id LIMIT ?2)",
          life_ms);
}

static void sweep_boxes(struct broom *broom)
{
    uint8_t hash[STORE_HASH], other[STORE_HASH];
    uint64_t life_ms = broom->job->command.sweep.mailbox_ms;
    struct store_query q = store_sqlite_ask(
        broom->keeper, "SELECT receive_hash, other FROM mailbox"
                       " WHERE closed_ms = 0 AND active_ms <= ?1"
                       " ORDER BY active_ms, id LIMIT ?2");

    put_before(&q, broom, broom->job->command.sweep.idle_ms);
    store_query_put(&q, 2 * STORE_PAGE_MAX + 2);
    while (store_query_step(&q)) {
        store_query_hash(&q, hash);
        store_query_hash(&q, other);
        report_idle(broom, hash, other);
    }
    /* Silent for longer than any talk lives: what ended it did not name it. */
    q = store_sqlite_ask(
        broom->keeper,
        "UPDATE mailbox SET closed_ms = ?3 WHERE id IN (SELECT id FROM mailbox"
        " WHERE closed_ms = 0 AND active_ms <= ?1"
        " ORDER BY active_ms, id LIMIT ?2)");
    put_before(&q, broom, broom->job->command.sweep.idle_ms + life_ms);
    store_query_put(&q, broom->most);
    store_query_put(&q, broom->now_ms);
    store_query_run(&q);
    /* A mailbox may hold as many messages as a sweep may delete: those go
     * first, and count as it alone. */
    (void)delete_some(
        broom,
        "DELETE FROM message WHERE id IN (SELECT m.id FROM mailbox AS b"
        " CROSS JOIN message AS m ON m.mailbox = b.id WHERE b.closed_ms <> 0"
        " AND b.closed_ms <= ?1 ORDER BY b.closed_ms, b.id LIMIT ?2)",
        life_ms);
    clear(broom,
          "DELETE FROM mailbox WHERE id IN (SELECT id FROM (SELECT id"
          " FROM mailbox WHERE closed_ms <> 0 AND closed_ms <= ?1"
          " ORDER BY closed_ms, id LIMIT ?2) AS old WHERE NOT EXISTS"
          " (SELECT 1 FROM message WHERE message.mailbox = old.id))",
          life_ms);
}

void store_sqlite_sweep_all(struct store_keeper *keeper, struct store_job *job)
{
    struct broom broom = {.keeper = keeper,
                          .job = job,
                          .now_ms = job->command.now_ms,
                          .most = job->command.sweep.most};

    sweep_messages(&broom);
    sweep_boxes(&broom);
    clear(&broom,
          "DELETE FROM ticket WHERE id IN (SELECT id FROM ticket"
          " WHERE state >= 2 AND expires_ms <= ?1 LIMIT ?2)",
          job->command.sweep.key_ms);
    clear(&broom,
          "DELETE FROM offer WHERE id IN (SELECT id FROM offer"
          " WHERE state <> 0 AND made_ms <= ?1 LIMIT ?2)",
          STORE_OFFER_KNOWN_MS);
    clear(&broom,
          "DELETE FROM talk WHERE id IN (SELECT id FROM talk"
          " WHERE state = 2 AND ended_ms <= ?1 LIMIT ?2)",
          job->command.sweep.link_ms);
    clear(&broom,
          "DELETE FROM pair WHERE id IN (SELECT id FROM pair"
          " WHERE kind = 0 AND until_ms <= ?1 LIMIT ?2)",
          0);
    clear(&broom,
          "DELETE FROM memo WHERE (scope, key0, key1) IN (SELECT scope, key0,"
          " key1 FROM memo WHERE made_ms <= ?1 LIMIT ?2)",
          job->command.sweep.key_ms);
    clear(&broom,
          "UPDATE member SET rotated_ms = 0 WHERE id IN (SELECT id FROM member"
          " WHERE rotated_ms <> 0 AND rotated_ms <= ?1 LIMIT ?2)",
          job->command.sweep.key_ms);
}

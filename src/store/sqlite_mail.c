#include <string.h>

#include "base/require.h"
#include "store/sqlite_tables.h"

static bool card(struct store_keeper *keeper, uint64_t member,
                 enum match_role role, struct store_card *out,
                 struct arena *arena)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT version, vocabulary_version, consent_version, sealed"
                " FROM card WHERE member = ? AND role = ?");

    store_query_put(&q, member);
    store_query_put(&q, role);
    if (!store_query_step(&q))
        return false;
    *out = (struct store_card){.member = member, .role = role};
    out->version = store_query_u32(&q);
    out->vocabulary_version = store_query_u32(&q);
    out->consent_version = store_query_u32(&q);
    out->sealed = store_sqlite_give(keeper, &q, arena);
    store_query_end(&q);
    return true;
}

static void put_card(struct store_keeper *keeper, const struct store_card *put)
{
    struct store_query q = store_sqlite_ask(
        keeper, "INSERT INTO card(member, role, version, vocabulary_version,"
                " consent_version, sealed) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
                " ON CONFLICT(member, role) DO UPDATE SET version = ?3,"
                " vocabulary_version = ?4, consent_version = ?5, sealed = ?6");

    store_query_put(&q, put->member);
    store_query_put(&q, put->role);
    store_query_put(&q, put->version);
    store_query_put(&q, put->vocabulary_version);
    store_query_put(&q, put->consent_version);
    store_query_put_bytes(&q, put->sealed.data, put->sealed.size);
    store_query_run(&q);
}

#define BOX                                                                    \
    "SELECT receive_hash, send_hash, other, last_seq, acked_seq,"              \
    " expired_seq, active_ms, closed_ms, waiting, waiting_bytes, link"         \
    " FROM mailbox WHERE "

static bool box(struct store_keeper *keeper, const uint8_t hash[STORE_HASH],
                bool sends, struct store_box *out, struct arena *arena)
{
    struct store_query q = store_sqlite_ask(
        keeper, sends ? BOX "send_hash = ?" : BOX "receive_hash = ?");

    store_query_put_bytes(&q, hash, STORE_HASH);
    if (!store_query_step(&q))
        return false;
    store_query_hash(&q, out->receive_hash);
    store_query_hash(&q, out->send_hash);
    store_query_hash(&q, out->other);
    out->last_seq = store_query_u64(&q);
    out->acked_seq = store_query_u64(&q);
    out->expired_seq = store_query_u64(&q);
    out->active_ms = store_query_u64(&q);
    out->closed_ms = store_query_u64(&q);
    out->waiting = store_query_u32(&q);
    out->waiting_bytes = store_query_u32(&q);
    out->link = store_sqlite_give(keeper, &q, arena);
    store_query_end(&q);
    return true;
}

static void add_box(struct store_keeper *keeper, const struct store_box *put)
{
    struct store_query q = store_sqlite_ask(
        keeper, "INSERT INTO mailbox(receive_hash, send_hash, other, link,"
                " last_seq, acked_seq, expired_seq, active_ms, closed_ms,"
                " waiting, waiting_bytes)"
                " VALUES(?, ?, ?, ?, 0, 0, 0, ?, 0, 0, 0)");

    store_query_put_bytes(&q, put->receive_hash, STORE_HASH);
    store_query_put_bytes(&q, put->send_hash, STORE_HASH);
    store_query_put_bytes(&q, put->other, STORE_HASH);
    store_query_put_bytes(&q, put->link.data, put->link.size);
    store_query_put(&q, put->active_ms);
    store_query_run(&q);
}

static void put_box(struct store_keeper *keeper, const struct store_box *put,
                    bool fresh)
{
    struct store_query q;

    if (fresh) {
        add_box(keeper, put);
        return;
    }
    q = store_sqlite_ask(
        keeper, "UPDATE mailbox SET last_seq = ?, acked_seq = ?,"
                " expired_seq = ?, active_ms = ?, closed_ms = ?, waiting = ?,"
                " waiting_bytes = ? WHERE receive_hash = ?");
    store_query_put(&q, put->last_seq);
    store_query_put(&q, put->acked_seq);
    store_query_put(&q, put->expired_seq);
    store_query_put(&q, put->active_ms);
    store_query_put(&q, put->closed_ms);
    store_query_put(&q, put->waiting);
    store_query_put(&q, put->waiting_bytes);
    store_query_put_bytes(&q, put->receive_hash, STORE_HASH);
    store_query_run(&q);
}

static void put_message(struct store_keeper *keeper,
                        const uint8_t receive_hash[STORE_HASH], uint64_t seq,
                        struct store_bytes ciphertext, uint64_t now_ms)
{
    struct store_query q = store_sqlite_ask(
        keeper, "INSERT INTO message(mailbox, seq, sent_ms, text)"
                " SELECT id, ?, ?, ? FROM mailbox WHERE receive_hash = ?");

    store_query_put(&q, seq);
    store_query_put(&q, now_ms);
    store_query_put_bytes(&q, ciphertext.data, ciphertext.size);
    store_query_put_bytes(&q, receive_hash, STORE_HASH);
    store_query_run(&q);
}

static uint32_t messages(struct store_keeper *keeper,
                         const uint8_t receive_hash[STORE_HASH],
                         uint64_t after_seq, struct store_message *out,
                         uint32_t most, struct arena *arena)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT seq, text FROM message WHERE mailbox ="
                " (SELECT id FROM mailbox WHERE receive_hash = ?)"
                " AND seq > ? ORDER BY seq");
    uint32_t n = 0;

    store_query_put_bytes(&q, receive_hash, STORE_HASH);
    store_query_put(&q, after_seq);
    while (n < most && store_query_step(&q)) {
        out[n].seq = store_query_u64(&q);
        out[n].ciphertext = store_query_copy(&q, arena);
        if (!out[n].ciphertext.data) {
            if (n == 0)
                keeper->err = ERR_STORE;
            break; /* a shorter page */
        }
        n++;
    }
    store_query_end(&q);
    return n;
}

static void drop_messages(struct store_keeper *keeper,
                          const uint8_t receive_hash[STORE_HASH], uint64_t seq,
                          uint32_t *count, uint32_t *bytes)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT count(*), coalesce(sum(length(text)), 0) FROM message"
                " WHERE mailbox = (SELECT id FROM mailbox"
                " WHERE receive_hash = ?) AND seq <= ?");

    *count = *bytes = 0;
    store_query_put_bytes(&q, receive_hash, STORE_HASH);
    store_query_put(&q, seq);
    if (store_query_step(&q)) {
        *count = store_query_u32(&q);
        *bytes = store_query_u32(&q);
    }
    store_query_end(&q);
    q = store_sqlite_ask(keeper,
                         "DELETE FROM message WHERE mailbox = (SELECT id"
                         " FROM mailbox WHERE receive_hash = ?) AND seq <= ?");
    store_query_put_bytes(&q, receive_hash, STORE_HASH);
    store_query_put(&q, seq);
    store_query_run(&q);
}

static bool memo(struct store_keeper *keeper, struct store_memo *like)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT hash, call, reference, made_ms FROM memo"
                " WHERE scope = ? AND key0 = ? AND key1 = ?");
    bool there;

    store_query_put(&q, like->scope);
    store_query_put(&q, like->key.word[0]);
    store_query_put(&q, like->key.word[1]);
    there = store_query_step(&q);
    if (there) {
        like->key.request_hash = store_query_u64(&q);
        like->call = store_query_u32(&q);
        like->reference = store_query_u64(&q);
        like->made_ms = store_query_u64(&q);
    }
    store_query_end(&q);
    return there;
}

static void put_memo(struct store_keeper *keeper, const struct store_memo *put)
{
    struct store_query q = store_sqlite_ask(
        keeper, "INSERT OR REPLACE INTO memo(scope, key0, key1, hash, call,"
                " reference, made_ms) VALUES(?, ?, ?, ?, ?, ?, ?)");

    store_query_put(&q, put->scope);
    store_query_put(&q, put->key.word[0]);
    store_query_put(&q, put->key.word[1]);
    store_query_put(&q, put->key.request_hash);
    store_query_put(&q, put->call);
    store_query_put(&q, put->reference);
    store_query_put(&q, put->made_ms);
    store_query_run(&q);
}

/* touched: nine bytes each, the kind and the id as it lies in memory; the file
 * is not carried between kinds of machine. */
enum { TOUCH = 1 + sizeof(uint64_t) };

static bool done(struct store_keeper *keeper, struct store_done *like)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT reference, outcome, err, touched FROM done"
                " WHERE slot = ? AND epoch = ? AND op = ?");
    const uint8_t *touched;
    uint32_t size;

    store_query_put(&q, like->op % STORE_OPS_KEPT);
    store_query_put(&q, like->epoch);
    store_query_put(&q, like->op);
    if (!store_query_step(&q))
        return false;
    like->reference = store_query_u64(&q);
    like->outcome = (enum match_outcome)store_query_u32(&q);
    like->err = (enum err)store_query_u32(&q);
    touched = store_query_bytes(&q, &size);
    like->touched = size / TOUCH;
    REQUIRE(like->touched <= STORE_WORK_MAX);
    for (uint32_t i = 0; i < like->touched; i++) {
        like->kind[i] = touched[i * TOUCH];
        memcpy(&like->id[i], touched + i * TOUCH + 1, sizeof(uint64_t));
    }
    store_query_end(&q);
    return true;
}

static void put_done(struct store_keeper *keeper, const struct store_done *put)
{
    uint8_t touched[STORE_WORK_MAX * TOUCH + 1];
    struct store_query q = store_sqlite_ask(
        keeper, "INSERT OR REPLACE INTO done(slot, epoch, op, reference,"
                " outcome, err, touched) VALUES(?, ?, ?, ?, ?, ?,"
                " coalesce(?, x''))");

    for (uint32_t i = 0; i < put->touched; i++) {
        touched[i * TOUCH] = put->kind[i];
        memcpy(touched + i * TOUCH + 1, &put->id[i], sizeof(uint64_t));
    }
    store_query_put(&q, put->op % STORE_OPS_KEPT);
    store_query_put(&q, put->epoch);
    store_query_put(&q, put->op);
    store_query_put(&q, put->reference);
    store_query_put(&q, put->outcome);
    store_query_put(&q, put->err);
    store_query_put_bytes(&q, touched, put->touched * TOUCH);
    store_query_run(&q);
}

void store_sqlite_mail_ops(struct store_keeper_ops *ops)
{
    ops->card = card;
    ops->put_card = put_card;
    ops->box = box;
    ops->put_box = put_box;
    ops->put_message = put_message;
    ops->messages = messages;
    ops->drop_messages = drop_messages;
    ops->memo = memo;
    ops->put_memo = put_memo;
    ops->done = done;
    ops->put_done = put_done;
}

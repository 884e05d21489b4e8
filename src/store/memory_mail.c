#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "store/memory_tables.h"

static struct store_memory *of(struct store_keeper *keeper)
{
    return (struct store_memory *)(void *)keeper;
}

static void rarity(struct store_keeper *keeper,
                   const struct match_command *command)
{
    struct store_table *table = &of(keeper)->rarity;
    uint64_t pool = (uint64_t)command->rarity.pool + 1;
    uint32_t slot;

    while (command->rarity.first && store_table_first(table, 0, pool, &slot))
        store_table_remove(table, slot);
    for (uint32_t i = 0; i < command->rarity.rows; i++) {
        const struct match_rarity_row *put = &command->rarity.row[i];
        uint64_t key = store_memory_mix(put->token, put->pool);
        const struct match_rarity_row *r =
            store_table_first(table, 1, key, &slot);

        while (r && (r->token != put->token || r->pool != put->pool))
            r = store_table_next(table, 1, key, &slot);
        if (r)
            store_table_change(table, slot, put);
        else
            store_table_add(table, put);
    }
}

static struct store_memory_card *seek_card(struct store_memory *memory,
                                           uint64_t member,
                                           enum match_role role, uint32_t *slot)
{
    uint64_t key = store_memory_mix(member, (uint64_t)role);
    struct store_memory_card *c =
        store_table_first(&memory->cards, 0, key, slot);

    while (c && (c->card.member != member || c->card.role != role))
        c = store_table_next(&memory->cards, 0, key, slot);
    return c;
}

static bool card(struct store_keeper *keeper, uint64_t member,
                 enum match_role role, struct store_card *out,
                 struct arena *arena)
{
    uint32_t slot;
    const struct store_memory_card *found =
        seek_card(of(keeper), member, role, &slot);

    if (!found)
        return false;
    *out = found->card;
    out->sealed = store_memory_give(keeper, found->sealed, arena);
    return true;
}

static void put_card(struct store_keeper *keeper, const struct store_card *put)
{
    struct store_memory_card now = {.card = *put}, *old;
    uint32_t slot;

    now.card.sealed = (struct store_bytes){0};
    now.sealed = store_memory_take(of(keeper), put->sealed);
    old = seek_card(of(keeper), put->member, put->role, &slot);
    if (!old) {
        store_table_add(&of(keeper)->cards, &now);
        return;
    }
    free(old->sealed);
    store_table_change(&of(keeper)->cards, slot, &now);
}

static struct store_memory_box *seek_box(struct store_memory *memory,
                                         const uint8_t hash[STORE_HASH],
                                         bool sends, uint32_t *slot)
{
    uint32_t index = sends ? 1 : 0;
    uint64_t key = store_memory_hash_key(hash);
    struct store_memory_box *b =
        store_table_first(&memory->boxes, index, key, slot);

    while (b && memcmp(sends ? b->box.send_hash : b->box.receive_hash, hash,
                       STORE_HASH) != 0)
        b = store_table_next(&memory->boxes, index, key, slot);
    return b;
}

static bool box(struct store_keeper *keeper, const uint8_t hash[STORE_HASH],
                bool sends, struct store_box *out, struct arena *arena)
{
    uint32_t slot;
    const struct store_memory_box *found =
        seek_box(of(keeper), hash, sends, &slot);

    if (!found)
        return false;
    *out = found->box;
    out->link = store_memory_give(keeper, found->link, arena);
    return true;
}

static void put_box(struct store_keeper *keeper, const struct store_box *put,
                    bool fresh)
{
    struct store_memory_box now = {.box = *put};
    const struct store_memory_box *old;
    uint32_t slot;

    now.box.link = (struct store_bytes){0};
    if (fresh) {
        now.link = store_memory_take(of(keeper), put->link);
        store_table_add(&of(keeper)->boxes, &now);
        return;
    }
    old = seek_box(of(keeper), put->receive_hash, false, &slot);
    REQUIRE(old != NULL);
    now.link = old->link;
    store_table_change(&of(keeper)->boxes, slot, &now);
}

static void put_message(struct store_keeper *keeper,
                        const uint8_t receive_hash[STORE_HASH], uint64_t seq,
                        struct store_bytes ciphertext, uint64_t now_ms)
{
    struct store_memory_message message = {.seq = seq, .sent_ms = now_ms};

    memcpy(message.receive_hash, receive_hash, STORE_HASH);
    message.text = store_memory_take(of(keeper), ciphertext);
    store_table_add(&of(keeper)->messages, &message);
}

/* The waiting message of a mailbox with the least number above after_seq. */
static const struct store_memory_message *after(struct store_table *table,
                                                const uint8_t hash[STORE_HASH],
                                                uint64_t after_seq)
{
    uint64_t key = store_memory_hash_key(hash);
    const struct store_memory_message *best = NULL;
    uint32_t slot;

    for (const struct store_memory_message *m =
             store_table_first(table, 0, key, &slot);
         m; m = store_table_next(table, 0, key, &slot))
        if (m->seq > after_seq && (!best || m->seq < best->seq) &&
            memcmp(m->receive_hash, hash, STORE_HASH) == 0)
            best = m;
    return best;
}

static uint32_t messages(struct store_keeper *keeper,
                         const uint8_t receive_hash[STORE_HASH],
                         uint64_t after_seq, struct store_message *out,
                         uint32_t most, struct arena *arena)
{
    struct store_table *table = &of(keeper)->messages;
    const struct store_memory_message *m;
    uint32_t n = 0;

    while (n < most && (m = after(table, receive_hash, after_seq))) {
        struct store_bytes text = store_memory_copy(m->text, arena);

        if (!text.data) {
            if (n == 0)
                keeper->err = ERR_STORE;
            break; /* a shorter page */
        }
        out[n++] = (struct store_message){.seq = m->seq, .ciphertext = text};
        after_seq = m->seq;
    }
    return n;
}

static void drop_messages(struct store_keeper *keeper,
                          const uint8_t receive_hash[STORE_HASH], uint64_t seq,
                          uint32_t *count, uint32_t *bytes)
{
    struct store_table *table = &of(keeper)->messages;
    uint64_t key = store_memory_hash_key(receive_hash);
    struct store_memory_message *m;
    uint32_t slot;

    *count = *bytes = 0;
    m = store_table_first(table, 0, key, &slot);
    while (m) {
        uint32_t here = slot;
        struct store_memory_message *gone = m;

        m = store_table_next(table, 0, key, &slot);
        if (gone->seq > seq ||
            memcmp(gone->receive_hash, receive_hash, STORE_HASH) != 0)
            continue;
        ++*count;
        *bytes += gone->text->size;
        store_memory_drop(table, here, gone->text);
    }
}

static struct store_memo *seek_memo(struct store_memory *memory,
                                    const struct store_memo *like,
                                    uint32_t *slot)
{
    uint64_t key = store_memory_mix(
        like->scope, store_memory_mix(like->key.word[0], like->key.word[1]));
    struct store_memo *m = store_table_first(&memory->memos, 0, key, slot);

    while (m &&
           (m->scope != like->scope || m->key.word[0] != like->key.word[0] ||
            m->key.word[1] != like->key.word[1]))
        m = store_table_next(&memory->memos, 0, key, slot);
    return m;
}

static bool memo(struct store_keeper *keeper, struct store_memo *like)
{
    uint32_t slot;
    const struct store_memo *found = seek_memo(of(keeper), like, &slot);

    if (found)
        *like = *found;
    return found != NULL;
}

static void put_memo(struct store_keeper *keeper, const struct store_memo *put)
{
    uint32_t slot;

    if (seek_memo(of(keeper), put, &slot))
        store_table_change(&of(keeper)->memos, slot, put);
    else
        store_table_add(&of(keeper)->memos, put);
}

static bool done(struct store_keeper *keeper, struct store_done *like)
{
    const struct store_done *kept =
        &of(keeper)->done[like->op % STORE_OPS_KEPT];

    if (like->op > of(keeper)->op_most)
        return false; /* as nearly always: without a look at them */
    if (kept->epoch != like->epoch || kept->op != like->op || kept->epoch == 0)
        return false;
    *like = *kept;
    return true;
}

static void put_done(struct store_keeper *keeper, const struct store_done *put)
{
    if (put->op > of(keeper)->op_most)
        of(keeper)->op_most = put->op;
    /* few rows of many: what is after them says nothing */
    memcpy(&of(keeper)->done[put->op % STORE_OPS_KEPT], put,
           offsetof(struct store_done, id) + put->touched * sizeof put->id[0]);
}

void store_memory_mail_ops(struct store_keeper_ops *ops)
{
    ops->rarity = rarity;
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

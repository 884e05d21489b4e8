#include "store/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/require.h"
#include "store/memory_tables.h"

static struct store_memory *of(struct store_keeper *keeper)
{
    return (struct store_memory *)(void *)keeper;
}

/* ---- keys ---- */

uint64_t store_memory_mix(uint64_t a, uint64_t b)
{
    uint64_t key = chance_mix(a ^ chance_mix(b));

    return key == 0 ? 1 : key;
}

uint64_t store_memory_hash_key(const uint8_t hash[STORE_HASH])
{
    uint64_t word;

    memcpy(&word, hash, sizeof word);
    return word == 0 ? 1 : word;
}

static uint64_t member_id(const void *r)
{
    return ((const struct store_member *)r)->id;
}

static uint64_t member_handle(const void *r)
{
    return store_memory_hash_key(((const struct store_member *)r)->handle);
}

static uint64_t card_key(const void *r)
{
    const struct store_memory_card *c = r;

    return store_memory_mix(c->card.member, (uint64_t)c->card.role);
}

static uint64_t subject_id(const void *r)
{
    return store_work_id(&((const struct store_memory_subject *)r)->row.row);
}

static uint64_t ticket_live_member(const void *r)
{
    const struct match_ticket_row *t =
        &((const struct store_memory_subject *)r)->row.row.ticket;

    return t->state <= TICKET_OFFERED ? t->member : 0;
}

static uint64_t offer_open_ticket(const void *r)
{
    const struct match_offer_row *o =
        &((const struct store_memory_subject *)r)->row.row.offer;

    return o->state == OFFER_OPEN ? o->ticket : 0;
}

static uint64_t offer_open_peer(const void *r)
{
    const struct match_offer_row *o =
        &((const struct store_memory_subject *)r)->row.row.offer;

    return o->state == OFFER_OPEN ? o->peer : 0;
}

static uint64_t talk_live_peer(const void *r)
{
    const struct match_talk_row *t =
        &((const struct store_memory_subject *)r)->row.row.talk;

    return t->state != TALK_ENDED ? t->peer : 0;
}

static uint64_t talk_live_seeker(const void *r)
{
    const struct match_talk_row *t =
        &((const struct store_memory_subject *)r)->row.row.talk;

    return t->state != TALK_ENDED ? t->seeker : 0;
}

static uint64_t talk_peer(const void *r)
{
    return ((const struct store_memory_subject *)r)->row.row.talk.peer;
}

static uint64_t talk_ticket(const void *r)
{
    return ((const struct store_memory_subject *)r)->row.row.talk.ticket;
}

/* All that is between two members is in one chain. */
uint64_t store_memory_pair_key(const void *r)
{
    const struct match_pair_row *p = r;

    return p->a < p->b ? store_memory_mix(p->a, p->b)
                       : store_memory_mix(p->b, p->a);
}

static uint64_t pair_a(const void *r)
{
    return ((const struct match_pair_row *)r)->a;
}

static uint64_t pair_b(const void *r)
{
    return ((const struct match_pair_row *)r)->b;
}

static uint64_t pair_ticket(const void *r)
{
    return ((const struct match_pair_row *)r)->ticket;
}

static uint64_t block_key(const void *r)
{
    const struct store_block *b = r;

    return store_memory_mix(b->member, b->via);
}

static uint64_t block_member(const void *r)
{
    return ((const struct store_block *)r)->member;
}

static uint64_t rarity_pool(const void *r)
{
    return (uint64_t)((const struct match_rarity_row *)r)->pool + 1;
}

static uint64_t rarity_key(const void *r)
{
    const struct match_rarity_row *row = r;

    return store_memory_mix(row->token, row->pool);
}

static uint64_t box_receive(const void *r)
{
    return store_memory_hash_key(
        ((const struct store_memory_box *)r)->box.receive_hash);
}

static uint64_t box_send(const void *r)
{
    return store_memory_hash_key(
        ((const struct store_memory_box *)r)->box.send_hash);
}

static uint64_t message_box(const void *r)
{
    return store_memory_hash_key(
        ((const struct store_memory_message *)r)->receive_hash);
}

static uint64_t memo_key(const void *r)
{
    const struct store_memo *m = r;

    return store_memory_mix(m->scope,
                            store_memory_mix(m->key.word[0], m->key.word[1]));
}

/* ---- blobs ---- */

static void set_aside(struct store_memory *memory, struct store_bytes bytes,
                      bool *ok)
{
    uint32_t i = 0;

    if (bytes.size == 0)
        return;
    while (memory->spare[i]) {
        i++;
        REQUIRE(i < STORE_SPARE_MAX);
    }
    memory->spare[i] = malloc(sizeof(struct store_blob) + bytes.size);
    if (memory->spare[i])
        memory->spare[i]->size = bytes.size;
    else
        *ok = false;
}

struct store_blob *store_memory_take(struct store_memory *memory,
                                     struct store_bytes bytes)
{
    struct store_blob *blob = NULL;

    if (bytes.size == 0)
        return NULL;
    for (uint32_t i = 0; i < STORE_SPARE_MAX && !blob; i++)
        if (memory->spare[i] && memory->spare[i]->size == bytes.size) {
            blob = memory->spare[i];
            memory->spare[i] = NULL;
        }
    REQUIRE(blob != NULL); /* set aside before the command was decided */
    memcpy(blob->data, bytes.data, bytes.size);
    return blob;
}

struct store_bytes store_memory_copy(const struct store_blob *blob,
                                     struct arena *arena)
{
    uint8_t *copy = blob ? arena_alloc(arena, blob->size) : NULL;

    if (!copy)
        return (struct store_bytes){0};
    memcpy(copy, blob->data, blob->size);
    return (struct store_bytes){.data = copy, .size = blob->size};
}

/* As store_memory_copy(), but a spent arena fails the job. */
struct store_bytes store_memory_give(struct store_keeper *keeper,
                                     const struct store_blob *blob,
                                     struct arena *arena)
{
    struct store_bytes out = {0};

    if (!blob || !arena)
        return out;
    out = store_memory_copy(blob, arena);
    if (!out.data)
        keeper->err = ERR_STORE;
    return out;
}

static bool room(struct store_keeper *keeper, const struct store_job *job)
{
    struct store_memory *memory = of(keeper);
    const struct store_command *command = &job->command;
    uint32_t terms = 0;
    bool ok = true;

    if (command->kind == STORE_MATCH) {
        set_aside(memory, command->match.ticket_sealed, &ok);
        set_aside(memory, command->match.link_sealed, &ok);
        for (int side = 0; side < MATCH_ROLES; side++)
            set_aside(memory, command->match.mailbox[side].link, &ok);
        if (command->match.command.kind == COMMAND_RARITY)
            terms = command->match.command.rarity.rows;
    } else if (command->kind == STORE_PUT_CARD) {
        set_aside(memory, command->put_card.sealed, &ok);
    } else if (command->kind == STORE_SEND) {
        set_aside(memory, command->send.ciphertext, &ok);
    }
    for (int kind = ROW_TICKET; kind <= ROW_TALK; kind++)
        ok = ok && store_table_room(&memory->subject[kind], 1);
    return ok && store_table_room(&memory->members, 1) &&
           store_table_room(&memory->cards, 1) &&
           store_table_room(&memory->pairs, 3) &&
           store_table_room(&memory->blocks, 1) &&
           store_table_room(&memory->boxes, MATCH_ROLES) &&
           store_table_room(&memory->messages, 1) &&
           store_table_room(&memory->memos, 1) &&
           store_table_room(&memory->rarity, terms);
}

void store_memory_drop(struct store_table *table, uint32_t slot,
                       struct store_blob *blob)
{
    free(blob);
    store_table_remove(table, slot);
}

static void execute(struct store *store, struct store_job *const job[],
                    uint32_t jobs)
{
    struct store_memory *memory = (struct store_memory *)(void *)store;

    for (uint32_t i = 0; i < jobs; i++) {
        /* What fails does so before anything is written: room() saw to it,
         * and there is nothing to undo. */
        bool failed = !store_decide(&memory->keeper, &memory->work, job[i]);

        REQUIRE(failed == (job[i]->result.err == ERR_STORE));
        for (uint32_t s = 0; s < STORE_SPARE_MAX; s++) {
            free(memory->spare[s]);
            memory->spare[s] = NULL;
        }
    }
}

static void rest(struct store *store)
{
    (void)store;
}

static void close(struct store *store)
{
    struct store_memory *memory = (struct store_memory *)(void *)store;
    struct store_memory_message *message;
    struct store_memory_card *card;
    struct store_memory_box *box;

    for (uint32_t i = 0; i < memory->cards.slots; i++)
        if ((card = store_table_at(&memory->cards, i)))
            free(card->sealed);
    for (uint32_t i = 0; i < memory->boxes.slots; i++)
        if ((box = store_table_at(&memory->boxes, i)))
            free(box->link);
    for (uint32_t i = 0; i < memory->messages.slots; i++)
        if ((message = store_table_at(&memory->messages, i)))
            free(message->text);
    for (int kind = ROW_TICKET; kind <= ROW_TALK; kind++) {
        struct store_table *table = &memory->subject[kind];
        struct store_memory_subject *subject;

        for (uint32_t i = 0; i < table->slots; i++)
            if ((subject = store_table_at(table, i)))
                free(subject->sealed);
        store_table_close(table);
    }
    store_table_close(&memory->members);
    store_table_close(&memory->cards);
    store_table_close(&memory->pairs);
    store_table_close(&memory->blocks);
    store_table_close(&memory->rarity);
    store_table_close(&memory->boxes);
    store_table_close(&memory->messages);
    store_table_close(&memory->memos);
    free(memory->done);
    free(memory->place);
    free(memory);
}

static const struct store_ops store_ops = {
    .execute = execute, .rest = rest, .close = close};

#define TABLE(table, record, ...)                                              \
    _Static_assert(_Alignof(struct record) <= _Alignof(uint64_t),              \
                   "a slot is aligned for its record");                        \
    store_table_init(table, sizeof(struct record), rows_max,                   \
                     (store_table_key_fn *const[]){__VA_ARGS__},               \
                     sizeof((store_table_key_fn *const[]){__VA_ARGS__}) /      \
                         sizeof(store_table_key_fn *))

static void init_tables(struct store_memory *m, uint32_t rows_max)
{
    TABLE(&m->members, store_member, member_id, member_handle);
    TABLE(&m->cards, store_memory_card, card_key);
    TABLE(&m->subject[ROW_TICKET], store_memory_subject, subject_id,
          ticket_live_member);
    TABLE(&m->subject[ROW_OFFER], store_memory_subject, subject_id,
          offer_open_ticket, offer_open_peer);
    TABLE(&m->subject[ROW_DUTY], store_memory_subject, subject_id);
    TABLE(&m->subject[ROW_TALK], store_memory_subject, subject_id,
          talk_live_peer, talk_live_seeker, talk_ticket, talk_peer);
    TABLE(&m->pairs, match_pair_row, store_memory_pair_key, pair_a, pair_b,
          pair_ticket);
    TABLE(&m->blocks, store_block, block_key, block_member);
    TABLE(&m->rarity, match_rarity_row, rarity_pool, rarity_key);
    TABLE(&m->boxes, store_memory_box, box_receive, box_send);
    TABLE(&m->messages, store_memory_message, message_box);
    TABLE(&m->memos, store_memo, memo_key);
}

struct store *store_memory_new(uint32_t rows_max)
{
    struct store_memory *memory = calloc(1, sizeof *memory);

    if (!memory)
        return NULL;
    memory->done = calloc(STORE_OPS_KEPT, sizeof *memory->done);
    if (!memory->done) {
        free(memory);
        return NULL;
    }
    init_tables(memory, rows_max);
    memory->keeper.store.ops = &store_ops;
    store_memory_rows_ops(&memory->ops);
    store_memory_mail_ops(&memory->ops);
    memory->ops.room = room;
    memory->ops.load = store_memory_page_load;
    memory->ops.latest_ms = store_memory_page_latest_ms;
    memory->ops.count = store_memory_page_count;
    memory->ops.sweep = store_memory_sweep_all;
    memory->keeper.ops = &memory->ops;
    return &memory->keeper.store;
}

bool store_memory_room(struct store *store, uint32_t members)
{
    struct store_memory *memory = (struct store_memory *)(void *)store;

    return store_table_room(&memory->members, members) &&
           store_table_room(&memory->cards, members);
}

static bool row_lives(const struct match_row *row)
{
    switch (row->kind) {
    case ROW_TICKET:
        return row->ticket.state <= TICKET_OFFERED;
    case ROW_OFFER:
        return row->offer.state == OFFER_OPEN;
    case ROW_DUTY:
        return row->duty.state != DUTY_OFF || row->duty.used > 0;
    case ROW_TALK:
        return row->talk.state != TALK_ENDED;
    case ROW_PAIR:
    case ROW_RARITY:
    case ROW_KINDS:
        break;
    }
    return false;
}

/* cursor: the table, then the slot to look at next. */
bool store_memory_row(const struct store *store, uint64_t *cursor,
                      struct match_row *row)
{
    const struct store_memory *memory = (const void *)store;
    uint32_t kind = (uint32_t)(*cursor >> 32), slot = (uint32_t)*cursor;

    for (; kind <= ROW_PAIR; kind++, slot = 0) {
        const struct store_table *table =
            kind == ROW_PAIR ? &memory->pairs : &memory->subject[kind];

        for (; slot < table->slots; slot++) {
            const void *record = store_table_at(table, slot);

            if (!record)
                continue;
            if (kind == ROW_PAIR)
                *row = (struct match_row){
                    .kind = ROW_PAIR,
                    .pair = *(const struct match_pair_row *)record};
            else
                *row = ((const struct store_memory_subject *)record)->row.row;
            if (kind != ROW_PAIR && !row_lives(row))
                continue;
            *cursor = (uint64_t)kind << 32 | (slot + 1);
            return true;
        }
    }
    *cursor = (uint64_t)kind << 32;
    return false;
}

bool store_memory_find(struct store *store, struct match_row *like)
{
    struct store_keeper *keeper = (struct store_keeper *)(void *)store;
    struct store_row found;

    if (like->kind == ROW_PAIR)
        return keeper->ops->pair(keeper, &like->pair);
    REQUIRE(like->kind <= ROW_TALK);
    if (!keeper->ops->row(keeper, like->kind, store_work_id(like), &found))
        return false;
    *like = found.row;
    return true;
}

void store_memory_hint(const struct store *store,
                       const struct store_memory_soon *soon)
{
    const struct store_memory *memory = (const void *)store;
    const struct match_pair_row pair = {.a = soon->seeker, .b = soon->peer};

    store_table_hint(&memory->subject[ROW_TALK], 0, soon->talk);
    store_table_hint(&memory->subject[ROW_OFFER], 0, soon->offer);
    store_table_hint(&memory->subject[ROW_TICKET], 0, soon->ticket);
    store_table_hint(&memory->subject[ROW_DUTY], 0, soon->peer);
    store_table_hint(&memory->members, 0, soon->seeker);
    store_table_hint(&memory->members, 0, soon->peer);
    if (soon->seeker != 0 && soon->peer != 0)
        store_table_hint(&memory->pairs, 0, store_memory_pair_key(&pair));
}

void store_memory_forget(struct store *store, enum match_row_kind kind,
                         uint64_t id)
{
    struct store_memory *memory = (struct store_memory *)(void *)store;
    struct store_memory_subject *subject;
    uint32_t slot;

    REQUIRE(kind == ROW_TICKET || kind == ROW_OFFER || kind == ROW_TALK);
    subject = store_table_first(&memory->subject[kind], 0, id, &slot);
    if (!subject)
        return;
    REQUIRE(!row_lives(&subject->row.row));
    store_memory_drop(&memory->subject[kind], slot, subject->sealed);
}

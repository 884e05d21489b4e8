#include <stdlib.h>
#include <string.h>

#include "store/memory_tables.h"

struct broom { /* one sweep */
    struct store_memory *memory;
    struct store_job *job;
    uint64_t now_ms;
    uint32_t most;
};

static bool over(const struct broom *broom, uint64_t since_ms, uint64_t life_ms)
{
    return since_ms + life_ms <= broom->now_ms;
}

/* Another of its kind went; false when enough did. */
static bool counted(struct broom *broom, uint32_t *n)
{
    broom->job->result.swept.deleted++;
    if (++*n < broom->most)
        return true;
    broom->job->result.swept.more = true;
    return false;
}

static void report_idle(struct broom *broom, const struct store_box *box)
{
    uint32_t *n = &broom->job->result.swept.idles;

    for (uint32_t i = 0; i < *n; i++)
        if (memcmp(broom->job->result.swept.idle[i], box->receive_hash,
                   STORE_HASH) == 0 ||
            memcmp(broom->job->result.swept.idle[i], box->other, STORE_HASH) ==
                0)
            return;
    if (*n < broom->most && *n < STORE_PAGE_MAX)
        memcpy(broom->job->result.swept.idle[(*n)++], box->receive_hash,
               STORE_HASH);
    else
        broom->job->result.swept.more = true;
}

/* Not in order of seq: of a mailbox the later may go first, as after a clock
 * was set back.  What is left below is not handed out any more. */
static void sweep_messages(struct broom *broom)
{
    struct store_table *table = &broom->memory->messages;
    struct store_keeper *keeper = &broom->memory->keeper;
    uint32_t n = 0;

    for (uint32_t slot = 0; slot < table->slots; slot++) {
        struct store_memory_message *m = store_table_at(table, slot);
        struct store_box box;

        if (!m ||
            !over(broom, m->sent_ms, broom->job->command.sweep.message_ms))
            continue;
        if (keeper->ops->box(keeper, m->receive_hash, false, &box, NULL)) {
            box.waiting--;
            box.waiting_bytes -= m->text->size;
            if (m->seq > box.expired_seq)
                box.expired_seq = m->seq;
            keeper->ops->put_box(keeper, &box, false);
            if (box.closed_ms == 0)
                report_idle(broom, &box);
        }
        store_memory_drop(table, slot, m->text);
        if (!counted(broom, &n))
            return;
    }
}

/* Reported while silent; closed once silent for longer than any talk lives:
 * what ended that talk did not name it. */
static void sweep_open_box(struct broom *broom, struct store_box *box)
{
    const struct store_command *command = &broom->job->command;

    if (over(broom, box->active_ms, command->sweep.idle_ms))
        report_idle(broom, box);
    if (over(broom, box->active_ms,
             command->sweep.idle_ms + command->sweep.mailbox_ms))
        box->closed_ms = broom->now_ms;
}

static void sweep_boxes(struct broom *broom)
{
    struct store_table *table = &broom->memory->boxes;
    struct store_keeper *keeper = &broom->memory->keeper;
    uint32_t n = 0, messages, bytes;

    for (uint32_t slot = 0; slot < table->slots; slot++) {
        struct store_memory_box *b = store_table_at(table, slot);

        if (!b)
            continue;
        if (b->box.closed_ms == 0) {
            sweep_open_box(broom, &b->box);
            continue;
        }
        if (n == broom->most || !over(broom, b->box.closed_ms,
                                      broom->job->command.sweep.mailbox_ms))
            continue;
        keeper->ops->drop_messages(keeper, b->box.receive_hash, UINT64_MAX,
                                   &messages, &bytes);
        store_memory_drop(table, slot, b->link);
        (void)counted(broom, &n);
    }
}

static bool subject_over(const struct broom *broom, const struct match_row *row)
{
    if (row->kind == ROW_TICKET)
        return row->ticket.state > TICKET_OFFERED &&
               over(broom, row->ticket.expires_ms,
                    broom->job->command.sweep.key_ms);
    if (row->kind == ROW_OFFER)
        return row->offer.state != OFFER_OPEN &&
               over(broom, row->offer.made_ms, STORE_OFFER_KNOWN_MS);
    return row->talk.state == TALK_ENDED &&
           over(broom, row->talk.ended_ms, broom->job->command.sweep.link_ms);
}

static void sweep_subjects(struct broom *broom, enum match_row_kind kind)
{
    struct store_table *table = &broom->memory->subject[kind];
    uint32_t n = 0;

    for (uint32_t slot = 0; slot < table->slots; slot++) {
        struct store_memory_subject *s = store_table_at(table, slot);

        if (!s || !subject_over(broom, &s->row.row))
            continue;
        store_memory_drop(table, slot, s->sealed);
        if (!counted(broom, &n))
            return;
    }
}

static void sweep_pairs(struct broom *broom)
{
    struct store_table *table = &broom->memory->pairs;
    uint32_t n = 0;

    for (uint32_t slot = 0; slot < table->slots; slot++) {
        const struct match_pair_row *p = store_table_at(table, slot);

        if (!p || p->kind != PAIR_RESTS || !over(broom, p->until_ms, 0))
            continue;
        store_table_remove(table, slot);
        if (!counted(broom, &n))
            return;
    }
}

static void sweep_memos(struct broom *broom)
{
    struct store_table *table = &broom->memory->memos;
    uint32_t n = 0;

    for (uint32_t slot = 0; slot < table->slots; slot++) {
        const struct store_memo *m = store_table_at(table, slot);

        if (!m || !over(broom, m->made_ms, broom->job->command.sweep.key_ms))
            continue;
        store_table_remove(table, slot);
        if (!counted(broom, &n))
            return;
    }
}

/* When a key was rotated is nobody's business once its tokens are over. */
static void sweep_rotations(struct broom *broom)
{
    struct store_table *table = &broom->memory->members;
    uint32_t n = 0;

    for (uint32_t slot = 0; slot < table->slots; slot++) {
        struct store_member *m = store_table_at(table, slot);

        if (!m || m->rotated_ms == 0 ||
            !over(broom, m->rotated_ms, broom->job->command.sweep.key_ms))
            continue;
        m->rotated_ms = 0;
        if (!counted(broom, &n))
            return;
    }
}

void store_memory_sweep_all(struct store_keeper *keeper, struct store_job *job)
{
    struct broom broom = {.memory = (struct store_memory *)(void *)keeper,
                          .job = job,
                          .now_ms = job->command.now_ms,
                          .most = job->command.sweep.most};

    sweep_messages(&broom);
    sweep_boxes(&broom);
    sweep_subjects(&broom, ROW_TICKET);
    sweep_subjects(&broom, ROW_OFFER);
    sweep_subjects(&broom, ROW_TALK);
    sweep_pairs(&broom);
    sweep_memos(&broom);
    sweep_rotations(&broom);
}

#include "store/work.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"

void store_work_begin(struct store_work *work, struct store_keeper *keeper,
                      struct store_job *job)
{
    work->keeper = keeper;
    work->job = job;
    work->command = &job->command.match.command;
    work->now_ms = job->command.kind == STORE_MATCH ? work->command->now_ms
                                                    : job->command.now_ms;
    work->reference = 0;
    work->refused_but_done = false;
    work->entries = work->pairs = work->pairs_changed = 0;
}

uint64_t store_work_id(const struct match_row *row)
{
    REQUIRE(row->kind <= ROW_TALK);
    switch (row->kind) {
    case ROW_TICKET:
        return row->ticket.id;
    case ROW_OFFER:
        return row->offer.id;
    case ROW_DUTY:
        return row->duty.member;
    case ROW_TALK:
        return row->talk.id;
    case ROW_PAIR:
    case ROW_RARITY:
    case ROW_KINDS:
        break;
    }
    return 0;
}

/* Law 2: found here, or fetched; NULL if there is none. */
static struct store_entry *entry(struct store_work *work,
                                 enum match_row_kind kind, uint64_t id)
{
    struct store_entry *e;

    for (uint32_t i = 0; i < work->entries; i++) {
        e = &work->entry[i];
        if (e->now.row.kind == kind && store_work_id(&e->now.row) == id)
            return e;
    }
    REQUIRE(work->entries < STORE_WORK_MAX);
    e = &work->entry[work->entries];
    memset(&e->now, 0, sizeof e->now); /* padding too: rows are compared */
    if (!work->keeper->ops->row(work->keeper, kind, id, &e->now) ||
        work->keeper->err != ERR_NONE)
        return NULL;
    REQUIRE(e->now.row.kind == kind);
    memcpy(&e->was, &e->now, sizeof e->was);
    e->fresh = false;
    work->entries++;
    return e;
}

struct match_ticket_row *store_work_ticket(struct store_work *work, uint64_t id)
{
    struct store_entry *e = entry(work, ROW_TICKET, id);

    return e ? &e->now.row.ticket : NULL;
}

struct match_offer_row *store_work_offer(struct store_work *work, uint64_t id)
{
    struct store_entry *e = entry(work, ROW_OFFER, id);

    return e ? &e->now.row.offer : NULL;
}

struct match_duty_row *store_work_duty(struct store_work *work, uint64_t member)
{
    struct store_entry *e = entry(work, ROW_DUTY, member);

    return e ? &e->now.row.duty : NULL;
}

struct match_talk_row *store_work_talk(struct store_work *work, uint64_t id)
{
    struct store_entry *e = entry(work, ROW_TALK, id);

    return e ? &e->now.row.talk : NULL;
}

uint64_t *store_work_record_ms(struct store_work *work, uint64_t member)
{
    struct store_entry *e = entry(work, ROW_DUTY, member);

    REQUIRE(e != NULL);
    return &e->now.record_ms;
}

void store_work_add(struct store_work *work, const struct match_row *row)
{
    struct store_entry *e;

    REQUIRE(work->entries < STORE_WORK_MAX);
    e = &work->entry[work->entries++];
    memset(e, 0, sizeof *e);
    e->now.row = *row;
    e->fresh = true;
}

uint32_t store_work_find(struct store_work *work, enum store_find find,
                         uint64_t of, uint64_t id[STORE_FOUND_MAX])
{
    uint32_t n = work->keeper->ops->find(work->keeper, find, of, id);

    REQUIRE(n <= STORE_FOUND_MAX);
    for (uint32_t i = 1; i < n; i++) {
        uint64_t one = id[i];
        uint32_t at = i;

        for (; at > 0 && id[at - 1] > one; at--)
            id[at] = id[at - 1];
        id[at] = one;
    }
    return work->keeper->err == ERR_NONE ? n : 0;
}

static bool same_pair(const struct match_pair_row *x,
                      const struct match_pair_row *y)
{
    return x->kind == y->kind && x->a == y->a && x->b == y->b &&
           x->ticket == y->ticket;
}

void store_work_change_pair(struct store_work *work,
                            const struct match_pair_row *pair)
{
    REQUIRE(work->pairs == work->pairs_changed); /* shown pairs come after */
    REQUIRE(work->pairs < MATCH_ROWS_MAX);
    for (uint32_t i = 0; i < work->pairs; i++)
        REQUIRE(!same_pair(&work->pair[i], pair));
    work->pair[work->pairs++] = *pair;
    work->pairs_changed++;
}

void store_work_show_pair(struct store_work *work,
                          const struct match_pair_row *pair)
{
    struct match_pair_row found = *pair;

    for (uint32_t i = 0; i < work->pairs; i++)
        if (same_pair(&work->pair[i], pair))
            return;
    if (work->pairs < MATCH_ROWS_MAX &&
        work->keeper->ops->pair(work->keeper, &found))
        work->pair[work->pairs++] = found;
}

static int by_name(const void *left, const void *right)
{
    const struct match_pair_row *x = left, *y = right;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return (x->ticket > y->ticket) - (x->ticket < y->ticket);
}

void store_work_show_pairs(struct store_work *work, uint64_t member,
                           enum match_role role)
{
    const uint32_t room = MATCH_ROWS_MAX - STORE_WORK_MAX;

    REQUIRE(work->pairs == 0);
    work->pairs =
        work->keeper->ops->pairs(work->keeper, member, role, work->pair, room);
    REQUIRE(work->pairs <= room);
    qsort(work->pair, work->pairs, sizeof work->pair[0], by_name);
}

bool store_work_report(struct store_work *work)
{
    struct match_result *result = &work->job->result.match;
    uint32_t n = 0, most = work->entries + work->pairs;
    struct match_row *row;

    result->op = work->command->op;
    result->reference = work->reference;
    result->row = NULL;
    result->rows = 0;
    if (most == 0)
        return true;
    if (most > MATCH_ROWS_MAX)
        most = MATCH_ROWS_MAX;
    row = arena_alloc(&work->job->arena, most * sizeof *row);
    if (!row)
        return false;
    for (uint32_t i = 0; i < work->entries; i++)
        row[n++] = work->entry[i].now.row;
    for (uint32_t i = 0; i < work->pairs && n < most; i++)
        row[n++] = (struct match_row){.kind = ROW_PAIR, .pair = work->pair[i]};
    result->row = row;
    result->rows = n;
    return true;
}

/* Law 1: the only place that writes rows. */
void store_work_flush(struct store_work *work)
{
    struct store_keeper *keeper = work->keeper;

    for (uint32_t i = 0; i < work->entries; i++) {
        const struct store_entry *e = &work->entry[i];

        /* Padding that differs costs a write and no more.
         * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
        if (e->fresh || memcmp(&e->now, &e->was, sizeof e->now) != 0)
            keeper->ops->put_row(keeper, &e->now, e->fresh);
    }
    for (uint32_t i = 0; i < work->pairs_changed; i++)
        keeper->ops->put_pair(keeper, &work->pair[i]);
}

void store_work_revert_rows(struct store_work *work)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < work->entries; i++) {
        if (work->entry[i].fresh)
            continue;
        memcpy(&work->entry[i].now, &work->entry[i].was,
               sizeof work->entry[i].now);
        if (kept != i)
            work->entry[kept] = work->entry[i];
        kept++;
    }
    work->entries = kept;
    REQUIRE(work->pairs_changed == 0); /* guards look first, then pairs */
}

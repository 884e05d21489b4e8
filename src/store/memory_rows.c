#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "store/memory_tables.h"

static struct store_memory *of(struct store_keeper *keeper)
{
    return (struct store_memory *)(void *)keeper;
}

/* ---- epoch and members ---- */

static uint64_t epoch(struct store_keeper *keeper)
{
    return of(keeper)->epoch;
}

static void claim(struct store_keeper *keeper, uint64_t to)
{
    struct store_memory *memory = of(keeper);
    struct store_memory_subject *subject;

    memory->epoch = to;
    for (uint32_t slot = 0; slot < memory->subject[ROW_DUTY].slots; slot++) {
        subject = store_table_at(&memory->subject[ROW_DUTY], slot);
        if (!subject || subject->row.row.duty.state == DUTY_OFF)
            continue;
        subject->row.row.duty.state = DUTY_OFF;
        subject->row.row.duty.why = DUTY_WHY_CLAIM;
    }
}

static bool member(struct store_keeper *keeper, uint64_t id,
                   struct store_member *out)
{
    uint32_t slot;
    const void *found = store_table_first(&of(keeper)->members, 0, id, &slot);

    if (found)
        memcpy(out, found, sizeof *out);
    return found != NULL;
}

static bool member_of(struct store_keeper *keeper,
                      const uint8_t handle[STORE_HASH],
                      struct store_member *out)
{
    struct store_table *table = &of(keeper)->members;
    uint64_t key = store_memory_hash_key(handle);
    uint32_t slot;
    const struct store_member *m = store_table_first(table, 1, key, &slot);

    while (m && memcmp(m->handle, handle, STORE_HASH) != 0)
        m = store_table_next(table, 1, key, &slot);
    if (m)
        *out = *m;
    return m != NULL;
}

static void put_member(struct store_keeper *keeper,
                       const struct store_member *m)
{
    struct store_table *table = &of(keeper)->members;
    uint32_t slot;

    if (store_table_first(table, 0, m->id, &slot))
        store_table_change(table, slot, m);
    else
        store_table_add(table, m);
}

static uint64_t rotated_ms(struct store_keeper *keeper)
{
    const struct store_table *table = &of(keeper)->members;
    uint64_t latest_ms = 0;

    for (uint32_t slot = 0; slot < table->slots; slot++) {
        const struct store_member *m = store_table_at(table, slot);

        if (m && m->rotated_ms > latest_ms)
            latest_ms = m->rotated_ms;
    }
    return latest_ms;
}

/* ---- tickets, offers, duties, talks ---- */

static bool row(struct store_keeper *keeper, enum match_row_kind kind,
                uint64_t id, struct store_row *out)
{
    uint32_t slot;
    const struct store_memory_subject *found =
        store_table_first(&of(keeper)->subject[kind], 0, id, &slot);

    if (found)
        memcpy(out, &found->row, sizeof *out);
    return found != NULL;
}

static void drop_ticket_pairs(struct store_memory *memory, uint64_t ticket)
{
    uint32_t slot;

    while (store_table_first(&memory->pairs, 3, ticket, &slot))
        store_table_remove(&memory->pairs, slot);
}

static void put_row(struct store_keeper *keeper, const struct store_row *put,
                    bool fresh)
{
    struct store_memory *memory = of(keeper);
    struct store_table *table = &memory->subject[put->row.kind];
    struct store_memory_subject now, *old;
    uint32_t slot;

    memset(&now, 0, sizeof now);
    now.row = *put;
    if (fresh) {
        store_table_add(table, &now);
        return;
    }
    old = store_table_first(table, 0, store_work_id(&put->row), &slot);
    REQUIRE(old != NULL);
    now.sealed = old->sealed;
    if (put->row.kind == ROW_TICKET && put->row.ticket.state > TICKET_OFFERED) {
        free(now.sealed);
        now.sealed = NULL;
        drop_ticket_pairs(memory, put->row.ticket.id);
    }
    store_table_change(table, slot, &now);
}

static const struct {
    enum match_row_kind kind;
    uint32_t index;
} finds[FIND_KINDS] = {
    [FIND_TICKET_OF_MEMBER] = {ROW_TICKET, 1},
    [FIND_OFFER_OF_TICKET] = {ROW_OFFER, 1},
    [FIND_OFFERS_OF_PEER] = {ROW_OFFER, 2},
    [FIND_TALKS_OF_PEER] = {ROW_TALK, 1},
    [FIND_TALKS_OF_SEEKER] = {ROW_TALK, 2},
    [FIND_TALK_OF_TICKET] = {ROW_TALK, 3},
};

/* The newest of a peer's talks, by insertion. */
static uint32_t find_begun(struct store_keeper *keeper, uint64_t peer,
                           uint64_t id[STORE_FOUND_MAX])
{
    struct store_table *table = &of(keeper)->subject[ROW_TALK];
    uint64_t at_ms[STORE_FOUND_MAX];
    uint32_t slot, n = 0;

    for (const struct store_memory_subject *r =
             store_table_first(table, 4, peer, &slot);
         r; r = store_table_next(table, 4, peer, &slot)) {
        const struct match_talk_row *talk = &r->row.row.talk;
        uint32_t at = n;

        if (n == STORE_FOUND_MAX && talk->started_ms <= at_ms[n - 1])
            continue;
        if (n < STORE_FOUND_MAX)
            n++;
        else
            at--;
        for (; at > 0 && at_ms[at - 1] < talk->started_ms; at--) {
            at_ms[at] = at_ms[at - 1];
            id[at] = id[at - 1];
        }
        at_ms[at] = talk->started_ms;
        id[at] = talk->id;
    }
    return n;
}

static uint32_t find(struct store_keeper *keeper, enum store_find what,
                     uint64_t key, uint64_t id[STORE_FOUND_MAX])
{
    struct store_table *table = &of(keeper)->subject[finds[what].kind];
    uint32_t index = finds[what].index, slot, n = 0;

    if (what == FIND_TALKS_BEGUN)
        return find_begun(keeper, key, id);
    for (const void *r = store_table_first(table, index, key, &slot); r;
         r = store_table_next(table, index, key, &slot)) {
        REQUIRE(n < STORE_FOUND_MAX);
        id[n++] =
            store_work_id(&((const struct store_memory_subject *)r)->row.row);
    }
    return n;
}

static void seal(struct store_keeper *keeper, enum match_row_kind kind,
                 uint64_t id, struct store_bytes sealed)
{
    uint32_t slot;
    struct store_memory_subject *subject =
        store_table_first(&of(keeper)->subject[kind], 0, id, &slot);

    REQUIRE(subject != NULL);
    free(subject->sealed);
    subject->sealed = store_memory_take(of(keeper), sealed);
}

static struct store_bytes link(struct store_keeper *keeper, uint64_t talk,
                               struct arena *arena)
{
    uint32_t slot;
    const struct store_memory_subject *subject =
        store_table_first(&of(keeper)->subject[ROW_TALK], 0, talk, &slot);

    return store_memory_give(keeper, subject ? subject->sealed : NULL, arena);
}

/* ---- pairs ---- */

static struct match_pair_row *seek_pair(struct store_memory *memory,
                                        const struct match_pair_row *pair,
                                        uint32_t *slot)
{
    uint64_t key = store_memory_pair_key(pair);
    struct match_pair_row *p = store_table_first(&memory->pairs, 0, key, slot);

    while (p && (p->kind != pair->kind || p->a != pair->a || p->b != pair->b ||
                 p->ticket != pair->ticket))
        p = store_table_next(&memory->pairs, 0, key, slot);
    return p;
}

static bool pair(struct store_keeper *keeper, struct match_pair_row *like)
{
    uint32_t slot;
    const struct match_pair_row *found = seek_pair(of(keeper), like, &slot);

    if (found)
        *like = *found;
    return found != NULL;
}

static void put_pair(struct store_keeper *keeper,
                     const struct match_pair_row *put)
{
    struct store_table *table = &of(keeper)->pairs;
    uint32_t slot;
    bool there = seek_pair(of(keeper), put, &slot) != NULL;

    if (there && put->gone)
        store_table_remove(table, slot);
    else if (there)
        store_table_change(table, slot, put);
    else if (!put->gone)
        store_table_add(table, put);
}

bool store_memory_rows_lives(const struct store_memory *memory, uint64_t id,
                             enum match_role role)
{
    uint32_t slot;
    const struct store_memory_subject *duty;

    if (role == MATCH_SEEKER)
        return store_table_first(&memory->subject[ROW_TICKET], 1, id, &slot);
    duty = store_table_first(&memory->subject[ROW_DUTY], 0, id, &slot);
    return duty && duty->row.row.duty.state != DUTY_OFF;
}

static uint32_t pairs(struct store_keeper *keeper, uint64_t id,
                      enum match_role role, struct match_pair_row *out,
                      uint32_t most)
{
    struct store_memory *memory = of(keeper);
    uint32_t n = 0, slot;

    for (uint32_t index = 1; index <= 2; index++)
        for (const struct match_pair_row *p =
                 store_table_first(&memory->pairs, index, id, &slot);
             p && n < most;
             p = store_table_next(&memory->pairs, index, id, &slot))
            if (store_memory_rows_lives(memory, index == 1 ? p->b : p->a, role))
                out[n++] = *p;
    return n;
}

/* ---- lists of blocks ---- */

static const struct store_block *seek_block(struct store_memory *memory,
                                            const struct store_block *like,
                                            uint32_t *slot)
{
    uint64_t key = store_memory_mix(like->member, like->via);
    const struct store_block *b =
        store_table_first(&memory->blocks, 0, key, slot);

    while (b && (b->member != like->member || b->via != like->via))
        b = store_table_next(&memory->blocks, 0, key, slot);
    return b;
}

static bool block(struct store_keeper *keeper, struct store_block *like)
{
    uint32_t slot;
    const struct store_block *found = seek_block(of(keeper), like, &slot);

    if (found)
        *like = *found;
    return found != NULL;
}

static void put_block(struct store_keeper *keeper,
                      const struct store_block *put)
{
    uint32_t slot;
    bool there = seek_block(of(keeper), put, &slot) != NULL;

    if (there && put->gone)
        store_table_remove(&of(keeper)->blocks, slot);
    else if (!there && !put->gone)
        store_table_add(&of(keeper)->blocks, put);
}

static uint32_t blocks_of(struct store_keeper *keeper, uint64_t id)
{
    uint32_t n = 0, slot;

    for (const void *b = store_table_first(&of(keeper)->blocks, 1, id, &slot);
         b; b = store_table_next(&of(keeper)->blocks, 1, id, &slot))
        n++;
    return n;
}

/* The smallest `most` of them, by insertion: a list is short. */
static uint32_t blocks(struct store_keeper *keeper, uint64_t id,
                       uint64_t after_via, struct store_block *out,
                       uint32_t most)
{
    struct store_table *table = &of(keeper)->blocks;
    uint32_t n = 0, slot;

    for (const struct store_block *b = store_table_first(table, 1, id, &slot);
         b; b = store_table_next(table, 1, id, &slot)) {
        uint32_t at = n;

        if (b->via <= after_via || (n == most && b->via > out[n - 1].via))
            continue;
        if (n < most)
            n++;
        else
            at--;
        for (; at > 0 && out[at - 1].via > b->via; at--)
            out[at] = out[at - 1];
        out[at] = *b;
    }
    return n;
}

void store_memory_rows_ops(struct store_keeper_ops *ops)
{
    ops->epoch = epoch;
    ops->claim = claim;
    ops->member = member;
    ops->member_of = member_of;
    ops->put_member = put_member;
    ops->rotated_ms = rotated_ms;
    ops->row = row;
    ops->put_row = put_row;
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
}

#include <string.h>

#include "base/require.h"
#include "store/sqlite_tables.h"

/* ---- epoch and members ---- */

static uint64_t epoch(struct store_keeper *keeper)
{
    struct store_sqlite *sqlite = store_sqlite_of(keeper);
    struct store_query q;

    if (sqlite->epoch_known)
        return sqlite->epoch;
    q = store_sqlite_ask(keeper, "SELECT epoch FROM node");
    if (store_query_step(&q)) {
        sqlite->epoch = store_query_u64(&q);
        sqlite->epoch_known = true;
        store_query_end(&q);
    } else {
        keeper->err = ERR_STORE;
    }
    return sqlite->epoch;
}

static void claim(struct store_keeper *keeper, uint64_t to)
{
    struct store_query q =
        store_sqlite_ask(keeper, "UPDATE node SET epoch = ?");

    store_query_put(&q, to);
    store_query_run(&q);
    store_sqlite_of(keeper)->epoch_known = false;
    q = store_sqlite_ask(keeper,
                         "UPDATE duty SET state = ?, why = ? WHERE state <> ?");
    store_query_put(&q, DUTY_OFF);
    store_query_put(&q, DUTY_WHY_CLAIM);
    store_query_put(&q, DUTY_OFF);
    store_query_run(&q);
}

#define MEMBER_COLUMNS                                                         \
    "id, handle, pool, grade, grade_until_ms, held, generation, rotated_ms,"   \
    " seeker_version, peer_version, cards_put, cards_since_ms"

static bool read_member(struct store_query *q, struct store_member *out)
{
    if (!store_query_step(q))
        return false;
    out->id = store_query_u64(q);
    store_query_hash(q, out->handle);
    out->pool = store_query_u32(q);
    out->grade = (enum match_grade)store_query_u32(q);
    out->grade_until_ms = store_query_u64(q);
    out->held = store_query_u64(q) != 0;
    out->generation = store_query_u32(q);
    out->rotated_ms = store_query_u64(q);
    out->card_version[MATCH_SEEKER] = store_query_u32(q);
    out->card_version[MATCH_PEER] = store_query_u32(q);
    out->cards_put = store_query_u32(q);
    out->cards_since_ms = store_query_u64(q);
    store_query_end(q);
    return true;
}

static bool member(struct store_keeper *keeper, uint64_t id,
                   struct store_member *out)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT " MEMBER_COLUMNS " FROM member WHERE id = ?");

    store_query_put(&q, id);
    return read_member(&q, out);
}

static bool member_of(struct store_keeper *keeper,
                      const uint8_t handle[STORE_HASH],
                      struct store_member *out)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT " MEMBER_COLUMNS " FROM member WHERE handle = ?");

    store_query_put_bytes(&q, handle, STORE_HASH);
    return read_member(&q, out);
}

static void put_member(struct store_keeper *keeper,
                       const struct store_member *m)
{
    struct store_query q = store_sqlite_ask(
        keeper,
        "INSERT INTO member(" MEMBER_COLUMNS
        ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        " ON CONFLICT(id) DO UPDATE SET handle = ?2, grade = ?4,"
        " grade_until_ms = ?5, held = ?6, generation = ?7, rotated_ms = ?8,"
        " seeker_version = ?9, peer_version = ?10, cards_put = ?11,"
        " cards_since_ms = ?12");

    store_query_put(&q, m->id);
    store_query_put_bytes(&q, m->handle, STORE_HASH);
    store_query_put(&q, m->pool);
    store_query_put(&q, m->grade);
    store_query_put(&q, m->grade_until_ms);
    store_query_put(&q, m->held);
    store_query_put(&q, m->generation);
    store_query_put(&q, m->rotated_ms);
    store_query_put(&q, m->card_version[MATCH_SEEKER]);
    store_query_put(&q, m->card_version[MATCH_PEER]);
    store_query_put(&q, m->cards_put);
    store_query_put(&q, m->cards_since_ms);
    store_query_run(&q);
}

static uint64_t rotated_ms(struct store_keeper *keeper)
{
    struct store_query q = store_sqlite_ask(
        keeper, "SELECT rotated_ms FROM member WHERE rotated_ms <> 0"
                " ORDER BY rotated_ms DESC LIMIT 1");
    uint64_t latest_ms = 0;

    if (store_query_step(&q)) {
        latest_ms = store_query_u64(&q);
        store_query_end(&q);
    }
    return latest_ms;
}

/* ---- reading tickets, offers, duties, talks ---- */

static void read_key(struct store_query *q, struct match_key *key)
{
    key->word[0] = store_query_u64(q);
    key->word[1] = store_query_u64(q);
    key->request_hash = store_query_u64(q);
}

static void put_key(struct store_query *q, const struct match_key *key)
{
    store_query_put(q, key->word[0]);
    store_query_put(q, key->word[1]);
    store_query_put(q, key->request_hash);
}

static void read_shown(struct store_query *q, uint64_t shown[MATCH_SHOWN_MAX])
{
    for (int i = 0; i < MATCH_SHOWN_MAX; i++)
        shown[i] = store_query_u64(q);
}

static void put_shown(struct store_query *q,
                      const uint64_t shown[MATCH_SHOWN_MAX])
{
    for (int i = 0; i < MATCH_SHOWN_MAX; i++)
        store_query_put(q, shown[i]);
}

void store_sqlite_rows_ticket(struct store_query *q, struct match_row *row)
{
    struct match_ticket_row *t = &row->ticket;

    row->kind = ROW_TICKET;
    t->id = store_query_u64(q);
    t->member = store_query_u64(q);
    t->pool = store_query_u32(q);
    t->state = (enum match_ticket_state)store_query_u32(q);
    t->why = (enum match_ticket_why)store_query_u32(q);
    t->danger = store_query_u64(q) != 0;
    t->offers = store_query_u8(q);
    t->since_ms = store_query_u64(q);
    t->expires_ms = store_query_u64(q);
    t->backoff_until_ms = store_query_u64(q);
    t->tie = store_query_u64(q);
    read_key(q, &t->key);
    t->carry = store_query_u8(q);
    t->wish = store_query_u64(q);
    t->wish_talk = store_query_u64(q);
    t->wish_until_ms = store_query_u64(q);
}

void store_sqlite_rows_offer(struct store_query *q, struct match_row *row)
{
    struct match_offer_row *o = &row->offer;

    row->kind = ROW_OFFER;
    o->id = store_query_u64(q);
    o->ticket = store_query_u64(q);
    o->seeker = store_query_u64(q);
    o->peer = store_query_u64(q);
    o->pool = store_query_u32(q);
    o->state = (enum match_offer_state)store_query_u32(q);
    o->danger = store_query_u64(q) != 0;
    o->showns = store_query_u8(q);
    o->p = store_query_u32(q);
    o->seeker_card_version = store_query_u32(q);
    o->peer_card_version = store_query_u32(q);
    o->made_ms = store_query_u64(q);
    o->deadline_ms = store_query_u64(q);
    read_shown(q, o->shown);
    read_key(q, &o->answer);
    o->met = store_query_u64(q);
}

void store_sqlite_rows_duty(struct store_query *q, struct store_row *row)
{
    struct match_duty_row *d = &row->row.duty;

    row->row.kind = ROW_DUTY;
    d->member = store_query_u64(q);
    d->pool = store_query_u32(q);
    d->state = (enum match_duty_state)store_query_u32(q);
    d->why = (enum match_duty_why)store_query_u32(q);
    d->grade = (enum match_grade)store_query_u32(q);
    d->capacity = store_query_u8(q);
    d->used = store_query_u8(q);
    d->lapses = store_query_u8(q);
    d->yes = store_query_u32(q);
    d->total = store_query_u32(q);
    d->grade_until_ms = store_query_u64(q);
    d->until_ms = store_query_u64(q);
    d->rest_ms = store_query_u64(q);
    d->rest_until_ms = store_query_u64(q);
    d->tie = store_query_u64(q);
    read_key(q, &d->key);
    row->record_ms = store_query_u64(q);
    d->day_max = store_query_u8(q);
}

void store_sqlite_rows_talk(struct store_query *q, struct match_row *row)
{
    struct match_talk_row *t = &row->talk;

    row->kind = ROW_TALK;
    t->id = store_query_u64(q);
    t->ticket = store_query_u64(q);
    t->offer = store_query_u64(q);
    t->seeker = store_query_u64(q);
    t->peer = store_query_u64(q);
    t->pool = store_query_u32(q);
    t->p = store_query_u32(q);
    t->state = (enum match_talk_state)store_query_u32(q);
    t->why = (enum match_talk_why)store_query_u32(q);
    t->joined = store_query_u8(q);
    t->reflected = store_query_u8(q);
    t->again = store_query_u8(q);
    t->showns = store_query_u8(q);
    t->since_ms = store_query_u64(q);
    t->started_ms = store_query_u64(q);
    t->ended_ms = store_query_u64(q);
    read_shown(q, t->shown);
    t->carry = store_query_u8(q);
}

static const char *const selects[ROW_TALK + 1] = {
    [ROW_TICKET] = "SELECT " STORE_TICKET_COLUMNS " FROM ticket WHERE id = ?",
    [ROW_OFFER] = "SELECT " STORE_OFFER_COLUMNS " FROM offer WHERE id = ?",
    [ROW_DUTY] = "SELECT " STORE_DUTY_COLUMNS " FROM duty WHERE member = ?",
    [ROW_TALK] = "SELECT " STORE_TALK_COLUMNS " FROM talk WHERE id = ?",
};

static bool row(struct store_keeper *keeper, enum match_row_kind kind,
                uint64_t id, struct store_row *out)
{
    struct store_query q;

    REQUIRE(kind <= ROW_TALK);
    q = store_sqlite_ask(keeper, selects[kind]);
    store_query_put(&q, id);
    if (!store_query_step(&q))
        return false;
    if (kind == ROW_TICKET)
        store_sqlite_rows_ticket(&q, &out->row);
    else if (kind == ROW_OFFER)
        store_sqlite_rows_offer(&q, &out->row);
    else if (kind == ROW_DUTY)
        store_sqlite_rows_duty(&q, out);
    else
        store_sqlite_rows_talk(&q, &out->row);
    store_query_end(&q);
    return true;
}

/* ---- writing them ---- */

static void add_ticket(struct store_keeper *keeper,
                       const struct match_ticket_row *t)
{
    struct store_query q = store_sqlite_ask(
        keeper, "INSERT INTO ticket(" STORE_TICKET_COLUMNS
                ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                " ?, ?)");

    store_query_put(&q, t->id);
    store_query_put(&q, t->member);
    store_query_put(&q, t->pool);
    store_query_put(&q, t->state);
    store_query_put(&q, t->why);
    store_query_put(&q, t->danger);
    store_query_put(&q, t->offers);
    store_query_put(&q, t->since_ms);
    store_query_put(&q, t->expires_ms);
    store_query_put(&q, t->backoff_until_ms);
    store_query_put(&q, t->tie);
    put_key(&q, &t->key);
    store_query_put(&q, t->carry);
    store_query_put(&q, t->wish);
    store_query_put(&q, t->wish_talk);
    store_query_put(&q, t->wish_until_ms);
    store_query_run(&q);
}

static void change_ticket(struct store_keeper *keeper,
                          const struct match_ticket_row *t)
{
    struct store_query q = store_sqlite_ask(
        keeper, "UPDATE ticket SET state = ?1, why = ?2, offers = ?3,"
                " backoff_until_ms = ?4, danger = ?6,"
                " sealed = CASE WHEN ?1 < 2 THEN sealed END WHERE id = ?5");

    store_query_put(&q, t->state);
    store_query_put(&q, t->why);
    store_query_put(&q, t->offers);
    store_query_put(&q, t->backoff_until_ms);
    store_query_put(&q, t->id);
    store_query_put(&q, t->danger);
    store_query_run(&q);
    if (t->state <= TICKET_OFFERED)
        return;
    q = store_sqlite_ask(keeper,
                         "DELETE FROM pair WHERE ticket = ? AND ticket <> 0");
    store_query_put(&q, t->id);
    store_query_run(&q);
}

static void add_offer(struct store_keeper *keeper,
                      const struct match_offer_row *o)
{
    struct store_query q = store_sqlite_ask(
        keeper,
        "INSERT INTO offer(" STORE_OFFER_COLUMNS
        ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    store_query_put(&q, o->id);
    store_query_put(&q, o->ticket);
    store_query_put(&q, o->seeker);
    store_query_put(&q, o->peer);
    store_query_put(&q, o->pool);
    store_query_put(&q, o->state);
    store_query_put(&q, o->danger);
    store_query_put(&q, o->showns);
    store_query_put(&q, o->p);
    store_query_put(&q, o->seeker_card_version);
    store_query_put(&q, o->peer_card_version);
    store_query_put(&q, o->made_ms);
    store_query_put(&q, o->deadline_ms);
    put_shown(&q, o->shown);
    put_key(&q, &o->answer);
    store_query_put(&q, o->met);
    store_query_run(&q);
}

static void change_offer(struct store_keeper *keeper,
                         const struct match_offer_row *o)
{
    struct store_query q = store_sqlite_ask(
        keeper, "UPDATE offer SET state = ?, key0 = ?, key1 = ?, key_hash = ?"
                " WHERE id = ?");

    store_query_put(&q, o->state);
    put_key(&q, &o->answer);
    store_query_put(&q, o->id);
    store_query_run(&q);
}

static void put_duty(struct store_keeper *keeper, const struct store_row *put)
{
    const struct match_duty_row *d = &put->row.duty;
    struct store_query q = store_sqlite_ask(
        keeper,
        "INSERT INTO duty(" STORE_DUTY_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5,"
        " ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
        " ?20) ON CONFLICT(member) DO UPDATE SET state = ?3, why = ?4, grade = "
        "?5,"
        " capacity = ?6, used = ?7, lapses = ?8, yes = ?9, total = ?10,"
        " grade_until_ms = ?11, until_ms = ?12, rest_ms = ?13,"
        " rest_until_ms = ?14, tie = ?15, key0 = ?16, key1 = ?17,"
        " key_hash = ?18, record_ms = ?19, day_max = ?20");

    store_query_put(&q, d->member);
    store_query_put(&q, d->pool);
    store_query_put(&q, d->state);
    store_query_put(&q, d->why);
    store_query_put(&q, d->grade);
    store_query_put(&q, d->capacity);
    store_query_put(&q, d->used);
    store_query_put(&q, d->lapses);
    store_query_put(&q, d->yes);
    store_query_put(&q, d->total);
    store_query_put(&q, d->grade_until_ms);
    store_query_put(&q, d->until_ms);
    store_query_put(&q, d->rest_ms);
    store_query_put(&q, d->rest_until_ms);
    store_query_put(&q, d->tie);
    put_key(&q, &d->key);
    store_query_put(&q, put->record_ms);
    store_query_put(&q, d->day_max);
    store_query_run(&q);
}

static void add_talk(struct store_keeper *keeper,
                     const struct match_talk_row *t)
{
    struct store_query q = store_sqlite_ask(
        keeper,
        "INSERT INTO talk(" STORE_TALK_COLUMNS
        ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    store_query_put(&q, t->id);
    store_query_put(&q, t->ticket);
    store_query_put(&q, t->offer);
    store_query_put(&q, t->seeker);
    store_query_put(&q, t->peer);
    store_query_put(&q, t->pool);
    store_query_put(&q, t->p);
    store_query_put(&q, t->state);
    store_query_put(&q, t->why);
    store_query_put(&q, t->joined);
    store_query_put(&q, t->reflected);
    store_query_put(&q, t->again);
    store_query_put(&q, t->showns);
    store_query_put(&q, t->since_ms);
    store_query_put(&q, t->started_ms);
    store_query_put(&q, t->ended_ms);
    put_shown(&q, t->shown);
    store_query_put(&q, t->carry);
    store_query_run(&q);
}

static void change_talk(struct store_keeper *keeper,
                        const struct match_talk_row *t)
{
    struct store_query q = store_sqlite_ask(
        keeper, "UPDATE talk SET state = ?, why = ?, joined = ?,"
                " reflected = ?, again = ?, ended_ms = ?, carry = ?"
                " WHERE id = ?");

    store_query_put(&q, t->state);
    store_query_put(&q, t->why);
    store_query_put(&q, t->joined);
    store_query_put(&q, t->reflected);
    store_query_put(&q, t->again);
    store_query_put(&q, t->ended_ms);
    store_query_put(&q, t->carry);
    store_query_put(&q, t->id);
    store_query_run(&q);
}

static void put_row(struct store_keeper *keeper, const struct store_row *put,
                    bool fresh)
{
    const struct match_row *r = &put->row;

    if (r->kind == ROW_DUTY)
        put_duty(keeper, put);
    else if (r->kind == ROW_TICKET)
        (fresh ? add_ticket : change_ticket)(keeper, &r->ticket);
    else if (r->kind == ROW_OFFER)
        (fresh ? add_offer : change_offer)(keeper, &r->offer);
    else
        (fresh ? add_talk : change_talk)(keeper, &r->talk);
}

void store_sqlite_rows_ops(struct store_keeper_ops *ops)
{
    ops->epoch = epoch;
    ops->claim = claim;
    ops->member = member;
    ops->member_of = member_of;
    ops->put_member = put_member;
    ops->rotated_ms = rotated_ms;
    ops->row = row;
    ops->put_row = put_row;
}

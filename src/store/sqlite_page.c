
#include <string.h>

#include "store/sqlite_tables.h"

/* Recovery order.  A page goes on after a row: its id, of offers their ticket,
 * none of which is 0. */
enum {
    PHASE_RARITY,
    PHASE_PAIR,
    PHASE_TICKET,
    PHASE_OFFER,
    PHASE_TALK,
    PHASES
};
/* Before all ids, and the place of a row that comes after none. */
#define LEAST "-9223372036854775808"
#define AFTER "ifnull(nullif(?1, 0), " LEAST ")"

/* A pair matters to an engine that starts when one of the two waits and the
 * other does too, or has an open offer or a live talk; other pairs come with
 * the attend of the peer. */
#define WAITS(side)                                                            \
    "EXISTS(SELECT 1 FROM ticket WHERE ticket.member = pair." side             \
    " AND state < 2)"
#define ENGAGED(side)                                                          \
    "(" WAITS(                                                                 \
        side) " OR EXISTS(SELECT 1 FROM duty WHERE duty.member = pair." side   \
              " AND used > 0))"

static const char *const phases[PHASES] = {
    [PHASE_RARITY] = "SELECT id, pool, token, count_q8 FROM rarity"
                     " WHERE id > ?1 ORDER BY id LIMIT ?2",
    [PHASE_PAIR] = "SELECT id, " STORE_PAIR_COLUMNS " FROM pair"
                   " WHERE id > ?1 AND (" WAITS("a") " OR " WAITS(
                       "b") ")"
                            " AND " ENGAGED("a") " AND " ENGAGED(
                                "b") " ORDER BY id LIMIT ?2",
    [PHASE_TICKET] =
        "SELECT id, sealed, " STORE_TICKET_COLUMNS " FROM ticket"
        " WHERE state < 2 AND (since_ms, id < 0, id) >"
        " (ifnull((SELECT since_ms FROM ticket WHERE id = ?1), -1), ?1 < 0, ?1)"
        " ORDER BY since_ms, id < 0, id LIMIT ?2",
    [PHASE_OFFER] = "SELECT open_ticket, " STORE_OFFER_COLUMNS " FROM offer"
                    " WHERE open_ticket IS NOT NULL AND (open_ticket, 1) >"
                    " (" AFTER ", ?1 <> 0) ORDER BY open_ticket LIMIT ?2",
    [PHASE_TALK] = "SELECT id, sealed, " STORE_TALK_COLUMNS " FROM talk"
                   " WHERE live_peer IS NOT NULL AND (live_peer, id, 1) >"
                   " (ifnull((SELECT live_peer FROM talk WHERE id = ?1), " LEAST
                   "), " AFTER ", ?1 <> 0) ORDER BY live_peer, id LIMIT ?2",
};

static void read_one(struct store_query *q, uint32_t phase,
                     struct store_loaded *out, struct arena *arena)
{
    memset(out, 0, sizeof *out);
    switch (phase) {
    case PHASE_RARITY:
        out->row.kind = ROW_RARITY;
        out->row.rarity.pool = store_query_u32(q);
        out->row.rarity.token = store_query_u64(q);
        out->row.rarity.count_q8 = store_query_u64(q);
        break;
    case PHASE_PAIR:
        out->row.kind = ROW_PAIR;
        store_sqlite_pairs_read(q, &out->row.pair);
        break;
    case PHASE_TICKET:
        out->sealed = store_query_copy(q, arena);
        store_sqlite_rows_ticket(q, &out->row);
        break;
    case PHASE_OFFER:
        store_sqlite_rows_offer(q, &out->row);
        break;
    default:
        out->sealed = store_query_copy(q, arena);
        store_sqlite_rows_talk(q, &out->row);
    }
}

/* The seeker's card of a ticket; false: the arena is spent. */
static bool add_card(struct store_keeper *keeper, struct store_loaded *out,
                     struct arena *arena)
{
    struct store_card card;

    if (out->sealed.size > 0 && !out->sealed.data)
        return false;
    if (out->row.kind != ROW_TICKET ||
        !keeper->ops->card(keeper, out->row.ticket.member, MATCH_SEEKER, &card,
                           arena))
        return true;
    out->card = card.sealed;
    out->card_version = card.version;
    return card.sealed.size == 0 || card.sealed.data;
}

/* As many rows of a phase as the page takes; the cursor moves on.  True: the
 * phase is done. */
static bool load_phase(struct store_keeper *keeper, struct store_job *job,
                       struct store_cursor *at)
{
    struct store_query q = store_sqlite_ask(keeper, phases[at->phase]);
    uint32_t *n = &job->result.load.rows, asked = STORE_PAGE_MAX - *n, got = 0;

    store_query_put(&q, at->after);
    store_query_put(&q, asked);
    while (got < asked && store_query_step(&q)) {
        struct store_loaded *out = &job->result.load.row[*n];
        uint64_t id = store_query_u64(&q);

        read_one(&q, at->phase, out, &job->arena);
        if (!add_card(keeper, out, &job->arena)) {
            store_query_end(&q);
            if (*n > 0)
                keeper->err = ERR_NONE; /* a shorter page */
            else
                keeper->err = ERR_STORE;
            return false;
        }
        at->after = id;
        ++*n;
        got++;
    }
    store_query_end(&q);
    return got < asked;
}

static void load(struct store_keeper *keeper, struct store_job *job)
{
    struct store_cursor at = job->command.load.from;

    job->result.load.row =
        arena_alloc(&job->arena, STORE_PAGE_MAX * sizeof *job->result.load.row);
    if (!job->result.load.row) {
        keeper->err = ERR_STORE;
        return;
    }
    while (at.phase < PHASES && load_phase(keeper, job, &at))
        at = (struct store_cursor){.phase = at.phase + 1};
    job->result.load.next = at;
    job->result.load.more = at.phase < PHASES;
}

static uint64_t latest_ms(struct store_keeper *keeper)
{
    struct store_query q = store_sqlite_ask(
        keeper,
        "SELECT max("
        "ifnull((SELECT max(since_ms) FROM ticket WHERE state < 2), 0), "
        "ifnull((SELECT max(made_ms) FROM offer"
        " WHERE open_ticket IS NOT NULL), 0), "
        "ifnull((SELECT max(started_ms) FROM talk"
        " WHERE live_peer IS NOT NULL), 0))");
    uint64_t found_ms = store_query_step(&q) ? store_query_u64(&q) : 0;

    store_query_end(&q);
    return found_ms;
}

static void count(struct store_keeper *keeper, struct store_job *job)
{
    struct store_query q = store_sqlite_ask(
        keeper,
        "SELECT (SELECT count(*) FROM member), (SELECT count(*) FROM card),"
        " (SELECT count(*) FROM ticket WHERE state < 2),"
        " (SELECT count(*) FROM duty WHERE state = 1),"
        " (SELECT count(*) FROM offer WHERE open_ticket IS NOT NULL),"
        " (SELECT count(*) FROM talk WHERE live_peer IS NOT NULL),"
        " (SELECT count(*) FROM message), (SELECT count(*) FROM talk)");

    if (!store_query_step(&q))
        return;
    job->result.count.members = store_query_u64(&q);
    job->result.count.cards = store_query_u64(&q);
    job->result.count.tickets_live = store_query_u64(&q);
    job->result.count.duties_on = store_query_u64(&q);
    job->result.count.offers_open = store_query_u64(&q);
    job->result.count.talks_live = store_query_u64(&q);
    job->result.count.messages_waiting = store_query_u64(&q);
    job->result.count.matches = store_query_u64(&q);
    store_query_end(&q);
}

void store_sqlite_page_ops(struct store_keeper_ops *ops)
{
    ops->load = load;
    ops->latest_ms = latest_ms;
    ops->count = count;
}

enum { PHASE_SHIFT = 56 }; /* of a cursor of row(), that counts */

static const char *const living[ROW_PAIR + 1] = {
    [ROW_TICKET] = "SELECT " STORE_TICKET_COLUMNS
                   " FROM ticket WHERE state < 2 ORDER BY id LIMIT 1 OFFSET ?",
    [ROW_OFFER] = "SELECT " STORE_OFFER_COLUMNS
                  " FROM offer WHERE state = 0 ORDER BY id LIMIT 1 OFFSET ?",
    [ROW_DUTY] =
        "SELECT " STORE_DUTY_COLUMNS " FROM duty WHERE state <> 0 OR used > 0"
        " ORDER BY member LIMIT 1 OFFSET ?",
    [ROW_TALK] = "SELECT " STORE_TALK_COLUMNS
                 " FROM talk WHERE state < 2 ORDER BY id LIMIT 1 OFFSET ?",
    [ROW_PAIR] =
        "SELECT " STORE_PAIR_COLUMNS " FROM pair ORDER BY id LIMIT 1 OFFSET ?",
};

bool store_sqlite_page_row(struct store_keeper *keeper, uint64_t *cursor,
                           struct match_row *row)
{
    uint32_t kind = (uint32_t)(*cursor >> PHASE_SHIFT);
    uint64_t at = *cursor & (((uint64_t)1 << PHASE_SHIFT) - 1);
    struct store_row found;

    for (; kind <= ROW_PAIR; kind++, at = 0) {
        struct store_query q = store_sqlite_ask(keeper, living[kind]);

        store_query_put(&q, at);
        if (!store_query_step(&q))
            continue;
        memset(&found, 0, sizeof found);
        found.row.kind = (enum match_row_kind)kind;
        if (kind == ROW_TICKET)
            store_sqlite_rows_ticket(&q, &found.row);
        else if (kind == ROW_OFFER)
            store_sqlite_rows_offer(&q, &found.row);
        else if (kind == ROW_DUTY)
            store_sqlite_rows_duty(&q, &found);
        else if (kind == ROW_TALK)
            store_sqlite_rows_talk(&q, &found.row);
        else
            store_sqlite_pairs_read(&q, &found.row.pair);
        store_query_end(&q);
        *row = found.row;
        *cursor = (uint64_t)kind << PHASE_SHIFT | (at + 1);
        return true;
    }
    return false;
}

/* store/sqlite_tables -- the SQLite keeper, for its own files. */
#ifndef STORE_SQLITE_TABLES_H
#define STORE_SQLITE_TABLES_H

#include "store/decide.h"
#include "store/query.h"

struct store_sqlite {
    struct store_keeper keeper; /* first */
    struct store_keeper_ops ops;
    struct store_work work;
    struct store_queries queries;
    uint64_t epoch;
    bool epoch_known; /* false after anything was undone */
    bool full;        /* said so already */
    int wal_pages;    /* as of the last commit */
};

static inline struct store_sqlite *store_sqlite_of(struct store_keeper *keeper)
{
    return (struct store_sqlite *)(void *)keeper;
}

/* A query on this keeper; a failure of it is the keeper's. */
struct store_query store_sqlite_ask(struct store_keeper *keeper,
                                    const char *sql);
/* A copy of its next column; a spent arena fails the job. */
struct store_bytes store_sqlite_give(struct store_keeper *keeper,
                                     struct store_query *query,
                                     struct arena *arena);

void store_sqlite_rows_ops(struct store_keeper_ops *ops);
void store_sqlite_pairs_ops(struct store_keeper_ops *ops);
void store_sqlite_mail_ops(struct store_keeper_ops *ops);
void store_sqlite_page_ops(struct store_keeper_ops *ops);
bool store_sqlite_page_row(struct store_keeper *keeper, uint64_t *cursor,
                           struct match_row *row);
void store_sqlite_sweep_all(struct store_keeper *keeper, struct store_job *job);

/* Read one row as the SELECTs of sqlite_rows.c give it. */
void store_sqlite_rows_ticket(struct store_query *query, struct match_row *row);
void store_sqlite_rows_offer(struct store_query *query, struct match_row *row);
void store_sqlite_rows_duty(struct store_query *query, struct store_row *row);
void store_sqlite_rows_talk(struct store_query *query, struct match_row *row);
void store_sqlite_pairs_read(struct store_query *query,
                             struct match_pair_row *pair);

#define STORE_TICKET_COLUMNS                                                   \
    "id, member, pool, state, why, danger, offers, since_ms, expires_ms,"      \
    " backoff_until_ms, tie, key0, key1, key_hash, carry, wish, wish_talk,"    \
    " wish_until_ms"
#define STORE_OFFER_COLUMNS                                                    \
    "id, ticket, seeker, peer, pool, state, danger, showns, p,"                \
    " seeker_version, peer_version, made_ms, deadline_ms, shown0, shown1,"     \
    " shown2, key0, key1, key_hash, met"
#define STORE_DUTY_COLUMNS                                                     \
    "member, pool, state, why, grade, capacity, used, lapses, yes, total,"     \
    " grade_until_ms, until_ms, rest_ms, rest_until_ms, tie, key0, key1,"      \
    " key_hash, record_ms, day_max"
#define STORE_TALK_COLUMNS                                                     \
    "id, ticket, offer, seeker, peer, pool, p, state, why, joined, reflected," \
    " again, showns, since_ms, started_ms, ended_ms, shown0, shown1, shown2,"  \
    " carry"
#define STORE_PAIR_COLUMNS "kind, a, b, ticket, until_ms"

#endif

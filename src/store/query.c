#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"

void store_query_close(struct store_queries *queries)
{
    for (uint32_t i = 0; i < queries->n; i++)
        (void)sqlite3_finalize(queries->cached[i].stmt);
    queries->n = 0;
}

static bool is_fsync(int code)
{
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

bool store_query_ok(struct store_queries *queries, int code)
{
    int extended;

    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
        return true;
    extended = sqlite3_extended_errcode(queries->db);
    if (is_fsync(code) || is_fsync(extended)) {
        log_event(LOG_STORE_FAILED, 1, ERR_STORE);
        abort(); /* the kernel may have dropped what it could not write */
    }
    if (queries->failed == SQLITE_OK)
        queries->failed = code;
    if (queries->sticky)
        *queries->sticky = ERR_STORE;
    return false;
}

/* Law 1 */
static sqlite3_stmt *cached(struct store_queries *queries, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    for (uint32_t i = 0; i < queries->n; i++)
        if (queries->cached[i].sql == sql)
            return queries->cached[i].stmt;
    REQUIRE(queries->n < STORE_QUERIES_MAX);
    if (!store_query_ok(queries, sqlite3_prepare_v3(queries->db, sql, -1,
                                                    SQLITE_PREPARE_PERSISTENT,
                                                    &stmt, NULL)))
        return NULL;
    queries->cached[queries->n].sql = sql;
    queries->cached[queries->n++].stmt = stmt;
    return stmt;
}

struct store_query store_query_start(struct store_queries *queries,
                                     const char *sql)
{
    struct store_query query = {.owner = queries};

    if (queries->failed == SQLITE_OK) /* Law 2 */
        query.stmt = cached(queries, sql);
    return query;
}

void store_query_put(struct store_query *query, uint64_t value)
{
    if (query->stmt)
        (void)store_query_ok(query->owner,
                             sqlite3_bind_int64(query->stmt, ++query->bound,
                                                (sqlite3_int64)value));
}

void store_query_put_bytes(struct store_query *query, const void *data,
                           uint32_t size)
{
    int code;

    if (!query->stmt)
        return;
    code = size == 0 ? sqlite3_bind_null(query->stmt, ++query->bound)
                     : sqlite3_bind_blob(query->stmt, ++query->bound, data,
                                         (int)size, SQLITE_STATIC);
    (void)store_query_ok(query->owner, code);
}

void store_query_end(struct store_query *query)
{
    if (query->stmt)
        (void)sqlite3_reset(query->stmt);
    query->stmt = NULL;
}

bool store_query_step(struct store_query *query)
{
    int code;

    if (!query->stmt)
        return false;
    REQUIRE(query->bound == sqlite3_bind_parameter_count(query->stmt));
    query->read = 0;
    code = sqlite3_step(query->stmt);
    if (code == SQLITE_ROW)
        return true;
    (void)store_query_ok(query->owner, code);
    store_query_end(query);
    return false;
}

uint64_t store_query_u64(struct store_query *query)
{
    return (uint64_t)sqlite3_column_int64(query->stmt, query->read++);
}

uint32_t store_query_u32(struct store_query *query)
{
    return (uint32_t)store_query_u64(query);
}

uint8_t store_query_u8(struct store_query *query)
{
    return (uint8_t)store_query_u64(query);
}

const uint8_t *store_query_bytes(struct store_query *query, uint32_t *size)
{
    const uint8_t *bytes = sqlite3_column_blob(query->stmt, query->read);

    *size = (uint32_t)sqlite3_column_bytes(query->stmt, query->read++);
    return bytes;
}

void store_query_hash(struct store_query *query, uint8_t out[STORE_HASH])
{
    uint32_t size;
    const uint8_t *bytes = store_query_bytes(query, &size);

    memset(out, 0, STORE_HASH);
    if (size == STORE_HASH)
        memcpy(out, bytes, STORE_HASH);
}

struct store_bytes store_query_copy(struct store_query *query,
                                    struct arena *arena)
{
    struct store_bytes out = {0};
    const uint8_t *bytes = store_query_bytes(query, &out.size);

    if (out.size == 0 || !arena)
        return (struct store_bytes){0};
    out.data = arena_alloc(arena, out.size);
    if (out.data)
        memcpy(out.data, bytes, out.size);
    return out;
}

void store_query_run(struct store_query *query)
{
    while (store_query_step(query))
        continue;
}

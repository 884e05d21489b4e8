/* store/query -- prepared statements, cached, bound and read in order.
 *
 * A statement is prepared when first asked for and kept; its text, a constant,
 * is its name.  Parameters are put from left to right, columns read from left
 * to right.  Bytes that are put are borrowed until the statement has run.
 *
 * A failure is noted in the queries' owner and sticks until it is cleared:
 * callers go on as if nothing was found.  A failed fsync aborts the process
 * here: after one, nobody knows what is on the disk.
 *
 * Laws
 *   1. One statement per text, finalised on close.
 *   2. After a failure nothing more is run until the failure is cleared. */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include <sqlite3.h>

#include "store/command.h"

enum { STORE_QUERIES_MAX = 96 };

struct store_queries {
    sqlite3 *db;
    int failed;       /* the SQLite code that sticks; 0 = none */
    enum err *sticky; /* set to ERR_STORE with it */
    uint32_t n;
    struct {
        const char *sql;
        sqlite3_stmt *stmt;
    } cached[STORE_QUERIES_MAX];
};

struct store_query {
    struct store_queries *owner;
    sqlite3_stmt *stmt; /* NULL: failed already */
    int bound, read;
};

void store_query_close(struct store_queries *queries);

/* Note an SQLite code; true if it is one of success. */
bool store_query_ok(struct store_queries *queries, int code);

/* Begin to put parameters. */
struct store_query store_query_start(struct store_queries *queries,
                                     const char *sql);
void store_query_put(struct store_query *query, uint64_t value);
void store_query_put_bytes(struct store_query *query, const void *data,
                           uint32_t size); /* NULL where size is 0 */

/* The next row is there to be read; false at the end, or failed. */
bool store_query_step(struct store_query *query);
uint64_t store_query_u64(struct store_query *query);
uint32_t store_query_u32(struct store_query *query);
uint8_t store_query_u8(struct store_query *query);
void store_query_hash(struct store_query *query, uint8_t out[STORE_HASH]);

/* Borrowed until the next step; and a copy, with data NULL and a size where
 * the arena is spent. */
const uint8_t *store_query_bytes(struct store_query *query, uint32_t *size);
struct store_bytes store_query_copy(struct store_query *query,
                                    struct arena *arena);

/* Done with reading before the end. */
void store_query_end(struct store_query *query);

/* Run to the end. */
void store_query_run(struct store_query *query);

#endif

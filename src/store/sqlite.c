#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/require.h"
#include "store/schema.h"
#include "store/sqlite_tables.h"

enum { CHECKPOINT_PAGES = 1000 };

static struct store_sqlite *of(struct store *store)
{
    return (struct store_sqlite *)(void *)store;
}

struct store_query store_sqlite_ask(struct store_keeper *keeper,
                                    const char *sql)
{
    return store_query_start(&store_sqlite_of(keeper)->queries, sql);
}

struct store_bytes store_sqlite_give(struct store_keeper *keeper,
                                     struct store_query *query,
                                     struct arena *arena)
{
    struct store_bytes bytes = store_query_copy(query, arena);

    if (bytes.size > 0 && !bytes.data)
        keeper->err = ERR_STORE;
    return bytes;
}

static void run(struct store_sqlite *sqlite, const char *sql)
{
    struct store_query query = store_query_start(&sqlite->queries, sql);

    store_query_run(&query);
}

/* ---- a batch ---- */

static void undo_all(struct store_sqlite *sqlite)
{
    sqlite->queries.failed = SQLITE_OK;
    sqlite->epoch_known = false;
    if (!sqlite3_get_autocommit(sqlite->queries.db))
        run(sqlite, "ROLLBACK");
    sqlite->queries.failed = SQLITE_OK;
}

static void say_failed(struct store_sqlite *sqlite, int code)
{
    if ((code & 0xff) != SQLITE_FULL)
        log_event(LOG_STORE_FAILED, 1, ERR_STORE);
    else if (!sqlite->full)
        log_event(LOG_STORE_FULL, 1, ERR_STORE);
    sqlite->full = sqlite->full || (code & 0xff) == SQLITE_FULL;
}

static void refuse(struct store_job *job)
{
    job->result =
        (struct store_result){.outcome = OUTCOME_REFUSED, .err = ERR_STORE};
    if (job->command.kind == STORE_MATCH)
        job->result.match.op = job->command.match.command.op;
}

/* False: the transaction is gone, and with it the jobs before. */
static bool carry_out(struct store_sqlite *sqlite, struct store_job *job)
{
    run(sqlite, "SAVEPOINT job");
    if (sqlite->queries.failed != SQLITE_OK)
        return false;
    if (store_decide(&sqlite->keeper, &sqlite->work, job) &&
        sqlite->queries.failed == SQLITE_OK) {
        run(sqlite, "RELEASE job");
        return sqlite->queries.failed == SQLITE_OK;
    }
    refuse(job);
    sqlite->epoch_known = false;
    if (sqlite->queries.failed != SQLITE_OK)
        say_failed(sqlite, sqlite->queries.failed);
    if (sqlite3_get_autocommit(sqlite->queries.db))
        return false; /* it undid the whole by itself */
    sqlite->queries.failed = SQLITE_OK;
    run(sqlite, "ROLLBACK TO job");
    run(sqlite, "RELEASE job");
    return sqlite->queries.failed == SQLITE_OK;
}

static void execute(struct store *store, struct store_job *const job[],
                    uint32_t jobs)
{
    struct store_sqlite *sqlite = of(store);
    bool whole = true;

    sqlite->queries.failed = SQLITE_OK;
    run(sqlite, "BEGIN IMMEDIATE");
    whole = sqlite->queries.failed == SQLITE_OK;
    for (uint32_t i = 0; i < jobs && whole; i++)
        whole = carry_out(sqlite, job[i]);
    if (whole) {
        run(sqlite, "COMMIT"); /* store/store law 1: here it is durable */
        whole = sqlite->queries.failed == SQLITE_OK;
    }
    if (whole) {
        sqlite->full = false;
        log_event(LOG_COMMITTED, jobs, ERR_NONE);
        return;
    }
    if (sqlite->queries.failed != SQLITE_OK)
        say_failed(sqlite, sqlite->queries.failed);
    undo_all(sqlite);
    for (uint32_t i = 0; i < jobs; i++)
        refuse(job[i]);
}

static int count_pages(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct store_sqlite *sqlite = arg;

    (void)db;
    (void)name;
    sqlite->wal_pages = pages;
    return SQLITE_OK;
}

static void checkpoint(struct store_sqlite *sqlite)
{
    int code = sqlite3_wal_checkpoint_v2(sqlite->queries.db, NULL,
                                         SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

    if (!store_query_ok(&sqlite->queries, code))
        say_failed(sqlite, sqlite->queries.failed); /* tried again later */
    else
        sqlite->wal_pages = 0;
    sqlite->queries.failed = SQLITE_OK;
}

static void rest(struct store *store)
{
    if (of(store)->wal_pages >= CHECKPOINT_PAGES)
        checkpoint(of(store));
}

static void close_store(struct store *store)
{
    struct store_sqlite *sqlite = of(store);

    store_query_close(&sqlite->queries);
    (void)sqlite3_close(sqlite->queries.db); /* checkpoints what is left */
    free(sqlite);
}

/* ---- open ---- */

/* SQLite cannot say no to group and others: make the file first.  A new name
 * is durable once its directory is. */
static enum err make_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 1;
    char *folder;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int failed;

    if (fd < 0)
        return errno == EEXIST ? ERR_NONE : ERR_STORE_OPEN;
    (void)close(fd);
    folder = calloc(1, size + 2);
    if (!folder)
        return ERR_NOMEM;
    memcpy(folder, slash ? path : ".", size);
    if (size == 0)
        folder[0] = '/';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return ERR_STORE_OPEN;
    failed = fsync(fd);
    (void)close(fd);
    return failed ? ERR_STORE_OPEN : ERR_NONE;
}

static enum err connect_to(struct store_sqlite *sqlite, const char *path)
{
    static const char pragmas[] =
        "PRAGMA locking_mode = EXCLUSIVE;" /* first: then there is no shm */
        "PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = FULL;"
        "PRAGMA wal_autocheckpoint = 0;"
        "PRAGMA mmap_size = 0;"
        "PRAGMA journal_size_limit = 67108864;"
        "PRAGMA secure_delete = ON;" /* what is deleted is gone */
        "PRAGMA temp_store = MEMORY;"
        "PRAGMA cell_size_check = ON;"
        "PRAGMA foreign_keys = ON;";
    int code = sqlite3_open_v2(path, &sqlite->queries.db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                   SQLITE_OPEN_EXRESCODE,
                               NULL);

    if (code == SQLITE_OK) {
        (void)sqlite3_db_config(sqlite->queries.db, SQLITE_DBCONFIG_DQS_DDL, 0,
                                NULL);
        (void)sqlite3_db_config(sqlite->queries.db, SQLITE_DBCONFIG_DEFENSIVE,
                                1, NULL);
        code = sqlite3_exec(sqlite->queries.db, pragmas, NULL, NULL, NULL);
    }
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
        return ERR_STORE_LOCKED;
    return code == SQLITE_OK ? ERR_NONE : ERR_STORE_OPEN;
}

static const struct store_ops store_ops = {
    .execute = execute, .rest = rest, .close = close_store};

static bool room(struct store_keeper *keeper, const struct store_job *job)
{
    (void)keeper;
    (void)job;
    return true; /* what does not fit is rolled back */
}

enum err store_sqlite_open(const char *path, struct store **store)
{
    struct store_sqlite *sqlite = calloc(1, sizeof *sqlite);
    enum err err;

    *store = NULL;
    if (!sqlite)
        return ERR_NOMEM;
    err = make_file(path);
    if (err == ERR_NONE)
        err = connect_to(sqlite, path);
    if (err == ERR_NONE)
        err = store_schema_migrate(sqlite->queries.db);
    if (err != ERR_NONE) {
        (void)sqlite3_close(sqlite->queries.db);
        free(sqlite);
        return err;
    }
    sqlite->queries.sticky = &sqlite->keeper.err;
    (void)sqlite3_wal_hook(sqlite->queries.db, count_pages, sqlite);
    checkpoint(sqlite); /* what a crash left behind */
    store_sqlite_rows_ops(&sqlite->ops);
    store_sqlite_pairs_ops(&sqlite->ops);
    store_sqlite_mail_ops(&sqlite->ops);
    store_sqlite_page_ops(&sqlite->ops);
    sqlite->ops.room = room;
    sqlite->ops.sweep = store_sqlite_sweep_all;
    sqlite->keeper.ops = &sqlite->ops;
    sqlite->keeper.store.ops = &store_ops;
    *store = &sqlite->keeper.store;
    return ERR_NONE;
}

bool store_sqlite_row(struct store *store, uint64_t *cursor,
                      struct match_row *row)
{
    return store_sqlite_page_row(&of(store)->keeper, cursor, row);
}

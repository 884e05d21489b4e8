/* What is the SQLite keeper's own: its file, who else may have it, statements
 * that stick, a batch that fails as a whole. */
#include "store/sqlite.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"
#include "store/query.h"
#include "store/sqlite_tables.h"

static char path[256], folder[200];
static struct store_job job[8];

static void remove_files(void)
{
    char name[300];

    (void)unlink(path);
    (void)snprintf(name, sizeof name, "%s-wal", path);
    (void)unlink(name);
}

static void enrol(struct store *store, uint64_t first, uint32_t n)
{
    struct store_job *all[8];

    for (uint32_t i = 0; i < n; i++) {
        uint64_t id = first + i;

        arena_reset(&job[i].arena);
        arena_init(&job[i].arena, 1 << 20);
        memset(&job[i].command, 0, sizeof job[i].command);
        job[i].command.kind = STORE_ENROL;
        job[i].command.enrol.member = id;
        memcpy(job[i].command.enrol.handle, &id, sizeof id);
        all[i] = &job[i];
    }
    store_execute(store, all, n);
}

static uint64_t members(struct store *store)
{
    struct store_job *one = &job[7];

    memset(&job[7].command, 0, sizeof job[7].command);
    job[7].command.kind = STORE_COUNT;
    store_execute(store, &one, 1);
    return job[7].result.count.members;
}

static void file_is_private(void)
{
    struct store *store;
    struct stat about;
    char wal[300];

    CHECK(store_sqlite_open(path, &store) == ERR_NONE);
    enrol(store, 1, 1);
    CHECK(stat(path, &about) == 0 && (about.st_mode & 0777) == 0600);
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    CHECK(stat(wal, &about) == 0 && (about.st_mode & 0777) == 0600);
    store_close(store);
}

/* Another process has it: one clear word, and again when it is gone. */
static void others_keep_out(void)
{
    struct store *mine, *theirs;
    int status = -1;
    pid_t child;

    CHECK(store_sqlite_open(path, &mine) == ERR_NONE);
    child = fork();
    if (child == 0)
        _exit(store_sqlite_open(path, &theirs) == ERR_STORE_LOCKED ? 0 : 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(store_sqlite_open(path, &theirs) == ERR_STORE_LOCKED);
    store_close(mine);
    CHECK(store_sqlite_open(path, &theirs) == ERR_NONE);
    CHECK(members(theirs) == 1);
    store_close(theirs);
}

static void wrong_files(void)
{
    struct store *store = NULL;
    char name[300];
    FILE *file;

    CHECK(store_sqlite_open("/nonexistent/folder/x.db", &store) ==
          ERR_STORE_OPEN);
    CHECK(store == NULL);
    (void)snprintf(name, sizeof name, "%s/garbage", folder);
    file = fopen(name, "w");
    CHECK(file != NULL);
    for (int i = 0; i < 5000; i++)
        (void)fprintf(file, "this is no database %d\n", i);
    (void)fclose(file);
    CHECK(store_sqlite_open(name, &store) == ERR_STORE_OPEN);
    (void)unlink(name);
}

/* store/store laws 1 and 5: past a full disk the batch answers ERR_STORE as a
 * whole, nothing of it is there, and it serves again once there is room. */
static void full_disk(void)
{
    struct rlimit old, small;
    struct store *store;
    uint64_t said = log_counter(LOG_STORE_FULL), before, id = 1000;
    uint64_t failed = log_counter(LOG_STORE_FAILED);
    struct stat about;
    char wal[300];

    CHECK(store_sqlite_open(path, &store) == ERR_NONE);
    enrol(store, 500, 8);
    before = members(store);
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    CHECK(stat(wal, &about) == 0);
    CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
    small = old;
    small.rlim_cur = (rlim_t)about.st_size + 100000;
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    do {
        enrol(store, id, 8);
        id += 8;
    } while (job[0].result.err == ERR_NONE && id < 100000);
    for (int i = 0; i < 8; i++) {
        CHECK(job[i].result.err == ERR_STORE);
        CHECK(job[i].result.outcome == OUTCOME_REFUSED);
    }
    enrol(store, id, 8);
    CHECK(job[7].result.err == ERR_STORE);
    CHECK(log_counter(LOG_STORE_FULL) - said +
              (log_counter(LOG_STORE_FAILED) - failed) >=
          1);
    CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK(members(store) == before + (id - 1000) - 8);
    enrol(store, id - 8, 8);
    CHECK(job[0].result.err == ERR_NONE);
    CHECK(members(store) == before + (id - 1000));
    store_close(store);
    CHECK(store_sqlite_open(path, &store) == ERR_NONE);
    CHECK(members(store) == before + (id - 1000));
    store_close(store);
}

/* A statement that fails halfway through a job takes back that job, not the
 * batch: store/decide law 3.  (Keys are written after members.) */
static void jobs_are_apart(void)
{
    struct store *store;
    struct store_job *all[4];
    uint64_t before;

    CHECK(store_sqlite_open(path, &store) == ERR_NONE);
    before = members(store);
    CHECK(sqlite3_exec(((struct store_sqlite *)(void *)store)->queries.db,
                       "CREATE TEMP TRIGGER no BEFORE INSERT ON memo BEGIN"
                       " SELECT RAISE(ABORT, 'no'); END",
                       NULL, NULL, NULL) == SQLITE_OK);
    enrol(store, 800000, 4); /* fills job[]; none has a key */
    CHECK(members(store) == before + 4);
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t id = 800010 + i;

        all[i] = &job[i];
        job[i].command.enrol.member = id;
        memcpy(job[i].command.enrol.handle, &id, sizeof id);
        job[i].command.key.word[0] = i == 2;
    }
    store_execute(store, all, 4);
    for (uint32_t i = 0; i < 4; i++)
        CHECK(job[i].result.err == (i == 2 ? ERR_STORE : ERR_NONE));
    CHECK(members(store) == before + 7);
    store_close(store);
    CHECK(store_sqlite_open(path, &store) == ERR_NONE);
    before = members(store);
    enrol(store, 900000, 4);
    job[4].command = job[0].command;
    CHECK(job[3].result.err == ERR_NONE);
    enrol(store, 900002, 4); /* two are there */
    CHECK(job[0].result.err == ERR_ENROLLED);
    CHECK(job[2].result.err == ERR_NONE);
    CHECK(members(store) == before + 6);
    store_close(store);
}

/* store/query laws 1 and 2 */
static void queries(void)
{
    static const char one[] = "SELECT ?1 + 1";
    struct store_queries queries = {0};
    enum err sticky = ERR_NONE;
    struct store_query q;

    CHECK(sqlite3_open(":memory:", &queries.db) == SQLITE_OK);
    queries.sticky = &sticky;
    for (uint64_t i = 0; i < 5; i++) {
        q = store_query_start(&queries, one);
        store_query_put(&q, i);
        CHECK(store_query_step(&q) && store_query_u64(&q) == i + 1);
        store_query_end(&q);
    }
    CHECK(queries.n == 1); /* store/query law 1 */
    q = store_query_start(&queries, "SELECT nothing FROM nowhere");
    CHECK(!store_query_step(&q));
    CHECK(sticky == ERR_STORE && queries.failed != 0);
    q = store_query_start(&queries, one);
    store_query_put(&q, 1);
    CHECK(!store_query_step(&q)); /* store/query law 2 */
    queries.failed = SQLITE_OK;
    q = store_query_start(&queries, one);
    store_query_put(&q, 1);
    CHECK(store_query_step(&q));
    store_query_end(&q);
    store_query_close(&queries);
    CHECK(sqlite3_close(queries.db) == SQLITE_OK); /* all are finalised */
}

int main(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/store_test.%ld",
                   (long)getpid());
    CHECK(mkdir(folder, 0700) == 0);
    (void)signal(SIGXFSZ, SIG_IGN); /* a write past the limit says EFBIG */
    (void)snprintf(path, sizeof path, "%s/store.db", folder);
    file_is_private();
    others_keep_out();
    wrong_files();
    full_disk();
    jobs_are_apart();
    queries();
    for (int i = 0; i < 8; i++)
        arena_reset(&job[i].arena);
    remove_files();
    CHECK(rmdir(folder) == 0);
    return check_report("store/sqlite");
}

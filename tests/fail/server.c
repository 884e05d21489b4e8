/* The start of the server as a whole, with each call of our own code to memory,
 * to files and for threads failed once: it serves all the same, or says why not
 * and ends with its own status; nothing half done is left in its data, on which
 * a start with nothing failed serves (tests/lib/trial.h laws 1 and 2;
 * server/master, server/node).
 * Of the starts, the first has no data, a later one has data of nobody, that
 * with TLS reads a certificate and its key, and the last has what a server left
 * that was killed: members, one of whom waits, and a talk.  None of them is lost
 * by any start.
 * Usage: fail_server first|later|tls|kept memory|files|threads|disk. */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/chance.h"
#include "cli/dev_server.h"
#include "rpc/status.h"
#include "tls_world.h"
#include "trial.h"

int kindredd_main(int argc, char **argv);
int kindred_main(int argc, char **argv);

enum { PATH = 200, SWEEP_MAX = 5000, WORKERS = 2, STATES = 64 };

static char root[64], folder[96], data[PATH], record[PATH], config[PATH];

static struct shared { /* what all workers count */
    struct trial_numbers numbers;
    _Atomic size_t injected, served, next;
} * shared;

static enum start { FIRST, LATER, TLS, KEPT } start;
static struct tls_files tls;
static char kept[PATH]; /* the data of the last */
static enum fail_calls what = FAIL_MEMORY;

static struct trial *trial; /* of a worker */

/* Some hundred rows for each loop, made alike (unit/rpc/status has the sweep of
 * one): here it is one allocation.  The names are the linker's.
 * NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming) */
enum err __real_rpc_status_rows_init(struct rpc_status_rows *rows, bool bare);
enum err __wrap_rpc_status_rows_init(struct rpc_status_rows *rows, bool bare);
enum err __wrap_rpc_status_rows_init(struct rpc_status_rows *rows, bool bare)
{
    enum err err = ERR_NOMEM;

    if (!fail_calls_begin_one(FAIL_MEMORY)) {
        err = __real_rpc_status_rows_init(rows, bare);
        fail_calls_end_one(FAIL_MEMORY);
    }
    return err;
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

static void tell(const char *when, size_t n)
{
    (void)fprintf(stderr, "%s call %zu failed: %d: %s\n", when, n,
                  trial->status, trial->err);
}

/* ---- its data ---- */

static void copy(const char *name)
{
    static char bytes[1 << 20];
    char from[PATH + 300], to[PATH + 300];
    ssize_t size;
    int in, out;

    (void)snprintf(from, sizeof from, "%s/%s", kept, name);
    (void)snprintf(to, sizeof to, "%s/%s", data, name);
    in = open(from, O_RDONLY);
    out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
    while (in >= 0 && (size = read(in, bytes, sizeof bytes)) > 0)
        CHECK(write(out, bytes, (size_t)size) == size);
    CHECK(in >= 0 && out >= 0 && close(in) == 0 && close(out) == 0);
}

static void fill_data(void)
{
    struct dirent *entry;
    DIR *dir = start == KEPT ? opendir(kept) : NULL;

    if (start != LATER && start != TLS)
        trial_remove(data);
    if (start == KEPT)
        CHECK(dir != NULL && mkdir(data, 0700) == 0);
    while (dir && (entry = readdir(dir)) != NULL)
        if (entry->d_type == DT_REG)
            copy(entry->d_name);
    if (dir)
        (void)closedir(dir);
}

/* How many there are, or -1. */
static int rows(const char *directory, const char *of)
{
    char path[PATH + 20], text[120];
    sqlite3_stmt *ask = NULL;
    sqlite3 *db = NULL;
    int n = -1;

    (void)snprintf(path, sizeof path, "%s/kindred.db", directory);
    (void)snprintf(text, sizeof text, "SELECT count(*) FROM %s", of);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, text, -1, &ask, NULL) == SQLITE_OK &&
        sqlite3_step(ask) == SQLITE_ROW)
        n = sqlite3_column_int(ask, 0);
    (void)sqlite3_finalize(ask);
    (void)sqlite3_close(db);
    return n;
}

static const char WAITING[] = "ticket WHERE state < 2";

static void check_kept(void)
{
    if (start != KEPT)
        return;
    CHECK(rows(data, "member") == 3);
    CHECK(rows(data, WAITING) == 1);
    CHECK(rows(data, "talk") == 1);
}

/* ---- what it left ---- */

static uint64_t mix_text(uint64_t mixed, const char *text)
{
    for (; *text; text++)
        mixed = chance_mix(mixed ^ (unsigned char)*text);
    return mixed;
}

/* What it said, which files there are and how long they are. */
static uint64_t left_behind(void)
{
    uint64_t mixed = mix_text(1, trial->err);
    struct dirent *entry;
    struct stat about;
    DIR *dir = opendir(data);

    while (dir && (entry = readdir(dir)) != NULL)
        if (fstatat(dirfd(dir), entry->d_name, &about, 0) == 0 &&
            S_ISREG(about.st_mode)) /* in any order */
            mixed += mix_text((uint64_t)about.st_size, entry->d_name);
    if (dir)
        (void)closedir(dir);
    return mixed;
}

/* Has a start with nothing failed been tried on just that? */
static bool tried_on(uint64_t left)
{
    static uint64_t tried[STATES];
    static size_t n;

    for (size_t i = 0; i < n && i < STATES; i++)
        if (tried[i] == left)
            return true;
    tried[n++ % STATES] = left;
    return false;
}

/* Whether there was a call n. */
static bool run(size_t n)
{
    int was = check_failed;

    fill_data();
    (void)unlink(record);
    trial_run(trial, what, n);
    if (what == FAIL_DISK && trial->status == -SIGABRT) /* a sync failed */
        CHECK(strstr(trial->err, "the store failed") != NULL);
    else
        trial_check(trial);
    CHECK(trial->ready || trial->status == 1 || trial->status == 2 ||
          what == FAIL_DISK);
    CHECK(!strstr(trial->err, "port 50051")); /* of half the settings */
    check_kept();
    if (check_failed > was)
        tell("when", n);
    if (trial->seen < n)
        return false;
    shared->injected++;
    shared->served += trial->ready;
    if (what != FAIL_FILES && trial->ready && trial->status == 0)
        return true;
    if (!trial->ready && tried_on(left_behind()))
        return true;
    shared->next++;
    (void)unlink(record);
    trial_run(trial, FAIL_NONE, 0);
    CHECK(trial->ready && trial->status == 0);
    CHECK(!strstr(trial->err, "nothing is recorded"));
    check_kept();
    if (!trial->ready || trial->status != 0)
        tell("the next start after", n);
    return true;
}

static void prepare(int worker)
{
    static const char settings[] = "origin = kindred://fail\n"
                                   "loops = 2\n"
                                   "pools = adult:open:peer b:closed:member\n"
                                   "cors_origin = http://localhost:3000\n"
                                   "connections_max = 16\n" /* soon made */
                                   "tickets_max = 64\n"
                                   "duties_max = 64\n"
                                   "talks_max = 64\n"
                                   "queue_max = 16\n"
                                   "show_min = 1\n"
                                   "join_ms = 3600000\n"
                                   "grace_ticket_ms = 3600000\n"
                                   "listen = 127.0.0.1:0\n"; /* the last */
    const char *const argv[] = {
        "kindredd", "--data", data,          "--config", config,
        "--record", record,   "--log_level", "2",        "--unconfined"};
    FILE *file;

    (void)snprintf(folder, sizeof folder, "%s/%d", root, worker);
    (void)snprintf(data, sizeof data, "%s/data", folder);
    (void)snprintf(record, sizeof record, "%s/record", folder);
    (void)snprintf(config, sizeof config, "%s/config", folder);
    CHECK(mkdir(folder, 0700) == 0);
    file = fopen(config, "w");
    CHECK(file && fputs(settings, file) >= 0 && fclose(file) == 0);
    trial = trial_shared(sizeof *trial);
    trial->main = kindredd_main;
    memcpy(trial->argv, argv, sizeof argv);
    trial->until = "ready 1";
    if (start == TLS) {
        const char *const more[] = {"--tls_cert", tls.cert, "--tls_key",
                                    tls.key, "--unconfined"};

        memcpy(&trial->argv[9], more, sizeof more);
    }
#ifndef KINDRED_SANITIZED /* they do not live within a confinement */
    trial->argv[start == TLS ? 13 : 9] = NULL;
#endif
}

static void work(int worker)
{
    static const struct trial_sample all, some = {50, 7};

    prepare(worker);
    fill_data();
    trial_run(trial, what, 0);
    CHECK(trial->ready && trial->status == 0);
    if (check_failed > 0)
        tell("before any", 0);
    trial_share(&shared->numbers, what == FAIL_DISK ? &some : &all, SWEEP_MAX,
                run);
}

/* ---- what a server left that was killed ---- */

static char address[40];
static int said; /* by the last command that began */

/* A command of somebody, who is left alone with it. */
static pid_t begin(const char *name, const char *const *more, const char *typed)
{
    const char *argv[12] = {"kindred"};
    char key[PATH + 20];
    int argc = 1, nothing = trial_file();
    pid_t pid;

    said = trial_file();
    if (write(nothing, typed, strlen(typed)) < 0 ||
        lseek(nothing, 0, SEEK_SET) != 0)
        abort();
    for (; *more; more++)
        argv[argc++] = *more;
    (void)snprintf(key, sizeof key, "%s/%s", root, name);
    argv[argc++] = "--server";
    argv[argc++] = address;
    argv[argc++] = "--key";
    argv[argc++] = key;
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(nothing, STDIN_FILENO);
        (void)dup2(said, STDOUT_FILENO);
        _exit(kindred_main(argc, (char **)(void *)argv));
    }
    (void)close(nothing);
    return pid;
}

static void finish(pid_t pid)
{
    int status;

    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* Once it has said that. */
static void kill_when(pid_t pid, const char *words)
{
    static char text[TRIAL_TEXT];
    const struct timespec moment = {.tv_nsec = 20000000};

    text[0] = '\0';
    for (int i = 0; i < 50 * TRIAL_S && !strstr(text, words); i++) {
        (void)nanosleep(&moment, NULL);
        trial_read(said, text);
    }
    CHECK(strstr(text, words) != NULL);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

static void leave_rows(void)
{
    static const char *const settings[] = {
        "listen=127.0.0.1:0",
        "pools=adult:open:peer b:closed:member",
        "origin=kindred://fail",
        "show-min=1",
        "relax-ms=1",
        "settle-ms=0",
        "join-ms=3600000",
        "grace-ticket-ms=3600000",
        "loops=1"};
    static const char *const people[] = {"peer", "one", "two"};
    static struct cli_dev_server server;
    pid_t duty;

    (void)snprintf(kept, sizeof kept, "%s/kept", root);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        CHECK(cli_dev_server_put(&server, "--%s", settings[i]));
    CHECK(cli_dev_server_start(&server, kept));
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", server.port);
    for (int i = 0; i < 3; i++) {
        const char *const enroll[] = {"enroll", "--grade",
                                      i == 0 ? "peer" : "member", NULL};
        const char *const set[] = {
            "card",   "set",     i == 0 ? "peer" : "seeker",
            "--have", "alcohol", NULL};

        finish(begin(people[i], enroll, ""));
        finish(begin(people[i], set, ""));
    }
    duty = begin("peer",
                 (const char *const[]){"attend", "--auto", "accept", NULL}, "");
    kill_when(begin("one", (const char *const[]){"ask", NULL}, "hello\n"),
              "is here");
    (void)kill(duty, SIGKILL);
    (void)waitpid(duty, NULL, 0);
    kill_when(begin("two", (const char *const[]){"ask", NULL}, ""),
              "Looking for");
    (void)kill(server.pid, SIGKILL);
    cli_dev_server_close(&server);
}

static int kind_of(const char *word, const char *const *words, int n)
{
    int i = 0;

    while (i < n && strcmp(words[i], word) != 0)
        i++;
    return i;
}

int main(int argc, char **argv)
{
    static const char *const starts[] = {"first", "later", "tls", "kept"};
    static const char *const kinds[] = {"", "memory", "files", "threads",
                                        "disk"};
    static const size_t least[] = {0, 60, 10, 3, 5};

    if (argc != 3)
        return 2;
    start = (enum start)kind_of(argv[1], starts, 4);
    what = (enum fail_calls)kind_of(argv[2], kinds, 5);
    if (start > KEPT || what > FAIL_DISK)
        return 2;
    (void)snprintf(root, sizeof root, "fail_server_XXXXXX");
    shared = trial_shared(sizeof *shared);
    if (!mkdtemp(root))
        return 2;
    if (start == TLS)
        tls_files_make(&tls);
    if (start == KEPT)
        leave_rows();
    trial_workers(WORKERS, work);
    CHECK(shared->injected >= least[what]);
    (void)printf("injected: %s%zu calls (%s) of a %s start failed; it "
                 "served all the same %zu times; checked: status, words, and "
                 "the next start on the same data, wherever that or the "
                 "words differed (%zu)\n",
                 what == FAIL_DISK ? "of all, " : "each of ", shared->injected,
                 kinds[what], argv[1], shared->served, shared->next);
    trial_remove(root);
    if (start == TLS)
        tls_files_remove(&tls);
    return check_report("fail/server");
}

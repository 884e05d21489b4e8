/* The start of the server as a whole, with each call of our own code to memory,
 * to files and for threads failed once: it serves all the same, or says why not
 * and ends with its own status; nothing half done is left in its data, on which
 * a start with nothing failed serves (tests/lib/trial.h laws 1 and 2;
 * server/master, server/node).
 * Usage: fail_server first|later memory|files|threads. */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */

#include <sys/stat.h>

#include "base/chance.h"
#include "rpc/status.h"
#include "trial.h"

int kindredd_main(int argc, char **argv);

enum { PATH = 200, SWEEP_MAX = 5000, WORKERS = 2, STATES = 64 };

static char root[64], folder[96], data[PATH], record[PATH], config[PATH];

static struct shared { /* what all workers count */
    struct trial_numbers numbers;
    _Atomic size_t injected, served, next;
} * shared;

static bool first; /* start, or a later one */
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

    if (first)
        trial_remove(data);
    (void)unlink(record);
    trial_run(trial, what, n);
    trial_check(trial);
    CHECK(trial->ready || trial->status == 1 || trial->status == 2);
    CHECK(!strstr(trial->err, "port 50051")); /* of half the settings */
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
    if (!trial->ready || trial->status != 0)
        tell("the next start after", n);
    return true;
}

static void prepare(int worker)
{
    static const char settings[] = "origin = kindred://fail\n"
                                   "loops = 2\n"
                                   "pools = a:open:peer b:closed:member\n"
                                   "cors_origin = http://localhost:3000\n"
                                   "connections_max = 16\n" /* soon made */
                                   "tickets_max = 64\n"
                                   "duties_max = 64\n"
                                   "talks_max = 64\n"
                                   "queue_max = 16\n"
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
#ifndef KINDRED_SANITIZED /* they do not live within a confinement */
    trial->argv[9] = NULL;
#endif
}

static void work(int worker)
{
    static const struct trial_sample all;

    prepare(worker);
    trial_run(trial, what, 0);
    CHECK(trial->ready && trial->status == 0);
    if (check_failed > 0)
        tell("before any", 0);
    trial_share(&shared->numbers, &all, SWEEP_MAX, run);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"", "memory", "files", "threads"};
    static const size_t least[] = {0, 60, 10, 3};

    first = argc == 3 && strcmp(argv[1], "first") == 0;
    while (argc == 3 && what <= FAIL_THREADS &&
           strcmp(argv[2], kinds[what]) != 0)
        what++;
    if (argc != 3 || what > FAIL_THREADS)
        return 2;
    (void)snprintf(root, sizeof root, "fail_server_XXXXXX");
    shared = trial_shared(sizeof *shared);
    if (!mkdtemp(root))
        return 2;
    trial_workers(WORKERS, work);
    CHECK(shared->injected >= least[what]);
    (void)printf("injected: each of %zu calls (%s) of a %s start failed; it "
                 "served all the same %zu times; checked: status, words, and "
                 "the next start on the same data, wherever that or the "
                 "words differed (%zu)\n",
                 shared->injected, kinds[what], argv[1], shared->served,
                 shared->next);
    trial_remove(root);
    return check_report("fail/server");
}

/* What was acknowledged is there: after kill -9, after a disk that fails or is
 * full at any one moment, after the power goes.
 * Usage: crash kill|faults|power FILE */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/log.h"
#include "base/require.h"
#include "check.h"
#include "script.h"
#include "shim.h"
#include "store/memory.h"
#include "store/sqlite.h"

enum { KILLS = 60, CUTS = 300, LIVES_MS = 40, FAULT_RUN = 60, ROWS = 1 << 17 };

static const char *path;

static void remove_files(void)
{
    char name[512];

    (void)unlink(path);
    (void)snprintf(name, sizeof name, "%s-wal", path);
    (void)unlink(name);
}

static struct store *open_store(void)
{
    struct store *store = NULL;
    enum err err = store_sqlite_open(path, &store);

    if (err != ERR_NONE)
        (void)fprintf(stderr, "the store does not open: %s\n", err_text(err));
    REQUIRE(err == ERR_NONE);
    return store;
}

/* Go on from `next` until killed, saying which number is durable. */
_Noreturn static void live(int out, uint64_t next, uint32_t batch)
{
    struct store *store = open_store();

    for (;;) {
        uint64_t durable = script_run(store, next, next + batch, batch);

        if (durable != next + batch ||
            write(out, &durable, sizeof durable) != sizeof durable)
            _exit(1);
        next = durable;
    }
}

/* The last number that a life acknowledged. */
static uint64_t last_word(int in, uint64_t word)
{
    uint64_t said;

    while (read(in, &said, sizeof said) == sizeof said)
        word = said;
    return word;
}

static uint64_t one_life(uint64_t next, uint64_t *seed)
{
    uint32_t batch = 1 + (uint32_t)chance_below(seed, 64);
    struct timespec nap = {.tv_nsec = 1000000L *
                                      (long)(1 + chance_below(seed, LIVES_MS))};
    int words[2], status;
    pid_t child;

    REQUIRE(pipe(words) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        (void)close(words[0]);
        live(words[1], next, batch);
    }
    (void)close(words[1]);
    if (chance_below(seed, 3) > 0) { /* else the kill may meet the opening */
        ssize_t got = read(words[0], &next, sizeof next);

        CHECK(got == sizeof next);
    }
    (void)nanosleep(&nap, NULL);
    (void)kill(child, SIGKILL);
    next = last_word(words[0], next);
    (void)close(words[0]);
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return next;
}

/* DESIGN law 7: after each life the disk holds the model after some number, not
 * below what was acknowledged.  That of the last. */
static uint64_t lives(uint64_t (*life)(uint64_t next, uint64_t *seed), int n,
                      uint64_t seed)
{
    struct store *model = store_memory_new(ROWS);
    uint64_t next = 0;

    for (int i = 0; i < n && next != UINT64_MAX; i++) {
        uint64_t acked = life(next, &seed);
        struct store *store;

        CHECK(script_run(model, next, acked, 1) == acked);
        store = open_store();
        next = script_find(model, store, acked, acked + STORE_BATCH_MAX);
        CHECK(next != UINT64_MAX);
        store_close(store);
    }
    store_close(model);
    return next;
}

static void kills(void)
{
    uint64_t next = lives(one_life, KILLS, 1);

    (void)printf("%d kills, %llu commands\n", KILLS, (unsigned long long)next);
    CHECK(next > KILLS / 3);
}

/* One run in which the write number `at` and some after it fail. */
static bool faulty_run(uint64_t at, uint64_t more, int code)
{
    struct store *model = store_memory_new(ROWS), *store;
    uint64_t next = 0;
    uint32_t tries = 0;
    bool hit;

    remove_files();
    store = open_store();
    shim_fail(SHIM_WRITE, at, more, code);
    /* what failed is asked again, as the store's port would */
    for (; next < FAULT_RUN && tries < 1000; tries++) {
        uint64_t done = script_run(store, next, next + 7, 7);

        CHECK(script_run(model, next, done, 1) == done);
        next = done;
        CHECK(script_same(model, store));
    }
    CHECK(next >= FAULT_RUN);
    hit = shim_count(SHIM_WRITE) >= at;
    shim_fail(SHIM_WRITE, 0, 0, 0);
    store_close(store);
    store = open_store();
    CHECK(script_same(model, store));
    store_close(store);
    store_close(model);
    return hit;
}

static void bad_writes(void)
{
    uint64_t at = 1;

    while (faulty_run(at, at % 5, at % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE))
        at += 1 + at / 40;
    CHECK(at > 50);
}

/* A full disk is said once, and once more when it fills again. */
static void said_once(void)
{
    uint64_t said = log_counter(LOG_STORE_FULL), next = 0;
    struct store *store;

    remove_files();
    store = open_store();
    for (uint64_t times = 1; times <= 2; times++) {
        shim_fail(SHIM_WRITE, 1, 1000, SQLITE_FULL);
        for (int i = 0; i < 5; i++)
            CHECK(script_run(store, next, next + 9, 9) == next);
        CHECK(log_counter(LOG_STORE_FULL) == said + times);
        shim_fail(SHIM_WRITE, 0, 0, 0);
        CHECK(script_run(store, next, next + 9, 9) == next + 9);
        next += 9;
    }
    store_close(store);
}

/* The sync number `at` fails: the process ends by SIGABRT, and what it had
 * acknowledged is there. */
static bool bad_sync(uint64_t at)
{
    struct store *model = store_memory_new(ROWS), *store;
    uint64_t acked, next;
    int words[2], status;
    pid_t child;

    remove_files();
    REQUIRE(pipe(words) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        store = open_store();
        shim_fail(SHIM_SYNC, at, 0, SQLITE_IOERR_FSYNC);
        for (next = 0; next < FAULT_RUN; next += 5) {
            uint64_t durable = script_run(store, next, next + 5, 5);

            if (write(words[1], &durable, sizeof durable) != sizeof durable)
                _exit(1);
        }
        _exit(0);
    }
    (void)close(words[1]);
    acked = last_word(words[0], 0);
    (void)close(words[0]);
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGABRT
                              : WEXITSTATUS(status) == 0);
    CHECK(script_run(model, 0, acked, 1) == acked);
    store = open_store();
    CHECK(script_find(model, store, acked, acked + 5) != UINT64_MAX);
    store_close(store);
    store_close(model);
    return WIFSIGNALED(status);
}

static void faults(void)
{
    uint64_t at = 1;

    shim_install();
    bad_writes();
    said_once();
    while (bad_sync(at))
        at++;
    CHECK(at > 5);
    (void)printf("%llu failed syncs\n", (unsigned long long)at);
}

/* Batches until a write is not made, while opening or later: there the power
 * goes, and unsynced writes stay, go, or tear. */
_Noreturn static void live_until_cut(int out, uint64_t next, uint64_t dice)
{
    uint32_t batch = 1 + (uint32_t)chance_below(&dice, 32);
    uint64_t cut_at = 1 + chance_below(&dice, 120);
    struct store *store = NULL;
    bool while_opening = chance_below(&dice, 4) == 0;
    enum err err;

    shim_remember(true);
    if (while_opening)
        shim_fail(SHIM_WRITE, 1 + cut_at % 30, UINT64_MAX / 2,
                  SQLITE_IOERR_WRITE);
    err = store_sqlite_open(path, &store);
    if (!while_opening)
        shim_fail(SHIM_WRITE, cut_at, UINT64_MAX / 2, SQLITE_IOERR_WRITE);
    while (err == ERR_NONE) {
        uint64_t durable = script_run(store, next, next + batch, batch);

        if (durable == next)
            break;
        if (write(out, &durable, sizeof durable) != sizeof durable)
            _exit(1);
        next = durable;
    }
    shim_power_cut(dice);
    _exit(0);
}

static uint64_t power_life(uint64_t next, uint64_t *seed)
{
    int words[2], status;
    uint64_t dice = chance_next(seed);
    pid_t child;

    REQUIRE(pipe(words) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        live_until_cut(words[1], next, dice);
    (void)close(words[1]);
    next = last_word(words[0], next);
    (void)close(words[0]);
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return next;
}

static void power(void)
{
    uint64_t next;

    shim_install();
    next = lives(power_life, CUTS, 7);
    (void)printf("%d power cuts, %llu commands\n", CUTS,
                 (unsigned long long)next);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    path = argv[2];
    remove_files();
    if (strcmp(argv[1], "kill") == 0)
        kills();
    else if (strcmp(argv[1], "faults") == 0)
        faults();
    else
        power();
    remove_files();
    return check_report("crash");
}

#include "server/storage.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "fail_malloc.h"

enum { LOOPS = 8, TURN = 16, JOBS = 4000 };

/* A store that numbers what it executes, and can be held. */
struct fake {
    struct store store; /* first */
    pthread_mutex_t gate;
    atomic_uint executed, durable, batches;
    atomic_bool full; /* refuses */
};

static void execute(struct store *store, struct store_job *const job[],
                    uint32_t jobs)
{
    struct fake *fake = (struct fake *)(void *)store;

    (void)pthread_mutex_lock(&fake->gate);
    CHECK(jobs > 0 && jobs <= STORE_BATCH_MAX);
    for (uint32_t i = 0; i < jobs; i++) {
        job[i]->result.epoch = ++fake->executed;
        if (fake->full) {
            job[i]->result.outcome = OUTCOME_REFUSED;
            job[i]->result.err = ERR_STORE;
        }
    }
    fake->durable = fake->executed;
    fake->batches++;
    (void)pthread_mutex_unlock(&fake->gate);
}

static void idle(struct store *store)
{
    (void)store;
}

static const struct store_ops ops = {
    .execute = execute, .rest = idle, .close = idle};
static struct fake fake = {.store = {.ops = &ops},
                           .gate = PTHREAD_MUTEX_INITIALIZER};

/* Whom jobs come back to. */
struct asker {
    struct server_origin origin;
    atomic_uint back;
    uint64_t last;
};

static void came_back(void *arg, struct store_job *job)
{
    struct asker *asker = arg;

    CHECK(job->result.epoch > asker->last);   /* Law 1: in its order */
    CHECK(job->result.epoch <= fake.durable); /* Law 2 */
    CHECK(job->command.now_ms == asker->back + 1u);
    asker->last = job->result.epoch;
    asker->back++;
}

static void nap(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

struct feeder {
    struct server_storage *storage;
    struct asker asker;
    struct store_job *job;
    bool turn;
};

static void *feed(void *arg)
{
    struct feeder *f = arg;

    for (uint32_t i = 0; i < JOBS; i++) {
        f->job[i].command.now_ms = i + 1;
        if (f->turn) {
            while (i - f->asker.back >= TURN) /* its own bound */
                nap();
            server_storage_put_turn(f->storage, &f->job[i], &f->asker.origin);
        } else {
            while (server_storage_put(f->storage, &f->job[i],
                                      &f->asker.origin) != ERR_NONE)
                nap();
        }
    }
    return NULL;
}

/* Laws 1, 2 and 3 with two loops and a turn at once. */
static void all_at_once(void)
{
    struct server_storage storage;
    static struct feeder feeder[3];
    struct tally_sum took = {.count = 0};
    pthread_t thread[3];

    CHECK(server_storage_init(&storage, &fake.store, LOOPS, TURN) == ERR_NONE);
    CHECK(server_storage_start(&storage) == ERR_NONE);
    for (int i = 0; i < 3; i++) {
        feeder[i] = (struct feeder){.storage = &storage,
                                    .job = calloc(JOBS, sizeof *feeder[i].job),
                                    .turn = i == 0};
        feeder[i].asker.origin =
            (struct server_origin){.back = came_back, .arg = &feeder[i].asker};
        CHECK(feeder[i].job != NULL);
        CHECK(pthread_create(&thread[i], NULL, feed, &feeder[i]) == 0);
    }
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    server_storage_stop(&storage); /* finishes what was put in */
    for (int i = 0; i < 3; i++) {
        CHECK(feeder[i].asker.back == JOBS);
        free(feeder[i].job);
    }
    CHECK(fake.executed == 3 * JOBS);
    tally_spread_read(&storage.took, &took);
    CHECK(took.count == fake.batches); /* each is timed */
    server_storage_close(&storage);
}

/* Law 3: while the store stands still the loops fill their share, and the
 * turn has all of its own. */
static void room_for_the_turn(void)
{
    static struct store_job job[3 * (LOOPS + TURN) + STORE_BATCH_MAX];
    struct server_storage storage;
    struct asker loop = {.back = 0}, turn = {.back = 0};
    uint32_t taken = 0;

    loop.origin = (struct server_origin){.back = came_back, .arg = &loop};
    turn.origin = (struct server_origin){.back = came_back, .arg = &turn};
    CHECK(server_storage_init(&storage, &fake.store, LOOPS, TURN) == ERR_NONE);
    for (uint32_t i = 0; i < LOOPS; i++) { /* not started: nothing is taken */
        job[taken].command.now_ms = i + 1;
        CHECK(server_storage_put(&storage, &job[taken++], &loop.origin) ==
              ERR_NONE);
    }
    for (int i = 0; i < 3; i++)
        CHECK(server_storage_put(&storage, &job[taken], &loop.origin) ==
              ERR_FULL);
    for (uint32_t i = 0; i < TURN; i++) {
        job[taken].command.now_ms = i + 1;
        server_storage_put_turn(&storage, &job[taken++], &turn.origin);
    }
    CHECK(server_storage_put(&storage, &job[taken], &loop.origin) == ERR_FULL);
    CHECK(server_storage_start(&storage) == ERR_NONE);
    while (turn.back < TURN || loop.back < LOOPS)
        nap();
    job[taken].command.now_ms = LOOPS + 1;
    CHECK(server_storage_put(&storage, &job[taken], &loop.origin) == ERR_NONE);
    server_storage_stop(&storage);
    CHECK(loop.back == LOOPS + 1);
    server_storage_stop(&storage);
    server_storage_close(&storage);
    server_storage_close(&storage);
}

static void tell(void *arg)
{
    (*(atomic_uint *)arg)++;
}

/* Whoever watches hears of a batch that could not be stored, and of no other. */
static void watched(void)
{
    static struct store_job job[2];
    struct server_storage storage;
    struct asker loop = {.back = 0};
    atomic_uint told = 0;

    loop.origin = (struct server_origin){.back = came_back, .arg = &loop};
    CHECK(server_storage_init(&storage, &fake.store, LOOPS, TURN) == ERR_NONE);
    server_storage_watch(&storage, tell, &told);
    CHECK(server_storage_start(&storage) == ERR_NONE);
    for (uint32_t i = 0; i < 2; i++) {
        fake.full = i == 1;
        job[i].command.now_ms = i + 1;
        CHECK(server_storage_put(&storage, &job[i], &loop.origin) == ERR_NONE);
        while (loop.back <= i)
            nap();
        CHECK(told == i);
    }
    fake.full = false;
    server_storage_stop(&storage);
    server_storage_close(&storage);
}

static void out_of_memory(void)
{
    bool failed = true;

    for (size_t at = 1; failed; at++) {
        struct server_storage storage;
        enum err err;

        fail_malloc_start(at);
        err = server_storage_init(&storage, &fake.store, LOOPS, TURN);
        failed = fail_malloc_stop();
        CHECK(err == (failed ? ERR_NOMEM : ERR_NONE));
        server_storage_stop(&storage);
        server_storage_close(&storage);
    }
}

int main(void)
{
    all_at_once();
    room_for_the_turn();
    watched();
    out_of_memory();
    return check_report("server/storage");
}

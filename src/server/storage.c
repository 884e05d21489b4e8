#include "server/storage.h"

#include "base/require.h"
#include "net/clock.h"

const uint64_t server_storage_steps[TALLY_STEPS] = {
    100,   200,   500,    1000,   2000,   5000,    10000,
    20000, 50000, 100000, 200000, 500000, 1000000, 5000000};

struct record {
    struct store_job *job; /* NULL: stop */
    const struct server_origin *origin;
    bool loop; /* put in by a loop */
};

static bool has_failed(struct store_job *const job[], uint32_t jobs)
{
    for (uint32_t i = 0; i < jobs; i++)
        if (job[i]->result.outcome == OUTCOME_REFUSED &&
            job[i]->result.err == ERR_STORE)
            return true;
    return false;
}

static void serve(void *arg)
{
    struct server_storage *storage = arg;
    struct record record[STORE_BATCH_MAX];
    struct store_job *job[STORE_BATCH_MAX];
    bool stop = false;

    while (!stop) {
        uint32_t jobs = 0, n;
        uint64_t began_ns;

        (void)net_queue_wait(&storage->queue, UINT64_MAX);
        n = net_queue_take(&storage->queue, record, STORE_BATCH_MAX);
        for (uint32_t i = 0; i < n; i++) {
            if (record[i].job)
                job[jobs++] = record[i].job;
            else
                stop = true; /* the last record there is */
            if (record[i].loop)
                REQUIRE(atomic_fetch_sub(&storage->loops, 1) > 0);
        }
        if (jobs == 0)
            continue;
        began_ns = net_clock_mono_ns();
        store_execute(storage->store, job, jobs);
        tally_spread_add(&storage->took, server_storage_steps,
                         (net_clock_mono_ns() - began_ns) / 1000);
        if (storage->failed && has_failed(job, jobs))
            storage->failed(storage->arg);
        for (uint32_t i = 0; i < n; i++) /* Laws 1, 2 */
            if (record[i].job)
                record[i].origin->back(record[i].origin->arg, record[i].job);
        store_rest(storage->store);
    }
}

enum err server_storage_init(struct server_storage *storage,
                             struct store *store, uint32_t loops_max,
                             uint32_t turn_max)
{
    enum err err;

    storage->store = store;
    storage->thread = (struct net_thread){.started = false};
    storage->loops_max = loops_max;
    storage->failed = NULL;
    storage->took = (struct tally_spread){0};
    atomic_init(&storage->loops, 0);
    err = net_queue_init(&storage->queue, sizeof(struct record),
                         loops_max + turn_max + 1, (struct net_queue_hook){0});
    if (err == ERR_NONE) /* a place for the word to stop */
        err = net_queue_reserve(&storage->queue, 1);
    return err;
}

void server_storage_watch(struct server_storage *storage,
                          void (*failed)(void *arg), void *arg)
{
    REQUIRE(!storage->thread.started);
    storage->failed = failed;
    storage->arg = arg;
}

enum err server_storage_start(struct server_storage *storage)
{
    return net_thread_start(&storage->thread, "kindred-store", serve, storage);
}

enum err server_storage_put(struct server_storage *storage,
                            struct store_job *job,
                            const struct server_origin *origin)
{
    const struct record record = {.job = job, .origin = origin, .loop = true};

    REQUIRE(job);
    if (atomic_fetch_add(&storage->loops, 1) >= storage->loops_max) {
        atomic_fetch_sub(&storage->loops, 1);
        return ERR_FULL;
    }
    REQUIRE(net_queue_put(&storage->queue, &record) == ERR_NONE); /* Law 3 */
    return ERR_NONE;
}

void server_storage_put_turn(struct server_storage *storage,
                             struct store_job *job,
                             const struct server_origin *origin)
{
    const struct record record = {.job = job, .origin = origin};

    REQUIRE(job);
    REQUIRE(net_queue_put(&storage->queue, &record) == ERR_NONE); /* Law 3 */
}

void server_storage_stop(struct server_storage *storage)
{
    const struct record stop = {0};

    if (!storage->thread.started)
        return;
    net_queue_put_reserved(&storage->queue, &stop);
    net_thread_join(&storage->thread);
}

void server_storage_close(struct server_storage *storage)
{
    net_queue_close(&storage->queue);
}

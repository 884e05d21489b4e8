#include "server/storage.h"

#include "base/log.h"
#include "base/require.h"

struct record {
    struct store_job *job; /* NULL: stop */
    const struct server_origin *origin;
};

static void serve(void *arg)
{
    struct server_storage *storage = arg;
    struct record record[STORE_BATCH_MAX];
    struct store_job *job[STORE_BATCH_MAX];
    bool stop = false;

    while (!stop) {
        uint32_t jobs = 0, n;

        (void)net_queue_wait(&storage->queue, UINT64_MAX);
        n = net_queue_take(&storage->queue, record, STORE_BATCH_MAX);
        for (uint32_t i = 0; i < n; i++) {
            if (record[i].job)
                job[jobs++] = record[i].job;
            else
                stop = true; /* the last record there is */
        }
        if (jobs == 0)
            continue;
        store_execute(storage->store, job, jobs);
        log_event(LOG_COMMITTED, jobs, ERR_NONE);
        for (uint32_t i = 0; i < n; i++) /* Laws 1, 2 */
            if (record[i].job)
                record[i].origin->back(record[i].origin->arg, record[i].job);
        store_rest(storage->store);
    }
}

enum err server_storage_init(struct server_storage *storage,
                             struct store *store, uint32_t cap)
{
    enum err err;

    *storage = (struct server_storage){.store = store};
    err = net_queue_init(&storage->queue, sizeof(struct record), cap + 1,
                         (struct net_queue_hook){0});
    if (err == ERR_NONE) /* a place for the word to stop */
        err = net_queue_reserve(&storage->queue, 1);
    return err;
}

enum err server_storage_start(struct server_storage *storage)
{
    return net_thread_start(&storage->thread, "kindred-store", serve, storage);
}

enum err server_storage_put(struct server_storage *storage,
                            struct store_job *job,
                            const struct server_origin *origin)
{
    const struct record record = {.job = job, .origin = origin};

    REQUIRE(job);
    return net_queue_put(&storage->queue, &record);
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

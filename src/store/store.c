#include "store/store.h"

#include "base/require.h"

void store_execute(struct store *store, struct store_job *const job[],
                   uint32_t jobs)
{
    REQUIRE(jobs <= STORE_BATCH_MAX);
    if (jobs > 0)
        store->ops->execute(store, job, jobs); /* Laws 1-5 are the keeper's */
}

void store_rest(struct store *store)
{
    store->ops->rest(store);
}

void store_close(struct store *store)
{
    if (store)
        store->ops->close(store);
}

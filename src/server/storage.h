/* server/storage -- the store thread: takes what waits, commits it as one,
 * gives every job back to where it came from.
 *
 * Two kinds put jobs in: the loops, who are refused when too many wait, and
 * the turn, whose jobs are bounded by the engine and always find a place.
 * Whoever puts a job in has reserved a place in its own inbox first, so that
 * giving back cannot fail.
 *
 * Laws
 *   1. A job put in comes back once, with its result, in the order of its
 *      origin.
 *   2. No answer leaves before its batch is durable.
 *   3. However much the loops put in, there is room for the turn. */
#ifndef SERVER_STORAGE_H
#define SERVER_STORAGE_H

#include <stdatomic.h>

#include "base/tally.h"
#include "net/queue.h"
#include "net/thread.h"
#include "store/store.h"

struct server_origin { /* where a job goes back to */
    void (*back)(void *arg, struct store_job *job); /* must not fail */
    void *arg;
};

struct server_storage { /* all private */
    struct store *store;
    struct net_queue queue;
    struct net_thread thread;
    atomic_uint loops; /* jobs of loops that wait */
    uint32_t loops_max;
    void (*failed)(void *arg);
    void *arg;
    struct tally_spread took; /* us, a batch; to be read from any thread */
};

extern const uint64_t server_storage_steps[TALLY_STEPS]; /* of took */

/* The store stays the caller's.  How many jobs of the loops may wait, and how
 * many of the turn there can be.  ERR_NOMEM. */
MUST_USE enum err server_storage_init(struct server_storage *storage,
                                      struct store *store, uint32_t loops_max,
                                      uint32_t turn_max);

/* Be told, on the store thread, of each batch in which something could not be
 * stored.  Before the start. */
void server_storage_watch(struct server_storage *storage,
                          void (*failed)(void *arg), void *arg);
MUST_USE enum err server_storage_start(struct server_storage *storage);

/* From any loop.  origin must stay until the job is back.  ERR_FULL. */
MUST_USE enum err server_storage_put(struct server_storage *storage,
                                     struct store_job *job,
                                     const struct server_origin *origin);

/* From the turn alone: not more than turn_max at once. */
void server_storage_put_turn(struct server_storage *storage,
                             struct store_job *job,
                             const struct server_origin *origin);

/* Finish what was put in, then end the thread.  Harmless if not started. */
void server_storage_stop(struct server_storage *storage);
void server_storage_close(struct server_storage *storage);

#endif

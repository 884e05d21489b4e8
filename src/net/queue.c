#include "net/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/require.h"

enum { WAIT_MAX_S = 86400 }; /* longer sleeps are taken in pieces */

static void lock(struct net_queue *queue)
{
    int failed = pthread_mutex_lock(&queue->lock);

    REQUIRE(!failed);
    REQUIRE(queue->size <= queue->cap); /* Law 1 */
    REQUIRE(queue->reserved <= queue->cap - queue->size);
}

static void unlock(struct net_queue *queue)
{
    int failed = pthread_mutex_unlock(&queue->lock);

    REQUIRE(!failed);
}

/* Deadlines of a wait are monotonic: setting the wall clock wakes nobody. */
static int init_filled(pthread_cond_t *filled)
{
    pthread_condattr_t attr;
    int failed = pthread_condattr_init(&attr);

    if (failed)
        return failed;
    failed = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    REQUIRE(!failed);
    failed = pthread_cond_init(filled, &attr);
    (void)pthread_condattr_destroy(&attr);
    return failed;
}

enum err net_queue_init(struct net_queue *queue, size_t record_size,
                        uint32_t cap, struct net_queue_hook hook)
{
    REQUIRE(record_size > 0);
    REQUIRE(cap > 0);
    *queue = (struct net_queue){
        .hook = hook, .record_size = record_size, .cap = cap};
    queue->ring = calloc(cap, record_size);
    if (!queue->ring)
        return ERR_NOMEM;
    if (pthread_mutex_init(&queue->lock, NULL))
        goto no_lock;
    if (init_filled(&queue->filled))
        goto no_filled;
    return ERR_NONE;
no_filled:
    (void)pthread_mutex_destroy(&queue->lock);
no_lock:
    free(queue->ring);
    *queue = (struct net_queue){0};
    return ERR_NOMEM;
}

void net_queue_close(struct net_queue *queue)
{
    if (!queue->ring)
        return;
    (void)pthread_cond_destroy(&queue->filled);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue->ring);
    *queue = (struct net_queue){0};
}

static uint8_t *slot(const struct net_queue *queue, uint32_t nth)
{
    uint64_t at = ((uint64_t)queue->head + nth) % queue->cap;

    return queue->ring + (size_t)at * queue->record_size;
}

/* The wake-up happens under the lock: once the consumer has seen the record,
 * no producer is still about to touch the hook, and it may close. */
static void append(struct net_queue *queue, const void *record)
{
    REQUIRE(queue->size < queue->cap);                            /* Law 1 */
    memcpy(slot(queue, queue->size), record, queue->record_size); /* Law 2 */
    if (queue->size++ > 0)
        return;
    if (queue->hook.wake) /* Law 4 */
        queue->hook.wake(queue->hook.arg);
    (void)pthread_cond_signal(&queue->filled);
}

enum err net_queue_put(struct net_queue *queue, const void *record)
{
    bool room;

    lock(queue);
    room = queue->cap - queue->size > queue->reserved; /* Law 3 */
    if (room)
        append(queue, record);
    unlock(queue);
    return room ? ERR_NONE : ERR_FULL;
}

enum err net_queue_put_all(struct net_queue *queue, const void *records,
                           uint32_t n)
{
    const uint8_t *from = records;
    bool room;

    lock(queue);
    room = queue->cap - queue->size - queue->reserved >= n; /* Law 3 */
    for (uint32_t i = 0; room && i < n; i++)
        append(queue, from + i * queue->record_size);
    unlock(queue);
    return room ? ERR_NONE : ERR_FULL;
}

enum err net_queue_reserve(struct net_queue *queue, uint32_t n)
{
    bool room;

    lock(queue);
    room = queue->cap - queue->size - queue->reserved >= n;
    if (room)
        queue->reserved += n;
    unlock(queue);
    return room ? ERR_NONE : ERR_FULL;
}

void net_queue_release(struct net_queue *queue, uint32_t n)
{
    lock(queue);
    REQUIRE(n <= queue->reserved);
    queue->reserved -= n;
    unlock(queue);
}

void net_queue_put_all_reserved(struct net_queue *queue, const void *records,
                                uint32_t n)
{
    const uint8_t *from = records;

    lock(queue);
    REQUIRE(queue->reserved >= n); /* Law 3 */
    queue->reserved -= n;
    for (uint32_t i = 0; i < n; i++)
        append(queue, from + i * queue->record_size);
    unlock(queue);
}

void net_queue_put_reserved(struct net_queue *queue, const void *record)
{
    net_queue_put_all_reserved(queue, record, 1);
}

uint32_t net_queue_take(struct net_queue *queue, void *records, uint32_t max)
{
    uint8_t *to = records;
    uint32_t n;

    lock(queue);
    n = queue->size < max ? queue->size : max;
    for (uint32_t i = 0; i < n; i++)
        memcpy(to + i * queue->record_size, slot(queue, i), queue->record_size);
    queue->head = (uint32_t)(((uint64_t)queue->head + n) % queue->cap);
    queue->size -= n;
    if (queue->size == 0) /* who keeps up uses a few slots, not all in turn */
        queue->head = 0;
    unlock(queue);
    return n;
}

static struct timespec moment_after(uint64_t timeout_ms)
{
    struct timespec at;
    uint64_t whole_s = timeout_ms / 1000;
    int failed = clock_gettime(CLOCK_MONOTONIC, &at);

    REQUIRE(!failed);
    at.tv_sec += (time_t)(whole_s < WAIT_MAX_S ? whole_s : WAIT_MAX_S);
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

bool net_queue_wait(struct net_queue *queue, uint64_t timeout_ms)
{
    struct timespec until;
    bool filled;
    int failed = 0;

    lock(queue);
    if (queue->size == 0 && timeout_ms > 0) {
        until = moment_after(timeout_ms);
        while (queue->size == 0 && failed != ETIMEDOUT) {
            failed =
                pthread_cond_timedwait(&queue->filled, &queue->lock, &until);
            REQUIRE(failed == 0 || failed == ETIMEDOUT);
        }
    }
    filled = queue->size > 0; /* Law 4 */
    unlock(queue);
    return filled;
}

uint32_t net_queue_size(struct net_queue *queue)
{
    uint32_t size;

    lock(queue);
    size = queue->size;
    unlock(queue);
    return size;
}

/* net/queue -- a bounded queue of fixed-size records from many threads to one.
 *
 * Owns its memory, taken once.  It says "full" and never grows: whoever hears
 * that answers RESOURCE_EXHAUSTED at the door.  A thread that must not lose a
 * record (the engine's reply to a loop, the store's result to the engine)
 * cannot be the one that is told "full".  So whoever causes that record
 * reserves its slot *first*, before the work is handed over: a loop takes a
 * slot of its own inbox before it pushes a call to the engine, the engine one
 * of its own inbox before it pushes a batch to the store; the answer is then
 * put with net_queue_put_reserved(), which cannot fail.  Size the queue by
 * the work that may be in flight.
 *
 * The consumer is woken when a record arrives in an empty queue: by the hook
 * (uv_async_send for a loop), and out of net_queue_wait() for a plain thread.
 * Wake-ups coalesce, so the consumer drains the queue, or comes back to it
 * unasked.  To stop a thread, reserve a slot at start for the record that
 * says so.
 *
 * Laws
 *   1. Queued plus reserved records never exceed cap; memory is taken once.
 *   2. What one producer puts comes out once each, in the order it was put.
 *   3. A record for which a slot is reserved is never refused.
 *   4. A consumer that waits only after it found the queue empty never sleeps
 *      on a record. */
#ifndef NET_QUEUE_H
#define NET_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Called by producers with the queue locked: must not block, nor touch it. */
struct net_queue_hook {
    void (*wake)(void *arg); /* NULL: nobody to wake but a waiting thread */
    void *arg;
};

struct net_queue { /* all private */
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct net_queue_hook hook;
    uint8_t *ring;
    size_t record_size;
    uint32_t cap, head, size, reserved;
};

/* Room for cap (> 0) records of record_size (> 0) bytes.  ERR_NOMEM: nothing
 * is held. */
MUST_USE enum err net_queue_init(struct net_queue *queue, size_t record_size,
                                 uint32_t cap, struct net_queue_hook hook);

/* No thread may use it any more; what it held is forgotten.  Harmless on a
 * zero queue and twice. */
void net_queue_close(struct net_queue *queue);

/* Copy *record to the end.  ERR_FULL: no free slot; nothing changed. */
MUST_USE enum err net_queue_put(struct net_queue *queue, const void *record);

/* Copy n records, in order, for one wake-up.  ERR_FULL: not so many slots are
 * free; nothing changed. */
MUST_USE enum err net_queue_put_all(struct net_queue *queue,
                                    const void *records, uint32_t n);

/* Set n slots aside.  ERR_FULL: not so many are free; nothing changed. */
MUST_USE enum err net_queue_reserve(struct net_queue *queue, uint32_t n);

/* Give n reserved slots back unused. */
void net_queue_release(struct net_queue *queue, uint32_t n);

/* net_queue_put() into a slot reserved before; n of them for one wake-up. */
void net_queue_put_reserved(struct net_queue *queue, const void *record);
void net_queue_put_all_reserved(struct net_queue *queue, const void *records,
                                uint32_t n);

/* Copy up to max records out, oldest first; how many.  Consumer only. */
uint32_t net_queue_take(struct net_queue *queue, void *records, uint32_t max);

/* Wait for a record, at most timeout_ms (UINT64_MAX: for ever).  False: the
 * queue is still empty.  Consumer only. */
bool net_queue_wait(struct net_queue *queue, uint64_t timeout_ms);

/* How many records wait: for metrics and for doors that close early. */
uint32_t net_queue_size(struct net_queue *queue);

#endif

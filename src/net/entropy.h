/* net/entropy -- chance nobody can guess, from the operating system.
 *
 * Blocks only while a machine has just booted and has none yet.  A machine
 * that refuses is no place to make keys: the process ends there. */
#ifndef NET_ENTROPY_H
#define NET_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

enum { NET_ENTROPY_POOL = 1024 };

/* For one thread that wants a little and often: the same bytes, taken from the
 * system many at a time, each given once and then forgotten.  All zero is a
 * pool that is empty. */
struct net_entropy_pool {
    size_t left;
    uint8_t bytes[NET_ENTROPY_POOL]; /* the first `left` are not given yet */
};

void net_entropy_fill(void *bytes, size_t size);

/* size at most NET_ENTROPY_POOL. */
void net_entropy_draw(struct net_entropy_pool *pool, void *bytes, size_t size);

/* n random ids, any u64 but 0, at the price of one. */
void net_entropy_ids(uint64_t *ids, size_t n);

#endif

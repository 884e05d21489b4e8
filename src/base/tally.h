/* base/tally -- a number that one thread moves and any may read.
 *
 * For metrics: the writer pays a plain load and a plain store, no lock and no
 * locked instruction, so a loop may count on its hottest path; who reads sums
 * the tallies of all loops.  Several tallies that are read while they move
 * need not be of one moment.
 *
 * A spread is a histogram with steps of the caller's choice: TALLY_STEPS
 * upper ends, ascending, and what is above them all.  Owns nothing.
 *
 * Laws
 *   1. With one writer nothing is lost, and a reader sees only what was there;
 *      of a tally that is only added to, never less than it saw before.
 *   2. A value is in the first step that is not below it, and in no other. */
#ifndef BASE_TALLY_H
#define BASE_TALLY_H

#include <stdatomic.h>
#include <stdint.h>

enum { TALLY_STEPS = 14 };

struct tally { /* all private; all zero is 0 */
    atomic_uint_fast64_t n;
};

static inline uint64_t tally_read(const struct tally *tally)
{
    return atomic_load_explicit(&tally->n, memory_order_relaxed);
}

/* Law 1: no read-modify-write is needed where only this thread writes. */
static inline void tally_add(struct tally *tally, uint64_t n)
{
    atomic_store_explicit(&tally->n, tally_read(tally) + n,
                          memory_order_relaxed);
}

static inline void tally_sub(struct tally *tally, uint64_t n)
{
    atomic_store_explicit(&tally->n, tally_read(tally) - n,
                          memory_order_relaxed);
}

struct tally_spread { /* all private; all zero is empty */
    struct tally at[TALLY_STEPS + 1], sum;
};

static inline void tally_spread_add(struct tally_spread *spread,
                                    const uint64_t steps[static TALLY_STEPS],
                                    uint64_t value)
{
    uint32_t i = 0;

    while (i < TALLY_STEPS && steps[i] < value) /* Law 2 */
        i++;
    tally_add(&spread->at[i], 1);
    tally_add(&spread->sum, value);
}

struct tally_sum { /* of spreads with the same steps */
    uint64_t at[TALLY_STEPS + 1], sum, count;
};

/* Add what the spread holds to *sum. */
static inline void tally_spread_read(const struct tally_spread *spread,
                                     struct tally_sum *sum)
{
    for (uint32_t i = 0; i <= TALLY_STEPS; i++) {
        uint64_t n = tally_read(&spread->at[i]);

        sum->at[i] += n;
        sum->count += n;
    }
    sum->sum += tally_read(&spread->sum);
}

#endif

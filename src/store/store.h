/* store/store -- the promises on disk: one interface, several keepers.
 *
 * A store belongs to one thread, the store thread; it is never called from
 * two at once.  It decides nothing about matching: each command's guards are
 * those of ENGINE.md §5, and constraints hold the invariants even where our
 * own code is wrong.
 *
 * Laws (checked for every keeper by the same conformance suite)
 *   1. After store_execute() returns, every job whose result is OK, REPLAY or
 *      REFUSED is durable, in the order given; a job whose err is ERR_STORE
 *      changed nothing.
 *   2. The same (epoch, op) again within the last 8,192 operations, or the same
 *      key of the same member, talk or mailbox until it is swept, answers
 *      REPLAY and changes nothing.  A refusal of state is not recorded, but
 *      that of an accept, which revoked its offer, is given again.
 *   3. A command with an older epoch answers FENCED and changes nothing.
 *   4. One open offer per ticket; one match per ticket; one live ticket per
 *      member; used within 0..8; seeker ≠ peer; offer, ticket and duty in the
 *      same pool.
 *   5. What cannot be carried out (full disk, no memory, an I/O error) answers
 *      ERR_STORE and the next batch is tried anew; a failed fsync aborts the
 *      process: what is on the disk is then unknown. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "store/command.h"

struct store;

struct store_ops { /* what a keeper gives */
    void (*execute)(struct store *store, struct store_job *const job[],
                    uint32_t jobs);
    void (*rest)(struct store *store); /* work that may wait: checkpoints */
    void (*close)(struct store *store);
};

struct store { /* the head of every keeper */
    const struct store_ops *ops;
};

/* Carry out jobs (≤ STORE_BATCH_MAX) as one durable batch; every job has its
 * result then. */
void store_execute(struct store *store, struct store_job *const job[],
                   uint32_t jobs);

/* Called after the answers of a batch are out. */
void store_rest(struct store *store);

void store_close(struct store *store);

#endif

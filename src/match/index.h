/* match/index -- which peer fits a ticket best.
 *
 * The one place that looks at all duties of a pool: a probe (match/probe) over
 * their bits (match/slice), block by block.  What is already found says how
 * well the rest has to fit, and most of it is passed over 512 peers at a time;
 * who is left is scored exactly and held against Hard.  Of many equal ones the
 * first is found early: sectors come in the order of h.
 *
 * The best peer of a ticket, on whom θ rests, is remembered.  It is looked for
 * again when its holder is not what it was, when an exclusion that kept a
 * better one away is over, and after match_index_unsettle(); a peer who came or
 * changed since is held against it.
 *
 * Laws
 *   1. What it names satisfies Hard now (ENGINE.md §2): filter first, rank
 *      after.
 *   2. A duty has a column exactly while it is ON.
 *   3. Whoever is free has the bit of it. */
#ifndef MATCH_INDEX_H
#define MATCH_INDEX_H

#include "match/state.h"

/* Which peers to look at: free ones, those of them who are trained for danger,
 * or all who are ON. */
enum match_index_who { INDEX_ANY, INDEX_CRISIS, INDEX_ON };

struct match_rank { /* a peer in the order of ENGINE.md §3 */
    struct match_duty *duty;
    uint32_t p, load;
    uint64_t h;
};

/* A duty changed its row: its column is there, or gone, as it should. */
void match_index_put(struct match_engine *engine, struct match_duty *duty);
/* Before its hand changes. */
void match_index_drop(struct match_engine *engine, struct match_duty *duty);
/* Whether it is free, or its load, may have changed: to be said whenever it may
 * have become free (Law 3), or has one more offer. */
void match_index_touch(struct match_engine *engine,
                       const struct match_duty *duty);

/* Something may have become better for many: rarities, what forbade. */
void match_index_unsettle(struct match_engine *engine);

/* Does the ticket want this peer: Hard, and P ≥ θ? */
bool match_index_wants(struct match_engine *engine, struct match_ticket *ticket,
                       const struct match_duty *duty);

/* The first k peers of `who` in order with P ≥ θ; how many. */
uint32_t match_index_top(struct match_engine *engine,
                         struct match_ticket *ticket, enum match_index_who who,
                         uint32_t k, struct match_rank *rank);

/* Why a ticket past its bound still waits.  *peers: how many are compatible,
 * as far as INDEX_TOLD. */
enum { INDEX_TOLD = 5 };
enum match_bound match_index_bound(struct match_engine *engine,
                                   struct match_ticket *ticket,
                                   uint32_t *peers);

/* The facts checked: laws 2 and 3. */
uint64_t match_index_check(const struct match_engine *engine,
                           const struct match_duty *duty);

#endif

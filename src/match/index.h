/* match/index -- which peer fits a ticket best.
 *
 * The one place that looks at all duties of a pool, by match/sweep.
 *
 * θ rests on the best peer of a ticket, free or not.  To sweep for that at each
 * moment would be dear, so it is remembered: a P that one peer reaches, and no
 * compatible one exceeds.  It is looked for again when the ticket's card or
 * that peer is not what it was; from the time on at which a must of the ticket
 * relaxes, or an exclusion ends that kept a better peer away; and after
 * match_index_part() and match_index_unsettle().  A peer who came ON, changed
 * or was held since is in a ring of the pool, and is held against what is
 * remembered when next it is asked for.
 * Mostly it need not even be known: whoever reaches θ of the most that anybody
 * could have reaches θ, and whoever does not reach that of one whom the ticket
 * may meet does not.
 *
 * Laws
 *   1. A duty has a column exactly while it is ON.
 *   2. Whoever is free has the bit of it; who became so by time alone, by
 *      match_fire_wake().
 *   3. A load that a column is known to have is load(p). */
#ifndef MATCH_INDEX_H
#define MATCH_INDEX_H

#include "match/sweep.h"

/* A duty changed its row: its column is there, or gone, as it should. */
void match_index_put(struct match_engine *engine, struct match_duty *duty);
/* Before its hand changes. */
void match_index_drop(struct match_engine *engine, struct match_duty *duty);
/* Whether it is free, or its load, may have changed.  To be said whenever it
 * may have become free (Law 2) but by the end of a rest or a day, and when it
 * has one more offer. */
void match_index_touch(struct match_engine *engine,
                       const struct match_duty *duty);

/* A peer whom nothing forbids any more that forbade them to everybody. */
void match_index_rise(struct match_engine *engine, struct match_duty *duty);

/* What forbade two members to meet may forbid no more: the bests of their
 * tickets are looked for again. */
void match_index_part(struct match_engine *engine, uint64_t a, uint64_t b);

/* Rarities changed: every best is looked for again. */
void match_index_unsettle(struct match_engine *engine);

/* Does the ticket want this peer: Hard, and P ≥ θ?  Of one who waits for one
 * peer alone θ is 0. */
bool match_index_wants(struct match_engine *engine, struct match_ticket *ticket,
                       const struct match_duty *duty);

/* The first k peers of `who` in order with P ≥ θ; how many. */
uint32_t match_index_top(struct match_engine *engine,
                         struct match_ticket *ticket, enum match_sweep_who who,
                         uint32_t k, struct match_rank *rank);

/* How many who are ON it may meet, free or not, as far as INDEX_TOLD. */
enum { INDEX_TOLD = 5 };
uint32_t match_index_compatible(struct match_engine *engine,
                                struct match_ticket *ticket);

/* The facts checked: laws 1 to 3. */
uint64_t match_index_check(const struct match_engine *engine,
                           const struct match_duty *duty);

#endif

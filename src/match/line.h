/* match/line -- who waits, in line.
 *
 * Each pool has a line, for a slot of one of its peers; all pools have one in
 * batch order.  A ticket stands in both or in none.
 *
 * Laws
 *   1. In line stands whoever waits, or would but for a start that has not
 *      settled, or for a drain; and nobody else but who is not fresh any more:
 *      each of those is passed once.
 *   2. In the line of a pool, who is in danger and who asked for one peer alone
 *      is before all others: who looks for them passes none of those. */
#ifndef MATCH_LINE_H
#define MATCH_LINE_H

#include "match/state.h"

/* May it be offered to somebody now: waiting, fresh, not busy, not in back-off
 * (and, unless in danger, the start has settled). */
bool match_line_waits(const struct match_engine *engine,
                      const struct match_ticket *ticket);

/* When a start settles: from then on whoever is in line waits. */
uint64_t match_line_settled_ms(const struct match_engine *engine);

/* Batch order: danger first, then since, then id.  But for the id: */
uint64_t match_line_turn(const struct match_ticket *ticket);
bool match_line_before(const struct match_ticket *a,
                       const struct match_ticket *b);

/* Put it where it belongs by what it is now: in line, or out of it. */
void match_line_up(struct match_engine *engine, struct match_ticket *ticket);

/* Take it out.  Harmless if it is not in line. */
void match_line_leave(struct match_engine *engine, struct match_ticket *ticket);

/* Nobody is fresh any more: all leave. */
void match_line_empty(struct match_engine *engine);

/* The first of all who wait, in batch order; NULL: nobody waits now. */
struct match_ticket *match_line_first(struct match_engine *engine);

/* One who waits in a pool (`after` NULL), or the next after one who is still in
 * line; NULL: no more. */
struct match_ticket *match_line_next(struct match_engine *engine, uint32_t pool,
                                     struct match_ticket *after);

#endif

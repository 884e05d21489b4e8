/* match/index -- which peer fits a ticket best.
 *
 * The one place that looks at all duties of a pool.  Scores that only the
 * cards decide are remembered by the stamps of both hands.
 *
 * Laws
 *   1. What it names satisfies Hard now (ENGINE.md §2): filter first, rank
 *      after. */
#ifndef MATCH_INDEX_H
#define MATCH_INDEX_H

#include "match/state.h"

/* Which free peers to look at. */
enum match_index_who { INDEX_ANY, INDEX_CRISIS };

struct match_rank { /* a peer in the order of ENGINE.md §3 */
    struct match_duty *duty;
    uint32_t p, load;
    uint64_t h;
};

/* Forget every remembered score: rarities changed. */
void match_index_forget(struct match_engine *engine);

/* Hard, but for the state of the duty. */
bool match_index_hard(const struct match_engine *engine,
                      const struct match_ticket *ticket,
                      const struct match_duty *duty);

uint32_t match_index_p(const struct match_engine *engine,
                       const struct match_ticket *ticket,
                       const struct match_duty *duty);

/* θ(ticket): what a score has to reach now. */
uint32_t match_index_theta(const struct match_engine *engine,
                           const struct match_ticket *ticket);

/* The first k free peers of `who` in order with P ≥ θ; how many. */
uint32_t match_index_top(const struct match_engine *engine,
                         const struct match_ticket *ticket,
                         enum match_index_who who, uint32_t k,
                         struct match_rank *rank);

/* Why a ticket past its bound still waits. */
enum match_bound match_index_bound(const struct match_engine *engine,
                                   const struct match_ticket *ticket);

#endif

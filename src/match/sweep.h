/* match/sweep -- a walk over the peers of a pool, most of whom are passed over.
 *
 * It looks for the best peer there is, or for the first k in order, with a
 * ticket's question (match/probe) over the bits of the peers (match/slice).
 * Blocks are taken some at a time.  As long as it is not known how well one has
 * to fit, the probe is aimed at the best there may be, in all these blocks, and
 * then lower by and by; it passes over whoever cannot reach that, and only who
 * is left is scored.  So who is found early is good, and most of who fit less
 * need not be scored at all.  What is found says how well the rest has to fit,
 * in these blocks and in the next.
 *
 * Where hardly anybody is free, those are scored one by one instead.
 *
 * Sectors are walked in the order of h, and of many who may be as good as can
 * be those of little h are scored first: of equal peers the first is found
 * early, and the walk ends there.
 *
 * Laws
 *   1. What it names satisfies Hard now (ENGINE.md §2): filter first, rank
 *      after.
 *   2. Nobody whom it does not name is before whom it names. */
#ifndef MATCH_SWEEP_H
#define MATCH_SWEEP_H

#include "match/rank.h"
#include "match/state.h"

/* Which peers to look at: free ones, those of them who are trained for danger,
 * or all who are ON. */
enum match_sweep_who { SWEEP_ANY, SWEEP_CRISIS, SWEEP_ON };

struct match_sweep {
    struct match_engine *engine;
    const struct match_ticket *ticket;
    enum match_sweep_who who;
    bool asked;              /* the engine's probe is this ticket's, now */
    uint32_t theta;          /* no P below it matters */
    uint32_t p_best;         /* no P is above it; 0 = not known */
    uint32_t k, n;           /* at most k of them */
    struct match_rank *rank; /* the first n in order */
};

/* No P of the pool is above this for the ticket; cheap. */
uint32_t match_sweep_most(struct match_sweep *sweep);

/* The first k, 1 to MATCH_TOP_K_MAX, with P >= theta; how many.  Of a ticket
 * that waits for one peer alone there is nobody else. */
uint32_t match_sweep_top(struct match_sweep *sweep);

/* Raise *best to the best of all who are ON: a P that one of them reaches and
 * no compatible one exceeds.  Of the sweep, only whose it is is set. */
void match_sweep_best(struct match_sweep *sweep, struct match_best *best);

#endif

/* match/rank -- the order of peers for a ticket (ENGINE.md §3): P desc, load
 * asc, h asc, id asc. */
#ifndef MATCH_RANK_H
#define MATCH_RANK_H

#include "match/duty.h"

struct match_rank {
    struct match_duty *duty;
    uint32_t p, load;
    uint64_t h;
    uint32_t place; /* of its column, in match/slice */
};

bool match_rank_before(const struct match_rank *a, const struct match_rank *b);

/* Put one among the n first of at most k, which it belongs to: there is room,
 * or it is before the last.  How many they are then. */
uint32_t match_rank_insert(struct match_rank *rank, uint32_t n, uint32_t k,
                           const struct match_rank *one);

#endif

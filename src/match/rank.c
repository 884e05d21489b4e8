#include "match/rank.h"

#include "base/require.h"

bool match_rank_before(const struct match_rank *a, const struct match_rank *b)
{
    if (a->p != b->p)
        return a->p > b->p;
    if (a->load != b->load)
        return a->load < b->load;
    if (a->h != b->h)
        return a->h < b->h;
    return a->duty->row.member < b->duty->row.member;
}

uint32_t match_rank_insert(struct match_rank *rank, uint32_t n, uint32_t k,
                           const struct match_rank *one)
{
    uint32_t at;

    REQUIRE(k > 0);
    REQUIRE(n <= k);
    if (n < k)
        n++;
    for (at = n - 1; at > 0 && match_rank_before(one, &rank[at - 1]); at--)
        rank[at] = rank[at - 1];
    rank[at] = *one;
    return n;
}

/* match/probe -- one ticket's question to the peers' bits.
 *
 * It is asked in five steps.  _init() finds the rows of the ticket's terms.
 * _aim() says which H is still worth while: the better the peer who was found,
 * the more.  _narrow() passes over all columns of a block whose cards are not
 * compatible or do not reach that H, 512 peers to a row.  _to() says how well
 * one of those who are left fits in one direction, and so at most; _h() says it
 * exactly.
 *
 * Narrowing is one-sided: where terms share a row, or a peer requires several
 * groups (only that some of it is met is looked at), it lets too many through,
 * never too few.
 *
 * How it knows who cannot reach an H: each group that is sought becomes levels,
 * one per term, the rarest and so most valuable first.  A peer has of a group
 * what the first level found in their card is worth, and lacks the rest.  From
 * the H aimed at follows how much one may lack in all; that is cut into 31
 * units, and what each column lacks is added up in units, rounded down, in five
 * bits per column that lie as rows do: 64 additions in one.  To lack what is
 * worth more than all units is to be out at once, by a plain AND; with a good
 * aim nearly all levels are like that, and need not be asked of who is left.
 *
 * Laws
 *   1. A column that is narrowed away has H below the least asked for, or its
 *      cards are never compatible at the ticket's age.
 *   2. match_probe_h() is match_score_both(), to the bit.
 *   3. No column's H is above match_probe_most(), nor above what
 *      match_probe_most_of() says of its own D.
 *   4. The cards of a column that is left and sure are compatible at the
 *      ticket's age.
 *   5. Of a column that is left at this aim match_probe_to() is D; of others
 *      it says nothing. */
#ifndef MATCH_PROBE_H
#define MATCH_PROBE_H

#include "match/narrow.h"

struct match_probe_level { /* a term that is sought */
    size_t at;             /* its row: words from row 0 of a block */
    uint32_t row, term;    /* its number */
    bool only;             /* the row is this term's alone */
    uint8_t next;          /* the first level of the next group */
    uint64_t kept;         /* all but 0; of the first of a group, 0 */
    uint64_t lost; /* of the weighted sum, by who lacks it and all before it */
};

struct match_probe {             /* all private */
    struct match_slices *slices; /* its profiles answer one probe at a time */
    const struct match_rarity *rarity;
    const struct match_hand *hand;
    struct match_probe_level level[MATCH_SEEK_TOKENS_MAX];
    uint8_t levels;
    bool plain;                /* every level's row is its term's alone */
    uint64_t weights, missing; /* missing: what nobody at all has */
    uint32_t most;             /* no H is above it */
    bool nobody;               /* nobody fits at all */
    bool sure; /* every row that cards are held against is one term's alone */
    struct match_narrow rows; /* of what is asked; some for the H aimed at: */
    bool nobody_so_well;      /* nobody reaches it */
    uint32_t toward;          /* the least D toward a peer */
    /* Of the aim, too: levels that not all who are left have, and the weighted
       sum of those that all do. */
    struct match_probe_level open[MATCH_SEEK_TOKENS_MAX];
    uint8_t opens;
    uint64_t had;
};

/* The question of a seeker's hand, so long on its way, in a pool.  It is good
 * until a column comes or goes, a rarity changes or another is asked; aim it
 * before it narrows. */
void match_probe_init(struct match_probe *probe, struct match_slices *slices,
                      uint32_t pool, const struct match_rarity *rarity,
                      const struct match_hand *hand, uint64_t waited_ms);

static inline uint32_t match_probe_most(const struct match_probe *probe)
{
    return probe->most;
}

/* Who fits less than `least` (H) may be narrowed away, from now on. */
void match_probe_aim(struct match_probe *probe, uint32_t least);

/* Clear the bits of those who cannot fit; false: none is left. */
bool match_probe_narrow(const struct match_probe *probe, uint32_t block,
                        uint64_t alive[SLICE_WORDS]);

/* The block will be narrowed next: a hint to the memory, no more. */
void match_probe_expect(const struct match_probe *probe, uint32_t block);

/* Need the cards of a column that was left not be looked at?  Law 4. */
bool match_probe_sure(const struct match_probe *probe, uint32_t place);

/* D toward the peer, as law 5 says; if nothing is sought, 32768. */
uint32_t match_probe_to(const struct match_probe *probe, uint32_t place);

/* May H be the least that was asked for, with this D? */
static inline bool match_probe_may(const struct match_probe *probe, uint32_t to)
{
    return to >= probe->toward;
}

/* Law 3. */
uint32_t match_probe_most_of(const struct match_probe *probe, uint32_t to);

/* And H. */
uint32_t match_probe_h(const struct match_probe *probe, uint32_t place,
                       uint32_t to);

#endif

/* match/probe -- one ticket's question to the peers' bits.
 *
 * Narrows a block of columns to those whose cards may fit at least so well, a
 * row at a time for 512 peers, and then says exactly how well one column fits.
 * Narrowing is one-sided: terms that share a row, and a must group of which
 * only some group need be met, let too many through, never too few.
 *
 * What a column lacks of what the ticket seeks is summed in five bits per
 * column, in units of what it may lack; who lacks more is out.  With a good
 * least H most groups cost more than all of that, and are plain ANDs.
 *
 * Laws
 *   1. A column that is narrowed away has H below the least asked for, or its
 *      cards are never compatible at the ticket's age.
 *   2. match_probe_h() is match_score_both(), to the bit, unless that is below
 *      the least asked for; then it may be 0.
 *   3. No column's H is above match_probe_most(). */
#ifndef MATCH_PROBE_H
#define MATCH_PROBE_H

#include "match/slice.h"

struct
    match_probe_level { /* a term that is sought, rarest of its group first */
    uint32_t row, term;
    bool only;      /* the row is this term's alone */
    uint8_t next;   /* the first level of the next group */
    uint32_t most;  /* no H is above it */
    uint8_t units;  /* cost of lacking it and what is before it */
    uint64_t value; /* what having it adds to the weighted sum */
};

struct match_probe_rows {
    uint32_t n, row[MATCH_MUST_TOKENS_MAX];
};

struct match_probe {             /* all private */
    struct match_slices *slices; /* its profiles answer one probe at a time */
    const struct match_rarity *rarity;
    const struct match_hand *hand;
    struct match_probe_rows must; /* groups in force, one after another */
    uint8_t must_end[MATCH_MUST_MAX], musts;
    struct match_probe_rows must_not; /* rows of one term alone */
    struct match_probe_rows required, ruled_out, sought; /* by the peers */
    struct match_probe_level level[MATCH_SEEK_TOKENS_MAX];
    uint8_t levels;
    uint64_t weights, missing; /* missing: what nobody at all has */
    bool nobody;               /* can fit at all */
    bool nobody_so_well;       /* can fit as well as is aimed at */
    bool choosy;               /* what is sought decides */
    bool met_wanted;           /* to fit, who seeks something must find it */
    bool seeking_wanted;       /* to fit, one must seek something */
    uint32_t most;             /* no H is above it */
    uint32_t toward;           /* D toward a peer below which H is too little */
    uint8_t units;             /* that who seeks nothing may lack */
    uint64_t met[SLICE_WORDS]; /* of the block narrowed last: finds something */
};

/* The question of a seeker's hand, so long on its way, in a pool. */
void match_probe_init(struct match_probe *probe, struct match_slices *slices,
                      uint32_t pool, const struct match_rarity *rarity,
                      const struct match_hand *hand, uint64_t waited_ms);

static inline uint32_t match_probe_most(const struct match_probe *probe)
{
    return probe->most;
}

/* Who fits less than `least` (H) may be narrowed away. */
void match_probe_aim(struct match_probe *probe, uint32_t least);

/* Clear the bits of those who cannot fit; false: none is left. */
bool match_probe_narrow(struct match_probe *probe, uint32_t block,
                        uint64_t alive[SLICE_WORDS]);

/* The block will be narrowed next: a hint to the memory, no more. */
void match_probe_expect(const struct match_probe *probe, uint32_t block);

/* H of a column that was left of the block narrowed last. */
uint32_t match_probe_h(const struct match_probe *probe, uint32_t place);

#endif

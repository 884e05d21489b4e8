/* match/narrow -- which peers of a block may fit, 512 to a row.
 *
 * The rows that matter to a question are laid out so that one after another is
 * taken without a branch: each mask is 0 or all ones.  It is a few AND, OR and
 * bit-sliced additions a row, on as many columns at once as the machine has
 * registers for.
 *
 * Laws
 *   1. A column keeps its bit exactly if it has one of each group of must and
 *      (choosy) of wanted; none of barred; one of required, or requires
 *      nothing; (met_wanted) one of sought, or seeks nothing; (seeking_wanted)
 *      seeks something; and (choosy) lacks no more than all units, nor than
 *      its own where it seeks nothing.
 *   2. It is the same to the bit on every machine. */
#ifndef MATCH_NARROW_H
#define MATCH_NARROW_H

#include "match/slice.h"

enum { NARROW_PLANES = 5 }; /* bits of the units that are added up */

struct match_narrow_rows {
    uint32_t n, row[MATCH_MUST_TOKENS_MAX];
};

struct match_narrow_groups {
    uint32_t n;
    struct {
        uint32_t row;
        uint64_t kept; /* of who has one before it; 0: a group begins */
        uint64_t more; /* are to come of the group */
    } of[MATCH_MUST_TOKENS_MAX];
};

struct match_narrow_lacks { /* groups, too */
    uint32_t n;
    struct {
        uint32_t row;
        uint64_t kept;
        uint64_t units[NARROW_PLANES]; /* the bits of what it costs to have
                                          neither this nor one before it */
    } of[MATCH_SEEK_TOKENS_MAX];
};

struct match_narrow {
    struct match_narrow_groups must;
    struct match_narrow_rows barred, required, sought;
    bool choosy, met_wanted, seeking_wanted;
    uint8_t units; /* that a column may lack if it seeks nothing */
    struct match_narrow_groups wanted;
    struct match_narrow_lacks lacked;
};

/* Law 1 on the columns of a block that have a bit; false: none keeps it. */
bool match_narrow(const struct match_narrow *narrow,
                  const struct match_slices *slices, uint32_t block,
                  uint64_t alive[SLICE_WORDS]);

#endif

/* match/pair -- who may not meet: exclusions, blocks, bonds.
 *
 * A table of rows found by their unordered pair, on memory the caller gives.
 * A row that the table has no room for is left out: the store's own guards
 * still hold it.
 *
 * Laws
 *   1. One row per (kind, pair), and of PAIR_BLOCK per direction, of
 *      PAIR_TICKET per ticket: the newer replaces the older.
 *   2. A bond lifts PAIR_RESTS, and nothing else.
 *   3. named counts, by hash of a member, how often rows name one of it: 0 is
 *      proof that none does. */
#ifndef MATCH_PAIR_H
#define MATCH_PAIR_H

#include "base/map.h"
#include "match/row.h"

struct match_pair_slot {
    struct match_pair_row row; /* a = 0: free */
    uint64_t seq;              /* of the result it came with */
    uint64_t forget_ms;        /* it means nothing from then on */
    uint32_t next;             /* of the same pair, or free */
};

struct match_pairs { /* read-only outside */
    struct match_pair_slot *slot;
    struct map head; /* hash of the pair → its first slot */
    uint32_t *named; /* Law 3 */
    uint32_t cap, used, free, n, heads;
};

/* head[heads], which is cleared here, and named[heads], all zero; heads is a
 * power of two. */
void match_pair_init(struct match_pairs *pairs, struct match_pair_slot *slot,
                     uint32_t cap, struct map_slot *head, uint32_t *named,
                     uint32_t heads);

/* Adopt a row.  A PAIR_TICKET means nothing from ticket_ends_ms on.  ERR_FULL:
 * no room; nothing changed. */
MUST_USE enum err match_pair_put(struct match_pairs *pairs,
                                 const struct match_pair_row *row, uint64_t seq,
                                 uint64_t ticket_ends_ms);

/* Forget the row in slot `at`. */
void match_pair_remove(struct match_pairs *pairs, uint32_t at);

/* From when on may the seeker of this ticket meet this peer?  0 = now already;
 * MATCH_NEVER = not while this ticket and these rows live. */
uint64_t match_pair_until_ms(const struct match_pairs *pairs, uint64_t seeker,
                             uint64_t peer, uint64_t ticket, uint64_t now_ms);

#endif

/* seal/revoked -- tokens that stopped before their time.
 *
 * A member whose key is replaced gets a new generation; tokens of older ones
 * are refused.  The server keeps no sessions, so it remembers whose generation
 * changed, for as long as a token can live, in memory the caller gives.  What
 * it cannot remember, because it is full or was restarted, it refuses: every
 * token from before then, whose owners log in again.
 *
 * For one thread at a time.
 *
 * Laws
 *   1. After add(member, generation) no token of that member of a lower
 *      generation passes, and one of that generation does.
 *   2. No token from before since_ms passes, whosever it is.
 *   3. Who is full forgets whose key was replaced longest ago, and since_ms
 *      moves past that. */
#ifndef SEAL_REVOKED_H
#define SEAL_REVOKED_H

#include "base/map.h"
#include "base/spare.h"
#include "seal/token.h"

/* How far apart the clocks are that stamp a token and a rotation. */
enum { SEAL_REVOKED_SKEW_MS = 1000 };

struct seal_revoked_member { /* private */
    struct list link;        /* in order, or in spare */
    uint64_t member, at_ms;
    uint32_t generation;
};

struct seal_revoked { /* private; all zero revokes nothing and holds nothing */
    struct map map;
    struct seal_revoked_member *entry;
    struct list order; /* of at_ms, the oldest first */
    struct spare spare;
    uint64_t since_ms;
};

/* An empty one of cap (> 0) members on entry[cap] and
 * slot[map_slots_for(cap)]; it does not move after this. */
void seal_revoked_init(struct seal_revoked *revoked,
                       struct seal_revoked_member *entry, uint32_t cap,
                       struct map_slot *slot);

/* There was a rotation at at_ms of whom it does not know: law 2. */
void seal_revoked_missed(struct seal_revoked *revoked, uint64_t at_ms,
                         uint64_t now_ms);

void seal_revoked_add(struct seal_revoked *revoked, uint64_t member,
                      uint32_t generation, uint64_t now_ms);

/* Can it remember so many more without forgetting a token that lives? */
bool seal_revoked_room(struct seal_revoked *revoked, uint32_t more,
                       uint64_t now_ms);

bool seal_revoked_has(const struct seal_revoked *revoked,
                      const struct seal_token *token);

#endif

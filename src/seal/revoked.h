/* seal/revoked -- tokens that stopped before their time.
 *
 * A member whose key is replaced gets a new generation; tokens of older ones
 * are refused.  The server keeps no sessions, so it remembers whose generation
 * changed, for as long as a token can live, in memory the caller gives: each
 * member belongs to one of many small sets.  What it cannot remember, because
 * a set is full or the server was restarted, it refuses: every token of that
 * set, or of all, from before then, whose owners log in again.  So no number of
 * accounts can keep anybody from a rotation.  Which set is a member's follows
 * from their number, which is random and which nobody is told.
 *
 * For one thread at a time.
 *
 * Laws
 *   1. After add(member, generation) no token of that member of a lower
 *      generation passes, and one of that generation does, but for law 3.
 *   2. No token from before since_ms passes, whosever it is.
 *   3. There is always room.  A set that is full forgets whose key was replaced
 *      longest ago; no token of the set's members from before that passes any
 *      more.  Nobody else's is touched.
 *   4. A rotation counts once, when it was done, however often it is added. */
#ifndef SEAL_REVOKED_H
#define SEAL_REVOKED_H

#include "seal/token.h"

enum {
    SEAL_REVOKED_SKEW_MS = 1000, /* how far apart the clocks are that stamp a
                                    token and a rotation */
    SEAL_REVOKED_EACH = 8        /* members a set remembers */
};

struct seal_revoked_member { /* private; all zero: a free place */
    uint64_t member, at_ms;
    uint32_t generation;
};

struct seal_revoked_set { /* private; all zero: empty */
    struct seal_revoked_member entry[SEAL_REVOKED_EACH];
    uint64_t since_ms;
};

struct seal_revoked { /* private; all zero revokes nothing and holds nothing */
    struct seal_revoked_set *set;
    uint32_t sets;
    uint64_t since_ms;
};

/* An empty one on set[sets], which is all zero; sets > 0. */
void seal_revoked_init(struct seal_revoked *revoked,
                       struct seal_revoked_set *set, uint32_t sets);

/* There was a rotation at at_ms of whom it does not know: law 2. */
void seal_revoked_missed(struct seal_revoked *revoked, uint64_t at_ms,
                         uint64_t now_ms);

/* The member's key was replaced at at_ms, and has this generation. */
void seal_revoked_add(struct seal_revoked *revoked, uint64_t member,
                      uint32_t generation, uint64_t at_ms, uint64_t now_ms);

bool seal_revoked_has(const struct seal_revoked *revoked,
                      const struct seal_token *token);

#endif

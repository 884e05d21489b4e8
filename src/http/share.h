/* http/share -- the exchanges one address may have, over all its connections.
 *
 * Who owns the sockets knows addresses and lends each session the share of its
 * own (struct http_session.share; NULL: without limit).  The connections of an
 * address may be on several threads: a share is counted by atomics alone, with
 * no lock, once when an exchange begins and once when it ends.  What finds no
 * room begins as `denied`: the handler answers so at once, and does no more.
 *
 * Laws
 *   1. Of one share no more than open_max exchanges are open at once, beside
 *      those denied.
 *   2. Of one share no more than per_s exchanges begin a second, base/pace
 *      bursts apart, and who is refused pays nothing. */
#ifndef HTTP_SHARE_H
#define HTTP_SHARE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"

struct http_share_limits { /* each ≥ 1 */
    uint32_t open_max, per_s;
};

struct http_share { /* all private but limits; zero but for them is unused */
    const struct http_share_limits *limits;
    atomic_uint open;
    atomic_uint_least64_t due_us; /* base/pace */
};

/* Begin one; a NULL share is without limit.  ERR_FULL: Law 1 or 2, counted. */
MUST_USE enum err http_share_take(struct http_share *share, uint64_t now_ms);

/* It ended. */
void http_share_give(struct http_share *share);

#endif

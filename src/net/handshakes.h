/* net/handshakes -- callers in the middle of a TLS handshake, oldest first.
 *
 * One per loop; a link is its connection's.  A handshake costs far more than
 * the bytes that ask for one, so they are bounded, and who holds one for long
 * is the first to go: who means it is through in a few round trips.  Each takes
 * some 20 KiB for the moment: when a crowd is through, the heap gives back what
 * it can.
 *
 * Laws
 *   1. There are at most max of them: of more, the oldest is to be cut.
 *   2. Each that failed or was too slow is counted, as what it was. */
#ifndef NET_HANDSHAKES_H
#define NET_HANDSHAKES_H

#include <stdint.h>

#include "base/err.h"
#include "base/list.h"

struct net_handshakes { /* all private */
    struct list all;
    uint32_t count, max, crowd; /* crowd: entered since it was empty */
};

/* max > 0. */
void net_handshakes_init(struct net_handshakes *handshakes, uint32_t max);

/* NULL, or the link of the one that has to leave, for ERR_DEADLINE. */
struct list *net_handshakes_enter(struct net_handshakes *handshakes,
                                  struct list *link);

/* It is over: ERR_NONE, or why it came to nothing.  Harmless on a link that is
 * not in. */
void net_handshakes_leave(struct net_handshakes *handshakes, struct list *link,
                          enum err why);

#endif

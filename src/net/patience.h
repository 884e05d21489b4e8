/* net/patience -- until when a connection waits for its peer, and for what.
 *
 * Sans I/O: it is told what is waited for, until when, and what the time is.
 * Each wait is on its own; several may run at once.
 *
 * Laws
 *   1. A wait is over from its time on, unless it was ended before; begun
 *      anew, its new time counts alone.
 *   2. Nothing is due before the first wait is over, and then the connection
 *      ends for what that wait was for. */
#ifndef NET_PATIENCE_H
#define NET_PATIENCE_H

#include <stdint.h>

#include "base/err.h"

enum net_wait {
    NET_WAIT_HANDSHAKE, /* for TLS to be through: else ERR_DEADLINE */
    NET_WAIT_WRITE,     /* for what was written to be taken: ERR_SLOW_READER */
    NET_WAIT_END,       /* for the peer's end, after ours: ERR_DEADLINE */
    NET_WAITS
};

struct net_patience {             /* private; all zero waits for nothing */
    uint64_t until_ms[NET_WAITS]; /* 0: not */
};

void net_patience_begin(struct net_patience *patience, enum net_wait wait,
                        uint64_t until_ms);

/* Harmless on a wait that does not run. */
void net_patience_end(struct net_patience *patience, enum net_wait wait);

/* When to ask; UINT64_MAX: not. */
uint64_t net_patience_deadline_ms(const struct net_patience *patience);

/* What the connection ends for, if it does. */
enum err net_patience_over(const struct net_patience *patience,
                           uint64_t now_ms);

#endif

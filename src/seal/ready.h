/* seal/ready -- libsodium made ready: which of its code is fastest on this
 * processor is found out, and chance is at hand.  Without it guarded pages do
 * not work and all else is slow. */
#ifndef SEAL_READY_H
#define SEAL_READY_H

#include <stdbool.h>

/* Before anything else of seal/; again is harmless.  False: not on this
 * machine. */
bool seal_ready(void);

#endif

/* net/clock -- what time it is.
 *
 * Two scales.  Monotonic time is for timers inside one process.  The time of
 * the engine is in milliseconds since the Unix epoch, so that it means the
 * same after a restart; a clock takes it once from the wall and from then on
 * counts it monotonically: somebody setting the wall clock neither repeats
 * nor skips anything.  Values are read from any thread without a lock.
 *
 * Laws
 *   1. net_clock_mono_ms() and, on one clock, net_clock_now_ms() never go
 *      backwards, whatever happens to the wall clock. */
#ifndef NET_CLOCK_H
#define NET_CLOCK_H

#include <stdint.h>

struct net_clock {             /* private; written by net_clock_init() alone */
    uint64_t wall_ms, mono_ms; /* one moment on both scales */
};

/* Milliseconds and nanoseconds since some moment before the process began. */
uint64_t net_clock_mono_ms(void);
uint64_t net_clock_mono_ns(void);

/* Milliseconds since the Unix epoch, as the machine believes now. */
uint64_t net_clock_wall_ms(void);

/* Start at the wall's time, but not before since_ms: the latest moment the
 * store remembers (0: none). */
void net_clock_init(struct net_clock *clock, uint64_t since_ms);

/* The engine's now: milliseconds since the Unix epoch. */
uint64_t net_clock_now_ms(const struct net_clock *clock);

#endif

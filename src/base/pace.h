/* base/pace -- so many a second, and no more than PACE_S seconds' worth at once.
 *
 * One number is all that is kept: until when what was taken is paid for (the
 * generic cell rate algorithm, ITU-T I.371).  Zero is a pace nobody has used
 * yet.  Owns nothing, has no clock. */
#ifndef BASE_PACE_H
#define BASE_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { PACE_S = 2, PACE_MOST = 1000000 /* a second */ };

/* Take one of per_s (1 to PACE_MOST) a second; false: too many, none taken. */
static inline bool pace_take(uint64_t *due_us, uint32_t per_s, uint64_t now_ms)
{
    const uint64_t now_us = now_ms * 1000;
    const uint64_t from_us = *due_us > now_us ? *due_us : now_us;
    const uint64_t to_us = from_us + PACE_MOST / per_s;

    if (to_us > now_us + PACE_S * (uint64_t)PACE_MOST)
        return false;
    *due_us = to_us;
    return true;
}

#endif

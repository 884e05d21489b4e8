/* base/wipe -- forget a secret: zeros that the compiler may not leave out. */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stddef.h>
#include <string.h>

/* Through a pointer that may be another function for all the compiler knows:
 * as fast as memset, where a loop of volatile bytes is not. */
static inline void wipe(void *bytes, size_t size)
{
    void *(*const volatile set)(void *, int, size_t) = memset;

    if (size > 0)
        (void)set(bytes, 0, size);
}

#endif

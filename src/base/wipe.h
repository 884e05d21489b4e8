/* base/wipe -- forget: zeros that the compiler may not leave out.
 *
 * Whatever came from a person is wiped where it ends, so that neither a later
 * buffer nor whoever looks into the memory finds it. */
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

/* All that malloc() gave, which may be more than was asked for; how much. */
size_t wipe_whole(void *piece);

/* free(), and all that malloc() gave is wiped first; NULL is harmless. */
void wipe_free(void *piece);

/* realloc() of a piece that is there, likewise if it moves. */
void *wipe_realloc(void *piece, size_t size);

#endif

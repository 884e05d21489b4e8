/* base/bring -- memory is on its way before it is looked at.
 *
 * Whoever knows early what will be looked at, and has something else to do
 * meanwhile, need not wait for it.  A hint: nothing changes. */
#ifndef BASE_BRING_H
#define BASE_BRING_H

#include <stddef.h>
#include <stdint.h>

#include "base/cut.h"

/* memory[0 .. bytes) */
static inline void bring(const void *memory, size_t bytes)
{
    const char *line = (const char *)memory - (uintptr_t)memory % CUT_LINE;

    for (; line < (const char *)memory + bytes; line += CUT_LINE)
        __builtin_prefetch(line);
}

#endif

/* base/cut -- several tables out of one piece of memory, sized once.
 *
 * Lay the tables out twice with the same code: first over no memory, which
 * only counts the bytes, then over that many.  A piece is aligned as the memory
 * is, up to 16 bytes.  Owns nothing. */
#ifndef BASE_CUT_H
#define BASE_CUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/require.h"

enum { CUT_LINE = 64 }; /* bytes of a cache line */

struct cut {
    char *at; /* NULL: only count */
    size_t used;
};

/* n items of size bytes each; NULL while counting. */
static inline void *cut(struct cut *from, size_t n, size_t size)
{
    void *piece = from->at ? from->at + from->used : NULL;

    REQUIRE(size > 0);
    REQUIRE(n <= (SIZE_MAX - from->used - 15) / size);
    from->used += (n * size + 15) / 16 * 16;
    return piece;
}

/* The same, from the start of a cache line. */
static inline void *cut_lines(struct cut *from, size_t n, size_t size)
{
    char *piece = cut(from, n * size + CUT_LINE, 1);

    return piece ? piece + (CUT_LINE - (uintptr_t)piece % CUT_LINE) % CUT_LINE
                 : NULL;
}

#endif

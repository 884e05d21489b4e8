#define _DEFAULT_SOURCE 1 /* madvise, which no standard has */
#include "base/large.h"

#include <stdint.h>
#include <sys/mman.h>

#define LARGE_PAGE ((uintptr_t)1 << 21)

void large_pages(void *memory, size_t bytes)
{
    uintptr_t at = (uintptr_t)memory;
    uintptr_t from = (at + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    uintptr_t to = (at + bytes) & ~(LARGE_PAGE - 1);

    if (from < to)
        (void)madvise((uint8_t *)memory + (from - at), to - from,
                      MADV_HUGEPAGE);
}

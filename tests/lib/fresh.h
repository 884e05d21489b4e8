/* fresh -- large memory that is all zero again and again, at the cost of what
 * was used of it: the pages are given back, not written.
 *
 * Its includer defines _DEFAULT_SOURCE (MADV_DONTNEED). */
#ifndef FRESH_H
#define FRESH_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fresh { /* all zero is none; at is freed by who owns it */
    void *at;
    size_t bytes;
};

static inline void fresh_clear(const struct fresh *memory)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t head = (page - (uintptr_t)memory->at % page) % page, whole = 0;
    char *at = memory->at;

    if (memory->bytes > head)
        whole = (memory->bytes - head) / page * page;
    if (whole == 0)
        head = memory->bytes;
    else if (madvise(at + head, whole, MADV_DONTNEED) != 0)
        abort();
    memset(at, 0, head);
    memset(at + head + whole, 0, memory->bytes - head - whole);
}

/* Zeroes, in place of what it was before; of exactly so many bytes, so that a
 * sanitizer sees what goes past them. */
static inline void *fresh(struct fresh *memory, size_t bytes)
{
    if (memory->at && memory->bytes == bytes) {
        fresh_clear(memory);
        return memory->at;
    }
    free(memory->at);
    *memory = (struct fresh){calloc(1, bytes), bytes};
    if (!memory->at)
        abort();
    return memory->at;
}

#endif

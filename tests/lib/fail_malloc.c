#include "fail_malloc.h"

#include <stdatomic.h>

static atomic_size_t fail_at, seen, large_size, large_left;

void fail_malloc_start(size_t at)
{
    fail_at = at;
    seen = 0;
}

void fail_malloc_large(size_t least, size_t count)
{
    large_size = least;
    large_left = count;
}

size_t fail_malloc_seen(void)
{
    return seen;
}

bool fail_malloc_stop(void)
{
    bool failed = fail_at != 0 && seen >= fail_at;

    fail_at = large_left = 0;
    return failed;
}

/* The names are the linker's (--wrap).
 * NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails_now(size_t size)
{
    if (large_left > 0 && size >= large_size) {
        large_left--;
        return true;
    }
    return atomic_fetch_add(&seen, 1) + 1 == fail_at;
}

void *__wrap_malloc(size_t size)
{
    return fails_now(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails_now(n * size) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now(size) ? NULL : __real_realloc(old, size);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

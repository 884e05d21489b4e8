/* fail_start -- what a program is refused while it starts, for tests: loaded
 * before libc (LD_PRELOAD), it fails allocation number $FAIL_MALLOC and thread
 * number $FAIL_THREAD, counted from 1; 0 or nothing: none.  In the end it says
 * on standard error how many there were. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* What is glibc's keeps its names.
 * NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming,readability-inconsistent-declaration-parameter-name) */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static atomic_ulong mallocs, threads;
static unsigned long malloc_at, thread_at;

static unsigned long number(const char *name)
{
    const char *text = getenv(name);

    return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    malloc_at = number("FAIL_MALLOC");
    thread_at = number("FAIL_THREAD");
    atomic_store(&mallocs, 0);
}

__attribute__((destructor)) static void end(void)
{
    (void)fprintf(stderr, "asked for: %lu allocations, %lu threads\n",
                  atomic_load(&mallocs), atomic_load(&threads));
}

#ifndef FAIL_THREADS_ONLY
static int refused(void)
{
    if (atomic_fetch_add(&mallocs, 1) + 1 != malloc_at)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return refused() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return refused() ? NULL : __libc_realloc(old, size);
}
#endif

int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                   void *(*run)(void *arg), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    *(void **)(void *)&real = dlsym(RTLD_NEXT, "pthread_create");
    if (atomic_fetch_add(&threads, 1) + 1 == thread_at)
        return EAGAIN;
    return real(thread, attr, run, arg);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming,readability-inconsistent-declaration-parameter-name) */

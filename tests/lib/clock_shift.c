/* clock_shift -- somebody sets the wall clock, for tests: loaded before libc
 * (LD_PRELOAD), it adds to CLOCK_REALTIME the milliseconds that the file
 * $CLOCK_SHIFT holds, a little-endian int64 that its owner writes at any time.
 *
 * The file is mapped before main(), so that no confinement is in its way. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift_ms;
static int (*real)(clockid_t id, struct timespec *at);

__attribute__((constructor)) static void begin(void)
{
    const char *name = getenv("CLOCK_SHIFT");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *map;

    *(void **)(void *)&real = dlsym(RTLD_NEXT, "clock_gettime");
    if (file < 0)
        abort();
    map = mmap(NULL, sizeof *shift_ms, PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED || !real)
        abort();
    (void)close(file);
    shift_ms = map;
}

static void shift(struct timespec *at)
{
    int64_t ms = shift_ms ? *shift_ms : 0;

    at->tv_sec += (time_t)(ms / 1000);
}

/* What is glibc's has other names for its parameters.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int clock_gettime(clockid_t id, struct timespec *at)
{
    int failed;

    if (!real) /* before begin(): of another library's */
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "clock_gettime");
    failed = real(id, at);
    if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        shift(at);
    return failed;
}

int gettimeofday(struct timeval *at, void *zone)
{
    struct timespec now;
    int failed = clock_gettime(CLOCK_REALTIME, &now);

    (void)zone;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *at)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

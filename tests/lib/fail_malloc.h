/* fail_malloc -- make the Nth allocation of a test program fail.
 *
 * For the fail-the-Nth sweeps: run the same steps with N = 1, 2, 3 ... until
 * one run needs fewer than N allocations.  Every unit test is linked with it
 * (CMake target fail_malloc); others that want it link that target. */
#ifndef FAIL_MALLOC_H
#define FAIL_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Count from now on, and fail allocation number at (0: none). */
void fail_malloc_start(size_t at);

/* Fail the next count allocations of at least so many bytes. */
void fail_malloc_large(size_t least, size_t count);

/* How many allocations were asked for since the start. */
size_t fail_malloc_seen(void);

/* Stop; true if the allocation that was to fail was asked for. */
bool fail_malloc_stop(void);

#endif

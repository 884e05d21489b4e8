/* fail_calls -- make the Nth call of our own code to the memory or the files of
 * the system fail, once.
 *
 * The linker (--wrap, CMake target fail_calls) puts it between our objects and
 * libc: what libraries ask for themselves is not counted, so that what some of
 * them do without memory is not in the way; only the disk of two of them is,
 * by functions of libc's names (FAIL_DISK).  The count is in memory that a
 * child shares with who forked it. */
#ifndef FAIL_CALLS_H
#define FAIL_CALLS_H

#include <stdbool.h>
#include <stddef.h>

enum fail_calls {
    FAIL_NONE,
    FAIL_MEMORY, /* malloc and kin, streams in memory */
    FAIL_FILES,  /* open, read, write, sync, rename …, of files and pipes */
    FAIL_THREADS,
    FAIL_DISK /* what SQLite reads, writes and syncs, OpenSSL opens and reads */
};

/* Count calls of that kind from now on, in this process and those it forks
 * later, and fail number at (0: none). */
void fail_calls_start(enum fail_calls what, size_t at);
void fail_calls_stop(void);

/* What is to come until the end counts as one call; true: that is the one to
 * fail, and nothing has begun. */
bool fail_calls_begin_one(enum fail_calls what);
void fail_calls_end_one(enum fail_calls what);

/* A child that counts for itself, and no more with its siblings. */
void fail_calls_apart(void);

/* How many there were since the start. */
size_t fail_calls_seen(void);

#endif

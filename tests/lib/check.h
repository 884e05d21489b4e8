/* check -- the whole test framework. */
#ifndef CHECK_H
#define CHECK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_int check_failed, check_count; /* threads may check, too */

#define CHECK(expr) check_that((expr) ? true : false, #expr, __FILE__, __LINE__)

static inline void check_that(bool holds, const char *expr, const char *file,
                              int line)
{
    check_count++;
    if (holds)
        return;
    check_failed++;
    (void)fprintf(stderr, "%s:%d: %s\n", file, line, expr);
#ifdef FUZZING /* a fuzzer learns of it in no other way */
    abort();
#endif
}

/* The exit status of main(); a test that checked nothing fails. */
static inline int check_report(const char *what)
{
    (void)printf("%s: %d checks, %d failed\n", what, check_count, check_failed);
    return check_failed != 0 || check_count == 0;
}

#endif

/* check -- the whole test framework. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int check_failed, check_count;

#define CHECK(expr)                                                            \
    do {                                                                       \
        check_count++;                                                         \
        if (!(expr)) {                                                         \
            check_failed++;                                                    \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expr);   \
        }                                                                      \
    } while (0)

/* The exit status of main(); a test that checked nothing fails. */
static inline int check_report(const char *what)
{
    (void)printf("%s: %d checks, %d failed\n", what, check_count, check_failed);
    return check_failed != 0 || check_count == 0;
}

#endif

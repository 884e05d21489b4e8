/* base/require -- assertions that stay on in every build.
 *
 * REQUIRE() states what only a bug in this program could make false; input
 * from outside is never REQUIREd, it is checked and answered with an error. */
#ifndef BASE_REQUIRE_H
#define BASE_REQUIRE_H

#define REQUIRE(expr)                                                          \
    ((expr) ? (void)0 : require_fail(#expr, __FILE__, __LINE__))

/* Say what was promised and where on standard error, then abort(). */
_Noreturn void require_fail(const char *expr, const char *file, int line);

#endif

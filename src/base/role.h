/* base/role -- what somebody may do who is no member: the caller of the
 * operations listener.
 *
 * A certificate names it by a URI, kindred:role:NAME; who may open the
 * operations socket is an operator. */
#ifndef BASE_ROLE_H
#define BASE_ROLE_H

#include <stddef.h>

enum role {
    ROLE_NONE, /* nobody in particular: a member, or an unknown name */
    ROLE_OPERATOR,
    ROLE_MODERATOR,
    ROLE_AUDITOR
};

/* ROLE_NONE: no such role. */
enum role role_of_uri(const char *uri, size_t size);

#endif

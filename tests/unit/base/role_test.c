/* Which URIs name a role: those three, whole, and nothing else. */
#include "base/role.h"

#include <string.h>

#include "check.h"

static enum role of(const char *uri)
{
    return role_of_uri(uri, strlen(uri));
}

int main(void)
{
    CHECK(of("kindred:role:operator") == ROLE_OPERATOR);
    CHECK(of("kindred:role:moderator") == ROLE_MODERATOR);
    CHECK(of("kindred:role:auditor") == ROLE_AUDITOR);
    CHECK(of("") == ROLE_NONE);
    CHECK(of("kindred:role:") == ROLE_NONE);
    CHECK(of("kindred:role:none") == ROLE_NONE);
    CHECK(of("kindred:role:operators") == ROLE_NONE);
    CHECK(of("kindred:role:operato") == ROLE_NONE);
    CHECK(of("Kindred:role:operator") == ROLE_NONE);
    CHECK(of("operator") == ROLE_NONE);
    CHECK(role_of_uri("kindred:role:operator\0x", 23) == ROLE_NONE);
    return check_report("base/role");
}

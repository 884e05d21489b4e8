#include "base/role.h"

#include <string.h>

static const char *const uris[] = {
    [ROLE_NONE] = "",
    [ROLE_OPERATOR] = "kindred:role:operator",
    [ROLE_MODERATOR] = "kindred:role:moderator",
    [ROLE_AUDITOR] = "kindred:role:auditor",
};

enum role role_of_uri(const char *uri, size_t size)
{
    for (int i = ROLE_OPERATOR; i <= ROLE_AUDITOR; i++)
        if (strlen(uris[i]) == size && memcmp(uris[i], uri, size) == 0)
            return (enum role)i;
    return ROLE_NONE;
}

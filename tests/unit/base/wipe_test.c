#include "base/wipe.h"

#include <string.h>

#include "check.h"

int main(void)
{
    unsigned char bytes[32], zeros[32] = {0};

    memset(bytes, 0xa5, sizeof bytes);
    wipe(bytes + 1, sizeof bytes - 2);
    CHECK(bytes[0] == 0xa5);
    CHECK(bytes[sizeof bytes - 1] == 0xa5);
    CHECK(memcmp(bytes + 1, zeros, sizeof bytes - 2) == 0);
    wipe(bytes, 0);
    CHECK(bytes[0] == 0xa5);
    return check_report("base/wipe");
}

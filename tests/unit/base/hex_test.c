#include "base/hex.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

/* For every pair of characters: what printf() writes is worth it, and nothing
 * else is worth anything. */
int main(void)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    int good = 0;

    for (int byte = 0; byte < 256; byte++) {
        char low[3], high[3];

        (void)snprintf(low, sizeof low, "%02x", (unsigned)byte);
        (void)snprintf(high, sizeof high, "%02X", (unsigned)byte);
        CHECK(hex_byte(low) == byte && hex_byte(high) == byte);
    }
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            char pair[2] = {(char)a, (char)b};

            good += hex_byte(pair) >= 0;
        }
    CHECK(good == 22 * 22);
    for (int c = 0; c < 256; c++)
        CHECK((hex_digit((char)c) >= 0) == (c && strchr(digits, c) != NULL));
    return check_report("base/hex");
}

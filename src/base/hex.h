/* base/hex -- what digits to the base of 16 are worth, in either case; any
 * other character makes it -1. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Of two digits. */
static inline int hex_byte(const char digit[static 2])
{
    int high = hex_digit(digit[0]), low = hex_digit(digit[1]);

    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

#endif

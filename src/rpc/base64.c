#include "rpc/base64.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Law 1: the digits are value_of()'s. */
size_t rpc_base64_encode(const uint8_t *bytes, size_t size, bool padded,
                         char *text)
{
    size_t made = 0;

    for (size_t i = 0; i < size; i += 3) {
        uint32_t bits = (uint32_t)bytes[i] << 16;
        size_t more = size - i < 3 ? size - i : 3;

        if (more > 1)
            bits |= (uint32_t)bytes[i + 1] << 8;
        if (more > 2)
            bits |= bytes[i + 2];
        for (size_t digit = 0; digit <= more; digit++)
            text[made++] = digits[bits >> (18 - 6 * digit) & 63];
    }
    while (padded && made % 4 > 0)
        text[made++] = '=';
    return made;
}

/* Law 2; 64 and more: in neither alphabet. */
static uint32_t value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : 64;
}

bool rpc_base64_decode(const char *text, size_t size, uint8_t *bytes,
                       size_t *bytes_size)
{
    size_t made = 0, pads = 0;
    uint32_t bits = 0;

    if (size > 0 && size % 4 == 0)
        while (pads < 2 && text[size - 1 - pads] == '=')
            pads++;
    size -= pads;
    if (size % 4 == 1)
        return false;
    for (size_t i = 0; i < size; i++) {
        uint32_t value = value_of(text[i]);

        if (value > 63)
            return false;
        bits = bits << 6 | value;
        if (i % 4 > 0)
            bytes[made++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    *bytes_size = made;
    return true;
}

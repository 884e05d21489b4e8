#include "rpc/json_number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"

/* A number taken apart: 0.DIGITS × 10^point, where DIGITS begin and end with
 * one that is not zero; none: the number is zero. */
struct decimal {
    bool negative;
    const uint8_t *first, *end; /* of DIGITS, among which a '.' may be */
    int64_t point;
};

#define FLOAT_MAX 0x1.fffffep127

enum { POINT_MAX = 1 << 20 }; /* of an exponent: beyond, any is as far */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static int64_t exponent(const uint8_t *at, const uint8_t *end)
{
    const bool negative = at < end && *at == '-';
    int64_t value = 0;

    at += at < end && !is_digit(*at);
    for (; at < end; at++)
        if (value < POINT_MAX)
            value = value * 10 + (*at - '0');
    return negative ? -value : value;
}

static struct decimal take_apart(const uint8_t *text, size_t size)
{
    struct decimal d = {.negative = size > 0 && *text == '-'};
    const uint8_t *at = text + d.negative, *end = text + size;
    bool fraction = false;

    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        if (!d.first && *at == '0') {
            d.point -= fraction;
            continue;
        }
        if (!d.first)
            d.first = at;
        if (*at != '0')
            d.end = at + 1;
        d.point += !fraction;
    }
    if (at < end)
        d.point += exponent(at + 1, end);
    return d;
}

/* Law 1 */
bool rpc_json_number_integer(const uint8_t *text, size_t size, bool *negative,
                             uint64_t *magnitude)
{
    const struct decimal d = take_apart(text, size);
    int64_t left = d.point;
    uint64_t value = 0;

    *negative = d.negative;
    *magnitude = 0;
    if (!d.first)
        return true;
    if (d.point > 20)
        return false;
    for (const uint8_t *at = d.first; at < d.end; at++) {
        if (*at == '.')
            continue;
        if (left-- <= 0)
            return false;
        if (value > (UINT64_MAX - (uint64_t)(*at - '0')) / 10)
            return false;
        value = value * 10 + (uint64_t)(*at - '0');
    }
    while (left-- > 0) {
        if (value > UINT64_MAX / 10)
            return false;
        value *= 10;
    }
    *magnitude = value;
    return true;
}

/* More digits than these decide nothing but whether what they name is more
 * than half way to the next double (the longest half way has 767). */
enum { DIGITS = 770 };

/* Law 2: the slow way, for what is not exact below. */
static double nearest(const struct decimal *d)
{
    char text[DIGITS + 32], *end;
    size_t n = 0;
    int64_t point = d->point;

    for (const uint8_t *at = d->first; at < d->end && n < DIGITS; at++)
        if (*at != '.')
            text[n++] = (char)*at;
    if (n == DIGITS)
        text[n - 1] = '1'; /* never zero, so that it is more than half way */
    point -= (int64_t)n;
    if (point > POINT_MAX || point < -POINT_MAX)
        point = point > 0 ? POINT_MAX : -POINT_MAX;
    (void)snprintf(text + n, sizeof text - n, "e%d", (int)point);
    return strtod(text, &end);
}

bool rpc_json_number_double(const uint8_t *text, size_t size, double *value)
{
    static const double power[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const struct decimal d = take_apart(text, size);
    uint64_t digits = 0;
    int64_t point = d.point;

    if (d.end && d.end - d.first <= 16) {
        for (const uint8_t *at = d.first; at < d.end; at++)
            if (*at != '.') {
                digits = digits * 10 + (uint64_t)(*at - '0');
                point--;
            }
    }
    /* Both are exact as doubles, so one rounding is the right one. */
    if (digits > 0 && digits < UINT64_C(1) << 53 && point >= -22 && point <= 22)
        *value = point < 0 ? (double)digits / power[-point]
                           : (double)digits * power[point];
    else
        *value = d.first ? nearest(&d) : 0;
    if (d.negative)
        *value = -*value;
    return *value - *value == 0; /* not infinite */
}

bool rpc_json_number_float(double value, float *narrow)
{
    /* Half way from the largest float to what would be the next. */
    if (value >= 0x1.ffffffp127 || value <= -0x1.ffffffp127)
        return false;
    *narrow = (float)value;
    return true;
}

size_t rpc_json_number_print_integer(bool negative, uint64_t magnitude,
                                     char text[RPC_JSON_NUMBER])
{
    char backward[RPC_JSON_NUMBER];
    size_t n = 0, size = 0;

    do
        backward[n++] = (char)('0' + magnitude % 10);
    while (magnitude /= 10);
    if (negative)
        text[size++] = '-';
    while (n > 0)
        text[size++] = backward[--n];
    return size;
}

/* The shortest of what is read back the same, and by those that read a float
 * as a double, too: not above the largest.  The program stays in the C
 * locale. */
size_t rpc_json_number_print(double value, bool single,
                             char text[RPC_JSON_NUMBER])
{
    static const char minus_zero[] = {'-', '0', '.', '0'};
    const double size = value < 0 ? -value : value;
    uint64_t bits;
    int made = 0;

    REQUIRE(value - value == 0); /* finite */
    memcpy(&bits, &value, sizeof bits);
    if (size == 0 && bits != 0) {
        memcpy(text, minus_zero, sizeof minus_zero);
        return sizeof minus_zero;
    }
    if (size < 1e15 && (double)(uint64_t)size == size)
        return rpc_json_number_print_integer(value < 0, (uint64_t)size, text);
    for (int digits = single ? 6 : 15; digits <= 17; digits++) {
        double back;

        made = snprintf(text, RPC_JSON_NUMBER, "%.*g", digits, value);
        back = strtod(text, NULL);
        if (back == value ||
            (single && back <= FLOAT_MAX && back >= -FLOAT_MAX &&
             (float)back == (float)value))
            break;
    }
    REQUIRE(made > 0 && made < RPC_JSON_NUMBER);
    return (size_t)made;
}

#include "rpc/json_time.h"

#include <stdio.h>

#define POINT_MIN  INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define POINT_MAX  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define LENGTH_MAX INT64_C(315576000000)

enum { NANOS = 1000000000, DAY = 86400 };

/* Exactly `digits` digits at the front; they are taken off. */
static bool number(const char **at, const char *end, int digits, int *value)
{
    *value = 0;
    if (end - *at < digits)
        return false;
    for (; digits > 0; digits--, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool mark(const char **at, const char *end, char c)
{
    if (*at == end || **at != c)
        return false;
    (*at)++;
    return true;
}

/* Up to nine digits after a point, if there is one. */
static bool fraction(const char **at, const char *end, int32_t *nanos)
{
    int digits = 0;

    *nanos = 0;
    if (!mark(at, end, '.'))
        return true;
    while (*at < end && **at >= '0' && **at <= '9' && digits < 9) {
        *nanos = *nanos * 10 + (*(*at)++ - '0');
        digits++;
    }
    if (digits == 0)
        return false;
    for (; digits < 9; digits++)
        *nanos *= 10;
    return true;
}

/* Days since 1970 of a date of the Gregorian calendar: years begin in March,
 * so that the day too many is the last one. */
static int64_t days_of(int year, int month, int day)
{
    const int64_t y = month > 2 ? year : year - 1;
    const int64_t m = month > 2 ? month - 3 : month + 9;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 -
           719468;
}

static void date_of(int64_t days, int *year, int *month, int *day)
{
    const int64_t whole = days + 719468; /* ≥ 0 from year 1 on */
    const int64_t era = whole / 146097, in_era = whole % 146097;
    const int64_t y =
        (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
    const int64_t m = (5 * in_year + 2) / 153;

    *day = (int)(in_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

static bool date(const char **at, const char *end, int64_t *days)
{
    int year, month, day, y, m, d;

    if (!number(at, end, 4, &year) || !mark(at, end, '-') ||
        !number(at, end, 2, &month) || !mark(at, end, '-') ||
        !number(at, end, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *days = days_of(year, month, day);
    date_of(*days, &y, &m, &d);
    return m == month && d == day; /* no 30 February */
}

static bool offset(const char **at, const char *end, int *seconds)
{
    const bool east = mark(at, end, '+');
    int hours, minutes;

    *seconds = 0;
    if (!east && mark(at, end, 'Z'))
        return true;
    if ((!east && !mark(at, end, '-')) || !number(at, end, 2, &hours) ||
        !mark(at, end, ':') || !number(at, end, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *seconds = (hours * 60 + minutes) * (east ? 60 : -60);
    return true;
}

bool rpc_json_time_point(const char *text, size_t size,
                         struct rpc_json_time *time)
{
    const char *at = text, *end = text + size;
    int hour, minute, second, ahead;
    int64_t days;

    if (!date(&at, end, &days) || !mark(&at, end, 'T') ||
        !number(&at, end, 2, &hour) || !mark(&at, end, ':') ||
        !number(&at, end, 2, &minute) || !mark(&at, end, ':') ||
        !number(&at, end, 2, &second) || !fraction(&at, end, &time->nanos) ||
        !offset(&at, end, &ahead) || at != end)
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    time->seconds =
        days * DAY + hour * 3600 + minute * 60 + second - (int64_t)ahead;
    return time->seconds >= POINT_MIN && time->seconds <= POINT_MAX; /* Law 1 */
}

bool rpc_json_time_length(const char *text, size_t size,
                          struct rpc_json_time *time)
{
    const char *at = text, *end = text + size;
    const bool negative = mark(&at, end, '-');
    int64_t seconds = 0;

    if (at == end || *at < '0' || *at > '9')
        return false;
    while (at < end && *at >= '0' && *at <= '9' && seconds <= LENGTH_MAX)
        seconds = seconds * 10 + (*at++ - '0');
    if (!fraction(&at, end, &time->nanos) || !mark(&at, end, 's') ||
        at != end || seconds > LENGTH_MAX) /* Law 1 */
        return false;
    time->seconds = negative ? -seconds : seconds;
    time->nanos = negative ? -time->nanos : time->nanos;
    return true;
}

/* Law 2: none, three, six or nine digits of a second. */
static size_t print_fraction(int32_t nanos, char *text, size_t room)
{
    if (nanos == 0)
        return 0;
    if (nanos % 1000000 == 0)
        return (size_t)snprintf(text, room, ".%03d", nanos / 1000000);
    if (nanos % 1000 == 0)
        return (size_t)snprintf(text, room, ".%06d", nanos / 1000);
    return (size_t)snprintf(text, room, ".%09d", nanos);
}

size_t rpc_json_time_print_point(struct rpc_json_time time,
                                 char text[RPC_JSON_TIME])
{
    int64_t since, days, in_day;
    int year, month, day;
    size_t size;

    if (time.seconds < POINT_MIN || time.seconds > POINT_MAX ||
        time.nanos < 0 || time.nanos >= NANOS)
        return 0;
    since = time.seconds - POINT_MIN;
    days = since / DAY + POINT_MIN / DAY;
    in_day = since % DAY;
    date_of(days, &year, &month, &day);
    size = (size_t)snprintf(
        text, RPC_JSON_TIME, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
        (int)(in_day / 3600), (int)(in_day / 60 % 60), (int)(in_day % 60));
    size += print_fraction(time.nanos, text + size, RPC_JSON_TIME - size);
    text[size++] = 'Z';
    return size;
}

size_t rpc_json_time_print_length(struct rpc_json_time time,
                                  char text[RPC_JSON_TIME])
{
    const bool negative = time.seconds < 0 || time.nanos < 0;
    size_t size;

    if (time.seconds < -LENGTH_MAX || time.seconds > LENGTH_MAX ||
        time.nanos <= -NANOS || time.nanos >= NANOS ||
        (time.seconds < 0 && time.nanos > 0) ||
        (time.seconds > 0 && time.nanos < 0))
        return 0;
    size = (size_t)snprintf(
        text, RPC_JSON_TIME, "%s%lld", negative ? "-" : "",
        (long long)(time.seconds < 0 ? -time.seconds : time.seconds));
    size += print_fraction(time.nanos < 0 ? -time.nanos : time.nanos,
                           text + size, RPC_JSON_TIME - size);
    text[size++] = 's';
    return size;
}

#include "rpc/json_time.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"

enum { NANOS = 1000000000 };

static void points(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanos;
    } good[] = {{"1970-01-01T00:00:00Z", 0, 0},
                {"1969-12-31T23:59:59.5Z", -1, NANOS / 2},
                {"2024-02-29T12:34:56.000000001Z", 1709210096, 1},
                {"2000-02-29T00:00:00+00:00", 951782400, 0},
                {"2024-01-01T00:00:00+01:30", 1704061800, 0},
                {"2024-01-01T00:00:00-23:59", 1704153540, 0},
                {"0001-01-01T00:00:00Z", -62135596800, 0},
                {"9999-12-31T23:59:59.999999999Z", 253402300799, NANOS - 1}};
    static const char *const bad[] = {"",
                                      "Z",
                                      "2023-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2024-04-31T00:00:00Z",
                                      "2024-00-01T00:00:00Z",
                                      "2024-13-01T00:00:00Z",
                                      "2024-01-00T00:00:00Z",
                                      "2024-01-32T00:00:00Z",
                                      "2024-01-01T24:00:00Z",
                                      "2024-01-01T00:60:00Z",
                                      "2024-01-01T00:00:60Z",
                                      "2024-01-01T00:00:00",
                                      "2024-01-01T00:00:00z",
                                      "2024-01-01t00:00:00Z",
                                      "2024-01-01 00:00:00Z",
                                      "2024-01-01T00:00:00.Z",
                                      "2024-01-01T00:00:00.1234567890Z",
                                      "2024-01-01T00:00:00Zx",
                                      "2024-01-01T00:00:00+24:00",
                                      "2024-01-01T00:00:00+00:60",
                                      "2024-01-01T00:00:00+0000",
                                      "2024-1-01T00:00:00Z",
                                      "0000-12-31T23:59:59Z",
                                      "10000-01-01T00:00:00Z",
                                      "0001-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01"}; /* Law 1 */
    struct rpc_json_time time;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(rpc_json_time_point(good[i].text, strlen(good[i].text), &time));
        CHECK(time.seconds == good[i].seconds && time.nanos == good[i].nanos);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!rpc_json_time_point(bad[i], strlen(bad[i]), &time));
}

static void lengths(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanos;
    } good[] = {{"0s", 0, 0},
                {"-0s", 0, 0},
                {"1.5s", 1, NANOS / 2},
                {"-0.000000001s", 0, -1},
                {"-1.1s", -1, -NANOS / 10},
                {"007s", 7, 0},
                {"315576000000.999999999s", 315576000000, NANOS - 1},
                {"-315576000000s", -315576000000, 0}};
    static const char *const bad[] = {"",
                                      "s",
                                      "1",
                                      "-s",
                                      "+1s",
                                      ".5s",
                                      "1.s",
                                      "1 s",
                                      " 1s",
                                      "1S",
                                      "1e3s",
                                      "--1s",
                                      "1.-5s",
                                      "1.1234567890s",
                                      "315576000001s",
                                      "-315576000001s",
                                      "99999999999999999999999999s",
                                      "1sx"}; /* Law 1 */
    struct rpc_json_time time;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(rpc_json_time_length(good[i].text, strlen(good[i].text), &time));
        CHECK(time.seconds == good[i].seconds && time.nanos == good[i].nanos);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!rpc_json_time_length(bad[i], strlen(bad[i]), &time));
}

/* Law 1, from the other side. */
static void outside(void)
{
    static const struct rpc_json_time point[] = {
        {-62135596801, 0}, {253402300800, 0}, {0, -1},
        {0, NANOS},        {INT64_MIN, 0},    {INT64_MAX, 0}};
    static const struct rpc_json_time length[] = {
        {315576000001, 0}, {-315576000001, 0}, {0, NANOS}, {0, -NANOS}, {1, -1},
        {-1, 1},           {INT64_MIN, 0}};
    char text[RPC_JSON_TIME];

    for (size_t i = 0; i < sizeof point / sizeof *point; i++)
        CHECK(rpc_json_time_print_point(point[i], text) == 0);
    for (size_t i = 0; i < sizeof length / sizeof *length; i++)
        CHECK(rpc_json_time_print_length(length[i], text) == 0);
}

/* Law 2: days of ten thousand years, and times of all precisions. */
static void there_and_back(void)
{
    static const int32_t units[] = {0, 1, 1000, 1000000};
    char text[RPC_JSON_TIME];
    struct rpc_json_time time, back;
    uint64_t chance = 1;
    bool all = true;

    for (int64_t day = -719162; day <= 2932896; day += 13) {
        const int32_t unit = units[chance_below(&chance, 4)];
        size_t size;

        time.seconds = day * 86400 + (int64_t)chance_below(&chance, 86400);
        time.nanos =
            unit ? (int32_t)chance_below(&chance, (uint64_t)(NANOS / unit)) *
                       unit
                 : 0;
        size = rpc_json_time_print_point(time, text);
        all = all && size > 0 && rpc_json_time_point(text, size, &back) &&
              back.seconds == time.seconds && back.nanos == time.nanos;
        time.seconds = (int64_t)chance_below(&chance, 315576000001);
        if (day % 2 == 0) {
            time.seconds = -time.seconds;
            time.nanos = -time.nanos;
        }
        size = rpc_json_time_print_length(time, text);
        all = all && size > 0 && rpc_json_time_length(text, size, &back) &&
              back.seconds == time.seconds && back.nanos == time.nanos;
    }
    CHECK(all);
    time = (struct rpc_json_time){1, 5000000};
    CHECK(rpc_json_time_print_length(time, text) == 6);
    CHECK(memcmp(text, "1.005s", 6) == 0);
    CHECK(rpc_json_time_print_point(time, text) == 24);
    CHECK(memcmp(text, "1970-01-01T00:00:01.005Z", 24) == 0);
}

int main(void)
{
    points();
    lengths();
    outside();
    there_and_back();
    return check_report("rpc/json_time");
}

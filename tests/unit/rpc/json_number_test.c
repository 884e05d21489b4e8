#include "rpc/json_number.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"

/* Law 1 */
static void integers(void)
{
    static const struct {
        const char *text;
        bool good, negative;
        uint64_t magnitude;
    } cases[] = {{"0", true, false, 0},
                 {"-0", true, true, 0},
                 {"7", true, false, 7},
                 {"-7", true, true, 7},
                 {"18446744073709551615", true, false, UINT64_MAX},
                 {"18446744073709551616", false, false, 0},
                 {"-18446744073709551615", true, true, UINT64_MAX},
                 {"99999999999999999999", false, false, 0},
                 {"9007199254740993", true, false, 9007199254740993},
                 {"9007199254740993.0", true, false, 9007199254740993},
                 {"1.8446744073709551615e19", true, false, UINT64_MAX},
                 {"1.8446744073709551616e19", false, false, 0},
                 {"1e19", true, false, UINT64_C(10000000000000000000)},
                 {"1e20", false, false, 0},
                 {"1e3", true, false, 1000},
                 {"1E+3", true, false, 1000},
                 {"1000e-3", true, false, 1},
                 {"1000e-4", false, false, 0},
                 {"10.0", true, false, 10},
                 {"10.50", false, false, 0},
                 {"10.50e1", true, false, 105},
                 {"10.5e2", true, false, 1050},
                 {"0.001e3", true, false, 1},
                 {"0.001e2", false, false, 0},
                 {"0e999999999999999999", true, false, 0},
                 {"0.000e-99999999999999", true, false, 0},
                 {"1e999999999999999999", false, false, 0},
                 {"1e100000", false, false, 0},
                 {"1e1000000000", false, false, 0},
                 {"1e-999999999999999999", false, false, 0},
                 {"0.5", false, false, 0},
                 {"-1.5", false, true, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t magnitude = 1;
        bool negative = !cases[i].negative;

        CHECK(rpc_json_number_integer((const uint8_t *)cases[i].text,
                                      strlen(cases[i].text), &negative,
                                      &magnitude) == cases[i].good);
        CHECK(negative == cases[i].negative);
        CHECK(!cases[i].good || magnitude == cases[i].magnitude);
    }
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static double read_double(const char *text)
{
    double value = -1;

    CHECK(rpc_json_number_double((const uint8_t *)text, strlen(text), &value));
    return value;
}

/* Law 2: against strtod(), which rounds right. */
static void doubles(void)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "0.1",
        "-2.5",
        "1e22",
        "1e23",
        "9007199254740993",
        "123456789012345678",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1e-400",
        "0.000000000000000000000000000000000000000001e42",
        "5e-1",
        "1.0e-5",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "8.5e-22",
        "6.0221407600000000e23"};
    static char longest[2000];
    double value;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(same_bits(read_double(texts[i]), strtod(texts[i], NULL)));
    CHECK(!rpc_json_number_double((const uint8_t *)"1e309", 5, &value));
    CHECK(!rpc_json_number_double((const uint8_t *)"-1e309", 6, &value));
    CHECK(!rpc_json_number_double((const uint8_t *)"1.797693134862315808e308",
                                  24, &value));
    /* Half way between two doubles, told by the last of very many digits. */
    (void)strcpy(longest, "9007199254740993.");
    memset(longest + 17, '0', 1900);
    CHECK(same_bits(read_double(longest), 9007199254740992.0));
    longest[1900] = '1';
    CHECK(same_bits(read_double(longest), 9007199254740994.0));
}

/* Law 2: every pattern of bits comes back. */
static void there_and_back(void)
{
    uint64_t chance = 1;
    int single = 0;

    for (int run = 0; run < 60000; run++) {
        char text[RPC_JSON_NUMBER + 1];
        uint64_t bits = chance_next(&chance);
        uint32_t low = (uint32_t)bits;
        double value;
        float narrow, back;

        if (run % 3 == 0)
            bits &= UINT64_C(0xfff0000000000000) | chance_next(&chance) >> 40;
        memcpy(&value, &bits, sizeof value);
        memcpy(&narrow, &low, sizeof narrow);
        if (value - value == 0) {
            text[rpc_json_number_print(value, false, text)] = '\0';
            CHECK(same_bits(read_double(text), value));
            CHECK(same_bits(strtod(text, NULL), value));
        }
        if (narrow - narrow == 0) {
            text[rpc_json_number_print((double)narrow, true, text)] = '\0';
            CHECK(rpc_json_number_float(read_double(text), &back));
            CHECK(memcmp(&back, &narrow, sizeof back) == 0);
            single++;
        }
    }
    CHECK(single > 50000);
}

static void texts(void)
{
    static const struct {
        double value;
        bool single;
        const char *text;
    } cases[] = {{0, false, "0"},
                 {-0.0, false, "-0.0"},
                 {1, false, "1"},
                 {-12345, true, "-12345"},
                 {0.1, false, "0.1"},
                 {(double)0.1f, true, "0.1"},
                 {1e15, false, "1e+15"},
                 {999999999999999, false, "999999999999999"},
                 {0x1.fffffep127, true, "3.402823466e+38"},
                 {5e-324, false, "4.94065645841247e-324"}};
    char text[RPC_JSON_NUMBER];
    float narrow;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size =
            rpc_json_number_print(cases[i].value, cases[i].single, text);

        CHECK(size == strlen(cases[i].text));
        CHECK(memcmp(text, cases[i].text, size) == 0);
    }
    CHECK(rpc_json_number_float(3.4028235e38, &narrow));
    CHECK(!rpc_json_number_float(3.4028236e38, &narrow));
    CHECK(!rpc_json_number_float(-3.5e38, &narrow));
    CHECK(rpc_json_number_print_integer(true, (uint64_t)1 << 63, text) == 20);
    CHECK(memcmp(text, "-9223372036854775808", 20) == 0);
}

int main(void)
{
    integers();
    doubles();
    there_and_back();
    texts();
    return check_report("rpc/json_number");
}

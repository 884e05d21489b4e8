#include "rpc/trace.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "rpc_echo.h"

#define ID     "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"
#define GOOD   "00-" ID "-" PARENT "-01"

/* Law 1, the letter of the specification: section 3.2 and its examples. */
static void cases(void)
{
    static const struct {
        const char *text;
        bool good;
    } all[] = {{GOOD, true},
               {"00-" ID "-" PARENT "-03", true},
               {"00-" ID "-" PARENT "-ff", true},
               {"01-" ID "-" PARENT "-01", true},
               {"fe-" ID "-" PARENT "-01-more", true},
               {"cc-" ID "-" PARENT "-01-", true},
               {"00-00000000000000000000000000000001-" PARENT "-01", true},
               {"00-10000000000000000000000000000000-" PARENT "-01", true},
               {"00-" ID "-0000000000000001-01", true},
               /* Law 2: not sampled */
               {"00-" ID "-" PARENT "-00", false},
               {"00-" ID "-" PARENT "-02", false},
               {"00-" ID "-" PARENT "-fe", false},
               /* not valid */
               {"", false},
               {"00", false},
               {"ff-" ID "-" PARENT "-01", false},
               {"0-" ID "-" PARENT "-01", false},
               {"000-" ID "-" PARENT "-01", false},
               {"0x-" ID "-" PARENT "-01", false},
               {"0A-" ID "-" PARENT "-01", false},
               {GOOD "-", false},
               {GOOD "-more", false},
               {GOOD " ", false},
               {" " GOOD, false},
               {"cc-" ID "-" PARENT "-01.more", false},
               {"cc-" ID "-" PARENT "-012", false},
               {"cc-" ID "-" PARENT "-0", false},
               {"00-" ID "-" PARENT "-1", false},
               {"00-" ID "-" PARENT "-0g", false},
               {"00-" ID "-" PARENT "-0A", false},
               {"00-00000000000000000000000000000000-" PARENT "-01", false},
               {"00-" ID "-0000000000000000-01", false},
               {"00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01", false},
               {"00-" ID "-B7AD6B7169203331-01", false},
               {"00-0af7651916cd43dd8448eb211c8031-" PARENT "-01", false},
               {"00-.af7651916cd43dd8448eb211c80319c-" PARENT "-01", false},
               {"00_" ID "-" PARENT "-01", false},
               {"00-" ID "_" PARENT "-01", false},
               {"00-" ID "-" PARENT "_01", false}};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t id[2] = {7, 7};

        CHECK(rpc_trace_read(all[i].text, strlen(all[i].text), id) ==
              all[i].good);
        CHECK(all[i].good == (id[0] != 0 || id[1] != 0));
    }
}

/* What it says, by a slow reading of the text. */
static bool model(const char *text, size_t size, char id[33])
{
    static const char shape[] =
        "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
    bool zero = true;

    if (size < 55)
        return false;
    for (int i = 0; i < 55; i++)
        if (shape[i] == '-' ? text[i] != '-'
                            : !memchr("0123456789abcdef", text[i], 16))
            return false;
    if (memcmp(text, "ff", 2) == 0)
        return false;
    if (memcmp(text, "00", 2) == 0 && size > 55)
        return false;
    if (size > 55 && text[55] != '-')
        return false;
    for (int i = 3; i < 35; i++)
        zero = zero && text[i] == '0';
    if (zero || memcmp(text + 36, "0000000000000000", 16) == 0)
        return false;
    memcpy(id, text + 3, 32);
    id[32] = '\0';
    return memchr("13579bdf", text[54], 8) != NULL;
}

/* Law 1: good ones, with something done to them. */
static void mutated(void)
{
    static const char bytes[] = "0123456789abcdefABCDEF-g_ \n";
    uint64_t chance = 11;
    int good = 0;

    for (int i = 0; i < 200000; i++) {
        char text[80] = GOOD "-more", expected[33], got[33];
        size_t size = 55 + chance_below(&chance, 2) * 5;
        uint64_t id[2];
        bool valid;

        for (uint64_t n = chance_below(&chance, 3); n > 0; n--)
            text[chance_below(&chance, size)] =
                bytes[chance_below(&chance, sizeof bytes - 1)];
        if (chance_below(&chance, 8) == 0)
            memset(text + 3, '0', 32);
        if (chance_below(&chance, 8) == 0)
            memset(text + 36, '0', 16);
        if (chance_below(&chance, 8) == 0)
            size = chance_below(&chance, size + 1);
        valid = model(text, size, expected);
        CHECK(rpc_trace_read(text, size, id) == valid);
        if (!valid) {
            CHECK(id[0] == 0 && id[1] == 0);
            continue;
        }
        good++;
        (void)snprintf(got, sizeof got, "%016llx%016llx",
                       (unsigned long long)id[0], (unsigned long long)id[1]);
        CHECK(strcmp(got, expected) == 0);
    }
    CHECK(good > 5000);
}

/* Law 1: twice is none, however good each is. */
static void of_requests(void)
{
    static const struct http_field fields[] = {HTTP_FIELD("tracestate", GOOD),
                                               HTTP_FIELD("traceparent", GOOD),
                                               HTTP_FIELD("traceparent", GOOD)};

    for (size_t count = 0; count <= 3; count++) {
        struct rpc_world world = {0};
        Grpc__Testing__SimpleRequest request =
            GRPC__TESTING__SIMPLE_REQUEST__INIT;
        struct http_exchange *exchange;
        struct result result;
        uint64_t id[2];

        world_open(&world);
        exchange = rpc_world_call(&world, &result, SERVICE "CacheableUnaryCall",
                                  fields, count);
        rpc_world_send(exchange, &request);
        rpc_world_end(exchange);
        wire_run(&world.wire);
        LIST_EACH (node, &world.wire.server.all) {
            rpc_trace_of(LIST_ENTRY(node, struct http_exchange, by_session),
                         id);
            CHECK((id[0] == 0x0af7651916cd43dd) == (count == 2));
            CHECK((id[1] == 0x8448eb211c80319c) == (count == 2));
        }
        CHECK(world.wire.server.exchanges == 1);
        rpc_world_close(&world);
    }
}

int main(void)
{
    cases();
    mutated();
    of_requests();
    return check_report("rpc/trace");
}

/* JSON per second: a message of our API printed, read, and read to the struct
 * that a handler gets, beside the same from protobuf bytes.  CPU time.  Prints;
 * asserts nothing.
 * Usage: json_bench TYPE < MESSAGE, as protobuf bytes */
#include "rpc/json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/require.h"
#include "pb/kindred.api.h"
#include "rpc/scan.h"

enum { MOST = 1 << 20, BUDGET = 8 << 20 };

enum what { PRINT, PARSE, TAKE_JSON, TAKE_PROTO, WHATS };

static const char *const names[WHATS] = {"print", "read", "read and unpack",
                                         "unpack protobuf"};
static struct rpc_json json;
static struct rpc_scratch scratch;
static const ProtobufCMessageDescriptor *type;
static struct buf text, wire, out;

static double seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static ProtobufCMessage *unpack(const struct buf *bytes)
{
    ProtobufCMessage *message;

    rpc_scratch_reset(&scratch);
    REQUIRE(rpc_scan(type, buf_head(bytes), buf_size(bytes),
                     RPC_SCAN_ELEMENTS) == ERR_NONE);
    message = protobuf_c_message_unpack(type, rpc_scratch_allocator(&scratch),
                                        buf_size(bytes), buf_head(bytes));
    REQUIRE(message);
    return message;
}

static void parse(void)
{
    buf_truncate(&out, 0);
    REQUIRE(rpc_json_parse(&json, type, buf_head(&text), buf_size(&text),
                           &out) == ERR_NONE);
}

static void once(enum what what, const ProtobufCMessage *message)
{
    switch (what) {
    case PRINT:
        buf_truncate(&out, 0);
        REQUIRE(rpc_json_print(&json, message, &out) == ERR_NONE);
        break;
    case PARSE:
        parse();
        break;
    case TAKE_JSON:
        parse();
        (void)unpack(&out);
        break;
    case TAKE_PROTO:
        (void)unpack(&wire);
        break;
    case WHATS:
        break;
    }
}

static void measure(enum what what, const ProtobufCMessage *message)
{
    const double began = seconds();
    double took = 0;
    long runs = 0;

    while (took < 0.5) {
        for (int i = 0; i < 20; i++)
            once(what, message);
        runs += 20;
        took = seconds() - began;
    }
    (void)printf("%s: %.2f us, %.0f MB/s of %zu bytes of JSON\n", names[what],
                 took * 1e6 / (double)runs,
                 (double)buf_size(&text) * (double)runs / took / 1e6,
                 buf_size(&text));
}

int main(int argc, char **argv)
{
    ProtobufCMessage *message;
    uint8_t *room;

    for (size_t i = 0; argc == 2 && i < kindred_api.messages_count; i++)
        if (strcmp(kindred_api.messages[i].type->name, argv[1]) == 0)
            type = kindred_api.messages[i].type;
    if (!type)
        return 1;
    rpc_json_init(&json, &kindred_api, false);
    rpc_scratch_init(&scratch, BUDGET);
    buf_init(&wire, MOST);
    buf_init(&text, MOST);
    buf_init(&out, MOST);
    room = buf_reserve(&wire, MOST);
    REQUIRE(room);
    buf_commit(&wire, fread(room, 1, MOST, stdin));
    message =
        protobuf_c_message_unpack(type, NULL, buf_size(&wire), buf_head(&wire));
    REQUIRE(message);
    REQUIRE(rpc_json_print(&json, message, &text) == ERR_NONE);
    for (int what = 0; what < WHATS; what++)
        measure((enum what)what, message);
    protobuf_c_message_free_unpacked(message, NULL);
    rpc_scratch_reset(&scratch);
    buf_close(&wire);
    buf_close(&text);
    buf_close(&out);
    return 0;
}

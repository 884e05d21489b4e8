#include "rpc/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "pb/testing.api.h"

#define TREE (&grpc__testing__tree__descriptor)

static enum err scan(const void *bytes, size_t size)
{
    /* On memory of its own size, so that a sanitizer sees Law 2. */
    uint8_t *copy = malloc(size ? size : 1);
    enum err err;

    memcpy(copy, bytes, size);
    err = rpc_scan(TREE, copy, size, RPC_SCAN_ELEMENTS);
    free(copy);
    return err;
}

/* Levels of Tree.one in each other, innermost empty; the size of it. */
static size_t nest(uint8_t *out, size_t levels)
{
    size_t size = 0;
    uint8_t *at = out + 4096;

    for (size_t i = 0; i < levels; i++) {
        uint8_t head[4];
        size_t width = 0;

        head[width++] = 5 << 3 | 2;
        if (size < 128) {
            head[width++] = (uint8_t)size;
        } else {
            head[width++] = (uint8_t)(size | 0x80);
            head[width++] = (uint8_t)(size >> 7);
        }
        at -= width;
        memcpy(at, head, width);
        size += width;
    }
    memmove(out, at, size);
    return size;
}

/* Law 1: depth. */
static void depth(void)
{
    static uint8_t bytes[8192];
    size_t size = nest(bytes, RPC_SCAN_DEPTH - 1);

    CHECK(scan(bytes, size) == ERR_NONE);
    size = nest(bytes, RPC_SCAN_DEPTH);
    CHECK(scan(bytes, size) == ERR_BUDGET);
    size = nest(bytes, 1300);
    CHECK(scan(bytes, size) == ERR_BUDGET);
}

/* Law 1: elements, whatever their kind. */
static void elements(void)
{
    static uint8_t bytes[70000];

    memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < 2 * RPC_SCAN_ELEMENTS; i += 2)
        bytes[i] = 1 << 3 | 2; /* empty children */
    CHECK(scan(bytes, (size_t)2 * RPC_SCAN_ELEMENTS) == ERR_NONE);
    bytes[(size_t)2 * RPC_SCAN_ELEMENTS] = 1 << 3 | 2;
    CHECK(scan(bytes, (size_t)2 * RPC_SCAN_ELEMENTS + 2) == ERR_BUDGET);

    /* Packed varints: number = 3; 0x4000 of them cost one more than allowed. */
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 3 << 3 | 2;
    bytes[1] = 0x80;
    bytes[2] = 0x80;
    bytes[3] = 1;
    CHECK(scan(bytes, 4 + 16384) == ERR_BUDGET);
    bytes[1] = 0xff;
    bytes[2] = 0x7f;
    bytes[3] = 0;
    CHECK(scan(bytes, 3 + 16383) == ERR_NONE);
    /* Packed fixed32 = 7. */
    bytes[0] = 7 << 3 | 2;
    bytes[1] = 0x80;
    bytes[2] = 0x80;
    bytes[3] = 4;
    CHECK(scan(bytes, 4 + 65536) == ERR_BUDGET);
    bytes[1] = 6;
    CHECK(scan(bytes, 8) == ERR_PROTO); /* not a multiple of 4 */
}

/* Law 1: strings. */
static void strings(void)
{
    static const struct {
        const char *bytes;
        enum err err;
    } cases[] = {{"plain", ERR_NONE},
                 {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8a", ERR_NONE},
                 {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", ERR_NONE},
                 {"\xff", ERR_PROTO},
                 {"\x80", ERR_PROTO},
                 {"\xc0\x80", ERR_PROTO},
                 {"\xc1\xbf", ERR_PROTO},
                 {"\xe0\x9f\xbf", ERR_PROTO},
                 {"\xed\xa0\x80", ERR_PROTO},
                 {"\xf0\x8f\xbf\xbf", ERR_PROTO},
                 {"\xf4\x90\x80\x80", ERR_PROTO},
                 {"\xf5\x80\x80\x80", ERR_PROTO},
                 {"ab\xc3", ERR_PROTO},
                 {"ab\xe2\x82", ERR_PROTO},
                 {"\xe2\x82z", ERR_PROTO},
                 {"eight or more of ASCII \xc3\xa9, and more", ERR_NONE},
                 {"1234567\xff", ERR_PROTO},
                 {"\x80"
                  "1234567",
                  ERR_PROTO},
                 {"123456789012\xc3", ERR_PROTO}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[64] = {2 << 3 | 2, (uint8_t)strlen(cases[i].bytes)};

        memcpy(bytes + 2, cases[i].bytes, strlen(cases[i].bytes));
        CHECK(scan(bytes, 2 + strlen(cases[i].bytes)) == cases[i].err);
    }
    CHECK(scan("\x12\x03"
               "a\0b",
               5) == ERR_PROTO); /* a zero byte */
    for (size_t at = 0; at < 24; at++) {
        uint8_t bytes[] = "abcdefghijklmnopqrstuvwx";

        CHECK(rpc_scan_utf8(bytes, 24));
        bytes[at] = 0;
        CHECK(!rpc_scan_utf8(bytes, 24));
        bytes[at] = 0x80;
        CHECK(!rpc_scan_utf8(bytes, 24));
    }
}

static void malformed(void)
{
    CHECK(scan("", 0) == ERR_NONE);
    CHECK(scan("\0\0", 2) == ERR_PROTO); /* field 0 */
    CHECK(scan("\x12", 1) == ERR_PROTO); /* no length */
    CHECK(scan("\x12\x05"
               "ab",
               4) == ERR_PROTO);               /* cut */
    CHECK(scan("\x13\x14", 2) == ERR_PROTO);   /* a group */
    CHECK(scan("\x09\1\2\3", 4) == ERR_PROTO); /* short fixed64 */
    CHECK(scan("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 11) == ERR_PROTO);
    CHECK(scan("\xf8\xff\xff\xff\x7f\1", 6) == ERR_PROTO); /* a huge tag */
    CHECK(scan("\xaa\x06\x02zz", 5) == ERR_NONE);          /* unknown field */
    CHECK(scan("\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10) == ERR_PROTO);
    CHECK(scan("\x1a\x01\x80", 3) == ERR_PROTO); /* packed, cut inside */
}

/* Whatever is scanned and passes is unpacked; whatever else, never harmful.
 * The slow, obvious model is protobuf-c itself. */
static void random_history(void)
{
    uint64_t chance = 1;
    int passed = 0;

    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[48];
        size_t size = chance_below(&chance, sizeof bytes);

        for (size_t i = 0; i < size; i++) {
            static const uint8_t likely[] = {0x0a, 0x12, 0x18, 0x1a, 0x22, 0x2a,
                                             0x32, 0x3a, 0x3d, 0x42, 1,    2};
            uint64_t dice = chance_next(&chance);

            bytes[i] = dice % 4 ? likely[(dice >> 8) % sizeof likely]
                                : (uint8_t)(dice >> 16);
        }
        if (scan(bytes, size) == ERR_NONE) {
            ProtobufCMessage *message =
                protobuf_c_message_unpack(TREE, NULL, size, bytes);

            passed += message != NULL;
            if (message)
                protobuf_c_message_free_unpacked(message, NULL);
        }
    }
    CHECK(passed > 300);
}

int main(void)
{
    depth();
    elements();
    strings();
    malformed();
    random_history();
    return check_report("rpc/scan");
}

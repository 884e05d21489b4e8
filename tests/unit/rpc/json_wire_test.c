#include "rpc/json_wire.h"

#include <string.h>

#include "check.h"
#include "fail_malloc.h"

static void numbers(void)
{
    static const uint8_t want[] = {
        0x00, 0x7f, 0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x01, 4,    3,    2,    1,    0xfa, 0xff, 0xff, 0xff, 0x0f};
    struct buf out;

    buf_init(&out, 100);
    CHECK(rpc_json_wire_varint(&out, 0) == ERR_NONE); /* Law 1 */
    CHECK(rpc_json_wire_varint(&out, 127) == ERR_NONE);
    CHECK(rpc_json_wire_varint(&out, 128) == ERR_NONE);
    CHECK(rpc_json_wire_varint(&out, UINT64_MAX) == ERR_NONE);
    CHECK(rpc_json_wire_fixed(&out, 0x01020304, 4) == ERR_NONE);
    CHECK(rpc_json_wire_tag(&out, 536870911, RPC_JSON_WIRE_BYTES) == ERR_NONE);
    CHECK(buf_size(&out) == sizeof want);
    CHECK(memcmp(buf_head(&out), want, sizeof want) == 0);
    buf_close(&out);
}

static size_t width_of(size_t size)
{
    return size < 128 ? 1 : size < 16384 ? 2 : 3;
}

/* Law 1: whatever is inside, its length takes no more than it must. */
static void lengths(void)
{
    static const size_t sizes[] = {0, 1, 127, 128, 129, 16383, 16384, 70000};
    static uint8_t bytes[70000];
    struct buf out;

    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t size = sizes[i], width = width_of(size);
        const size_t whole = 1 + width + size;
        size_t outer, inner;

        buf_init(&out, 80000);
        CHECK(buf_append(&out, "before", 6) == ERR_NONE);
        CHECK(rpc_json_wire_open(&out, 1, &outer) == ERR_NONE);
        CHECK(rpc_json_wire_open(&out, 2, &inner) == ERR_NONE);
        CHECK(rpc_json_wire_put(&out, bytes, size) == ERR_NONE);
        CHECK(rpc_json_wire_close(&out, inner) == ERR_NONE);
        CHECK(rpc_json_wire_close(&out, outer) == ERR_NONE);
        CHECK(memcmp(buf_head(&out), "before\x0a", 7) == 0);
        CHECK(buf_size(&out) == 6 + 1 + width_of(whole) + whole);
        CHECK(memcmp(buf_head(&out) + buf_size(&out) - size, bytes, size) == 0);
        CHECK(buf_head(&out)[buf_size(&out) - size - width - 1] == 0x12);
        CHECK(buf_head(&out)[buf_size(&out) - size - width] ==
              (uint8_t)(size < 128 ? size : size | 0x80));
        buf_close(&out);
    }
}

static void limits(void)
{
    struct buf out;
    size_t at;

    buf_init(&out, 130);
    CHECK(rpc_json_wire_open(&out, 1, &at) == ERR_NONE);
    memset(buf_reserve(&out, 128), 'x', 128);
    buf_commit(&out, 128);
    CHECK(rpc_json_wire_close(&out, at) == ERR_TOO_LARGE);
    CHECK(rpc_json_wire_put(&out, "", 0) == ERR_NONE);
    CHECK(rpc_json_wire_put(&out, "x", 1) == ERR_TOO_LARGE);
    buf_close(&out);
    fail_malloc_start(1);
    CHECK(rpc_json_wire_put(&out, "x", 1) == ERR_NOMEM);
    CHECK(fail_malloc_stop());
    CHECK(buf_size(&out) == 0);
}

int main(void)
{
    numbers();
    lengths();
    limits();
    return check_report("rpc/json_wire");
}

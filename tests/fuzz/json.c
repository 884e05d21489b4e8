/* fuzz/json -- any text as a message, and any message as text.
 *
 * The first byte says of which type, and its highest bit whether what follows
 * is protobuf; the second byte's lowest bit, whether unknown fields are
 * skipped.  What is read passes the scan and is printed; what is printed is
 * read as the same and printed the same; what fails leaves nothing behind. */
#include "rpc/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "fuzz.h"
#include "pb/testing.api.h"
#include "rpc/scan.h"

enum { MOST = 16 << 20 };

static const ProtobufCMessageDescriptor *const types[] = {
    &json__testing__kinds__descriptor,
    &json__testing__lists__descriptor,
    &json__testing__maps__descriptor,
    &json__testing__choices__descriptor,
    &json__testing__known__descriptor,
    &json__testing__names__descriptor,
    &google__protobuf__any__descriptor,
    &google__protobuf__value__descriptor,
    &google__protobuf__struct__descriptor,
    &google__protobuf__double_value__descriptor,
    &google__protobuf__timestamp__descriptor,
    &google__protobuf__duration__descriptor,
    &google__protobuf__field_mask__descriptor,
    &grpc__testing__tree__descriptor,
    &kindred__v1__put_card_request__descriptor,
    &google__rpc__status__descriptor};

/* False: there is no such message. */
static bool print(struct rpc_json *json, const ProtobufCMessageDescriptor *type,
                  const uint8_t *bytes, size_t size, struct buf *text)
{
    ProtobufCMessage *message;
    enum err err;

    if (rpc_scan(type, bytes, size, RPC_SCAN_ELEMENTS) != ERR_NONE)
        return false;
    message = protobuf_c_message_unpack(type, NULL, size, bytes);
    if (!message)
        return false;
    err = rpc_json_print(json, message, text);
    protobuf_c_message_free_unpacked(message, NULL);
    REQUIRE(err == ERR_NONE || buf_size(text) == 0);
    REQUIRE(err == ERR_NONE || err == ERR_INTERNAL || err == ERR_BUDGET);
    return err == ERR_NONE;
}

/* Text that we printed: read and printed again it is the same. */
static void stable(struct rpc_json *json,
                   const ProtobufCMessageDescriptor *type,
                   const struct buf *text)
{
    struct buf wire, again;

    buf_init(&wire, MOST);
    buf_init(&again, MOST);
    REQUIRE(rpc_json_parse(json, type, buf_head(text), buf_size(text), &wire) ==
            ERR_NONE);
    REQUIRE(print(json, type, buf_head(&wire), buf_size(&wire), &again));
    REQUIRE(buf_size(text) == buf_size(&again));
    REQUIRE(memcmp(buf_head(text), buf_head(&again), buf_size(text)) == 0);
    buf_close(&wire);
    buf_close(&again);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ProtobufCMessageDescriptor *type;
    static struct rpc_json json;
    struct buf wire, text;
    enum err err;

    if (size < 2)
        return 0;
    type = types[(data[0] & 0x7f) % (sizeof types / sizeof *types)];
    rpc_json_init(&json, &testing_api, data[1] & 1);
    buf_init(&wire, MOST);
    buf_init(&text, MOST);
    if (data[0] & 0x80) {
        if (print(&json, type, data + 2, size - 2, &text))
            stable(&json, type, &text);
    } else {
        err = rpc_json_parse(&json, type, data + 2, size - 2, &wire);
        REQUIRE(err == ERR_NONE || buf_size(&wire) == 0);
        if (err == ERR_NONE) {
            REQUIRE(rpc_scan(type, buf_head(&wire), buf_size(&wire), MOST) ==
                    ERR_NONE);
            if (print(&json, type, buf_head(&wire), buf_size(&wire), &text))
                stable(&json, type, &text);
        }
    }
    buf_close(&wire);
    buf_close(&text);
    return 0;
}

/* rpc_json -- JSON to a message and to JSON again, for the tests of rpc/json. */
#ifndef RPC_JSON_TEST_H
#define RPC_JSON_TEST_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "pb/testing.api.h"
#include "rpc/json.h"
#include "rpc/scan.h"

enum { MOST = 1 << 20 };

#define KINDS   (&json__testing__kinds__descriptor)
#define LISTS   (&json__testing__lists__descriptor)
#define MAPS    (&json__testing__maps__descriptor)
#define CHOICES (&json__testing__choices__descriptor)
#define KNOWN   (&json__testing__known__descriptor)
#define NAMES   (&json__testing__names__descriptor)
#define VALUE   (&google__protobuf__value__descriptor)
#define TREE    (&grpc__testing__tree__descriptor)

static struct rpc_json json;

/* Text to bytes to text again; *back is to be freed. */
static inline enum err again(const ProtobufCMessageDescriptor *type,
                             const char *text, size_t size, char **back)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    ProtobufCMessage *message;
    struct buf wire, out;
    enum err err;

    memcpy(copy, text, size);
    buf_init(&wire, MOST);
    buf_init(&out, MOST);
    err = rpc_json_parse(&json, type, copy, size, &wire);
    free(copy);
    *back = NULL;
    if (err == ERR_NONE) {
        CHECK(rpc_scan(type, buf_head(&wire), buf_size(&wire), MOST) ==
              ERR_NONE);
        message = protobuf_c_message_unpack(type, NULL, buf_size(&wire),
                                            buf_head(&wire));
        CHECK(message != NULL);
        CHECK(rpc_json_print(&json, message, &out) == ERR_NONE);
        protobuf_c_message_free_unpacked(message, NULL);
        CHECK(buf_append(&out, "", 1) == ERR_NONE);
        *back = (char *)buf_head(&out);
    } else {
        CHECK(buf_size(&wire) == 0); /* Law 3 */
        buf_close(&out);
    }
    buf_close(&wire);
    return err;
}

#endif

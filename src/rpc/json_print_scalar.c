#include "rpc/json_print.h"

#include <string.h>

#include "base/require.h"
#include "rpc/base64.h"
#include "rpc/json_number.h"
#include "rpc/json_wire.h"

static enum err bytes(struct buf *text, const ProtobufCBinaryData *data)
{
    const size_t size = RPC_BASE64_SIZE(data->len) + 2;
    uint8_t *room;
    enum err err = rpc_json_wire_room(text, size, &room);

    if (err != ERR_NONE)
        return err;
    room[0] = room[size - 1] = '"';
    (void)rpc_base64_encode(data->data, data->len, true, (char *)room + 1);
    buf_commit(text, size);
    return ERR_NONE;
}

static enum err integer(struct buf *text, bool negative, uint64_t magnitude,
                        bool quoted)
{
    char number[RPC_JSON_NUMBER + 2] = "\"";
    size_t size =
        rpc_json_number_print_integer(negative, magnitude, number + quoted);

    number[quoted + size] = '"';
    return rpc_json_wire_put(text, number, size + (quoted ? 2 : 0));
}

static enum err signed_integer(struct buf *text, int64_t value, bool quoted)
{
    return integer(text, value < 0,
                   value < 0 ? -(uint64_t)value : (uint64_t)value, quoted);
}

static enum err real(struct buf *text, double value, bool single)
{
    char number[RPC_JSON_NUMBER];

    if (value != value)
        return RPC_JSON_WIRE_WORD(text, "\"NaN\"");
    if (value - value != 0)
        return value > 0 ? RPC_JSON_WIRE_WORD(text, "\"Infinity\"")
                         : RPC_JSON_WIRE_WORD(text, "\"-Infinity\"");
    return rpc_json_wire_put(text, number,
                             rpc_json_number_print(value, single, number));
}

static enum err enumeration(struct buf *text,
                            const ProtobufCEnumDescriptor *type, int32_t number)
{
    const ProtobufCEnumValue *value;

    if (number == 0 && strcmp(type->name, "google.protobuf.NullValue") == 0)
        return RPC_JSON_WIRE_WORD(text, "null");
    value = protobuf_c_enum_descriptor_get_value(type, number);
    if (!value)
        return signed_integer(text, number, false);
    return rpc_json_quote(value->name, strlen(value->name), text);
}

enum err rpc_json_print_scalar(struct buf *text,
                               const ProtobufCFieldDescriptor *field,
                               const void *member)
{
    const char *string;

    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return signed_integer(text, *(const int32_t *)member, false);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return signed_integer(text, *(const int64_t *)member, true);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return integer(text, false, *(const uint32_t *)member, false);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return integer(text, false, *(const uint64_t *)member, true);
    case PROTOBUF_C_TYPE_FLOAT:
        return real(text, (double)*(const float *)member, true);
    case PROTOBUF_C_TYPE_DOUBLE:
        return real(text, *(const double *)member, false);
    case PROTOBUF_C_TYPE_BOOL:
        return *(const protobuf_c_boolean *)member
                   ? RPC_JSON_WIRE_WORD(text, "true")
                   : RPC_JSON_WIRE_WORD(text, "false");
    case PROTOBUF_C_TYPE_ENUM:
        return enumeration(text, field->descriptor, *(const int32_t *)member);
    case PROTOBUF_C_TYPE_STRING:
        string = *(char *const *)member;
        return rpc_json_quote(string ? string : "", string ? strlen(string) : 0,
                              text);
    case PROTOBUF_C_TYPE_BYTES:
        return bytes(text, member);
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    REQUIRE(!"a scalar");
    return ERR_INTERNAL;
}

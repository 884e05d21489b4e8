#include "rpc/json_parse.h"

#include <string.h>

#include "base/require.h"
#include "rpc/base64.h"
#include "rpc/json_number.h"
#include "rpc/json_wire.h"

struct value {
    bool none;     /* an enum's name that is not known, and may be skipped */
    uint64_t bits; /* of what is not text */
    struct rpc_json_string text;
};

/* ---- read ---- */

static bool is_number(const char *plain, size_t size)
{
    const uint8_t *begin = (const uint8_t *)plain, *from;
    struct rpc_json_text text = {begin, begin + size};

    return rpc_json_text_number(&text, &from) == ERR_NONE && from == begin &&
           text.at == text.end;
}

/* The text of a number, which may stand in quotes; *text is not a number if
 * *words: it is what the quotes hold. */
static enum err number(struct rpc_json_parse *parse, const uint8_t **text,
                       size_t *size, bool *words)
{
    struct rpc_json_string string;
    const int c = rpc_json_text_peek(&parse->text);
    const char *plain;
    enum err err;

    *text = NULL;
    *size = 0;
    *words = false;
    if (c == '-' || (c >= '0' && c <= '9')) {
        err = rpc_json_text_number(&parse->text, text);
        *size = (size_t)(parse->text.at - *text);
        return err;
    }
    if (c != '"')
        return rpc_json_parse_wrong(parse);
    err = rpc_json_text_string(&parse->text, &string);
    if (err == ERR_NONE)
        err = rpc_json_parse_plain(parse, &string, &plain);
    if (err != ERR_NONE)
        return err;
    *text = (const uint8_t *)plain;
    *size = string.size;
    *words = !is_number(plain, *size);
    return ERR_NONE;
}

/* How many values below zero a type has, and above. */
static void range(ProtobufCType type, uint64_t *below, uint64_t *above)
{
    *below = 0;
    *above = 0;
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        *above = UINT32_MAX;
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *above = UINT64_MAX;
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        *above = INT64_MAX;
        *below = *above + 1;
        break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        *above = INT32_MAX;
        *below = *above + 1;
        break;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        REQUIRE(!"an integer");
    }
}

static enum err integer(const uint8_t *text, size_t size, ProtobufCType type,
                        uint64_t *bits)
{
    uint64_t magnitude, below, above;
    bool negative;

    range(type, &below, &above);
    if (!rpc_json_number_integer(text, size, &negative, &magnitude) ||
        magnitude > (negative ? below : above))
        return ERR_JSON_VALUE; /* rpc/json law 4 */
    *bits = negative ? -magnitude : magnitude;
    return ERR_NONE;
}

static enum err read_integer(struct rpc_json_parse *parse, ProtobufCType type,
                             uint64_t *bits)
{
    const uint8_t *text;
    size_t size;
    bool words;
    enum err err = number(parse, &text, &size, &words);

    if (err == ERR_NONE && words)
        err = ERR_JSON_VALUE;
    return err == ERR_NONE ? integer(text, size, type, bits) : err;
}

static enum err read_float(struct rpc_json_parse *parse, bool single,
                           uint64_t *bits)
{
    static const char *const names[] = {"NaN", "Infinity", "-Infinity"};
    static const uint64_t named[][2] = {
        {UINT64_C(0x7ff8000000000000), 0x7fc00000},
        {UINT64_C(0x7ff0000000000000), 0x7f800000},
        {UINT64_C(0xfff0000000000000), 0xff800000}};
    const uint8_t *text;
    size_t size;
    bool words;
    double value;
    float narrow;
    uint32_t low;
    enum err err = number(parse, &text, &size, &words);

    if (err != ERR_NONE)
        return err;
    for (size_t i = 0; words && i < 3; i++)
        if (size == strlen(names[i]) && memcmp(text, names[i], size) == 0) {
            *bits = named[i][single];
            return ERR_NONE;
        }
    if (words || !rpc_json_number_double(text, size, &value))
        return ERR_JSON_VALUE;
    if (single) {
        if (!rpc_json_number_float(value, &narrow))
            return ERR_JSON_VALUE;
        memcpy(&low, &narrow, sizeof low);
        *bits = low;
    } else {
        memcpy(bits, &value, sizeof *bits);
    }
    return ERR_NONE;
}

static enum err read_bool(struct rpc_json_parse *parse, uint64_t *bits)
{
    const int c = rpc_json_text_peek(&parse->text);

    if (c != 't' && c != 'f')
        return rpc_json_parse_wrong(parse);
    *bits = c == 't';
    return rpc_json_text_word(&parse->text);
}

/* The number of the value of that name. */
static bool find_name(const ProtobufCEnumDescriptor *type, const char *name,
                      size_t size, uint64_t *bits)
{
    unsigned low = 0, high = type->n_value_names;

    while (low < high) {
        const unsigned middle = low + (high - low) / 2;
        const ProtobufCEnumValueIndex *here = &type->values_by_name[middle];
        int order = strncmp(name, here->name, size);

        if (order == 0 && here->name[size]) /* it goes on */
            order = -1;
        if (order == 0) {
            *bits = (uint64_t)(int64_t)type->values[here->index].value;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static enum err read_enum(struct rpc_json_parse *parse,
                          const ProtobufCEnumDescriptor *type,
                          struct value *value)
{
    const int c = rpc_json_text_peek(&parse->text);
    const char *name;
    enum err err;

    if (c == 'n' && strcmp(type->name, "google.protobuf.NullValue") == 0)
        return rpc_json_text_word(&parse->text);
    if (c != '"')
        return read_integer(parse, PROTOBUF_C_TYPE_ENUM, &value->bits);
    err = rpc_json_text_string(&parse->text, &value->text);
    if (err == ERR_NONE)
        err = rpc_json_parse_plain(parse, &value->text, &name);
    if (err != ERR_NONE ||
        find_name(type, name, value->text.size, &value->bits))
        return err;
    value->none = true;
    return parse->json->ignore_unknown ? ERR_NONE : ERR_JSON_VALUE;
}

static enum err read_value(struct rpc_json_parse *parse,
                           const ProtobufCFieldDescriptor *field,
                           struct value *value)
{
    *value = (struct value){0};
    switch ((int)field->type) {
    case PROTOBUF_C_TYPE_FLOAT:
        return read_float(parse, true, &value->bits);
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_float(parse, false, &value->bits);
    case PROTOBUF_C_TYPE_BOOL:
        return read_bool(parse, &value->bits);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(parse, field->descriptor, value);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        if (rpc_json_text_peek(&parse->text) != '"')
            return rpc_json_parse_wrong(parse);
        return rpc_json_text_string(&parse->text, &value->text);
    default:
        return read_integer(parse, field->type, &value->bits);
    }
}

/* ---- write ---- */

static enum rpc_json_wire wire_of(ProtobufCType type)
{
    switch ((int)type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return RPC_JSON_WIRE_32;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return RPC_JSON_WIRE_64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        return RPC_JSON_WIRE_BYTES;
    default:
        return RPC_JSON_WIRE_VARINT;
    }
}

static enum err write_string(struct rpc_json_parse *parse,
                             const struct rpc_json_string *text)
{
    uint8_t *room;
    enum err err = text->zero ? ERR_JSON_VALUE
                              : rpc_json_wire_varint(parse->wire, text->size);

    if (err == ERR_NONE)
        err = rpc_json_wire_room(parse->wire, text->size, &room);
    if (err != ERR_NONE || text->size == 0)
        return err;
    if (text->raw == text->size)
        memcpy(room, text->at, text->size);
    else
        rpc_json_text_unescape(text, room);
    buf_commit(parse->wire, text->size);
    return ERR_NONE;
}

static enum err write_bytes(struct rpc_json_parse *parse,
                            const struct rpc_json_string *text)
{
    const char *plain;
    uint8_t *room;
    size_t size = text->size, made;
    enum err err = rpc_json_parse_plain(parse, text, &plain);

    if (err != ERR_NONE)
        return err;
    while (size > 0 && plain[size - 1] == '=')
        size--;
    made = size / 4 * 3 + size % 4 * 3 / 4; /* if it is base64 */
    err = rpc_json_wire_varint(parse->wire, made);
    if (err == ERR_NONE)
        err = rpc_json_wire_room(parse->wire, size / 4 * 3 + 2, &room);
    if (err != ERR_NONE)
        return err;
    if (!rpc_base64_decode(plain, text->size, room, &size))
        return ERR_JSON_VALUE;
    REQUIRE(size == made);
    buf_commit(parse->wire, made);
    return ERR_NONE;
}

static enum err write_value(struct rpc_json_parse *parse, ProtobufCType type,
                            const struct value *value)
{
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
        return write_string(parse, &value->text);
    case PROTOBUF_C_TYPE_BYTES:
        return write_bytes(parse, &value->text);
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return rpc_json_wire_fixed(parse->wire, value->bits, 4);
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return rpc_json_wire_fixed(parse->wire, value->bits, 8);
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SINT64: /* 0, -1, 1, -2 … */
        return rpc_json_wire_varint(parse->wire,
                                    value->bits << 1 ^ -(value->bits >> 63));
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    return rpc_json_wire_varint(parse->wire, value->bits);
}

enum err rpc_json_parse_scalar(struct rpc_json_parse *parse,
                               const ProtobufCFieldDescriptor *field,
                               enum rpc_json_tag tag)
{
    struct value value;
    enum err err = read_value(parse, field, &value);

    if (err != ERR_NONE || value.none ||
        (tag == RPC_JSON_TAG_UNLESS_ZERO && !value.bits && !value.text.size))
        return err;
    if (tag != RPC_JSON_NO_TAG)
        err = rpc_json_wire_tag(parse->wire, field->id, wire_of(field->type));
    return err == ERR_NONE ? write_value(parse, field->type, &value) : err;
}

enum err rpc_json_parse_scalar_key(struct rpc_json_parse *parse,
                                   const ProtobufCFieldDescriptor *field,
                                   const struct rpc_json_string *key)
{
    struct value value = {.text = *key};
    const char *plain;
    enum err err = rpc_json_parse_plain(parse, key, &plain);

    if (err != ERR_NONE)
        return err;
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        value.bits = key->size == 4 && memcmp(plain, "true", 4) == 0;
        if (!value.bits && (key->size != 5 || memcmp(plain, "false", 5) != 0))
            return ERR_JSON_VALUE;
    } else if (field->type != PROTOBUF_C_TYPE_STRING) {
        if (!is_number(plain, key->size))
            return ERR_JSON_VALUE;
        err = integer((const uint8_t *)plain, key->size, field->type,
                      &value.bits);
    }
    if (err == ERR_NONE)
        err = rpc_json_wire_tag(parse->wire, field->id, wire_of(field->type));
    return err == ERR_NONE ? write_value(parse, field->type, &value) : err;
}

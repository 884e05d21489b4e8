#include "rpc/scan.h"

#include <string.h>

enum { VARINT, FIXED64, DELIMITED, GROUP, GROUP_END, FIXED32 };

struct cursor {
    const uint8_t *at, *end;
    uint32_t left; /* elements still allowed */
};

static bool varint(struct cursor *cursor, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (cursor->at == cursor->end)
            return false;
        *value |= shift < 64 ? (uint64_t)(*cursor->at & 0x7f) << shift : 0;
        if (*cursor->at++ < 0x80)
            return true;
    }
    return false;
}

/* The bytes after the first of a sequence: how many, and the range of the
 * second (Unicode 15, table 3-7). */
static size_t follow(uint8_t first, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef) {
        *low = first == 0xe0 ? 0xa0 : 0x80;
        *high = first == 0xed ? 0x9f : 0xbf;
        return 2;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *low = first == 0xf0 ? 0x90 : 0x80;
        *high = first == 0xf4 ? 0x8f : 0xbf;
        return 3;
    }
    return 0;
}

/* Is none of these eight bytes zero or above 0x7f? */
static bool ascii(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return (((word - UINT64_C(0x0101010101010101)) | word) &
            UINT64_C(0x8080808080808080)) == 0;
}

bool rpc_scan_utf8(const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes, *end = size > 0 ? bytes + size : bytes;
    uint8_t low, high;

    while (at < end) {
        size_t more;

        if (end - at >= 8 && ascii(at)) {
            at += 8;
            continue;
        }
        if (*at > 0 && *at < 0x80) {
            at++;
            continue;
        }
        more = follow(*at, &low, &high);
        if (more == 0 || (size_t)(end - at) <= more)
            return false;
        if (at[1] < low || at[1] > high)
            return false;
        for (size_t i = 2; i <= more; i++)
            if (at[i] < 0x80 || at[i] > 0xbf)
                return false;
        at += more + 1;
    }
    return true;
}

static const ProtobufCFieldDescriptor *
field_of(const ProtobufCMessageDescriptor *type, uint32_t number)
{
    unsigned low = 0, high = type->n_fields; /* sorted by number */

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (type->fields[middle].id == number)
            return &type->fields[middle];
        if (type->fields[middle].id < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* How many values a packed list holds, as far as it can be paid. */
static enum err packed(struct cursor *cursor, ProtobufCType type, size_t size)
{
    const uint8_t *end = cursor->at + size;
    size_t count = 0;

    switch ((int)type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        if (size % 4)
            return ERR_PROTO;
        count = size / 4;
        break;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        if (size % 8)
            return ERR_PROTO;
        count = size / 8;
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        return ERR_PROTO;
    default:
        for (const uint8_t *at = cursor->at; at < end; at++)
            count += *at < 0x80;
        if (size > 0 && end[-1] >= 0x80)
            return ERR_PROTO;
    }
    if (count > cursor->left)
        return ERR_BUDGET;
    cursor->left -= (uint32_t)count;
    cursor->at = end;
    return ERR_NONE;
}

static enum err scan(struct cursor *cursor,
                     const ProtobufCMessageDescriptor *type, int depth);

static enum err delimited(struct cursor *cursor,
                          const ProtobufCFieldDescriptor *field, int depth)
{
    const uint8_t *outer = cursor->end;
    uint64_t size;
    enum err err;

    if (!varint(cursor, &size) || size > (size_t)(cursor->end - cursor->at))
        return ERR_PROTO; /* Law 2 */
    if (field && field->type == PROTOBUF_C_TYPE_MESSAGE) {
        cursor->end = cursor->at + size;
        err = scan(cursor, field->descriptor, depth + 1);
        cursor->end = outer;
        return err;
    }
    if (field && field->type == PROTOBUF_C_TYPE_STRING &&
        !rpc_scan_utf8(cursor->at, size))
        return ERR_PROTO;
    if (field && field->type != PROTOBUF_C_TYPE_STRING &&
        field->type != PROTOBUF_C_TYPE_BYTES) {
        if (field->label != PROTOBUF_C_LABEL_REPEATED)
            return ERR_PROTO;
        return packed(cursor, field->type, size);
    }
    cursor->at += size;
    return ERR_NONE;
}

static enum err scan(struct cursor *cursor,
                     const ProtobufCMessageDescriptor *type, int depth)
{
    if (depth > RPC_SCAN_DEPTH)
        return ERR_BUDGET; /* Law 1 */
    while (cursor->at < cursor->end) {
        const ProtobufCFieldDescriptor *field;
        enum err err = ERR_NONE;
        uint64_t tag, value;
        size_t width = 0;

        if (!varint(cursor, &tag) || tag >> 3 == 0 || tag > UINT32_MAX)
            return ERR_PROTO;
        if (cursor->left-- == 0)
            return ERR_BUDGET;
        field = field_of(type, (uint32_t)(tag >> 3));
        switch ((int)(tag & 7)) {
        case VARINT:
            if (!varint(cursor, &value))
                return ERR_PROTO;
            break;
        case FIXED64:
            width = 8;
            break;
        case FIXED32:
            width = 4;
            break;
        case DELIMITED:
            err = delimited(cursor, field, depth);
            break;
        default:
            return ERR_PROTO; /* groups */
        }
        if (err != ERR_NONE)
            return err;
        if (width > (size_t)(cursor->end - cursor->at))
            return ERR_PROTO;
        cursor->at += width;
    }
    return ERR_NONE;
}

enum err rpc_scan(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                  size_t size, uint32_t elements_max)
{
    struct cursor cursor;

    if (size == 0) /* of no memory at all, maybe */
        return ERR_NONE;
    cursor = (struct cursor){bytes, bytes + size, elements_max};
    return scan(&cursor, type, 1);
}

#include "rpc/json_wire.h"

#include <string.h>

enum { VARINT_MAX = 10 };

enum err rpc_json_wire_room(struct buf *wire, size_t size, uint8_t **room)
{
    *room = buf_reserve(wire, size);
    if (*room || size == 0)
        return ERR_NONE;
    return size > wire->max - buf_size(wire) ? ERR_TOO_LARGE : ERR_NOMEM;
}

/* Law 1 */
static size_t write_varint(uint8_t to[VARINT_MAX], uint64_t value)
{
    size_t size = 0;

    while (value >= 0x80) {
        to[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    to[size++] = (uint8_t)value;
    return size;
}

enum err rpc_json_wire_put(struct buf *out, const void *bytes, size_t size)
{
    uint8_t *room;
    enum err err = rpc_json_wire_room(out, size, &room);

    if (err != ERR_NONE || size == 0)
        return err;
    memcpy(room, bytes, size);
    buf_commit(out, size);
    return ERR_NONE;
}

enum err rpc_json_wire_varint(struct buf *wire, uint64_t value)
{
    uint8_t bytes[VARINT_MAX];

    return rpc_json_wire_put(wire, bytes, write_varint(bytes, value));
}

enum err rpc_json_wire_fixed(struct buf *wire, uint64_t value, size_t size)
{
    uint8_t bytes[sizeof value];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return rpc_json_wire_put(wire, bytes, size);
}

enum err rpc_json_wire_tag(struct buf *wire, uint32_t field,
                           enum rpc_json_wire type)
{
    return rpc_json_wire_varint(wire, field << 3 | type);
}

/* One byte for the length: most fields are that short. */
enum err rpc_json_wire_open(struct buf *wire, uint32_t field, size_t *at)
{
    enum err err = rpc_json_wire_tag(wire, field, RPC_JSON_WIRE_BYTES);

    if (err == ERR_NONE)
        err = rpc_json_wire_varint(wire, 0);
    *at = buf_size(wire);
    return err;
}

enum err rpc_json_wire_close(struct buf *wire, size_t at)
{
    uint8_t bytes[VARINT_MAX], *room;
    const size_t held = buf_size(wire) - at;
    const size_t width = write_varint(bytes, held);
    enum err err;

    if (width > 1) { /* Law 1: make way */
        err = rpc_json_wire_room(wire, width - 1, &room);
        if (err != ERR_NONE)
            return err;
        buf_commit(wire, width - 1);
        room = buf_head(wire) + at;
        memmove(room + width - 1, room, held);
    }
    memcpy(buf_head(wire) + at - 1, bytes, width);
    return ERR_NONE;
}

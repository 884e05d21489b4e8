/* rpc/json_wire -- protobuf bytes, and text, written from the front.
 *
 * Internal to rpc/json.  Each appends to a buf: ERR_TOO_LARGE past its max,
 * ERR_NOMEM; what was written before stays, for the caller to take back.
 *
 * Laws
 *   1. Every number is as short as can be, also the length of what is written
 *      after it. */
#ifndef RPC_JSON_WIRE_H
#define RPC_JSON_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum rpc_json_wire {
    RPC_JSON_WIRE_VARINT = 0,
    RPC_JSON_WIRE_64 = 1,
    RPC_JSON_WIRE_BYTES = 2,
    RPC_JSON_WIRE_32 = 5
};

/* Room for size bytes, to be buf_commit()ted. */
MUST_USE enum err rpc_json_wire_room(struct buf *wire, size_t size,
                                     uint8_t **room);

MUST_USE enum err rpc_json_wire_put(struct buf *out, const void *bytes,
                                    size_t size);
#define RPC_JSON_WIRE_WORD(out, word)                                          \
    rpc_json_wire_put(out, word, sizeof(word) - 1)

MUST_USE enum err rpc_json_wire_varint(struct buf *wire, uint64_t value);
/* The size lowest bytes of value, the lowest first. */
MUST_USE enum err rpc_json_wire_fixed(struct buf *wire, uint64_t value,
                                      size_t size);
MUST_USE enum err rpc_json_wire_tag(struct buf *wire, uint32_t field,
                                    enum rpc_json_wire type);

/* A field whose length is known at its end: *at is for the close. */
MUST_USE enum err rpc_json_wire_open(struct buf *wire, uint32_t field,
                                     size_t *at);
MUST_USE enum err rpc_json_wire_close(struct buf *wire, size_t at);

#endif

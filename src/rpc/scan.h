/* rpc/scan -- one look at a protobuf message before it is unpacked.
 *
 * protobuf-c has no limit of recursion, does not check UTF-8, and takes up to
 * fifty times the memory of the bytes it reads.  This walks the bytes with the
 * generated descriptors, takes no memory, and refuses what would hurt.  It
 * also refuses a zero byte inside a string: our strings are C's.
 *
 * Laws
 *   1. What passes has at most RPC_SCAN_DEPTH levels and costs.elements
 *      elements, and all its strings are UTF-8 without zero bytes.
 *   2. It reads every byte at most once per level, and none outside. */
#ifndef RPC_SCAN_H
#define RPC_SCAN_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { RPC_SCAN_DEPTH = 100, RPC_SCAN_ELEMENTS = 16384 };

/* ERR_PROTO: not a message of this type.  ERR_BUDGET: deeper than
 * RPC_SCAN_DEPTH, or more than elements_max fields and list entries. */
MUST_USE enum err rpc_scan(const ProtobufCMessageDescriptor *type,
                           const uint8_t *bytes, size_t size,
                           uint32_t elements_max);

/* Are these bytes UTF-8 without zero bytes? */
bool rpc_scan_utf8(const uint8_t *bytes, size_t size);

#endif

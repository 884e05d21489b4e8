/* rpc/base64 -- bytes as text: of JSON, of binary metadata, of a query.
 *
 * Owns nothing.
 *
 * Laws
 *   1. What was encoded is decoded to the same bytes.
 *   2. It reads both alphabets (RFC 4648, sections 4 and 5), padded or not at
 *      all; anything else is refused. */
#ifndef RPC_BASE64_H
#define RPC_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the text of size bytes. */
#define RPC_BASE64_SIZE(size) (((size) + 2) / 3 * 4)

/* How long the text is; it is in the alphabet with + and /, and no zero
 * follows it. */
size_t rpc_base64_encode(const uint8_t *bytes, size_t size, bool padded,
                         char *text);

/* `bytes` has room for size / 4 * 3 + 2, and may be where text is.  False: not
 * base64. */
bool rpc_base64_decode(const char *text, size_t size, uint8_t *bytes,
                       size_t *bytes_size);

#endif

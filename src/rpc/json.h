/* rpc/json -- messages as JSON, by the canonical mapping of protobuf.
 *
 * One per I/O loop; it works from the tables of gen/api.c, for every message
 * of a set: https://protobuf.dev/programming-guides/json.  JSON comes in as the
 * protobuf bytes of the same message, so whatever guards those (rpc/scan.h, the
 * budget of unpacking) guards JSON too; nobody else reads the text.
 *
 * The tokenizer is ours (rpc/json_text.h), not jansson's: a tree of values
 * costs a stranger's request many times its size in memory that no budget sees,
 * its integers end at 2^63 - 1, and its numbers lose their digits.  Here the
 * text is read once, from the front, straight into the protobuf bytes.
 *
 * Read more strictly than some do: no byte zero in a string (our strings are
 * C's), no duplicate key in a message or map, no member twice in a oneof.
 *
 * Laws
 *   1. What is printed is read back as the same message.
 *   2. What a text costs is bounded: RPC_SCAN_DEPTH levels, RPC_SCAN_ELEMENTS
 *      keys in a map, RPC_JSON_BYTES of memory beside the buffer that it is
 *      written to, and a time that grows with its size times its depth.
 *   3. A call that fails leaves the buffer as it was.
 *   4. What is not exactly JSON, or a value that its field cannot hold exactly,
 *      is refused; nothing is rounded but floats. */
#ifndef RPC_JSON_H
#define RPC_JSON_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "pb/api.h"
#include "rpc/scratch.h"

enum { RPC_JSON_BYTES = 1 << 20 };

struct rpc_json { /* all private */
    const struct api_set *set;
    bool ignore_unknown;
    struct rpc_scratch scratch;
};

/* For the messages of `set`, which are also what an Any may hold.  What a
 * message does not know (fields, names of enum values) is skipped if
 * ignore_unknown, refused otherwise.  Holds nothing between calls. */
void rpc_json_init(struct rpc_json *json, const struct api_set *set,
                   bool ignore_unknown);

/* Append text, read as one message of that type, to `wire` as protobuf bytes:
 * to be rpc_scan()ned as if they had come so.
 *   ERR_JSON: not JSON.  ERR_JSON_FIELD: a field that is unknown, or there
 *   twice, or beside another of its oneof.  ERR_JSON_VALUE: a value that does
 *   not fit its field.  ERR_BUDGET: Law 2.  ERR_TOO_LARGE: past the max of
 *   `wire`.  ERR_NOMEM. */
MUST_USE enum err rpc_json_parse(struct rpc_json *json,
                                 const ProtobufCMessageDescriptor *type,
                                 const uint8_t *text, size_t size,
                                 struct buf *wire);

/* Append a message of the set to `text`, without white space.
 *   ERR_INTERNAL: it has no JSON form (a time out of range, text that is not
 *   UTF-8, an Any of a type that is not in the set).  ERR_BUDGET: Law 2.
 *   ERR_TOO_LARGE: past the max of `text`.  ERR_NOMEM. */
MUST_USE enum err rpc_json_print(struct rpc_json *json,
                                 const ProtobufCMessage *message,
                                 struct buf *text);

/* Append UTF-8 as a JSON string, quotes included, to what is written by hand
 * (the errors of Connect).  Errors as above. */
MUST_USE enum err rpc_json_quote(const char *bytes, size_t size,
                                 struct buf *text);

#endif

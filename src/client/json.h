/* client/json -- messages of the API as JSON text, and back.
 *
 * The canonical mapping of protobuf, on the generated tables (rpc/json): what
 * a program shows to scripts and takes from them.  A text that fits may still
 * be refused by the server. */
#ifndef CLIENT_JSON_H
#define CLIENT_JSON_H

#include <protobuf-c/protobuf-c.h>

#include "base/buf.h"
#include "pb/api.h"

/* By its path, "/kindred.v1.Support/Ask"; NULL: there is none. */
const struct api_method *client_json_method(const char *path);

/* All of them: the first of *count. */
const struct api_method *client_json_methods(size_t *count);

/* Append the message, in one line.  Errors as of rpc_json_print(). */
MUST_USE enum err client_json_print(const ProtobufCMessage *message,
                                    struct buf *text);

/* Append `size` bytes as a JSON string; where one of them is not
 * UTF-8, all that is not plain ASCII becomes "?". */
MUST_USE enum err client_json_quote(const char *bytes, size_t size,
                                    struct buf *text);

/* Append the text, read as one message of that type, in its packed form.
 * Errors as of rpc_json_parse(). */
MUST_USE enum err client_json_parse(const ProtobufCMessageDescriptor *type,
                                    const char *text, size_t size,
                                    struct buf *wire);

#endif

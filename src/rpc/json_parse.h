/* rpc/json_parse -- one text on its way to protobuf bytes.
 *
 * Internal to rpc/json: what its parts share.  Each function takes what it is
 * named for from the front of the text and appends to the wire; the errors are
 * those of rpc_json_parse(), after which text and wire are of no more use. */
#ifndef RPC_JSON_PARSE_H
#define RPC_JSON_PARSE_H

#include "rpc/json.h"
#include "rpc/json_text.h"

struct rpc_json_parse {
    struct rpc_json *json;
    struct rpc_json_text text;
    struct buf *wire;
    unsigned depth;
    size_t again; /* bytes that may still be read a second time */
};

/* What to say of a next token that is of the wrong kind, if a token it is. */
enum err rpc_json_parse_wrong(struct rpc_json_parse *parse);

/* The bytes of a string, without escapes, on the text or on scratch memory.
 * ERR_JSON_VALUE: one of them is zero. */
MUST_USE enum err rpc_json_parse_plain(struct rpc_json_parse *parse,
                                       const struct rpc_json_string *string,
                                       const char **plain);

/* A message, whatever its form, but for its tag and length. */
MUST_USE enum err rpc_json_parse_message(struct rpc_json_parse *parse,
                                         const struct api_message *message);
/* An object of the message's fields; if any, with the "@type" of an Any. */
MUST_USE enum err rpc_json_parse_fields(struct rpc_json_parse *parse,
                                        const struct api_message *message,
                                        bool any);
/* One of a field that is no message: with its tag; the same, but nothing if it
 * is what the field has anyhow; without its tag. */
enum rpc_json_tag { RPC_JSON_TAG, RPC_JSON_TAG_UNLESS_ZERO, RPC_JSON_NO_TAG };
MUST_USE enum err rpc_json_parse_scalar(struct rpc_json_parse *parse,
                                        const ProtobufCFieldDescriptor *field,
                                        enum rpc_json_tag tag);
/* The same from a key of a map, with its tag. */
MUST_USE enum err
rpc_json_parse_scalar_key(struct rpc_json_parse *parse,
                          const ProtobufCFieldDescriptor *field,
                          const struct rpc_json_string *key);
/* Those of google.protobuf that have a form of their own but for those that
 * are a field of theirs. */
MUST_USE enum err rpc_json_parse_known_any(struct rpc_json_parse *parse);
MUST_USE enum err rpc_json_parse_known_value(struct rpc_json_parse *parse,
                                             const struct api_message *message);
MUST_USE enum err rpc_json_parse_known_time(struct rpc_json_parse *parse,
                                            bool point);
MUST_USE enum err rpc_json_parse_known_mask(struct rpc_json_parse *parse);

#endif

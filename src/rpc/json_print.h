/* rpc/json_print -- one message on its way to text.
 *
 * Internal to rpc/json: what its parts share.  Each function appends to the
 * text; the errors are those of rpc_json_print(). */
#ifndef RPC_JSON_PRINT_H
#define RPC_JSON_PRINT_H

#include "rpc/json.h"

struct rpc_json_print {
    struct rpc_json *json;
    struct buf *text;
    unsigned depth;
};

/* A message, whatever its form; NULL: one with nothing in it. */
MUST_USE enum err rpc_json_print_message(struct rpc_json_print *print,
                                         const struct api_message *message,
                                         const ProtobufCMessage *value);
/* The members of an object, *first is for the comma before the next. */
MUST_USE enum err rpc_json_print_fields(struct rpc_json_print *print,
                                        const struct api_message *message,
                                        const ProtobufCMessage *value,
                                        bool *first);
/* The value of a field that is set, repeated or not. */
MUST_USE enum err rpc_json_print_field(struct rpc_json_print *print,
                                       const struct api_message *message,
                                       size_t index,
                                       const ProtobufCMessage *value);
/* One value of a field that is no message, at `member`. */
MUST_USE enum err rpc_json_print_scalar(struct buf *text,
                                        const ProtobufCFieldDescriptor *field,
                                        const void *member);

MUST_USE enum err rpc_json_print_known_any(struct rpc_json_print *print,
                                           const ProtobufCMessage *value);
MUST_USE enum err rpc_json_print_known_value(struct rpc_json_print *print,
                                             const struct api_message *message,
                                             const ProtobufCMessage *value);
MUST_USE enum err rpc_json_print_known_time(struct buf *text, bool point,
                                            const ProtobufCMessage *value);
MUST_USE enum err rpc_json_print_known_mask(struct buf *text,
                                            const ProtobufCMessage *value);

#endif

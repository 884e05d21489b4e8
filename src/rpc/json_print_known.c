#include "rpc/json_print.h"

#include <string.h>

#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/struct.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "rpc/json_state.h"
#include "rpc/json_time.h"
#include "rpc/json_wire.h"
#include "rpc/scan.h"

/* ---- Any ---- */

static enum err unpack(struct rpc_json_print *print,
                       const struct api_message *message,
                       const ProtobufCBinaryData *data,
                       ProtobufCMessage **value)
{
    enum err err =
        rpc_scan(message->type, data->data, data->len, RPC_SCAN_ELEMENTS);

    if (err != ERR_NONE)
        return err == ERR_BUDGET ? err : ERR_INTERNAL;
    *value = protobuf_c_message_unpack(
        message->type, rpc_scratch_allocator(&print->json->scratch), data->len,
        data->data);
    if (*value)
        return ERR_NONE;
    return rpc_scratch_spent(&print->json->scratch) ? ERR_BUDGET : ERR_INTERNAL;
}

enum err rpc_json_print_known_any(struct rpc_json_print *print,
                                  const ProtobufCMessage *value)
{
    const Google__Protobuf__Any *any = (const Google__Protobuf__Any *)value;
    const char *url = any->type_url ? any->type_url : "";
    const struct api_message *message =
        rpc_json_state_any(print->json->set, url, strlen(url));
    ProtobufCMessage *inner;
    bool first = false;
    enum err err;

    if (!url[0] && any->value.len == 0)
        return RPC_JSON_WIRE_WORD(print->text, "{}");
    if (!message)
        return ERR_INTERNAL;
    err = unpack(print, message, &any->value, &inner);
    if (err == ERR_NONE)
        err = RPC_JSON_WIRE_WORD(print->text, "{\"@type\":");
    if (err == ERR_NONE)
        err = rpc_json_quote(url, strlen(url), print->text);
    if (err == ERR_NONE && message->form == API_FIELDS) {
        err = rpc_json_print_fields(print, message, inner, &first);
    } else if (err == ERR_NONE) {
        err = RPC_JSON_WIRE_WORD(print->text, ",\"value\":");
        if (err == ERR_NONE)
            err = rpc_json_print_message(print, message, inner);
    }
    return err == ERR_NONE ? RPC_JSON_WIRE_WORD(print->text, "}") : err;
}

/* ---- Value ---- */

enum err rpc_json_print_known_value(struct rpc_json_print *print,
                                    const struct api_message *message,
                                    const ProtobufCMessage *value)
{
    const Google__Protobuf__Value *v = (const Google__Protobuf__Value *)value;

    /* rpc/json law 1: nothing at all would be read back as null, another
     * null as a number, NaN as a string. */
    if (v->kind_case == GOOGLE__PROTOBUF__VALUE__KIND__NOT_SET ||
        (v->kind_case == GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE &&
         v->null_value != GOOGLE__PROTOBUF__NULL_VALUE__NULL_VALUE) ||
        (v->kind_case == GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE &&
         v->number_value - v->number_value != 0))
        return ERR_INTERNAL;
    return rpc_json_print_field(print, message, (size_t)v->kind_case - 1,
                                value);
}

/* ---- Timestamp, Duration, FieldMask ---- */

enum err rpc_json_print_known_time(struct buf *text, bool point,
                                   const ProtobufCMessage *value)
{
    char quoted[RPC_JSON_TIME + 2] = "\"";
    struct rpc_json_time time;
    size_t size;

    if (point) {
        const Google__Protobuf__Timestamp *t =
            (const Google__Protobuf__Timestamp *)value;

        time = (struct rpc_json_time){t->seconds, t->nanos};
        size = rpc_json_time_print_point(time, quoted + 1);
    } else {
        const Google__Protobuf__Duration *t =
            (const Google__Protobuf__Duration *)value;

        time = (struct rpc_json_time){t->seconds, t->nanos};
        size = rpc_json_time_print_length(time, quoted + 1);
    }
    if (size == 0)
        return ERR_INTERNAL;
    quoted[size + 1] = '"';
    return rpc_json_wire_put(text, quoted, size + 2);
}

static bool lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* "foo_bar.baz" as "fooBar.baz", if that can be read back. */
static enum err put_path(struct buf *text, const char *path)
{
    enum err err = path[0] ? ERR_NONE : ERR_INTERNAL;

    for (; err == ERR_NONE && *path; path++) {
        const bool hump = *path == '_';
        char c = *path;

        if (hump)
            c = *++path;
        if (!lower(c) && (hump || (c != '.' && (c < '0' || c > '9'))))
            return ERR_INTERNAL;
        c = (char)(hump ? c - 'a' + 'A' : c);
        err = rpc_json_wire_put(text, &c, 1);
    }
    return err;
}

enum err rpc_json_print_known_mask(struct buf *text,
                                   const ProtobufCMessage *value)
{
    const Google__Protobuf__FieldMask *mask =
        (const Google__Protobuf__FieldMask *)value;
    enum err err = RPC_JSON_WIRE_WORD(text, "\"");

    for (size_t i = 0; err == ERR_NONE && i < mask->n_paths; i++) {
        if (i > 0)
            err = RPC_JSON_WIRE_WORD(text, ",");
        if (err == ERR_NONE)
            err = put_path(text, mask->paths[i]);
    }
    return err == ERR_NONE ? RPC_JSON_WIRE_WORD(text, "\"") : err;
}

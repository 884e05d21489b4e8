#include "rpc/json_print.h"

#include <string.h>

#include "base/require.h"
#include "rpc/json_keys.h"
#include "rpc/json_state.h"
#include "rpc/json_wire.h"
#include "rpc/scan.h"

/* ---- where protobuf-c keeps things ---- */

static const void *at(const ProtobufCMessage *value, size_t offset)
{
    return (const char *)value + offset;
}

static size_t size_of(ProtobufCType type)
{
    switch ((int)type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static size_t count_of(const ProtobufCFieldDescriptor *field,
                       const ProtobufCMessage *value)
{
    return *(const size_t *)at(value, field->quantifier_offset);
}

static bool zero(const void *member, size_t size)
{
    static const uint8_t none[8];

    return memcmp(member, none, size) == 0; /* -0.0 is not */
}

static bool is_set(const ProtobufCFieldDescriptor *field,
                   const ProtobufCMessage *value)
{
    const void *member = at(value, field->offset);
    const char *string;

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return count_of(field, value) > 0;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *(const uint32_t *)at(value, field->quantifier_offset) ==
               field->id;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(ProtobufCMessage *const *)member != NULL;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        string = *(char *const *)member;
        return string && (field->label != PROTOBUF_C_LABEL_NONE || string[0]) &&
               string != (const char *)field->default_value;
    }
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
        return *(const protobuf_c_boolean *)at(value,
                                               field->quantifier_offset) != 0;
    if (field->label == PROTOBUF_C_LABEL_REQUIRED)
        return true;
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)member)->len > 0;
    return !zero(member, size_of(field->type));
}

/* ---- maps ---- */

struct entries {
    const ProtobufCFieldDescriptor *key;
    ProtobufCMessage *const *entry;
};

static int key_order(const struct entries *entries, uint32_t a, uint32_t b)
{
    const void *x = at(entries->entry[a], entries->key->offset);
    const void *y = at(entries->entry[b], entries->key->offset);

    if (entries->key->type == PROTOBUF_C_TYPE_STRING)
        return strcmp(*(char *const *)x, *(char *const *)y);
    return memcmp(x, y, size_of(entries->key->type));
}

/* Of two with the same key the later is the greater. */
static int by_key(const void *context, uint32_t a, uint32_t b)
{
    const int order = key_order(context, a, b);

    return order != 0 ? order : (a > b) - (a < b);
}

static enum err entry(struct rpc_json_print *print,
                      const struct api_message *of,
                      const ProtobufCMessage *value)
{
    const ProtobufCFieldDescriptor *key = &of->type->fields[0];
    const void *member = at(value, key->offset);
    const bool quoted = key->type == PROTOBUF_C_TYPE_STRING ||
                        (size_of(key->type) == 8); /* by itself */
    enum err err = quoted ? ERR_NONE : RPC_JSON_WIRE_WORD(print->text, "\"");

    if (err == ERR_NONE)
        err = rpc_json_print_scalar(print->text, key, member);
    if (err == ERR_NONE)
        err = quoted ? RPC_JSON_WIRE_WORD(print->text, ":")
                     : RPC_JSON_WIRE_WORD(print->text, "\":");
    return err == ERR_NONE ? rpc_json_print_field(print, of, 1, value) : err;
}

/* In the order of the keys; of one that is there twice, the last. */
static enum err map(struct rpc_json_print *print, const struct api_message *of,
                    ProtobufCMessage *const *entry_at, size_t count)
{
    const struct entries entries = {&of->type->fields[0], entry_at};
    uint32_t *item;
    bool first = true;
    enum err err;

    item = count > UINT32_MAX / sizeof *item
               ? NULL
               : rpc_json_state_alloc(print->json, count * sizeof *item);
    if (!item)
        return ERR_BUDGET;
    for (size_t i = 0; i < count; i++)
        item[i] = (uint32_t)i;
    rpc_json_keys_sort(item, count, by_key, &entries);
    err = RPC_JSON_WIRE_WORD(print->text, "{");
    for (size_t i = 0; err == ERR_NONE && i < count; i++) {
        if (i + 1 < count && key_order(&entries, item[i], item[i + 1]) == 0)
            continue;
        if (!first)
            err = RPC_JSON_WIRE_WORD(print->text, ",");
        if (err == ERR_NONE)
            err = entry(print, of, entry_at[item[i]]);
        first = false;
    }
    return err == ERR_NONE ? RPC_JSON_WIRE_WORD(print->text, "}") : err;
}

/* ---- fields ---- */

static enum err list(struct rpc_json_print *print,
                     const ProtobufCFieldDescriptor *field,
                     const struct api_message *of, const void *items,
                     size_t count)
{
    const size_t size = size_of(field->type);
    enum err err = RPC_JSON_WIRE_WORD(print->text, "[");

    for (size_t i = 0; err == ERR_NONE && i < count; i++) {
        const void *item = (const char *)items + i * size;

        if (i > 0)
            err = RPC_JSON_WIRE_WORD(print->text, ",");
        if (err == ERR_NONE)
            err = of ? rpc_json_print_message(print, of,
                                              *(ProtobufCMessage *const *)item)
                     : rpc_json_print_scalar(print->text, field, item);
    }
    return err == ERR_NONE ? RPC_JSON_WIRE_WORD(print->text, "]") : err;
}

enum err rpc_json_print_field(struct rpc_json_print *print,
                              const struct api_message *message, size_t index,
                              const ProtobufCMessage *value)
{
    const ProtobufCFieldDescriptor *field = &message->type->fields[index];
    const uint16_t type = message->fields[index].message;
    const struct api_message *of =
        type == API_NONE ? NULL : &print->json->set->messages[type];
    const void *member = at(value, field->offset);

    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return of ? rpc_json_print_message(print, of,
                                           *(ProtobufCMessage *const *)member)
                  : rpc_json_print_scalar(print->text, field, member);
    member = *(void *const *)member;
    if (of && of->form == API_ENTRY)
        return map(print, of, member, count_of(field, value));
    return list(print, field, of, member, count_of(field, value));
}

enum err rpc_json_print_fields(struct rpc_json_print *print,
                               const struct api_message *message,
                               const ProtobufCMessage *value, bool *first)
{
    for (size_t i = 0; i < message->type->n_fields; i++) {
        const struct api_field *extra = &message->fields[i];
        enum err err = ERR_NONE;

        if (!is_set(&message->type->fields[i], value))
            continue;
        if (!*first)
            err = RPC_JSON_WIRE_WORD(print->text, ",");
        *first = false;
        if (err == ERR_NONE)
            err = RPC_JSON_WIRE_WORD(print->text, "\"");
        if (err == ERR_NONE)
            err = rpc_json_wire_put(print->text, extra->json_name,
                                    extra->json_name_size);
        if (err == ERR_NONE)
            err = RPC_JSON_WIRE_WORD(print->text, "\":");
        if (err == ERR_NONE)
            err = rpc_json_print_field(print, message, i, value);
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

/* ---- messages ---- */

static enum err by_form(struct rpc_json_print *print,
                        const struct api_message *message,
                        const ProtobufCMessage *value)
{
    const ProtobufCFieldDescriptor *first = message->type->fields;
    bool none_yet = true;
    enum err err;

    switch (message->form) {
    case API_FIELDS:
    case API_ENTRY:
        err = RPC_JSON_WIRE_WORD(print->text, "{");
        if (err == ERR_NONE)
            err = rpc_json_print_fields(print, message, value, &none_yet);
        return err == ERR_NONE ? RPC_JSON_WIRE_WORD(print->text, "}") : err;
    case API_ANY:
        return rpc_json_print_known_any(print, value);
    case API_TIMESTAMP:
    case API_DURATION:
        return rpc_json_print_known_time(print->text,
                                         message->form == API_TIMESTAMP, value);
    case API_FIELD_MASK:
        return rpc_json_print_known_mask(print->text, value);
    case API_VALUE:
        return rpc_json_print_known_value(print, message, value);
    case API_STRUCT:
    case API_LIST:
        return rpc_json_print_field(print, message, 0, value);
    case API_WRAPPER:
        return rpc_json_print_scalar(print->text, first,
                                     at(value, first->offset));
    }
    REQUIRE(!"a form");
    return ERR_INTERNAL;
}

enum err rpc_json_print_message(struct rpc_json_print *print,
                                const struct api_message *message,
                                const ProtobufCMessage *value)
{
    ProtobufCMessage *nothing;
    enum err err;

    if (++print->depth > RPC_SCAN_DEPTH) /* rpc/json law 2 */
        return ERR_BUDGET;
    if (!value) {
        nothing =
            rpc_json_state_alloc(print->json, message->type->sizeof_message);
        if (!nothing)
            return ERR_BUDGET;
        message->type->message_init(nothing);
        value = nothing;
    }
    err = by_form(print, message, value);
    print->depth--;
    return err;
}

enum err rpc_json_print(struct rpc_json *json, const ProtobufCMessage *message,
                        struct buf *text)
{
    const char *name = message->descriptor->name;
    const struct api_message *of =
        rpc_json_state_find(json->set, name, strlen(name));
    const size_t before = buf_size(text);
    struct rpc_json_print print = {.json = json, .text = text};
    enum err err;

    REQUIRE(of);
    err = rpc_json_print_message(&print, of, message);
    if (err != ERR_NONE)
        buf_truncate(text, before); /* rpc/json law 3 */
    rpc_scratch_reset(&json->scratch);
    return err;
}

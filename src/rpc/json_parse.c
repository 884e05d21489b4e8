#include "rpc/json_parse.h"

#include <string.h>

#include "base/require.h"
#include "rpc/json_keys.h"
#include "rpc/json_state.h"
#include "rpc/json_wire.h"
#include "rpc/scan.h"

enum { AGAIN = 4 }; /* times a text, for rpc_json_parse.again */

enum err rpc_json_parse_wrong(struct rpc_json_parse *parse)
{
    const int c = rpc_json_text_peek(&parse->text);

    return c && strchr("{[\"-0123456789tfn", c) ? ERR_JSON_VALUE : ERR_JSON;
}

enum err rpc_json_parse_plain(struct rpc_json_parse *parse,
                              const struct rpc_json_string *string,
                              const char **plain)
{
    uint8_t *copy;

    *plain = (const char *)string->at;
    if (string->zero)
        return ERR_JSON_VALUE;
    if (string->raw == string->size)
        return ERR_NONE;
    copy = rpc_json_state_alloc(parse->json, string->size);
    if (!copy)
        return ERR_BUDGET;
    rpc_json_text_unescape(string, copy);
    *plain = (const char *)copy;
    return ERR_NONE;
}

/* ---- maps ---- */

static uint32_t varint(const uint8_t **at)
{
    uint32_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        value |= (uint32_t)(**at & 0x7f) << shift;
        if (*(*at)++ < 0x80)
            return value;
    }
}

/* The key of an entry that rpc_json_parse_scalar_key() wrote: where, and how
 * long. */
static const uint8_t *key_of(const uint8_t *at, size_t *size)
{
    const enum rpc_json_wire type = (enum rpc_json_wire)(*at++ & 7);
    const uint8_t *end = at;

    if (type == RPC_JSON_WIRE_BYTES)
        *size = varint(&at);
    else if (type == RPC_JSON_WIRE_VARINT) {
        while (*end++ >= 0x80)
            ;
        *size = (size_t)(end - at);
    } else {
        *size = type == RPC_JSON_WIRE_32 ? 4 : 8;
    }
    return at;
}

static int by_key(const void *wire, uint32_t a, uint32_t b)
{
    size_t a_size, b_size;
    const uint8_t *a_key = key_of((const uint8_t *)wire + a, &a_size);
    const uint8_t *b_key = key_of((const uint8_t *)wire + b, &b_size);

    if (a_size != b_size)
        return a_size < b_size ? -1 : 1;
    return memcmp(a_key, b_key, a_size);
}

/* Is one key twice among the `count` entries from there to the wire's end? */
static enum err unique(struct rpc_json_parse *parse, size_t start, size_t count)
{
    const uint8_t *wire = buf_head(parse->wire), *at;
    uint32_t *key;

    if (count < 2)
        return ERR_NONE;
    if (count > RPC_SCAN_ELEMENTS || buf_size(parse->wire) > UINT32_MAX)
        return ERR_BUDGET; /* rpc/json law 2 */
    key = rpc_json_state_alloc(parse->json, count * sizeof *key);
    if (!key)
        return ERR_BUDGET;
    at = wire + start;
    for (size_t i = 0; i < count; i++) {
        uint32_t size;

        (void)varint(&at); /* the tag */
        size = varint(&at);
        key[i] = (uint32_t)(at - wire);
        at += size;
    }
    REQUIRE(at == wire + buf_size(parse->wire));
    rpc_json_keys_sort(key, count, by_key, wire);
    for (size_t i = 1; i < count; i++)
        if (by_key(wire, key[i - 1], key[i]) == 0)
            return ERR_JSON_FIELD;
    return ERR_NONE;
}

/* One entry; *written is false if its value is an enum's name to be skipped. */
static enum err entry(struct rpc_json_parse *parse, uint32_t field,
                      const struct api_message *of, bool *written)
{
    const ProtobufCFieldDescriptor *value = &of->type->fields[1];
    const size_t before = buf_size(parse->wire);
    struct rpc_json_string key;
    size_t at, value_at, keyed;
    enum err err = rpc_json_text_key(&parse->text, &key);

    *written = true;
    if (err == ERR_NONE)
        err = rpc_json_wire_open(parse->wire, field, &at);
    if (err == ERR_NONE)
        err = rpc_json_parse_scalar_key(parse, &of->type->fields[0], &key);
    if (err != ERR_NONE)
        return err;
    keyed = buf_size(parse->wire);
    if (value->type != PROTOBUF_C_TYPE_MESSAGE) {
        err = rpc_json_parse_scalar(parse, value, RPC_JSON_TAG);
        *written = buf_size(parse->wire) > keyed;
        if (err == ERR_NONE && !*written) {
            buf_truncate(parse->wire, before);
            return ERR_NONE;
        }
    } else {
        err = rpc_json_wire_open(parse->wire, value->id, &value_at);
        if (err == ERR_NONE)
            err = rpc_json_parse_message(
                parse, &parse->json->set->messages[of->fields[1].message]);
        if (err == ERR_NONE)
            err = rpc_json_wire_close(parse->wire, value_at);
    }
    return err == ERR_NONE ? rpc_json_wire_close(parse->wire, at) : err;
}

static enum err map(struct rpc_json_parse *parse, uint32_t field,
                    const struct api_message *of)
{
    const size_t start = buf_size(parse->wire);
    bool first = true, more, written;
    size_t count = 0;
    enum err err;

    if (!rpc_json_text_open(&parse->text, '{'))
        return rpc_json_parse_wrong(parse);
    if (++parse->depth > RPC_SCAN_DEPTH) /* an entry is a message */
        return ERR_BUDGET;
    for (;;) {
        err = rpc_json_text_more(&parse->text, '}', &first, &more);
        if (err == ERR_NONE && !more)
            break;
        if (err == ERR_NONE)
            err = entry(parse, field, of, &written);
        if (err != ERR_NONE)
            return err;
        count += written;
    }
    parse->depth--;
    return unique(parse, start, count);
}

/* ---- fields ---- */

static enum err message_field(struct rpc_json_parse *parse, uint32_t field,
                              const struct api_message *of)
{
    size_t at;
    enum err err = rpc_json_wire_open(parse->wire, field, &at);

    if (err == ERR_NONE)
        err = rpc_json_parse_message(parse, of);
    return err == ERR_NONE ? rpc_json_wire_close(parse->wire, at) : err;
}

static enum err list(struct rpc_json_parse *parse,
                     const ProtobufCFieldDescriptor *field,
                     const struct api_message *of)
{
    const bool packed = !of && field->type != PROTOBUF_C_TYPE_STRING &&
                        field->type != PROTOBUF_C_TYPE_BYTES;
    bool first = true, more;
    size_t at = 0;
    enum err err = ERR_NONE;

    if (!rpc_json_text_open(&parse->text, '['))
        return rpc_json_parse_wrong(parse);
    if (packed)
        err = rpc_json_wire_open(parse->wire, field->id, &at);
    while (err == ERR_NONE) {
        err = rpc_json_text_more(&parse->text, ']', &first, &more);
        if (err == ERR_NONE && !more)
            return packed ? rpc_json_wire_close(parse->wire, at) : ERR_NONE;
        if (err == ERR_NONE)
            err =
                of ? message_field(parse, field->id, of)
                   : rpc_json_parse_scalar(
                         parse, field, packed ? RPC_JSON_NO_TAG : RPC_JSON_TAG);
    }
    return err;
}

/* Where a field is: which, and whether its oneof has one. */
struct place {
    uint64_t seen[API_FIELDS_MAX / 64], oneofs;
};

static bool mark(uint64_t *seen, size_t bit)
{
    const uint64_t mask = UINT64_C(1) << bit % 64;
    const bool was = seen[bit / 64] & mask;

    seen[bit / 64] |= mask;
    return !was;
}

static enum err field_value(struct rpc_json_parse *parse,
                            const struct api_message *message, size_t index,
                            struct place *place)
{
    const ProtobufCFieldDescriptor *field = &message->type->fields[index];
    const struct api_field *extra = &message->fields[index];
    const struct api_message *of =
        extra->message == API_NONE
            ? NULL
            : &parse->json->set->messages[extra->message];
    const bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;

    if (!mark(place->seen, index))
        return ERR_JSON_FIELD;
    if (rpc_json_text_peek(&parse->text) == 'n' &&
        (repeated || !(extra->null_value || (of && of->form == API_VALUE))))
        return rpc_json_text_word(&parse->text); /* as if it were not there */
    if (extra->oneof > 0 && !mark(&place->oneofs, extra->oneof - 1U))
        return ERR_JSON_FIELD;
    if (repeated && of && of->form == API_ENTRY)
        return map(parse, field->id, of);
    if (repeated)
        return list(parse, field, of);
    if (of)
        return message_field(parse, field->id, of);
    return rpc_json_parse_scalar(
        parse, field,
        field->label == PROTOBUF_C_LABEL_NONE &&
                !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            ? RPC_JSON_TAG_UNLESS_ZERO
            : RPC_JSON_TAG);
}

enum err rpc_json_parse_fields(struct rpc_json_parse *parse,
                               const struct api_message *message, bool any)
{
    struct place place = {0};
    bool first = true, more, typed = false;
    size_t index = API_NONE;

    if (!rpc_json_text_open(&parse->text, '{'))
        return rpc_json_parse_wrong(parse);
    for (;;) {
        struct rpc_json_string key;
        enum err err = rpc_json_text_more(&parse->text, '}', &first, &more);

        if (err == ERR_NONE && !more)
            return ERR_NONE;
        if (err == ERR_NONE)
            err = rpc_json_text_key(&parse->text, &key);
        if (err != ERR_NONE)
            return err;
        index = rpc_json_state_field(message, &key,
                                     index == API_NONE ? 0 : index + 1);
        if (index != API_NONE)
            err = field_value(parse, message, index, &place);
        else if (any && !typed && rpc_json_state_is(&key, "@type")) {
            typed = true;
            err = rpc_json_text_skip(&parse->text);
        } else if (any && message->type->n_fields == 0 &&
                   rpc_json_state_is(&key, "value")) {
            /* Some write an Empty like that. */
            err = rpc_json_parse_fields(parse, message, false);
        } else if (parse->json->ignore_unknown) {
            err = rpc_json_text_skip(&parse->text);
        } else {
            err = ERR_JSON_FIELD;
        }
        if (err != ERR_NONE)
            return err;
    }
}

static enum err by_form(struct rpc_json_parse *parse,
                        const struct api_message *message)
{
    const ProtobufCFieldDescriptor *first = message->type->fields;

    switch (message->form) {
    case API_FIELDS:
    case API_ENTRY: /* only by name, and not as a map */
        return rpc_json_parse_fields(parse, message, false);
    case API_ANY:
        return rpc_json_parse_known_any(parse);
    case API_TIMESTAMP:
        return rpc_json_parse_known_time(parse, true);
    case API_DURATION:
        return rpc_json_parse_known_time(parse, false);
    case API_FIELD_MASK:
        return rpc_json_parse_known_mask(parse);
    case API_STRUCT:
        return map(parse, first->id,
                   &parse->json->set->messages[message->fields->message]);
    case API_VALUE:
        return rpc_json_parse_known_value(parse, message);
    case API_LIST:
        return list(parse, first,
                    &parse->json->set->messages[message->fields->message]);
    case API_WRAPPER:
        return rpc_json_parse_scalar(parse, first, RPC_JSON_TAG_UNLESS_ZERO);
    }
    REQUIRE(!"a form");
    return ERR_INTERNAL;
}

enum err rpc_json_parse_message(struct rpc_json_parse *parse,
                                const struct api_message *message)
{
    enum err err;

    if (++parse->depth > RPC_SCAN_DEPTH) /* rpc/json law 2 */
        return ERR_BUDGET;
    err = by_form(parse, message);
    parse->depth--;
    return err;
}

enum err rpc_json_parse(struct rpc_json *json,
                        const ProtobufCMessageDescriptor *type,
                        const uint8_t *text, size_t size, struct buf *wire)
{
    const struct api_message *message =
        rpc_json_state_find(json->set, type->name, strlen(type->name));
    const size_t before = buf_size(wire);
    struct rpc_json_parse parse = {
        .json = json, .wire = wire, .again = AGAIN * size};
    enum err err;

    REQUIRE(message);
    if (size == 0 || !rpc_scan_utf8(text, size))
        return ERR_JSON;
    parse.text = (struct rpc_json_text){text, text + size};
    err = rpc_json_parse_message(&parse, message);
    if (err == ERR_NONE && rpc_json_text_peek(&parse.text))
        err = ERR_JSON;
    if (err != ERR_NONE)
        buf_truncate(wire, before); /* rpc/json law 3 */
    rpc_scratch_reset(&json->scratch);
    return err;
}

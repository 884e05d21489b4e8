#include "rpc/json_parse.h"

#include <string.h>

#include "rpc/json_number.h"
#include "rpc/json_state.h"
#include "rpc/json_time.h"
#include "rpc/json_wire.h"

/* A string, plain. */
static enum err take_string(struct rpc_json_parse *parse, const char **plain,
                            size_t *size)
{
    struct rpc_json_string string;
    enum err err;

    *plain = NULL;
    *size = 0;
    if (rpc_json_text_peek(&parse->text) != '"')
        return rpc_json_parse_wrong(parse);
    err = rpc_json_text_string(&parse->text, &string);
    *size = string.size;
    return err == ERR_NONE ? rpc_json_parse_plain(parse, &string, plain) : err;
}

static enum err put_string(struct buf *wire, uint32_t field, const char *text,
                           size_t size)
{
    enum err err = rpc_json_wire_tag(wire, field, RPC_JSON_WIRE_BYTES);

    if (err == ERR_NONE)
        err = rpc_json_wire_varint(wire, size);
    return err == ERR_NONE ? rpc_json_wire_put(wire, text, size) : err;
}

/* ---- Any ---- */

/* The "@type" of the object that comes next, wherever in it; *text NULL: the
 * object is empty.  Moves over the object only then. */
static enum err find_type(struct rpc_json_parse *parse, const char **type,
                          size_t *size)
{
    struct rpc_json_parse ahead = *parse;
    bool first = true, more;
    enum err err = ERR_NONE;

    *type = NULL;
    *size = 0;
    if (!rpc_json_text_open(&ahead.text, '{'))
        return rpc_json_parse_wrong(parse);
    while (err == ERR_NONE && !*type) {
        const bool empty = first;
        struct rpc_json_string key;

        err = rpc_json_text_more(&ahead.text, '}', &first, &more);
        if (err == ERR_NONE && !more && !empty)
            return ERR_JSON_VALUE;
        if (err == ERR_NONE && !more) {
            parse->text = ahead.text;
            return ERR_NONE;
        }
        if (err == ERR_NONE)
            err = rpc_json_text_key(&ahead.text, &key);
        if (err == ERR_NONE && rpc_json_state_is(&key, "@type"))
            err = take_string(&ahead, type, size);
        else if (err == ERR_NONE)
            err = rpc_json_text_skip(&ahead.text);
    }
    /* rpc/json law 2: an Any in an Any in an Any … is read ahead each time. */
    if (err == ERR_NONE &&
        (size_t)(ahead.text.at - parse->text.at) > parse->again)
        return ERR_BUDGET;
    parse->again -=
        err == ERR_NONE ? (size_t)(ahead.text.at - parse->text.at) : 0;
    return err;
}

/* {"@type": …, "value": …} of what is no object of fields by itself. */
static enum err wrapped(struct rpc_json_parse *parse,
                        const struct api_message *message)
{
    bool first = true, more, typed = false, valued = false;
    struct rpc_json_string key;
    enum err err;

    (void)rpc_json_text_open(&parse->text, '{'); /* find_type() saw it */
    for (;;) {
        err = rpc_json_text_more(&parse->text, '}', &first, &more);
        if (err == ERR_NONE && !more)
            return valued ? ERR_NONE : ERR_JSON_VALUE;
        if (err == ERR_NONE)
            err = rpc_json_text_key(&parse->text, &key);
        if (err == ERR_NONE && rpc_json_state_is(&key, "@type") && !typed) {
            typed = true;
            err = rpc_json_text_skip(&parse->text);
        } else if (err == ERR_NONE && rpc_json_state_is(&key, "value") &&
                   !valued) {
            valued = true;
            err = rpc_json_parse_message(parse, message);
        } else if (err == ERR_NONE) {
            err = ERR_JSON_FIELD;
        }
        if (err != ERR_NONE)
            return err;
    }
}

enum err rpc_json_parse_known_any(struct rpc_json_parse *parse)
{
    const struct api_message *message;
    const char *url;
    size_t size, at;
    enum err err = find_type(parse, &url, &size);

    if (err != ERR_NONE || !url)
        return err;
    message = rpc_json_state_any(parse->json->set, url, size);
    if (!message)
        return ERR_JSON_VALUE;
    err = put_string(parse->wire, 1, url, size);
    if (err == ERR_NONE)
        err = rpc_json_wire_open(parse->wire, 2, &at);
    if (err != ERR_NONE)
        return err;
    if (message->form == API_FIELDS)
        err = rpc_json_parse_fields(parse, message, true);
    else
        err = wrapped(parse, message);
    return err == ERR_NONE ? rpc_json_wire_close(parse->wire, at) : err;
}

/* ---- Value ---- */

enum err rpc_json_parse_known_value(struct rpc_json_parse *parse,
                                    const struct api_message *message)
{
    /* By the first byte of the token: which of its fields (by number, as
     * google/protobuf/struct.proto has them). */
    enum { NULL_VALUE = 1, NUMBER, STRING, BOOL, STRUCT, LIST };
    const int c = rpc_json_text_peek(&parse->text);
    const int number = c == 'n'               ? NULL_VALUE
                       : c == '"'             ? STRING
                       : c == 't' || c == 'f' ? BOOL
                       : c == '{'             ? STRUCT
                       : c == '['             ? LIST
                                              : NUMBER;
    const struct api_message *messages = parse->json->set->messages;
    const ProtobufCFieldDescriptor *field = &message->type->fields[number - 1];
    size_t at;
    enum err err;

    if (number != STRUCT && number != LIST)
        return rpc_json_parse_scalar(parse, field, RPC_JSON_TAG);
    err = rpc_json_wire_open(parse->wire, field->id, &at);
    if (err == ERR_NONE)
        err = rpc_json_parse_message(
            parse, &messages[message->fields[number - 1].message]);
    return err == ERR_NONE ? rpc_json_wire_close(parse->wire, at) : err;
}

/* ---- Timestamp, Duration, FieldMask ---- */

enum err rpc_json_parse_known_time(struct rpc_json_parse *parse, bool point)
{
    struct rpc_json_time time;
    const char *text;
    size_t size;
    enum err err = take_string(parse, &text, &size);

    if (err != ERR_NONE)
        return err;
    if (!(point ? rpc_json_time_point : rpc_json_time_length)(text, size,
                                                              &time))
        return ERR_JSON_VALUE;
    if (time.seconds != 0) {
        err = rpc_json_wire_tag(parse->wire, 1, RPC_JSON_WIRE_VARINT);
        if (err == ERR_NONE)
            err = rpc_json_wire_varint(parse->wire, (uint64_t)time.seconds);
    }
    if (err == ERR_NONE && time.nanos != 0) {
        err = rpc_json_wire_tag(parse->wire, 2, RPC_JSON_WIRE_VARINT);
        if (err == ERR_NONE)
            err = rpc_json_wire_varint(parse->wire,
                                       (uint64_t)(int64_t)time.nanos);
    }
    return err;
}

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* One path, "fooBar.baz", as "foo_bar.baz". */
static enum err put_path(struct buf *wire, const char *path, size_t size)
{
    size_t made = size, at;
    uint8_t *room;
    enum err err;

    for (size_t i = 0; i < size; i++) {
        const char c = path[i];

        if (!upper(c) && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            c != '.')
            return ERR_JSON_VALUE;
        made += upper(c);
    }
    if (size == 0)
        return ERR_JSON_VALUE;
    err = rpc_json_wire_open(wire, 1, &at);
    if (err == ERR_NONE)
        err = rpc_json_wire_room(wire, made, &room);
    if (err != ERR_NONE)
        return err;
    for (size_t i = 0; i < size; i++) {
        if (upper(path[i]))
            *room++ = '_';
        *room++ = (uint8_t)(upper(path[i]) ? path[i] - 'A' + 'a' : path[i]);
    }
    buf_commit(wire, made);
    return rpc_json_wire_close(wire, at);
}

enum err rpc_json_parse_known_mask(struct rpc_json_parse *parse)
{
    const char *text, *comma;
    size_t size;
    enum err err = take_string(parse, &text, &size);

    while (err == ERR_NONE && size > 0) {
        comma = memchr(text, ',', size);
        if (comma == text + size - 1)
            return ERR_JSON_VALUE;
        err =
            put_path(parse->wire, text, comma ? (size_t)(comma - text) : size);
        size -= comma ? (size_t)(comma - text) + 1 : size;
        text = comma ? comma + 1 : text;
    }
    return err;
}

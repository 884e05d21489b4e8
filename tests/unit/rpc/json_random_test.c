/* rpc/json on random messages of every type of the set, and with each of its
 * allocations failing in turn.  The model is protobuf-c: what it packs before
 * and after. */
#include "rpc/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"
#include "pb/testing.api.h"

enum { MOST = 1 << 20 };

static struct rpc_json json;

/* ---- random bytes of any message type, by the descriptors alone: every field
 * at random, fields twice, in any order; strings are UTF-8 without zero bytes,
 * maps have one entry, of a key and a value; NaN is one ---- */

static void random_put(struct buf *out, const void *bytes, size_t size)
{
    if (buf_append(out, bytes, size) != ERR_NONE)
        abort();
}

static void random_varint(struct buf *out, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

        random_put(out, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

static uint64_t random_number(uint64_t *chance)
{
    const uint64_t bits = chance_next(chance) >> chance_below(chance, 64);

    return chance_below(chance, 4) ? bits : -bits;
}

static void random_text(struct buf *out, uint64_t *chance, bool utf8)
{
    static const char *const letters[] = {"a",  "\"",       "\\",
                                          "\n", "\x1f",     "/",
                                          "Z",  "\xc3\xa9", "\xf0\x9f\x8c\x8a"};
    char text[64] = "";
    size_t size = 0;

    for (uint64_t left = chance_below(chance, 14); left > 0; left--) {
        const char *letter = letters[chance_below(chance, 9)];
        char byte[2] = {(char)chance_next(chance)};

        if (!utf8)
            letter = byte;
        memcpy(text + size, letter, utf8 ? strlen(letter) : 1);
        size += utf8 ? strlen(letter) : 1;
    }
    random_varint(out, size);
    random_put(out, text, size);
}

static bool random_is_entry(const ProtobufCMessageDescriptor *type)
{
    return type->n_fields == 2 && strcmp(type->fields[0].name, "key") == 0;
}

static void random_message(struct buf *out,
                           const ProtobufCMessageDescriptor *type,
                           uint64_t *chance, int depth);

static void random_field(struct buf *out, const ProtobufCFieldDescriptor *field,
                         uint64_t *chance, int depth)
{
    const ProtobufCEnumDescriptor *names = field->descriptor;
    uint64_t bits = random_number(chance);
    struct buf inner;
    unsigned wire = 0;

    if (field->type == PROTOBUF_C_TYPE_FLOAT &&
        (bits & 0x7f800000) == 0x7f800000)
        bits = 0x7fc00000;
    if (field->type == PROTOBUF_C_TYPE_DOUBLE && (bits >> 52 & 0x7ff) == 0x7ff)
        bits = UINT64_C(0x7ff8000000000000);
    switch ((int)field->type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        random_varint(out, (uint64_t)field->id << 3 | 5);
        random_put(out, &bits, 4);
        return;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        random_varint(out, (uint64_t)field->id << 3 | 1);
        random_put(out, &bits, 8);
        return;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        random_varint(out, (uint64_t)field->id << 3 | 2);
        random_text(out, chance, field->type == PROTOBUF_C_TYPE_STRING);
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        buf_init(&inner, out->max);
        random_message(&inner, field->descriptor, chance, depth + 1);
        random_varint(out, (uint64_t)field->id << 3 | 2);
        random_varint(out, buf_size(&inner));
        random_put(out, buf_head(&inner), buf_size(&inner));
        buf_close(&inner);
        return;
    case PROTOBUF_C_TYPE_ENUM:
        bits = chance_below(chance, 4)
                   ? (uint64_t)(int64_t)names
                         ->values[chance_below(chance, names->n_values)]
                         .value
                   : (uint64_t)(int64_t)(int32_t)bits;
        break;
    case PROTOBUF_C_TYPE_BOOL:
        bits &= 1;
        break;
    default:
        break;
    }
    random_varint(out, (uint64_t)field->id << 3 | wire);
    random_varint(out, bits);
}

static void random_message(struct buf *out,
                           const ProtobufCMessageDescriptor *type,
                           uint64_t *chance, int depth)
{
    const uint64_t most = depth > 5 ? 1 : 6;
    uint64_t maps = 0; /* that have their entry, of the first 64 fields */

    if (random_is_entry(type)) {
        random_field(out, &type->fields[0], chance, depth);
        random_field(out, &type->fields[1], chance, depth);
        return;
    }
    for (uint64_t left = chance_below(chance, most); left > 0; left--) {
        const uint64_t index =
            type->n_fields > 0 ? chance_below(chance, type->n_fields) : 64;

        if (index > 63 || maps >> index & 1)
            continue;
        random_field(out, &type->fields[index], chance, depth);
        if (type->fields[index].type == PROTOBUF_C_TYPE_MESSAGE &&
            random_is_entry(type->fields[index].descriptor))
            maps |= UINT64_C(1) << index;
    }
}

/* ---- there and back ---- */

/* One random message there and back; false if allocation fail_at failed. */
static bool random_round(const ProtobufCMessageDescriptor *type, uint64_t seed,
                         size_t fail_at, unsigned *printed)
{
    struct buf bytes, text, wire;
    ProtobufCMessage *message, *back;
    enum err err;
    bool failed;

    buf_init(&bytes, MOST);
    buf_init(&text, MOST);
    buf_init(&wire, MOST);
    random_message(&bytes, type, &seed, 0);
    message = protobuf_c_message_unpack(type, NULL, buf_size(&bytes),
                                        buf_head(&bytes));
    if (!message) { /* protobuf-c does not merge all that comes twice */
        buf_close(&bytes);
        return false;
    }
    fail_malloc_start(fail_at);
    err = rpc_json_print(&json, message, &text);
    if (err == ERR_NONE)
        err = rpc_json_parse(&json, type, buf_head(&text), buf_size(&text),
                             &wire);
    failed = fail_malloc_stop();
    CHECK(failed || err == ERR_NONE || err == ERR_INTERNAL);
    CHECK(!failed || err == ERR_NOMEM || err == ERR_BUDGET ||
          err == ERR_INTERNAL);
    if (err == ERR_NONE) { /* Law 1 */
        uint8_t *one, *two;
        size_t size = protobuf_c_message_get_packed_size(message);

        (*printed)++;
        back = protobuf_c_message_unpack(type, NULL, buf_size(&wire),
                                         buf_head(&wire));
        CHECK(back && protobuf_c_message_get_packed_size(back) == size);
        one = malloc(size + 1);
        two = malloc(size + 1);
        (void)protobuf_c_message_pack(message, one);
        (void)protobuf_c_message_pack(back, two);
        CHECK(memcmp(one, two, size) == 0);
        free(one);
        free(two);
        protobuf_c_message_free_unpacked(back, NULL);
    }
    protobuf_c_message_free_unpacked(message, NULL);
    buf_close(&bytes);
    buf_close(&text);
    buf_close(&wire);
    return failed;
}

static void random_history(void)
{
    unsigned printed = 0;

    for (size_t i = 0; i < testing_api.messages_count; i++)
        for (uint64_t seed = 0; seed < 40; seed++)
            (void)random_round(testing_api.messages[i].type, seed << 32 | i, 0,
                               &printed);
    CHECK(printed > 3000);
    printed = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        size_t fail_at = 1;

        while (random_round(&json__testing__maps__descriptor, seed, fail_at,
                            &printed))
            fail_at++;
    }
    CHECK(printed > 0);
}

int main(void)
{
    rpc_json_init(&json, &testing_api, false);
    random_history();
    return check_report("rpc/json, at random");
}

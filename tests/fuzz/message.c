/* fuzz/message -- any bytes as a message of any type we know.
 *
 * The first line names the type; any other line than a name is the number of
 * one.  What the scan lets through and unpacks
 * keeps rpc/scan law 1, as counted here by walking the message; packed again it
 * passes again. */
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "fuzz.h"
#include "pb/testing.api.h"
#include "rpc/scan.h"

enum { ELEMENTS = 2000 };

struct walk {
    uint64_t elements;
    int deepest;
};

static void walk(struct walk *walked, const ProtobufCMessage *message,
                 int depth);

/* UTF-8, decoded to the letter and by another way than the scan's. */
static bool decodes(const char *text)
{
    const uint8_t *at = (const uint8_t *)text;

    while (*at) {
        int more = *at < 0x80 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
        uint32_t code = more == 0 ? *at : *at & (0x3fU >> more);
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};

        if ((*at >= 0x80 && *at < 0xc0) || *at >= 0xf8)
            return false;
        for (at++; more > 0 && (*at & 0xc0) == 0x80; at++, more--)
            code = code << 6 | (*at & 0x3f);
        if (more > 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return false;
        if (code < least[code < 0x80      ? 0
                         : at[-2] >= 0xc0 ? 1
                         : at[-3] >= 0xe0 ? 2
                                          : 3])
            return false;
    }
    return true;
}

static void value(struct walk *walked, const ProtobufCFieldDescriptor *field,
                  const uint8_t *at, int depth)
{
    walked->elements++;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessage *inner;

        memcpy(&inner, at, sizeof(void *));
        if (inner)
            walk(walked, inner, depth + 1);
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text;

        memcpy(&text, at, sizeof(void *));
        REQUIRE(!text || decodes(text));
    }
}

static void walk(struct walk *walked, const ProtobufCMessage *message,
                 int depth)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    const uint8_t *base = (const uint8_t *)message;

    walked->deepest = depth > walked->deepest ? depth : walked->deepest;
    walked->elements += message->n_unknown_fields;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        size_t size = field->type == PROTOBUF_C_TYPE_MESSAGE ||
                              field->type == PROTOBUF_C_TYPE_STRING
                          ? sizeof(void *)
                          : 0; /* of others only the number counts */
        const uint8_t *list;
        uint32_t which;
        size_t n;

        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            memcpy(&n, base + field->quantifier_offset, sizeof n);
            memcpy(&list, base + field->offset, sizeof(void *));
            for (size_t j = 0; j < n; j++)
                value(walked, field, size ? list + j * size : NULL, depth);
            continue;
        }
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
            memcpy(&which, base + field->quantifier_offset, sizeof which);
            if (which != field->id)
                continue;
        }
        if (size) {
            const void *there;

            memcpy(&there, base + field->offset, sizeof(void *));
            if (there && there != field->default_value &&
                (field->type == PROTOBUF_C_TYPE_MESSAGE ||
                 *(const char *)there))
                value(walked, field, base + field->offset, depth);
        }
    }
}

/* So that the corpus lives on when there are more. */
static const ProtobufCMessageDescriptor *type_of(const uint8_t *line,
                                                 size_t size)
{
    size_t number = 0;

    for (size_t i = 0; i < testing_api.messages_count; i++) {
        const char *name = testing_api.messages[i].type->name;

        if (strlen(name) == size && memcmp(name, line, size) == 0)
            return testing_api.messages[i].type;
    }
    for (size_t i = 0; i < size; i++)
        number = number * 256 + line[i];
    return testing_api.messages[number % testing_api.messages_count].type;
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ProtobufCMessageDescriptor *type;
    struct walk walked = {0};
    ProtobufCMessage *message;
    const uint8_t *line;
    uint8_t *again;

    if (size < 2 || size > 60000)
        return 0;
    line = memchr(data, '\n', size);
    if (!line)
        return 0;
    type = type_of(data, (size_t)(line - data));
    size -= (size_t)(line + 1 - data);
    data = line + 1;
    if (rpc_scan(type, data, size, ELEMENTS) != ERR_NONE)
        return 0;
    message = protobuf_c_message_unpack(type, NULL, size, data);
    if (!message) /* a field came as what it is not */
        return 0;
    walk(&walked, message, 1);
    REQUIRE(walked.deepest <= RPC_SCAN_DEPTH); /* rpc/scan law 1 */
    REQUIRE(walked.elements <= ELEMENTS);
    size = protobuf_c_message_get_packed_size(message);
    again = malloc(size + 1);
    REQUIRE(again != NULL);
    REQUIRE(protobuf_c_message_pack(message, again) == size);
    REQUIRE(rpc_scan(type, again, size, ELEMENTS) == ERR_NONE);
    free(again);
    protobuf_c_message_free_unpacked(message, NULL);
    return 0;
}

/* json_codec -- rpc/json on standard input and output, for tests/e2e/json_test.py
 * to hold against another implementation.
 *
 * One request after the other: what to do ('p': parse, 'i': parse and ignore
 * what is unknown, 'w': print), the size of the type's name and of the body in
 * four bytes each, lowest first, then both.  The answer: one byte, 1 if it is
 * done, the size in four bytes, and the result or the reason why not.  What
 * was parsed must pass the scan that guards a handler, and what is printed
 * passed it. */
#include "rpc/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pb/testing.api.h"
#include "rpc/scan.h"

enum { NAME_MAX_BYTES = 256, BODY_MAX = 64 << 20, ELEMENTS = 1 << 26 };

static struct rpc_json strict, ignoring;

static uint32_t number(const uint8_t bytes[4])
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
           (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static const ProtobufCMessageDescriptor *type_of(const char *name)
{
    for (size_t i = 0; i < testing_api.messages_count; i++)
        if (strcmp(testing_api.messages[i].type->name, name) == 0)
            return testing_api.messages[i].type;
    return NULL;
}

static enum err print(const ProtobufCMessageDescriptor *type,
                      const uint8_t *body, size_t size, struct buf *out)
{
    ProtobufCMessage *message;
    enum err err = rpc_scan(type, body, size, ELEMENTS);

    if (err != ERR_NONE)
        return err;
    message = protobuf_c_message_unpack(type, NULL, size, body);
    if (!message)
        return ERR_PROTO;
    err = rpc_json_print(&strict, message, out);
    protobuf_c_message_free_unpacked(message, NULL);
    return err;
}

static enum err handle(uint8_t what, const ProtobufCMessageDescriptor *type,
                       const uint8_t *body, size_t size, struct buf *out)
{
    enum err err;

    if (what == 'w')
        return print(type, body, size, out);
    err = rpc_json_parse(what == 'i' ? &ignoring : &strict, type, body, size,
                         out);
    if (err == ERR_NONE)
        err = rpc_scan(type, buf_head(out), buf_size(out), ELEMENTS);
    return err;
}

static void answer(enum err err, const struct buf *out)
{
    const void *bytes =
        err == ERR_NONE ? (void *)buf_head(out) : (const void *)err_reason(err);
    const size_t size =
        err == ERR_NONE ? buf_size(out) : strlen(err_reason(err));
    const uint8_t head[] = {err == ERR_NONE, (uint8_t)size,
                            (uint8_t)(size >> 8), (uint8_t)(size >> 16),
                            (uint8_t)(size >> 24)};

    if (fwrite(head, sizeof head, 1, stdout) != 1 ||
        (size > 0 && fwrite(bytes, size, 1, stdout) != 1) ||
        fflush(stdout) != 0)
        exit(1);
}

int main(void)
{
    uint8_t head[9];
    struct buf out;

    rpc_json_init(&strict, &testing_api, false);
    rpc_json_init(&ignoring, &testing_api, true);
    buf_init(&out, BODY_MAX);
    while (fread(head, sizeof head, 1, stdin) == 1) {
        const uint32_t name_size = number(head + 1), size = number(head + 5);
        char name[NAME_MAX_BYTES + 1];
        uint8_t *body;
        const ProtobufCMessageDescriptor *type;

        if (name_size > NAME_MAX_BYTES || size > BODY_MAX)
            return 1;
        body = malloc(size > 0 ? size : 1); /* of its own size: see its end */
        if (!body || fread(name, 1, name_size, stdin) != name_size ||
            fread(body, 1, size, stdin) != size)
            return 1;
        name[name_size] = '\0';
        type = type_of(name);
        if (!type)
            return 1;
        buf_truncate(&out, 0);
        answer(handle(head[0], type, body, size, &out), &out);
        free(body);
    }
    buf_close(&out);
    return 0;
}

#include "client/json.h"

#include <string.h>

#include "pb/kindred.api.h"
#include "rpc/json.h"
#include "rpc/scan.h"

const struct api_method *client_json_methods(size_t *count)
{
    *count = kindred_api.methods_count;
    return kindred_api.methods;
}

const struct api_method *client_json_method(const char *path)
{
    for (size_t i = 0; i < kindred_api.methods_count; i++)
        if (strcmp(kindred_api.methods[i].path, path) == 0)
            return &kindred_api.methods[i];
    return NULL;
}

enum err client_json_print(const ProtobufCMessage *message, struct buf *text)
{
    struct rpc_json json;

    rpc_json_init(&json, &kindred_api, false);
    return rpc_json_print(&json, message, text);
}

enum err client_json_quote(const char *bytes, size_t size, struct buf *text)
{
    size_t before = buf_size(text);
    enum err err = rpc_json_quote(bytes, size, text);

    if (err != ERR_INTERNAL)
        return err;
    err = buf_append(text, "\"", 1); /* not UTF-8: what of it is ASCII */
    for (size_t i = 0; err == ERR_NONE && i < size; i++) {
        bool plain = bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '"' &&
                     bytes[i] != '\\';

        err = buf_append(text, plain ? &bytes[i] : "?", 1);
    }
    if (err == ERR_NONE)
        err = buf_append(text, "\"", 1);
    if (err != ERR_NONE)
        buf_truncate(text, before);
    return err;
}

enum err client_json_parse(const ProtobufCMessageDescriptor *type,
                           const char *text, size_t size, struct buf *wire)
{
    struct rpc_json json;

    rpc_json_init(&json, &kindred_api, false);
    return rpc_json_parse(&json, type, (const uint8_t *)text, size, wire);
}

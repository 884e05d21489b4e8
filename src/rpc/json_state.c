#include "rpc/json_state.h"

#include <string.h>

const struct api_message *rpc_json_state_find(const struct api_set *set,
                                              const char *name, size_t size)
{
    size_t low = 0, high = set->messages_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const char *here = set->messages[middle].type->name;
        int order = strncmp(name, here, size);

        if (order == 0 && here[size]) /* it goes on */
            order = -1;
        if (order == 0)
            return &set->messages[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct api_message *rpc_json_state_any(const struct api_set *set,
                                             const char *url, size_t size)
{
    size_t name = size;

    while (name > 0 && url[name - 1] != '/')
        name--;
    return name > 0 ? rpc_json_state_find(set, url + name, size - name) : NULL;
}

static int by_size(const struct api_name *here, const uint8_t *name,
                   size_t size)
{
    if (size != here->size)
        return size < here->size ? -1 : 1;
    return memcmp(name, here->name, size);
}

size_t rpc_json_state_field(const struct api_message *message,
                            const struct rpc_json_string *name, size_t likely)
{
    uint8_t plain[UINT8_MAX];
    const uint8_t *at = name->at;
    size_t low = 0, high = message->names_count;

    if (name->size > sizeof plain)
        return API_NONE;
    if (name->raw != name->size) {
        rpc_json_text_unescape(name, plain);
        at = plain;
    }
    if (likely < message->type->n_fields &&
        message->fields[likely].json_name_size == name->size &&
        memcmp(message->fields[likely].json_name, at, name->size) == 0)
        return likely;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = by_size(&message->names[middle], at, name->size);

        if (order == 0)
            return message->names[middle].field;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return API_NONE;
}

bool rpc_json_state_is(const struct rpc_json_string *key, const char *word)
{
    const size_t size = strlen(word);
    uint8_t plain[16];

    if (key->size != size)
        return false;
    if (key->raw == size)
        return memcmp(key->at, word, size) == 0;
    rpc_json_text_unescape(key, plain);
    return memcmp(plain, word, size) == 0;
}

void *rpc_json_state_alloc(struct rpc_json *json, size_t size)
{
    ProtobufCAllocator *allocator = rpc_scratch_allocator(&json->scratch);

    return allocator->alloc(allocator->allocator_data, size);
}

#include "http/head.h"

#include <stdint.h>
#include <string.h>

#include "base/require.h"

enum err http_head_add(struct buf *buf, const struct http_field *field)
{
    uint32_t sizes[2] = {(uint32_t)field->name_size,
                         (uint32_t)field->value_size};
    size_t whole;
    uint8_t *to;

    if (field->name_size > buf->max || field->value_size > buf->max)
        return ERR_FULL;
    whole = HTTP_HEAD_OVERHEAD + field->name_size + field->value_size;
    if (whole > buf->max - buf_size(buf))
        return ERR_FULL;
    to = buf_reserve(buf, whole);
    if (!to)
        return ERR_NOMEM;
    memcpy(to, sizes, sizeof sizes);
    to += sizeof sizes;
    memcpy(to, field->name, field->name_size);
    to += field->name_size;
    *to++ = 0;
    if (field->value_size > 0)
        memcpy(to, field->value, field->value_size);
    to += field->value_size;
    *to = 0;
    buf_commit(buf, whole);
    return ERR_NONE;
}

bool http_head_next(const struct buf *buf, size_t *at, struct http_field *field)
{
    uint32_t sizes[2];
    const char *from;

    if (*at >= buf_size(buf))
        return false;
    REQUIRE(buf_size(buf) - *at >= HTTP_HEAD_OVERHEAD);
    from = (const char *)buf_head(buf) + *at;
    memcpy(sizes, from, sizeof sizes);
    field->name = from + sizeof sizes;
    field->name_size = sizes[0];
    field->value = field->name + sizes[0] + 1;
    field->value_size = sizes[1];
    *at += HTTP_HEAD_OVERHEAD + sizes[0] + sizes[1];
    REQUIRE(*at <= buf_size(buf)); /* Law 1 */
    return true;
}

const char *http_head_value(const struct buf *buf, const char *name,
                            const char *none)
{
    const size_t size = strlen(name);
    struct http_field field;
    size_t at = 0;

    while (http_head_next(buf, &at, &field))
        if (field.name_size == size && memcmp(field.name, name, size) == 0)
            return field.value;
    return none;
}

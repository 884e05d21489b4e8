#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"

enum { FIRST = 256 };

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_close(struct buf *buf)
{
    wipe_free(buf->data); /* Law 3 */
    *buf = (struct buf){.max = buf->max};
}

static enum err make_room(struct buf *buf, size_t size)
{
    size_t held = buf_size(buf), cap = buf->cap ? buf->cap : FIRST;
    uint8_t *data;

    if (size > buf->max || held > buf->max - size)
        return ERR_FULL; /* Law 1 */
    if (size <= buf->cap - buf->tail)
        return ERR_NONE;
    if (buf->head > 0 && size <= buf->cap - held) {
        memmove(buf->data, buf->data + buf->head, held); /* Law 2 */
        wipe(buf->data + held, buf->head);
        buf->head = 0;
        buf->tail = held;
        return ERR_NONE;
    }
    while (cap < held + size) {
        if (cap > SIZE_MAX / 2)
            return ERR_NOMEM;
        cap *= 2;
    }
    data = malloc(cap);
    if (!data)
        return ERR_NOMEM;
    if (held > 0)
        memcpy(data, buf->data + buf->head, held);
    wipe_free(buf->data);
    *buf =
        (struct buf){.data = data, .tail = held, .cap = cap, .max = buf->max};
    return ERR_NONE;
}

enum err buf_append(struct buf *buf, const void *bytes, size_t size)
{
    enum err err = make_room(buf, size);

    if (err != ERR_NONE || size == 0)
        return err;
    memcpy(buf->data + buf->tail, bytes, size);
    buf->tail += size;
    return ERR_NONE;
}

uint8_t *buf_reserve(struct buf *buf, size_t size)
{
    if (size == 0 || make_room(buf, size) != ERR_NONE)
        return NULL;
    return buf->data + buf->tail;
}

void buf_commit(struct buf *buf, size_t size)
{
    REQUIRE(size <= buf->cap - buf->tail);
    buf->tail += size;
    REQUIRE(buf_size(buf) <= buf->max); /* Law 1 */
}

void buf_consume(struct buf *buf, size_t size)
{
    REQUIRE(size <= buf_size(buf));
    if (size == 0)
        return;
    wipe(buf->data + buf->head, size); /* Law 3 */
    buf->head += size;
    if (buf->head == buf->tail)
        buf->head = buf->tail = 0;
}

void buf_truncate(struct buf *buf, size_t size)
{
    REQUIRE(size <= buf_size(buf));
    if (buf->data)
        wipe(buf->data + buf->head + size, buf_size(buf) - size);
    buf->tail = buf->head + size;
    if (size == 0)
        buf->head = buf->tail = 0;
}

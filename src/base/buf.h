/* base/buf -- a queue of bytes: written at the end, read from the front.
 *
 * Owns its memory, grows by doubling up to a bound.  A failed append changes
 * nothing, so a caller may append, look, and answer "full".
 *
 * Laws
 *   1. It never holds more than max bytes.
 *   2. Bytes come out in the order they went in.
 *   3. What it no longer holds is wiped. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf { /* read-only outside; all zero is an empty buf with max 0 */
    uint8_t *data;
    size_t head, tail; /* data[head..tail) is what it holds */
    size_t cap, max;
};

void buf_init(struct buf *buf, size_t max);
void buf_close(struct buf *buf);

static inline size_t buf_size(const struct buf *buf)
{
    return buf->tail - buf->head;
}

static inline uint8_t *buf_head(const struct buf *buf)
{
    return buf->data ? buf->data + buf->head : NULL;
}

/* Append size bytes.  ERR_FULL: past max.  ERR_NOMEM.  Nothing changed then. */
MUST_USE enum err buf_append(struct buf *buf, const void *bytes, size_t size);

/* Room for size bytes at the end, to be filled and then buf_commit()ted; NULL
 * as buf_append() would fail. */
uint8_t *buf_reserve(struct buf *buf, size_t size);
void buf_commit(struct buf *buf, size_t size);

/* Forget size bytes (≤ buf_size) from the front. */
void buf_consume(struct buf *buf, size_t size);

/* Forget what is after the first size bytes (≤ buf_size). */
void buf_truncate(struct buf *buf, size_t size);

#endif

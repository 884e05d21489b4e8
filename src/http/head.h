/* http/head -- header fields packed one after another into one buffer.
 *
 * A field is two sizes, its name, a zero byte, its value, a zero byte.  The
 * buffer owns the bytes; a field read back points into it.
 *
 * Laws
 *   1. Fields come back in the order they were added, byte for byte. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/exchange.h"

enum { HTTP_HEAD_OVERHEAD = 10 }; /* bytes a field takes beside its own */

/* Append a field.  ERR_FULL, ERR_NOMEM: nothing changed. */
MUST_USE enum err http_head_add(struct buf *buf,
                                const struct http_field *field);

/* The field at *at, which moves on; false at the end. */
bool http_head_next(const struct buf *buf, size_t *at,
                    struct http_field *field);

/* The value of the first field of that name, or `none`. */
const char *http_head_value(const struct buf *buf, const char *name,
                            const char *none);

#endif

/* http/lines -- the lines of HTTP/1.1 that the parser gets to see.
 *
 * A front end and we must agree where a message ends, or one caller's bytes
 * become another's request.  The parser is lenient where the standard lets it
 * be; this looks at whole lines first and refuses what two readers could read
 * differently (RFC 9112, sections 2.2, 3, 5.1, 5.2, 7.1 and 11.2).  Pure: it
 * looks at bytes and holds nothing.
 *
 * Laws
 *   1. In what passes, CR and LF stand only as a pair, at the end of a line;
 *      no line begins with white space, no field name is followed by it, and
 *      no other control character is there but a tab in a value.
 *   2. A request line is method, target and version, with one space between.
 *   3. A chunk's line is its size in at most 8 hex digits, and nothing else. */
#ifndef HTTP_LINES_H
#define HTTP_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Look for a head (with a request line) or a trailer section (without) at the
 * front of bytes[size], of which `seen` were looked at before.  *whole: its
 * size with the empty line, 0 if its end is not there yet.  ERR_INVALID: a rule
 * is broken.  ERR_PROTOCOL: it does not even claim to be HTTP/1. */
MUST_USE enum err http_lines_head(const uint8_t *bytes, size_t size,
                                  size_t seen, bool request, size_t *whole);

/* The same for the line before a chunk, and for the empty one behind it;
 * ERR_INVALID. */
MUST_USE enum err http_lines_chunk(const uint8_t *bytes, size_t size,
                                   size_t *whole);
MUST_USE enum err http_lines_chunk_end(const uint8_t *bytes, size_t size,
                                       size_t *whole);

#endif

#include "http/lines.h"

#include <string.h>

enum { CHUNK_DIGITS = 8 };

static bool is_token(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* Law 2 */
static enum err request_line(const uint8_t *line, size_t size)
{
    static const char version[] = " HTTP/1.";
    const size_t tail = sizeof version; /* with the minor number */
    size_t at = 0, spaces = 0;

    if (size < tail ||
        memcmp(line + size - tail, version, sizeof version - 1) != 0)
        return ERR_PROTOCOL;
    while (at < size && is_token(line[at]))
        at++;
    for (size_t i = 0; i < size; i++) {
        if (line[i] < ' ' || line[i] == 0x7f)
            return ERR_INVALID;
        spaces += line[i] == ' ';
    }
    if (spaces != 2 || at == 0 || line[at] != ' ' || at + 1 == size - tail ||
        (line[size - 1] != '0' && line[size - 1] != '1'))
        return ERR_INVALID;
    return ERR_NONE;
}

/* Law 1 */
static enum err field(const uint8_t *line, size_t size)
{
    size_t at = 0;

    while (at < size && is_token(line[at]))
        at++;
    if (at == 0 || at == size || line[at] != ':')
        return ERR_INVALID;
    for (; at < size; at++)
        if ((line[at] < ' ' && line[at] != '\t') || line[at] == 0x7f)
            return ERR_INVALID;
    return ERR_NONE;
}

/* How many bytes to the first line end, its CRLF not counted; false: a CR or a
 * LF stands alone, or it is not there (*size as it was). */
static bool line_of(const uint8_t *bytes, size_t *size)
{
    const uint8_t *lf = memchr(bytes, '\n', *size);

    if (!lf || lf == bytes || lf[-1] != '\r')
        return false;
    *size = (size_t)(lf - bytes) - 1;
    return true;
}

enum err http_lines_head(const uint8_t *bytes, size_t size, size_t seen,
                         bool request, size_t *whole)
{
    size_t at = 0, end = 0;

    *whole = 0;
    if (!request && size >= 2 && memcmp(bytes, "\r\n", 2) == 0)
        end = 2;
    for (size_t i = seen < 3 ? 0 : seen - 3; end == 0 && i + 4 <= size; i++)
        if (memcmp(bytes + i, "\r\n\r\n", 4) == 0)
            end = i + 4;
    if (end == 0)
        return ERR_NONE;
    while (at < end) {
        size_t line = end - at;
        enum err err;

        if (!line_of(bytes + at, &line))
            return ERR_INVALID;
        if (line == 0)
            break;
        err = request && at == 0 ? request_line(bytes, line)
                                 : field(bytes + at, line);
        if (err != ERR_NONE)
            return err;
        at += line + 2;
    }
    if (at + 2 != end)
        return ERR_INVALID;
    *whole = end;
    return ERR_NONE;
}

/* Law 3 */
enum err http_lines_chunk(const uint8_t *bytes, size_t size, size_t *whole)
{
    size_t at = 0;

    *whole = 0;
    while (at < size && ((bytes[at] >= '0' && bytes[at] <= '9') ||
                         ((bytes[at] | 32) >= 'a' && (bytes[at] | 32) <= 'f')))
        at++;
    if (at > CHUNK_DIGITS)
        return ERR_INVALID;
    if (at < size && (at == 0 || bytes[at] != '\r'))
        return ERR_INVALID;
    if (at + 1 < size && bytes[at + 1] != '\n')
        return ERR_INVALID;
    if (at + 1 < size)
        *whole = at + 2;
    return ERR_NONE;
}

enum err http_lines_chunk_end(const uint8_t *bytes, size_t size, size_t *whole)
{
    *whole = 0;
    if ((size > 0 && bytes[0] != '\r') || (size > 1 && bytes[1] != '\n'))
        return ERR_INVALID;
    if (size > 1)
        *whole = 2;
    return ERR_NONE;
}

#include "rpc/query.h"

#include <stdint.h>
#include <string.h>

#include "base/hex.h"
#include "rpc/base64.h"

struct value { /* as it stands in the query; NULL: not there */
    const char *text;
    size_t size;
    bool twice;
};

static struct value find(const char *query, const char *name)
{
    const size_t size = strlen(name);
    struct value value = {0};

    while (*query) {
        query++; /* past '?' or '&' */
        if (strncmp(query, name, size) == 0 && query[size] == '=') {
            value.twice = value.text != NULL; /* Law 1 */
            value.text = query + size + 1;
            value.size = strcspn(value.text, "&#");
        }
        query += strcspn(query, "&");
    }
    return value;
}

static bool is(const struct value *value, const char *word)
{
    return value->text && !value->twice && value->size == strlen(word) &&
           memcmp(value->text, word, value->size) == 0;
}

bool rpc_query_is_call(const char *query, bool *json)
{
    struct value encoding = find(query, "encoding");

    *json = is(&encoding, "json");
    return *json || is(&encoding, "proto");
}

/* Percent-decode to `to`; Law 2.  False: not so encoded. */
static bool decode(const struct value *value, uint8_t *to, size_t *made)
{
    *made = 0;
    for (size_t i = 0; i < value->size; i++) {
        int c = (unsigned char)value->text[i];

        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            c = value->size - i < 3 ? -1 : hex_byte(value->text + i + 1);
            if (c < 0)
                return false;
            i += 2;
        }
        to[(*made)++] = (uint8_t)c;
    }
    return true;
}

/* In place: what was percent-decoded is base64. */
static bool undo_base64(uint8_t *bytes, size_t *size)
{
    return rpc_base64_decode((const char *)bytes, *size, bytes, size);
}

enum err rpc_query_message(const char *query, struct buf *out, bool *gzip)
{
    struct value message = find(query, "message");
    struct value base64 = find(query, "base64");
    struct value compression = find(query, "compression");
    struct value version = find(query, "connect");
    size_t made;
    uint8_t *to;

    *gzip = is(&compression, "gzip");
    if (compression.text && !*gzip && !is(&compression, "identity"))
        return ERR_ENCODING;
    if (!message.text || message.twice || (base64.text && !is(&base64, "1")) ||
        (version.text && !is(&version, "v1")))
        return ERR_INVALID;
    if (message.size == 0)
        return ERR_NONE;
    if (message.size > out->max - buf_size(out))
        return ERR_TOO_LARGE;
    to = buf_reserve(out, message.size);
    if (!to)
        return ERR_NOMEM;
    if (!decode(&message, to, &made))
        return ERR_INVALID;
    if (base64.text && !undo_base64(to, &made))
        return ERR_INVALID;
    buf_commit(out, made);
    return ERR_NONE;
}

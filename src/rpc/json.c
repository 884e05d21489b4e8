#include "rpc/json.h"

#include <string.h>

#include "rpc/json_wire.h"
#include "rpc/scan.h"

void rpc_json_init(struct rpc_json *json, const struct api_set *set,
                   bool ignore_unknown)
{
    json->set = set;
    json->ignore_unknown = ignore_unknown;
    rpc_scratch_init(&json->scratch, RPC_JSON_BYTES);
}

/* The escape of a byte that must have one; its size, 0 if it need not. */
static size_t escape(uint8_t c, char out[6])
{
    static const char names[] = "btn?fr", digits[] = "0123456789abcdef";

    out[0] = '\\';
    out[1] = (char)c;
    if (c == '"' || c == '\\')
        return 2;
    if (c >= ' ')
        return 0;
    if (c >= '\b' && c <= '\r' && c != '\v') {
        out[1] = names[c - '\b'];
        return 2;
    }
    out[1] = 'u';
    out[2] = out[3] = '0';
    out[4] = digits[c >> 4];
    out[5] = digits[c & 15];
    return 6;
}

enum err rpc_json_quote(const char *bytes, size_t size, struct buf *text)
{
    const size_t before = buf_size(text);
    size_t plain = 0;
    enum err err = RPC_JSON_WIRE_WORD(text, "\"");
    char escaped[6];

    if (!rpc_scan_utf8((const uint8_t *)bytes, size))
        err = ERR_INTERNAL;
    for (size_t i = 0; err == ERR_NONE && i < size; i++) {
        const size_t width = escape((uint8_t)bytes[i], escaped);

        if (width == 0)
            continue;
        err = rpc_json_wire_put(text, bytes + plain, i - plain);
        if (err == ERR_NONE)
            err = rpc_json_wire_put(text, escaped, width);
        plain = i + 1;
    }
    if (err == ERR_NONE)
        err = rpc_json_wire_put(text, bytes + plain, size - plain);
    if (err == ERR_NONE)
        err = RPC_JSON_WIRE_WORD(text, "\"");
    if (err != ERR_NONE)
        buf_truncate(text, before); /* rpc/json law 3 */
    return err;
}

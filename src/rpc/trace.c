#include "rpc/trace.h"

#include <string.h>

#include "http/exchange.h"

enum { SIZE = 55, ID_AT = 3, PARENT_AT = 36, FLAGS_AT = 53, SAMPLED = 1 };

/* size digits (at most 16) in lower case; false: not so. */
static bool hex(const char *text, size_t size, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned digit;

        if (text[i] >= '0' && text[i] <= '9')
            digit = (unsigned)(text[i] - '0');
        else if (text[i] >= 'a' && text[i] <= 'f')
            digit = (unsigned)(text[i] - 'a') + 10;
        else
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

bool rpc_trace_read(const char *text, size_t size, uint64_t id[static 2])
{
    uint64_t version, high, low, parent, flags;

    id[0] = id[1] = 0;
    if (size < SIZE || !hex(text, 2, &version) || version == 0xff)
        return false; /* Law 1 */
    if (version == 0 ? size != SIZE : size > SIZE && text[SIZE] != '-')
        return false;
    if (text[ID_AT - 1] != '-' || text[PARENT_AT - 1] != '-' ||
        text[FLAGS_AT - 1] != '-')
        return false;
    if (!hex(text + ID_AT, 16, &high) || !hex(text + ID_AT + 16, 16, &low) ||
        !hex(text + PARENT_AT, 16, &parent) || !hex(text + FLAGS_AT, 2, &flags))
        return false;
    if ((high == 0 && low == 0) || parent == 0)
        return false;
    if (!(flags & SAMPLED))
        return false; /* Law 2 */
    id[0] = high;
    id[1] = low;
    return true;
}

void rpc_trace_of(const struct http_exchange *exchange, uint64_t id[static 2])
{
    static const char name[] = "traceparent";
    struct http_field field, found = {0};
    size_t at = 0, count = 0;

    while (http_exchange_field(exchange, &at, &field))
        if (field.name_size == sizeof name - 1 &&
            memcmp(field.name, name, sizeof name - 1) == 0) {
            found = field;
            count++;
        }
    id[0] = id[1] = 0;
    if (count == 1) /* Law 1 */
        (void)rpc_trace_read(found.value, found.value_size, id);
}

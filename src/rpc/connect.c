#include "rpc/connect.h"

#include <string.h>

#include "http/head.h"
#include "rpc/base64.h"
#include "rpc/json.h"

/* Law 1 */
static const struct {
    const char *name;
    int http;
} statuses[] = {
    [STATUS_OK] = {"unknown", 500}, /* an error that says OK */
    [STATUS_CANCELLED] = {"canceled", 499},
    [STATUS_UNKNOWN] = {"unknown", 500},
    [STATUS_INVALID_ARGUMENT] = {"invalid_argument", 400},
    [STATUS_DEADLINE_EXCEEDED] = {"deadline_exceeded", 504},
    [STATUS_NOT_FOUND] = {"not_found", 404},
    [STATUS_ALREADY_EXISTS] = {"already_exists", 409},
    [STATUS_PERMISSION_DENIED] = {"permission_denied", 403},
    [STATUS_RESOURCE_EXHAUSTED] = {"resource_exhausted", 429},
    [STATUS_FAILED_PRECONDITION] = {"failed_precondition", 400},
    [STATUS_ABORTED] = {"aborted", 409},
    [STATUS_OUT_OF_RANGE] = {"out_of_range", 400},
    [STATUS_UNIMPLEMENTED] = {"unimplemented", 501},
    [STATUS_INTERNAL] = {"internal", 500},
    [STATUS_UNAVAILABLE] = {"unavailable", 503},
    [STATUS_DATA_LOSS] = {"data_loss", 500},
    [STATUS_UNAUTHENTICATED] = {"unauthenticated", 401},
};

static size_t row_of(int code)
{
    return code < 0 || code > STATUS_UNAUTHENTICATED ? STATUS_UNKNOWN
                                                     : (size_t)code;
}

const char *rpc_connect_name(int code)
{
    return statuses[row_of(code)].name;
}

int rpc_connect_http(int code)
{
    return statuses[row_of(code)].http;
}

bool rpc_connect_timeout(const char *text, size_t size, uint64_t *ms)
{
    uint64_t value = 0;

    if (size < 1 || size > 10)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *ms = value;
    return true;
}

/* ---- JSON; each step is skipped once one has failed ---- */

static void put(struct buf *text, const char *words, enum err *err)
{
    if (*err == ERR_NONE)
        *err = buf_append(text, words, strlen(words));
}

static void quote(struct buf *text, const char *words, size_t size,
                  enum err *err)
{
    if (*err == ERR_NONE)
        *err = rpc_json_quote(words, size, text);
}

static void put_detail(struct buf *text, const struct rpc_detail *detail,
                       enum err *err)
{
    char *to;

    put(text, "{\"type\":", err);
    quote(text, detail->type, strlen(detail->type), err);
    put(text, ",\"value\":\"", err);
    if (*err != ERR_NONE)
        return;
    to = (char *)buf_reserve(text, RPC_BASE64_SIZE(detail->size) + 1);
    if (!to) {
        *err = ERR_NOMEM;
        return;
    }
    buf_commit(text, rpc_base64_encode(detail->bytes, detail->size, false, to));
    put(text, "\"}", err);
}

enum err rpc_connect_error(struct buf *text, int code, const char *message,
                           const struct rpc_detail *details, size_t count)
{
    enum err err = ERR_NONE;

    put(text, "{\"code\":\"", &err);
    put(text, rpc_connect_name(code), &err);
    put(text, "\",\"message\":", &err);
    quote(text, message, strlen(message), &err); /* Law 2 */
    for (size_t i = 0; i < count; i++) {
        put(text, i == 0 ? ",\"details\":[" : ",", &err);
        put_detail(text, &details[i], &err);
    }
    put(text, count > 0 ? "]}" : "}", &err);
    return err;
}

static bool same_name(const struct http_field *a, const struct http_field *b)
{
    return a->name_size == b->name_size &&
           memcmp(a->name, b->name, a->name_size) == 0;
}

static bool said_before(const struct buf *trailers, size_t until,
                        const struct http_field *field)
{
    struct http_field other;
    size_t at = 0;

    while (at < until && http_head_next(trailers, &at, &other))
        if (at <= until && same_name(&other, field))
            return true;
    return false;
}

/* "name":["value","value"]: all values of a name, where it stands first. */
static void put_metadata(struct buf *text, const struct buf *trailers,
                         enum err *err)
{
    size_t at = 0, from = 0;
    struct http_field field, other;
    bool first = true;

    for (; http_head_next(trailers, &at, &field); from = at) {
        bool alone = true;
        size_t from_here = from;

        if (said_before(trailers, from, &field))
            continue;
        put(text, first ? "" : ",", err);
        first = false;
        quote(text, field.name, field.name_size, err);
        put(text, ":[", err);
        while (http_head_next(trailers, &from_here, &other)) {
            if (!same_name(&other, &field))
                continue;
            put(text, alone ? "" : ",", err);
            quote(text, other.value, other.value_size, err);
            alone = false;
        }
        put(text, "]", err);
    }
}

enum err rpc_connect_end(struct buf *text, const char *error, size_t size,
                         const struct buf *trailers)
{
    bool metadata = trailers && buf_size(trailers) > 0;
    enum err err = ERR_NONE;

    put(text, "{", &err);
    if (size > 0) {
        put(text, "\"error\":", &err);
        if (err == ERR_NONE)
            err = buf_append(text, error, size);
        put(text, metadata ? "," : "", &err);
    }
    if (metadata) {
        put(text, "\"metadata\":{", &err);
        put_metadata(text, trailers, &err);
        put(text, "}", &err);
    }
    put(text, "}", &err);
    return err;
}

#include "rpc/extra.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "http/head.h"
#include "rpc/answer.h"
#include "rpc/state.h"

static struct rpc_extra *extra_of(struct rpc_call *call)
{
    size_t max;

    if (call->extra)
        return call->extra;
    call->extra = calloc(1, sizeof *call->extra);
    if (!call->extra)
        return NULL;
    max = call->exchange->session->host->limits.head_bytes_max / 2;
    buf_init(&call->extra->head, max);
    buf_init(&call->extra->trailer, max);
    return call->extra;
}

void rpc_extra_free(struct rpc_extra *extra)
{
    if (!extra)
        return;
    buf_close(&extra->head);
    buf_close(&extra->trailer);
    rpc_said_close(&extra->said);
    free(extra);
}

enum err rpc_extra_bare(struct rpc_server *server)
{
    rpc_status_rows_close(server->rows);
    return rpc_status_rows_init(server->rows, true);
}

const struct http_exchange *rpc_extra_request(const struct rpc_call *call)
{
    return call->exchange;
}

/* Names are lower case on every wire. */
static enum err add(struct buf *buf, uint32_t *count, const char *name,
                    const char *value)
{
    char lower[128];
    struct http_field field = {lower, value, strlen(name), strlen(value)};
    enum err err;

    if (field.name_size >= sizeof lower || *count >= RPC_EXTRA_FIELDS)
        return ERR_FULL; /* Law 1 */
    for (size_t i = 0; i <= field.name_size; i++)
        lower[i] =
            (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    err = http_head_add(buf, &field);
    *count += err == ERR_NONE;
    return err;
}

enum err rpc_extra_head(struct rpc_call *call, const char *name,
                        const char *value)
{
    struct rpc_extra *extra = extra_of(call);

    REQUIRE(!call->head_sent);
    return extra ? add(&extra->head, &extra->head_fields, name, value)
                 : ERR_NOMEM;
}

enum err rpc_extra_trailer(struct rpc_call *call, const char *name,
                           const char *value)
{
    struct rpc_extra *extra = extra_of(call);

    REQUIRE(!call->answered);
    return extra ? add(&extra->trailer, &extra->trailer_fields, name, value)
                 : ERR_NOMEM;
}

enum err rpc_extra_send_head(struct rpc_call *call)
{
    return rpc_answer_begin(call, call->gzip_out);
}

enum err rpc_extra_words(struct rpc_call *call, int code, const char *message,
                         const struct rpc_detail *details, size_t count)
{
    struct rpc_extra *extra = extra_of(call);
    enum err err;

    REQUIRE(!call->answered);
    if (!extra)
        return ERR_NOMEM;
    rpc_said_close(&extra->said);
    err = rpc_said_make(&extra->said, code, message, details, count);
    extra->failed = err == ERR_NONE;
    return err;
}

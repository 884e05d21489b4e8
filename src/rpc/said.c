#include "rpc/said.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pb/kindred.api.h"
#include "rpc/base64.h"

enum { TEXT_MAX = 16 << 20, TYPE_MAX = 256 };

static const char prefix[] = "type.googleapis.com/";

/* gRPC over HTTP/2, "Percent-Encoded"; Law 2. */
static enum err put_message(struct buf *text, const char *message)
{
    static const char hex[] = "0123456789ABCDEF";
    enum err err = ERR_NONE;

    for (; *message && err == ERR_NONE; message++) {
        unsigned char c = (unsigned char)*message;
        char escaped[] = {'%', hex[c >> 4], hex[c & 15]};
        bool plain = c >= ' ' && c <= '~' && c != '%';

        err = buf_append(text, plain ? message : escaped, plain ? 1 : 3);
    }
    return err == ERR_NONE ? buf_append(text, "", 1) : err;
}

/* Pack the status and append its base64, with a zero byte. */
static enum err put_status(struct buf *text, const Google__Rpc__Status *status)
{
    size_t size = google__rpc__status__get_packed_size(status);
    uint8_t *bytes = malloc(size + 1);
    char *to = (char *)buf_reserve(text, RPC_BASE64_SIZE(size) + 1);
    size_t made;

    if (!bytes || !to) {
        free(bytes);
        return ERR_NOMEM;
    }
    made = rpc_base64_encode(bytes, google__rpc__status__pack(status, bytes),
                             false, to);
    free(bytes);
    to[made] = '\0';
    buf_commit(text, made + 1);
    return ERR_NONE;
}

struct any { /* with its name */
    Google__Protobuf__Any any;
    char type[TYPE_MAX];
};

static enum err put_details(struct buf *text, int code, const char *message,
                            const struct rpc_detail *details, size_t count)
{
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    struct any *anys = calloc(count + 1, sizeof *anys);
    Google__Protobuf__Any **list = calloc(count + 1, sizeof(void *));
    enum err err = anys && list ? ERR_NONE : ERR_NOMEM;

    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        google__protobuf__any__init(&anys[i].any);
        (void)snprintf(anys[i].type, sizeof anys[i].type, "%s%s", prefix,
                       details[i].type);
        anys[i].any.type_url = anys[i].type;
        anys[i].any.value.data = (uint8_t *)(uintptr_t)details[i].bytes;
        anys[i].any.value.len = details[i].size;
        list[i] = &anys[i].any;
    }
    status.code = code;
    status.message = (char *)(uintptr_t)message;
    status.details = list;
    status.n_details = count;
    if (err == ERR_NONE)
        err = put_status(text, &status);
    free(list);
    free(anys);
    return err;
}

enum err rpc_said_make(struct rpc_said *said, int code, const char *message,
                       const struct rpc_detail *details, size_t count)
{
    char number[16];
    size_t size = (size_t)snprintf(number, sizeof number, "%d", code);
    enum err err;

    *said = (struct rpc_said){.code = code};
    buf_init(&said->text, TEXT_MAX);
    err = buf_append(&said->text, number, size + 1);
    said->message_at = buf_size(&said->text);
    if (err == ERR_NONE)
        err = put_message(&said->text, message);
    said->details_at = buf_size(&said->text);
    if (err == ERR_NONE && count > 0)
        err = put_details(&said->text, code, message, details, count);
    said->json_at = buf_size(&said->text);
    if (err == ERR_NONE) /* Law 1 */
        err = rpc_connect_error(&said->text, code, message, details, count);
    said->end = buf_size(&said->text);
    if (err != ERR_NONE)
        rpc_said_close(said);
    return err;
}

void rpc_said_close(struct rpc_said *said)
{
    buf_close(&said->text);
}

static struct http_field field_of(const struct rpc_said *said, const char *name,
                                  size_t from, size_t to)
{
    const char *text = (const char *)buf_head(&said->text);

    return (struct http_field){name, text + from, strlen(name), to - from - 1};
}

size_t rpc_said_fields(const struct rpc_said *said,
                       struct http_field fields[RPC_SAID_FIELDS])
{
    fields[0] = field_of(said, "grpc-status", 0, said->message_at);
    if (said->code == STATUS_OK)
        return 1;
    fields[1] =
        field_of(said, "grpc-message", said->message_at, said->details_at);
    if (said->json_at == said->details_at)
        return 2;
    fields[2] = field_of(said, "grpc-status-details-bin", said->details_at,
                         said->json_at);
    return 3;
}

const char *rpc_said_json(const struct rpc_said *said, size_t *size)
{
    *size = said->end - said->json_at;
    return (const char *)buf_head(&said->text) + said->json_at;
}

#include "rpc/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "pb/kindred.api.h"
#include "rpc/base64.h"

static const char error_info_type[] =
    "type.googleapis.com/google.rpc.ErrorInfo";
static const char retry_info_type[] =
    "type.googleapis.com/google.rpc.RetryInfo";

enum { DETAILS_MAX = 1024 }; /* of one Status, before base64 */

/* ---- written ---- */

static char *borrowed(const char *text) /* protobuf-c's fields are not const */
{
    return (char *)(uintptr_t)text;
}

static size_t pack_details(enum err err, uint8_t out[static DETAILS_MAX])
{
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    Google__Rpc__RetryInfo retry = GOOGLE__RPC__RETRY_INFO__INIT;
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    Google__Protobuf__Any any[2] = {GOOGLE__PROTOBUF__ANY__INIT,
                                    GOOGLE__PROTOBUF__ANY__INIT};
    Google__Protobuf__Any *details[2] = {&any[0], &any[1]};
    uint8_t bytes[2][256];

    info.reason = borrowed(err_reason(err));
    info.domain = borrowed(RPC_STATUS_DOMAIN);
    REQUIRE(google__rpc__error_info__get_packed_size(&info) <= sizeof *bytes);
    any[0].type_url = borrowed(error_info_type);
    any[0].value.data = bytes[0];
    any[0].value.len = google__rpc__error_info__pack(&info, bytes[0]);
    delay.seconds = err_retry_ms(err) / 1000;
    delay.nanos = (int32_t)(err_retry_ms(err) % 1000) * 1000000;
    retry.retry_delay = &delay;
    any[1].type_url = borrowed(retry_info_type);
    any[1].value.data = bytes[1];
    any[1].value.len = google__rpc__retry_info__pack(&retry, bytes[1]);
    status.code = err_status(err);
    status.message = borrowed(err_text(err));
    status.details = details;
    status.n_details = err_retry_ms(err) > 0 ? 2 : 1;
    REQUIRE(google__rpc__status__get_packed_size(&status) <= DETAILS_MAX);
    return google__rpc__status__pack(&status, out);
}

/* Law 1: one row, three times. */
static enum err add_row(struct rpc_status_rows *rows, enum err err)
{
    const char *words = err_text(err);
    uint8_t details[DETAILS_MAX];
    char base64[RPC_BASE64_SIZE(DETAILS_MAX) + 1], code[16];
    size_t code_size =
        (size_t)snprintf(code, sizeof code, "%d", err_status(err));
    size_t base64_size = rpc_base64_encode(details, pack_details(err, details),
                                           false, base64); /* as gRPC says */
    enum err bad;

    /* The words are printable ASCII without '%': nothing to escape. */
    for (const char *c = words; *c; c++)
        REQUIRE(*c >= ' ' && *c <= '~' && *c != '%');
    base64[base64_size] = '\0';
    rows->row[err].code_at = (uint32_t)buf_size(&rows->text);
    bad = buf_append(&rows->text, code, code_size + 1);
    rows->row[err].message_at = (uint32_t)buf_size(&rows->text);
    if (bad == ERR_NONE)
        bad = buf_append(&rows->text, words, strlen(words) + 1);
    rows->row[err].details_at = (uint32_t)buf_size(&rows->text);
    if (bad == ERR_NONE)
        bad = buf_append(&rows->text, base64, base64_size + 1);
    rows->row[err].end = (uint32_t)buf_size(&rows->text);
    return bad;
}

enum err rpc_status_rows_init(struct rpc_status_rows *rows)
{
    *rows = (struct rpc_status_rows){0};
    buf_init(&rows->text, (size_t)ERR_COUNT * 2 * DETAILS_MAX);
    for (int err = 0; err < ERR_COUNT; err++)
        if (add_row(rows, (enum err)err) != ERR_NONE) {
            rpc_status_rows_close(rows);
            return ERR_NOMEM;
        }
    return ERR_NONE;
}

void rpc_status_rows_close(struct rpc_status_rows *rows)
{
    buf_close(&rows->text);
}

size_t rpc_status_fields(const struct rpc_status_rows *rows, enum err err,
                         struct http_field fields[RPC_STATUS_FIELDS])
{
    const char *text = (const char *)buf_head(&rows->text);

    REQUIRE(err < ERR_COUNT);
    fields[0] = (struct http_field){
        "grpc-status", text + rows->row[err].code_at, 11,
        rows->row[err].message_at - rows->row[err].code_at - 1};
    if (err == ERR_NONE)
        return 1;
    fields[1] = (struct http_field){
        "grpc-message", text + rows->row[err].message_at, 12,
        rows->row[err].details_at - rows->row[err].message_at - 1};
    fields[2] = (struct http_field){
        "grpc-status-details-bin", text + rows->row[err].details_at, 23,
        rows->row[err].end - rows->row[err].details_at - 1};
    return 3;
}

/* ---- time-outs ---- */

bool rpc_status_timeout(const char *text, size_t size, uint64_t *ms)
{
    uint64_t value = 0;

    if (size < 2 || size > 9)
        return false;
    for (size_t i = 0; i < size - 1; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    switch (text[size - 1]) {
    case 'H':
        *ms = value * 3600000;
        return true;
    case 'M':
        *ms = value * 60000;
        return true;
    case 'S':
        *ms = value * 1000;
        return true;
    case 'm':
        *ms = value;
        return true;
    case 'u':
        *ms = (value + 999) / 1000;
        return true;
    case 'n':
        *ms = (value + 999999) / 1000000;
        return true;
    default:
        return false;
    }
}

void rpc_status_write_timeout(uint64_t ms, char text[RPC_STATUS_TIMEOUT])
{
    static const struct {
        uint32_t ms;
        char unit;
    } units[] = {{1, 'm'}, {1000, 'S'}, {60000, 'M'}, {3600000, 'H'}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if ((ms + units[i].ms - 1) / units[i].ms <= 99999999) {
            (void)snprintf(text, RPC_STATUS_TIMEOUT, "%u%c",
                           (unsigned)((ms + units[i].ms - 1) / units[i].ms) %
                               100000000u,
                           units[i].unit);
            return;
        }
    (void)snprintf(text, RPC_STATUS_TIMEOUT, "99999999H");
}

/* ---- read ---- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decoded; control characters become '?'.  Law 2: cut at the room. */
static void read_message(const char *in, size_t size, char out[static 256])
{
    size_t made = 0;

    for (size_t i = 0; i < size && made < 255; i++) {
        unsigned char c = (unsigned char)in[i];

        if (c == '%' && i + 2 < size && hex(in[i + 1]) >= 0 &&
            hex(in[i + 2]) >= 0) {
            c = (unsigned char)(hex(in[i + 1]) * 16 + hex(in[i + 2]));
            i += 2;
        }
        out[made++] = (char)(c < ' ' || c == 0x7f ? '?' : c);
    }
    out[made] = '\0';
}

static void read_detail(const Google__Protobuf__Any *any,
                        struct rpc_status *status)
{
    if (strcmp(any->type_url, error_info_type) == 0) {
        Google__Rpc__ErrorInfo *info = google__rpc__error_info__unpack(
            NULL, any->value.len, any->value.data);

        if (info && strlen(info->reason) < sizeof status->reason)
            (void)snprintf(status->reason, sizeof status->reason, "%s",
                           info->reason);
        google__rpc__error_info__free_unpacked(info, NULL);
    } else if (strcmp(any->type_url, retry_info_type) == 0) {
        Google__Rpc__RetryInfo *retry = google__rpc__retry_info__unpack(
            NULL, any->value.len, any->value.data);

        if (retry && retry->retry_delay && retry->retry_delay->seconds >= 0 &&
            retry->retry_delay->seconds < 86400 &&
            retry->retry_delay->nanos >= 0)
            status->retry_ms = (uint32_t)(retry->retry_delay->seconds * 1000) +
                               (uint32_t)retry->retry_delay->nanos / 1000000;
        google__rpc__retry_info__free_unpacked(retry, NULL);
    }
}

static void read_details(const char *in, size_t size, struct rpc_status *status)
{
    uint8_t bytes[4 * DETAILS_MAX + 2];
    Google__Rpc__Status *details;
    size_t made;

    if (size > RPC_BASE64_SIZE((size_t)4 * DETAILS_MAX) || /* Law 2 */
        !rpc_base64_decode(in, size, bytes, &made))
        return;
    details = google__rpc__status__unpack(NULL, made, bytes);
    for (size_t i = 0; details && i < details->n_details; i++)
        read_detail(details->details[i], status);
    google__rpc__status__free_unpacked(details, NULL);
}

/* gRPC over HTTP/2, "HTTP2 status to gRPC status". */
static int from_http(int http)
{
    switch (http) {
    case 400:
        return STATUS_INTERNAL;
    case 401:
        return STATUS_UNAUTHENTICATED;
    case 403:
        return STATUS_PERMISSION_DENIED;
    case 404:
        return STATUS_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return STATUS_UNAVAILABLE;
    default:
        return STATUS_UNKNOWN;
    }
}

/* One or two digits. */
static bool read_code(const struct http_field *field, int *code)
{
    int value = 0;

    if (field->value_size < 1 || field->value_size > 2)
        return false;
    for (size_t i = 0; i < field->value_size; i++) {
        if (field->value[i] < '0' || field->value[i] > '9')
            return false;
        value = value * 10 + (field->value[i] - '0');
    }
    *code = value;
    return true;
}

static void read_field(const struct http_field *field, bool *known,
                       struct rpc_status *status)
{
    if (strcmp(field->name, "grpc-status") == 0) {
        *known |= read_code(field, &status->code);
    } else if (strcmp(field->name, "grpc-message") == 0) {
        read_message(field->value, field->value_size, status->message);
    } else if (strcmp(field->name, "grpc-status-details-bin") == 0) {
        read_details(field->value, field->value_size, status);
    }
}

enum err rpc_status_row(const char *reason)
{
    for (int err = 0; err < ERR_COUNT; err++)
        if (strcmp(err_reason((enum err)err), reason) == 0)
            return (enum err)err;
    return ERR_COUNT;
}

static void from_row(enum err err, struct rpc_status *status)
{
    *status = (struct rpc_status){
        .code = err_status(err), .retry_ms = err_retry_ms(err), .err = err};
    (void)snprintf(status->reason, sizeof status->reason, "%s",
                   err_reason(err));
    (void)snprintf(status->message, sizeof status->message, "%s",
                   err_text(err));
}

void rpc_status_read(const struct http_exchange *exchange, enum err why,
                     struct rpc_status *status)
{
    struct http_field field;
    bool known = false, alone;
    size_t at = 0;

    *status = (struct rpc_status){.err = ERR_COUNT};
    if (exchange->in_ended) {
        while (http_exchange_trailer(exchange, &at, &field))
            read_field(&field, &known, status);
        alone = !known; /* the head is all there is */
        at = 0;
        while (alone && http_exchange_field(exchange, &at, &field))
            read_field(&field, &known, status);
    }
    if (known) {
        status->err = status->code == STATUS_OK
                          ? ERR_NONE
                          : rpc_status_row(status->reason);
        return;
    }
    if (why != ERR_NONE) {
        from_row(why, status);
        return;
    }
    status->code = from_http(exchange->status);
    (void)snprintf(status->message, sizeof status->message,
                   "HTTP status %d without grpc-status",
                   exchange->status % 1000);
}

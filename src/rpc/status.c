#include "rpc/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/require.h"
#include "pb/kindred.api.h"
#include "rpc/base64.h"

static const char error_info_type[] =
    "type.googleapis.com/google.rpc.ErrorInfo";
static const char retry_info_type[] =
    "type.googleapis.com/google.rpc.RetryInfo";
static const char localized_type[] =
    "type.googleapis.com/google.rpc.LocalizedMessage";
enum { PREFIX_SIZE = sizeof "type.googleapis.com/" - 1 };

enum { DETAILS_MAX = 1024 }; /* of one Status, before base64 */

/* ---- written ---- */

static char *borrowed(const char *text) /* protobuf-c's fields are not const */
{
    return (char *)(uintptr_t)text;
}

/* Law 1: one row, in the words of every protocol. */
static enum err make_row(struct rpc_said *said, enum err err,
                         enum rpc_tongue tongue, bool bare)
{
    Google__Rpc__LocalizedMessage words = GOOGLE__RPC__LOCALIZED_MESSAGE__INIT;
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    Google__Rpc__RetryInfo retry = GOOGLE__RPC__RETRY_INFO__INIT;
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    uint8_t bytes[3][256];
    struct rpc_detail details[3] = {
        {error_info_type + PREFIX_SIZE, bytes[0], 0}};
    size_t n = 1;

    info.reason = borrowed(err_reason(err));
    info.domain = borrowed(RPC_STATUS_DOMAIN);
    REQUIRE(google__rpc__error_info__get_packed_size(&info) <= sizeof *bytes);
    details[0].size = google__rpc__error_info__pack(&info, bytes[0]);
    delay.seconds = err_retry_ms(err) / 1000;
    delay.nanos = (int32_t)(err_retry_ms(err) % 1000) * 1000000;
    retry.retry_delay = &delay;
    if (err_retry_ms(err) > 0) {
        details[n] = (struct rpc_detail){
            retry_info_type + PREFIX_SIZE, bytes[n],
            google__rpc__retry_info__pack(&retry, bytes[n])};
        n++;
    }
    words.locale = borrowed(rpc_words_tag(tongue));
    words.message = borrowed(rpc_words(err, tongue));
    if (words.message) {
        REQUIRE(google__rpc__localized_message__get_packed_size(&words) <=
                sizeof *bytes);
        details[n] = (struct rpc_detail){
            localized_type + PREFIX_SIZE, bytes[n],
            google__rpc__localized_message__pack(&words, bytes[n])};
        n++;
    }
    return rpc_said_make(said, err_status(err), err_text(err), details,
                         bare ? 0 : n);
}

enum err rpc_status_rows_init(struct rpc_status_rows *rows, bool bare)
{
    *rows = (struct rpc_status_rows){0};
    for (int i = 0; i < RPC_TONGUES * ERR_COUNT; i++) {
        int tongue = i / ERR_COUNT, err = i % ERR_COUNT;

        if (make_row(&rows->row[tongue][err], (enum err)err,
                     (enum rpc_tongue)tongue, bare) != ERR_NONE) {
            rpc_status_rows_close(rows);
            return ERR_NOMEM;
        }
    }
    return ERR_NONE;
}

void rpc_status_rows_close(struct rpc_status_rows *rows)
{
    for (int i = 0; i < RPC_TONGUES * ERR_COUNT; i++)
        rpc_said_close(&rows->row[i / ERR_COUNT][i % ERR_COUNT]);
}

const struct rpc_said *rpc_status_said(const struct rpc_status_rows *rows,
                                       enum err err, enum rpc_tongue tongue)
{
    REQUIRE(err < ERR_COUNT);
    REQUIRE(tongue < RPC_TONGUES);
    return &rows->row[tongue][err];
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

/* Percent-decoded; control characters become '?'.  Law 2: cut at the room. */
static void read_message(const char *in, size_t size, char out[static 256])
{
    size_t made = 0;

    for (size_t i = 0; i < size && made < 255; i++) {
        unsigned char c = (unsigned char)in[i];

        if (c == '%' && i + 2 < size && hex_byte(in + i + 1) >= 0) {
            c = (unsigned char)hex_byte(in + i + 1);
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

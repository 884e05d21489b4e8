#include "base/err.h"

#include "base/require.h"

/* Law 1: one row per error, none missing. */
static const struct {
    const char *reason, *text;
    int status;
    uint32_t retry_ms;
} rows[ERR_COUNT] = {
#define X(name, status_, retry_ms_, reason_, text_)                            \
    [name] = {.reason = reason_,                                               \
              .text = text_,                                                   \
              .status = status_,                                               \
              .retry_ms = retry_ms_},
    ERR_TABLE(X)
#undef X
};

static const char *const statuses[STATUS_COUNT] = {
    [STATUS_OK] = "OK",
    [STATUS_CANCELLED] = "CANCELLED",
    [STATUS_UNKNOWN] = "UNKNOWN",
    [STATUS_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
    [STATUS_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
    [STATUS_NOT_FOUND] = "NOT_FOUND",
    [STATUS_ALREADY_EXISTS] = "ALREADY_EXISTS",
    [STATUS_PERMISSION_DENIED] = "PERMISSION_DENIED",
    [STATUS_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
    [STATUS_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
    [STATUS_ABORTED] = "ABORTED",
    [STATUS_OUT_OF_RANGE] = "OUT_OF_RANGE",
    [STATUS_UNIMPLEMENTED] = "UNIMPLEMENTED",
    [STATUS_INTERNAL] = "INTERNAL",
    [STATUS_UNAVAILABLE] = "UNAVAILABLE",
    [STATUS_DATA_LOSS] = "DATA_LOSS",
    [STATUS_UNAUTHENTICATED] = "UNAUTHENTICATED",
};

const char *err_text(enum err err)
{
    REQUIRE(err < ERR_COUNT);
    return rows[err].text;
}

const char *err_reason(enum err err)
{
    REQUIRE(err < ERR_COUNT);
    return rows[err].reason;
}

int err_status(enum err err)
{
    REQUIRE(err < ERR_COUNT);
    return rows[err].status;
}

uint32_t err_retry_ms(enum err err)
{
    REQUIRE(err < ERR_COUNT);
    return rows[err].retry_ms;
}

const char *err_status_name(int status)
{
    REQUIRE(status >= 0);
    REQUIRE(status < STATUS_COUNT);
    return statuses[status];
}

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

#include "client/error.h"

#include <stdio.h>
#include <string.h>

const char *kindred_status_name(int status)
{
    return err_status_name(
        status >= 0 && status < STATUS_COUNT ? status : STATUS_UNKNOWN);
}

void client_error_set(struct kindred_error *error, enum err err)
{
    if (!error)
        return;
    *error = (struct kindred_error){.status = err_status(err),
                                    .retry_ms = err_retry_ms(err),
                                    .text = err_text(err)};
    if (err != ERR_NONE)
        (void)snprintf(error->reason, sizeof error->reason, "%s",
                       err_reason(err));
}

static bool looks_like_a_reason(const char *text)
{
    return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

void client_error_from_status(struct kindred_error *error,
                              const struct rpc_status *status)
{
    int code = status->code;

    if (status->err < ERR_COUNT && err_status(status->err) == code) {
        client_error_set(error, status->err);
        if (status->retry_ms > 0)
            error->retry_ms = status->retry_ms;
        return;
    }
    if (code < 0 || code >= STATUS_COUNT)
        code = STATUS_UNKNOWN;
    *error = (struct kindred_error){
        .status = code,
        .retry_ms = status->retry_ms,
        .text =
            "the server refused for a reason that this client does not know"};
    if (looks_like_a_reason(status->reason))
        (void)snprintf(error->reason, sizeof error->reason, "%s",
                       status->reason);
}

bool client_error_is(const struct kindred_error *error, enum err err)
{
    return error->status == err_status(err) &&
           strcmp(error->reason, err_reason(err)) == 0;
}

bool client_error_passing(const struct kindred_error *error)
{
    if (client_error_is(error, ERR_PROTOCOL))
        return false;
    return error->status == STATUS_UNAVAILABLE || error->retry_ms > 0;
}

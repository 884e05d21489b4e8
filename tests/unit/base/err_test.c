#include "base/err.h"

#include <string.h>

#include "check.h"

/* Law 1: a name, a status, a unique reason, fixed words. */
static void every_error_is_whole(void)
{
    const char *upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    for (int err = 0; err < ERR_COUNT; err++) {
        const char *reason = err_reason((enum err)err);
        size_t size = strlen(reason);

        CHECK(size > 0);
        CHECK(size <= 63);
        CHECK(strspn(reason, upper) == size);
        CHECK(reason[0] >= 'A');
        CHECK(reason[0] <= 'Z');
        CHECK(reason[size - 1] != '_');
        CHECK(strlen(err_text((enum err)err)) > 0);
        for (int other = 0; other < err; other++)
            CHECK(strcmp(reason, err_reason((enum err)other)) != 0);
    }
}

/* Law 1: only the absence of an error is OK, the words hold no format, and
 * nobody is told to send again what can never be right. */
static void statuses_make_sense(void)
{
    CHECK(ERR_NONE == 0);
    CHECK(err_status(ERR_NONE) == STATUS_OK);
    for (int err = 1; err < ERR_COUNT; err++) {
        int status = err_status((enum err)err);

        CHECK(status > STATUS_OK);
        CHECK(status <= STATUS_UNAUTHENTICATED);
        CHECK(strchr(err_text((enum err)err), '%') == NULL);
        if (status == STATUS_INVALID_ARGUMENT)
            CHECK(err_retry_ms((enum err)err) == 0);
    }
}

/* The names are those of google.rpc.Code, each once. */
static void statuses_have_names(void)
{
    CHECK(STATUS_COUNT == 17);
    for (int status = 0; status < STATUS_COUNT; status++) {
        const char *name = err_status_name(status);

        CHECK(name &&
              strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == strlen(name));
        for (int other = 0; other < status; other++)
            CHECK(strcmp(name, err_status_name(other)) != 0);
    }
    CHECK(strcmp(err_status_name(STATUS_OK), "OK") == 0);
    CHECK(strcmp(err_status_name(5), "NOT_FOUND") == 0);
    CHECK(strcmp(err_status_name(16), "UNAUTHENTICATED") == 0);
}

int main(void)
{
    every_error_is_whole();
    statuses_have_names();
    statuses_make_sense();
    return check_report("base/err");
}

#include "rpc/said.h"

#include <string.h>

#include "check.h"
#include "fail_malloc.h"
#include "pb/kindred.api.h"
#include "rpc/base64.h"

static const struct rpc_detail DETAIL = {"a.B", (const uint8_t *)"xyz", 3};

/* Law 1: the same three times. */
static void same(void)
{
    struct rpc_said said;
    struct http_field field[RPC_SAID_FIELDS];
    Google__Rpc__Status *status;
    uint8_t bytes[256];
    size_t size;
    const char *json;

    CHECK(rpc_said_make(&said, 5, "not there", &DETAIL, 1) == ERR_NONE);
    CHECK(rpc_said_fields(&said, field) == 3);
    CHECK(strcmp(field[0].name, "grpc-status") == 0);
    CHECK(strcmp(field[0].value, "5") == 0 && field[0].value_size == 1);
    CHECK(strcmp(field[1].value, "not there") == 0);
    CHECK(rpc_base64_decode(field[2].value, field[2].value_size, bytes, &size));
    status = google__rpc__status__unpack(NULL, size, bytes);
    CHECK(status && status->code == 5 && status->n_details == 1);
    CHECK(status && strcmp(status->message, "not there") == 0);
    CHECK(status &&
          strcmp(status->details[0]->type_url, "type.googleapis.com/a.B") == 0);
    google__rpc__status__free_unpacked(status, NULL);
    json = rpc_said_json(&said, &size);
    CHECK(size ==
          strlen("{\"code\":\"not_found\",\"message\":\"not there\","
                 "\"details\":[{\"type\":\"a.B\",\"value\":\"eHl6\"}]}"));
    CHECK(memcmp(json, "{\"code\":\"not_found\",\"message\":\"not there\"",
                 41) == 0);
    rpc_said_close(&said);
    rpc_said_close(&said);
    CHECK(rpc_said_make(&said, STATUS_OK, "fine", NULL, 0) == ERR_NONE);
    CHECK(rpc_said_fields(&said, field) == 1);
    rpc_said_close(&said);
    CHECK(rpc_said_make(&said, STATUS_ABORTED, "x", NULL, 0) == ERR_NONE);
    CHECK(rpc_said_fields(&said, field) == 2);
    rpc_said_close(&said);
}

/* Law 2: it fits a header. */
static void escaped(void)
{
    struct rpc_said said;
    struct http_field field[RPC_SAID_FIELDS];

    CHECK(rpc_said_make(&said, 2, "\t 50% \xc3\xa9\r\n~\x7f", NULL, 0) ==
          ERR_NONE);
    CHECK(rpc_said_fields(&said, field) == 2);
    CHECK(strcmp(field[1].value, "%09 50%25 %C3%A9%0D%0A~%7F") == 0);
    rpc_said_close(&said);
    CHECK(rpc_said_make(&said, 2, "\xff", NULL, 0) == ERR_INTERNAL);
    rpc_said_close(&said);
}

static void without_memory(void)
{
    struct rpc_said said;
    bool struck = true;

    for (size_t at = 1; struck; at++) {
        enum err err;

        fail_malloc_start(at);
        err = rpc_said_make(&said, 5, "not there", &DETAIL, 1);
        struck = fail_malloc_stop();
        CHECK(err == (struck ? ERR_NOMEM : ERR_NONE));
        rpc_said_close(&said);
    }
}

int main(void)
{
    same();
    escaped();
    without_memory();
    return check_report("rpc/said");
}

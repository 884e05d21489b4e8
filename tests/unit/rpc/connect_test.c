#include "rpc/connect.h"

#include <string.h>

#include "check.h"
#include "fail_malloc.h"
#include "http/head.h"

/* Law 1 */
static void statuses(void)
{
    for (int a = STATUS_CANCELLED; a <= STATUS_UNAUTHENTICATED; a++) {
        CHECK(rpc_connect_http(a) >= 400 && rpc_connect_http(a) < 600);
        for (int b = STATUS_CANCELLED; b < a; b++)
            CHECK(strcmp(rpc_connect_name(a), rpc_connect_name(b)) != 0);
    }
    CHECK(strcmp(rpc_connect_name(STATUS_CANCELLED), "canceled") == 0);
    CHECK(rpc_connect_http(STATUS_CANCELLED) == 499);
    CHECK(rpc_connect_http(STATUS_RESOURCE_EXHAUSTED) == 429);
    CHECK(rpc_connect_http(STATUS_UNAUTHENTICATED) == 401);
    CHECK(strcmp(rpc_connect_name(17), "unknown") == 0);
    CHECK(rpc_connect_http(-1) == 500 && rpc_connect_http(STATUS_OK) == 500);
}

static void timeouts(void)
{
    uint64_t ms;

    CHECK(rpc_connect_timeout("0", 1, &ms) && ms == 0);
    CHECK(rpc_connect_timeout("9999999999", 10, &ms) && ms == 9999999999);
    CHECK(!rpc_connect_timeout("10000000000", 11, &ms));
    CHECK(!rpc_connect_timeout("", 0, &ms));
    CHECK(!rpc_connect_timeout("1m", 2, &ms));
    CHECK(!rpc_connect_timeout("-1", 2, &ms));
}

static bool is(const struct buf *text, const char *words)
{
    return buf_size(text) == strlen(words) &&
           memcmp(buf_head(text), words, strlen(words)) == 0;
}

/* Law 2 */
static void errors(void)
{
    const struct rpc_detail details[] = {
        {"a.B", (const uint8_t *)"\xff\xfe\xfd\xfc", 4}, {"c.D", NULL, 0}};
    struct buf text;

    buf_init(&text, 4096);
    CHECK(rpc_connect_error(&text, STATUS_NOT_FOUND, "a \"b\"\n\\", NULL, 0) ==
          ERR_NONE);
    CHECK(is(&text,
             "{\"code\":\"not_found\",\"message\":\"a \\\"b\\\"\\n\\\\\"}"));
    buf_consume(&text, buf_size(&text));
    CHECK(rpc_connect_error(&text, STATUS_INTERNAL, "", details, 2) ==
          ERR_NONE);
    CHECK(is(&text, "{\"code\":\"internal\",\"message\":\"\",\"details\":["
                    "{\"type\":\"a.B\",\"value\":\"//79/A\"},"
                    "{\"type\":\"c.D\",\"value\":\"\"}]}"));
    buf_consume(&text, buf_size(&text));
    CHECK(rpc_connect_error(&text, STATUS_INTERNAL, "\xff", NULL, 0) ==
          ERR_INTERNAL);
    buf_close(&text);
}

static void ends(void)
{
    static const struct http_field fields[] = {
        HTTP_FIELD("a", "1"), HTTP_FIELD("b", "\"2\""), HTTP_FIELD("a", "3"),
        HTTP_FIELD("c-bin", "")};
    struct buf text, trailers;

    buf_init(&text, 4096);
    buf_init(&trailers, 4096);
    CHECK(rpc_connect_end(&text, NULL, 0, NULL) == ERR_NONE);
    CHECK(is(&text, "{}"));
    buf_consume(&text, 2);
    CHECK(rpc_connect_end(&text, "{1}", 3, &trailers) == ERR_NONE);
    CHECK(is(&text, "{\"error\":{1}}"));
    buf_consume(&text, buf_size(&text));
    for (size_t i = 0; i < 4; i++)
        CHECK(http_head_add(&trailers, &fields[i]) == ERR_NONE);
    CHECK(rpc_connect_end(&text, "{1}", 3, &trailers) == ERR_NONE);
    CHECK(is(&text, "{\"error\":{1},\"metadata\":{\"a\":[\"1\",\"3\"],"
                    "\"b\":[\"\\\"2\\\"\"],\"c-bin\":[\"\"]}}"));
    buf_consume(&text, buf_size(&text));
    CHECK(rpc_connect_end(&text, NULL, 0, &trailers) == ERR_NONE);
    CHECK(memcmp(buf_head(&text), "{\"metadata\":{\"a\"", 16) == 0);
    buf_close(&text);
    fail_malloc_start(1);
    CHECK(rpc_connect_end(&text, "{1}", 3, &trailers) == ERR_NOMEM);
    CHECK(fail_malloc_stop());
    buf_close(&text);
    buf_close(&trailers);
}

int main(void)
{
    statuses();
    timeouts();
    errors();
    ends();
    return check_report("rpc/connect");
}

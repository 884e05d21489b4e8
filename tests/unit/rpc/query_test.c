#include "rpc/query.h"

#include <string.h>

#include "check.h"
#include "fail_malloc.h"

static enum err read_query(const char *query, const char *message, bool gzip)
{
    struct buf out;
    bool packed;
    enum err err;

    buf_init(&out, 64);
    err = rpc_query_message(query, &out, &packed);
    CHECK(packed == gzip || err != ERR_NONE);
    CHECK(buf_size(&out) <= strlen(query)); /* Law 2 */
    CHECK(err == ERR_NONE || buf_size(&out) == 0);
    if (err == ERR_NONE)
        CHECK(buf_size(&out) == strlen(message) &&
              (*message == '\0' ||
               memcmp(buf_head(&out), message, strlen(message)) == 0));
    buf_close(&out);
    return err;
}

static void good(void)
{
    static const struct {
        const char *query, *message;
        bool gzip;
    } cases[] = {
        {"?encoding=json&message=%7B%22a%22%3a1%7d", "{\"a\":1}", false},
        {"?message=a+b%2B&encoding=json&connect=v1", "a b+", false},
        {"?base64=1&message=aGVsbG8&encoding=proto", "hello", false},
        {"?base64=1&message=aGVsbG8%3D&encoding=proto", "hello", false},
        {"?base64=1&message=_-8%3d&encoding=proto", "\xff\xef", false},
        {"?message=&encoding=json", "", false},
        {"?base64=1&message=&encoding=json", "", false},
        {"?compression=identity&message=x&encoding=json", "x", false},
        {"?compression=gzip&message=x&encoding=json", "x", true},
        {"?x=message=&encoding=json&message=y&z", "y", false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool json;

        CHECK(rpc_query_is_call(cases[i].query, &json));
        CHECK(json == (strstr(cases[i].query, "json") != NULL));
        CHECK(read_query(cases[i].query, cases[i].message, cases[i].gzip) ==
              ERR_NONE);
    }
}

static void bad(void)
{
    static const struct {
        const char *query;
        enum err err;
    } cases[] = {
        {"?encoding=json", ERR_INVALID},
        {"?message=%7", ERR_INVALID},
        {"?message=%", ERR_INVALID},
        {"?message=%zz", ERR_INVALID},
        {"?message=a&message=a", ERR_INVALID}, /* Law 1 */
        {"?message=a&base64=2", ERR_INVALID},
        {"?message=a&base64=1&base64=1", ERR_INVALID},
        {"?message=a%20&base64=1", ERR_INVALID},
        {"?message=!!!!&base64=1", ERR_INVALID},
        {"?message=a&connect=v2", ERR_INVALID},
        {"?message=a&compression=br", ERR_ENCODING},
        {"?message=a&compression=gzip&compression=gzip", ERR_ENCODING},
        {"?message="
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaa",
         ERR_TOO_LARGE}};
    bool json;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(read_query(cases[i].query, "", false) == cases[i].err);
    CHECK(!rpc_query_is_call("", &json));
    CHECK(!rpc_query_is_call("?encoding=jso", &json));
    CHECK(!rpc_query_is_call("?encoding=json&encoding=json", &json));
    CHECK(!rpc_query_is_call("?xencoding=json", &json));
    fail_malloc_start(1);
    CHECK(read_query("?message=a", "", false) == ERR_NOMEM);
    CHECK(fail_malloc_stop());
}

int main(void)
{
    good();
    bad();
    return check_report("rpc/query");
}

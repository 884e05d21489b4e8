#include "client/json.h"

#include <string.h>

#include "check.h"
#include "pb/kindred.api.h"

static struct buf text, wire;

static bool is(const struct buf *buf, const char *bytes)
{
    return buf_size(buf) == strlen(bytes) &&
           memcmp(buf_head(buf), bytes, buf_size(buf)) == 0;
}

static void begin(void)
{
    buf_truncate(&text, 0);
    buf_truncate(&wire, 0);
}

static void test_there_and_back(void)
{
    static const char said[] = "{\"country\":\"US\",\"language\":\"es\"}";
    const ProtobufCMessageDescriptor *type =
        &kindred__v1__get_crisis_resources_request__descriptor;
    ProtobufCMessage *message;

    begin();
    CHECK(client_json_parse(type, said, strlen(said), &wire) == ERR_NONE);
    message =
        protobuf_c_message_unpack(type, NULL, buf_size(&wire), buf_head(&wire));
    CHECK(message != NULL);
    if (!message)
        return;
    CHECK(client_json_print(message, &text) == ERR_NONE);
    CHECK(is(&text, said));
    protobuf_c_message_free_unpacked(message, NULL);
}

static void test_refused(void)
{
    const ProtobufCMessageDescriptor *type =
        &kindred__v1__get_crisis_resources_request__descriptor;
    static const struct {
        const char *text;
        enum err err;
    } rows[] = {{"{", ERR_JSON},
                {"", ERR_JSON},
                {"{\"county\":\"US\"}", ERR_JSON_FIELD},
                {"{\"country\":7}", ERR_JSON_VALUE}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        CHECK(client_json_parse(type, rows[i].text, strlen(rows[i].text),
                                &wire) == rows[i].err);
        CHECK(buf_size(&wire) == 0);
    }
}

static void test_quote(void)
{
    begin();
    CHECK(client_json_quote("a\"é\x1b", 5, &text) == ERR_NONE);
    CHECK(is(&text, "\"a\\\"é\\u001b\""));
    begin();
    CHECK(client_json_quote("a\xff\"\0b", 5, &text) == ERR_NONE);
    CHECK(is(&text, "\"a???b\""));
    begin();
    CHECK(client_json_quote("", 0, &text) == ERR_NONE);
    CHECK(is(&text, "\"\""));
}

/* Nothing is left of what does not fit. */
static void test_full(void)
{
    struct buf small;

    buf_init(&small, 4);
    CHECK(client_json_quote("\xff\xff\xff\xff", 4, &small) != ERR_NONE);
    CHECK(buf_size(&small) == 0);
    buf_close(&small);
}

static void test_methods(void)
{
    size_t count;
    const struct api_method *all = client_json_methods(&count);

    CHECK(all == kindred_api.methods && count == kindred_api.methods_count);
    CHECK(client_json_method("/kindred.v1.Support/Ask")->server_streams);
    CHECK(!client_json_method("/kindred.v1.Support"));
}

int main(void)
{
    buf_init(&text, 1 << 20);
    buf_init(&wire, 1 << 20);
    test_there_and_back();
    test_refused();
    test_quote();
    test_full();
    test_methods();
    buf_close(&text);
    buf_close(&wire);
    return check_report("client/json");
}

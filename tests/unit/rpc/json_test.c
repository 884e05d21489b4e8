/* The whole of rpc/json.  That its JSON is everybody's is told by
 * tests/e2e/json_test.py, against another implementation. */
#include "rpc/json.h"

#include <stdlib.h>
#include <string.h>

#include "rpc_json.h"

/* Law 1, by hand: what is read, and how it is printed. */
static void becomes(const ProtobufCMessageDescriptor *type, const char *text,
                    const char *want)
{
    char *back;

    CHECK(again(type, text, strlen(text), &back) == ERR_NONE);
    CHECK(back && strcmp(back, want) == 0);
    if (back && strcmp(back, want) != 0)
        (void)fprintf(stderr, "%s\n%s\n", text, back);
    free(back);
}

static void stays(const ProtobufCMessageDescriptor *type, const char *text)
{
    becomes(type, text, text);
}

static void fields(void)
{
    stays(KINDS, "{}");
    stays(KINDS, "{\"aDouble\":0.5,\"aFloat\":-0.0,\"anInt32\":-1,\"anInt64\":"
                 "\"-9223372036854775808\",\"aUint32\":4294967295,\"aUint64\":"
                 "\"18446744073709551615\",\"aSint32\":-2147483648,\"aSint64\":"
                 "\"1\",\"aFixed32\":1,\"aFixed64\":\"1\",\"aSfixed32\":-1,"
                 "\"aSfixed64\":\"-1\",\"aBool\":true,\"aString\":\"\\u0001"
                 "\\b\\t\\n\\f\\r\\\"\\\\/\x7f\xc3\xa9\",\"aBytes\":\"AP8=\","
                 "\"aColour\":\"COLOUR_BELOW\",\"aMessage\":{}}");
    becomes(KINDS, "{\"a_double\":\"NaN\",\"a_float\":\"-Infinity\"}",
            "{\"aDouble\":\"NaN\",\"aFloat\":\"-Infinity\"}");
    becomes(KINDS, " { \"aColour\" : 1 , \"a_bytes\" : \"_-8\" } ",
            "{\"aBytes\":\"/+8=\",\"aColour\":\"COLOUR_RED\"}");
    becomes(KINDS, "{\"aColour\":\"COLOUR_CRIMSON\",\"anInt32\":\"1e3\"}",
            "{\"anInt32\":1000,\"aColour\":\"COLOUR_RED\"}");
    becomes(KINDS, "{\"aColour\":7,\"\\u0061Bool\":true}",
            "{\"aBool\":true,\"aColour\":7}");
    becomes(KINDS, "{\"aBool\":null,\"aMessage\":null,\"lists\":null}", "{}");
    becomes(KINDS, "{\"aBool\":false,\"aString\":\"\",\"aBytes\":\"\"}", "{}");
    becomes(LISTS, "{\"bools\":[],\"messages\":null}", "{}");
    stays(LISTS, "{\"floats\":[0.1,3.402823466e+38],\"uint64s\":[\"0\","
                 "\"1\"],\"sint32s\":[-1,0],\"bools\":[true,false],\"strings\":"
                 "[\"\",\"a\"],\"bytess\":[\"\",\"AA==\"],\"colours\":"
                 "[\"COLOUR_NONE\",5],\"messages\":[{},{\"aBool\":true}],"
                 "\"loose\":[1,2]}");
    stays(CHOICES, "{\"anInt32\":0,\"right\":\"\",\"maybeInt\":0,"
                   "\"maybeString\":\"\",\"maybeBytes\":\"\",\"maybeColour\":"
                   "\"COLOUR_NONE\"}");
    stays(CHOICES, "{\"aNull\":null}");
    stays(CHOICES, "{\"aValue\":null}");
    becomes(CHOICES, "{\"left\":null,\"right\":\"b\"}", "{\"right\":\"b\"}");
    stays(NAMES, "{\"with1Digit\":1,\"UnderScore\":2,\"UPPERCase\":3,"
                 "\"a name, \xc3\xa9\":4,\"another\":5}");
    becomes(NAMES, "{\"_under_score_\":2,\"UPPER_Case\":3,\"said\":4}",
            "{\"UnderScore\":2,\"UPPERCase\":3,\"a name, \xc3\xa9\":4}");
}

static void maps(void)
{
    stays(MAPS,
          "{\"byInt32\":{\"-1\":2},\"byUint64\":{\"18446744073709551615\""
          ":\"1\"},\"byBool\":{\"true\":false},\"byString\":{\"\":\"\","
          "\"\\n\":\"b\"},\"toBytes\":{\"a\":\"AA==\"},\"toColour\":{"
          "\"a\":\"COLOUR_NONE\"},\"toMessage\":{\"a\":{}},\"toValue\":{"
          "\"a\":null},\"toWrapper\":{\"a\":\"0\"},\"toAny\":{\"a\":{}}}");
    becomes(MAPS,
            "{\"byInt32\":{\"1e1\":2,\"-0\":1},\"byString\":{\"b\":\"\","
            "\"\\u0061\":\"\"}}",
            "{\"byInt32\":{\"0\":1,\"10\":2},\"byString\":{\"a\":\"\",\"b\":"
            "\"\"}}");
}

static void known(void)
{
    stays(KNOWN,
          "{\"any\":{\"@type\":\"a/json.testing.Names\",\"plain\":1},"
          "\"time\":\"2024-02-29T12:00:00.005Z\",\"duration\":\"-1.500s\","
          "\"mask\":\"fooBar,b.c1\",\"struct\":{\"a\":[1,\"b\",true,null,"
          "{}]},\"value\":1.5,\"list\":[[],{}],\"empty\":{},\"double\":"
          "\"NaN\",\"float\":0,\"int64\":\"0\",\"uint64\":\"1\",\"int32"
          "\":0,\"uint32\":1,\"bool\":false,\"string\":\"\",\"bytes\":"
          "\"\",\"anys\":[{},{\"@type\":\"/google.protobuf.Any\","
          "\"value\":{\"@type\":\"/google.protobuf.Int64Value\",\"value"
          "\":\"7\"}}],\"values\":[null,\"\"],\"nulls\":[null,null],"
          "\"int64s\":[\"0\"],\"masks\":[\"\"]}");
    becomes(KNOWN,
            "{\"any\":{\"value\":\"1s\",\"@\\u0074ype\":"
            "\"\\/google.protobuf.Duration\"}}",
            "{\"any\":{\"@type\":\"/google.protobuf.Duration\",\"value\":"
            "\"1s\"}}");
    becomes(KNOWN,
            "{\"any\":{\"@type\":\"/google.protobuf.Empty\",\"value\":"
            "{}}}",
            "{\"any\":{\"@type\":\"/google.protobuf.Empty\"}}");
    stays(VALUE, "null");
    stays(&google__protobuf__bytes_value__descriptor, "\"AA==\"");
    stays(&google__protobuf__timestamp__descriptor, "\"1970-01-01T00:00:00Z\"");
}

/* Law 4 */
static const struct {
    const ProtobufCMessageDescriptor *type;
    const char *text;
    enum err err;
} refusals[] = {
    {KINDS, "", ERR_JSON},
    {KINDS, "{", ERR_JSON},
    {KINDS, "{}x", ERR_JSON},
    {KINDS, "{\"aBool\":tru}", ERR_JSON},
    {KINDS, "{\"anInt32\":01}", ERR_JSON},
    {KINDS, "{\"anInt32\":-}", ERR_JSON},
    {KINDS, "{\"aString\":\"\xff\"}", ERR_JSON},
    {KINDS, "{\"aString\":\"\\ud800\"}", ERR_JSON},
    {KINDS, "{\"aBool\":true,}", ERR_JSON},
    {KINDS, "[]", ERR_JSON_VALUE},
    {KINDS, "null", ERR_JSON_VALUE},
    {KINDS, "{\"nope\":1}", ERR_JSON_FIELD},
    {KINDS, "{\"aBoo\":true}", ERR_JSON_FIELD},
    {KINDS, "{\"aBool\\u0000\":true}", ERR_JSON_FIELD},
    {KINDS, "{\"@type\":1}", ERR_JSON_FIELD},
    {KINDS, "{\"aBool\":true,\"aBool\":true}", ERR_JSON_FIELD},
    {KINDS, "{\"aBool\":null,\"a_bool\":true}", ERR_JSON_FIELD},
    {KINDS, "{\"aBool\":\"true\"}", ERR_JSON_VALUE},
    {KINDS, "{\"aBool\":1}", ERR_JSON_VALUE},
    {KINDS, "{\"aString\":1}", ERR_JSON_VALUE},
    {KINDS, "{\"aString\":\"a\\u0000\"}", ERR_JSON_VALUE},
    {KINDS, "{\"aBytes\":\"A\"}", ERR_JSON_VALUE},
    {KINDS, "{\"anInt32\":2147483648}", ERR_JSON_VALUE},
    {KINDS, "{\"anInt32\":-2147483649}", ERR_JSON_VALUE},
    {KINDS, "{\"anInt32\":0.5}", ERR_JSON_VALUE},
    {KINDS, "{\"anInt32\":\"\"}", ERR_JSON_VALUE},
    {KINDS, "{\"anInt32\":\" 1\"}", ERR_JSON_VALUE},
    {KINDS, "{\"anInt32\":true}", ERR_JSON_VALUE},
    {KINDS, "{\"aUint32\":-1}", ERR_JSON_VALUE},
    {KINDS, "{\"anInt64\":9223372036854775808}", ERR_JSON_VALUE},
    {KINDS, "{\"aUint64\":18446744073709551616}", ERR_JSON_VALUE},
    {KINDS, "{\"aFloat\":3.5e38}", ERR_JSON_VALUE},
    {KINDS, "{\"aDouble\":1e309}", ERR_JSON_VALUE},
    {KINDS, "{\"aDouble\":\"nan\"}", ERR_JSON_VALUE},
    {KINDS, "{\"aColour\":\"COLOUR_\"}", ERR_JSON_VALUE},
    {KINDS, "{\"aColour\":\"1\"}", ERR_JSON_VALUE},
    {KINDS, "{\"aColour\":2147483648}", ERR_JSON_VALUE},
    {KINDS, "{\"lists\":[]}", ERR_JSON_VALUE},
    {LISTS, "{\"bools\":true}", ERR_JSON_VALUE},
    {LISTS, "{\"bools\":[null]}", ERR_JSON_VALUE},
    {LISTS, "{\"messages\":[null]}", ERR_JSON_VALUE},
    {MAPS, "{\"byString\":{\"a\":null}}", ERR_JSON_VALUE},
    {MAPS, "{\"byString\":{\"a\":\"\",\"b\":\"\",\"\\u0061\":\"\"}}",
     ERR_JSON_FIELD},
    {MAPS, "{\"byInt32\":{\"1\":1,\"1.0\":1}}", ERR_JSON_FIELD},
    {MAPS, "{\"byFixed64\":{\"2\":1,\"1\":1,\"2\":1}}", ERR_JSON_FIELD},
    {MAPS, "{\"byBool\":{\"yes\":true}}", ERR_JSON_VALUE},
    {MAPS, "{\"byInt32\":{\"\":1}}", ERR_JSON_VALUE},
    {CHOICES, "{\"left\":\"\",\"right\":\"\"}", ERR_JSON_FIELD},
    {CHOICES, "{\"aNull\":null,\"aBool\":true}", ERR_JSON_FIELD},
    {KNOWN, "{\"struct\":{\"a\":1,\"a\":2}}", ERR_JSON_FIELD},
    {KNOWN, "{\"value\":1e999}", ERR_JSON_VALUE},
    {KNOWN, "{\"mask\":\"a_b\"}", ERR_JSON_VALUE},
    {KNOWN, "{\"mask\":\"a,,b\"}", ERR_JSON_VALUE},
    {KNOWN, "{\"mask\":\"a,\"}", ERR_JSON_VALUE},
    {KNOWN, "{\"any\":{\"plain\":1}}", ERR_JSON_VALUE},
    {KNOWN, "{\"any\":{\"@type\":\"json.testing.Names\"}}", ERR_JSON_VALUE},
    {KNOWN, "{\"any\":{\"@type\":\"/json.testing.Name\"}}", ERR_JSON_VALUE},
    {KNOWN, "{\"any\":{\"@type\":\"/\"}}", ERR_JSON_VALUE},
    {KNOWN, "{\"any\":{\"@type\":1}}", ERR_JSON_VALUE},
    {KNOWN, "{\"any\":{\"@type\":\"/json.testing.Names\",\"@type\":1}}",
     ERR_JSON_FIELD},
    {KNOWN, "{\"any\":{\"@type\":\"/google.protobuf.Duration\"}}",
     ERR_JSON_VALUE},
    {KNOWN,
     "{\"any\":{\"@type\":\"/google.protobuf.Duration\",\"value\":\"1s\","
     "\"value\":\"1s\"}}",
     ERR_JSON_FIELD}};

static void refused(void)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *text = refusals[i].text;
        char *back;
        enum err err = again(refusals[i].type, text, strlen(text), &back);

        CHECK(err == refusals[i].err);
        if (err != refusals[i].err)
            (void)fprintf(stderr, "%s: %s\n", text, err_reason(err));
        free(back);
    }
}

static void unknown_is_skipped(void)
{
    rpc_json_init(&json, &testing_api, true);
    becomes(KINDS,
            "{\"nope\":{\"a\":[1,{}]},\"aBool\":true,\"aColour\":\"NEW\"}",
            "{\"aBool\":true}");
    becomes(LISTS, "{\"colours\":[\"NEW\",1,\"NEW\"],\"strings\":[\"a\"]}",
            "{\"strings\":[\"a\"],\"colours\":[\"COLOUR_RED\"]}");
    becomes(MAPS, "{\"toColour\":{\"a\":\"NEW\",\"b\":0,\"c\":\"NEW\"}}",
            "{\"toColour\":{\"b\":\"COLOUR_NONE\"}}");
    becomes(KNOWN, "{\"any\":{\"@type\":\"/json.testing.Names\",\"nope\":1}}",
            "{\"any\":{\"@type\":\"/json.testing.Names\"}}");
    rpc_json_init(&json, &testing_api, false);
}

/* Law 3, and the bound of the buffer, at each of its sizes. */
static void room(void)
{
    static const char text[] =
        "{\"lists\":{\"strings\":[\"abc\",\"d\\n\"],\"int32s\":[1,2,300]},"
        "\"maps\":{\"byString\":{\"b\":\"c\",\"a\":\"\"}},\"known\":{\"any\":{"
        "\"@type\":\"/json.testing.Names\",\"plain\":1},\"mask\":\"a,b\"}}";
    ProtobufCMessage *message;
    struct buf wire, out;
    size_t needed = 0, printed = 0;

    for (size_t max = 0; max < sizeof text && !printed; max++) {
        enum err err;

        buf_init(&wire, max + 1);
        CHECK(buf_append(&wire, "x", 1) == ERR_NONE);
        err = rpc_json_parse(&json, KINDS, (const uint8_t *)text,
                             sizeof text - 1, &wire);
        CHECK(err == (needed ? ERR_NONE : ERR_TOO_LARGE) || err == ERR_NONE);
        CHECK(err == ERR_NONE || buf_size(&wire) == 1);
        if (err == ERR_NONE && !needed) {
            needed = buf_size(&wire) - 1;
            CHECK(needed == max);
            message = protobuf_c_message_unpack(KINDS, NULL, needed,
                                                buf_head(&wire) + 1);
            for (size_t least = 0; !printed; least++) {
                buf_init(&out, least + 1);
                CHECK(buf_append(&out, "x", 1) == ERR_NONE);
                err = rpc_json_print(&json, message, &out);
                CHECK(err == ERR_NONE || err == ERR_TOO_LARGE);
                CHECK(err == ERR_NONE || buf_size(&out) == 1);
                printed = err == ERR_NONE ? least : 0;
                buf_close(&out);
            }
            protobuf_c_message_free_unpacked(message, NULL);
        }
        buf_close(&wire);
    }
    CHECK(needed > 50 && printed > 100);
}

static char *borrowed(const char *text) /* protobuf-c's fields are not const */
{
    return (char *)(uintptr_t)text;
}

/* What a handler may not say. */
static void unprintable(void)
{
    Json__Testing__Known message = JSON__TESTING__KNOWN__INIT;
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    Google__Protobuf__Value value = GOOGLE__PROTOBUF__VALUE__INIT;
    Google__Protobuf__Duration duration = GOOGLE__PROTOBUF__DURATION__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    Google__Protobuf__StringValue string = GOOGLE__PROTOBUF__STRING_VALUE__INIT;
    static const char *const paths[] = {"a_", "_",   "a_1", "a__b",
                                        "aB", "a,b", "",    "\xc3"};
    static uint8_t cut[] = {0x72, 5, 'x'};
    char *path = NULL;
    struct buf out;

#define REFUSES()                                                              \
    CHECK(rpc_json_print(&json, &message.base, &out) == ERR_INTERNAL &&        \
          buf_size(&out) == 0)
    buf_init(&out, MOST);
    message.value = &value;
    REFUSES(); /* of no kind */
    value.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE;
    value.number_value = strtod("nan", NULL);
    REFUSES();
    message.value = NULL;
    message.any = &any;
    any.type_url = borrowed("/json.testing.Nope");
    REFUSES();
    any.type_url = borrowed("/json.testing.Kinds");
    any.value = (ProtobufCBinaryData){3, cut};
    REFUSES();
    message.any = NULL;
    message.duration = &duration;
    duration.seconds = 1;
    duration.nanos = -1;
    REFUSES();
    message.duration = NULL;
    message.string = &string;
    string.value = borrowed("\xff");
    REFUSES();
    message.string = NULL;
    message.mask = &mask;
    mask.paths = &path;
    mask.n_paths = 1;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        path = borrowed(paths[i]);
        REFUSES();
    }
    buf_close(&out);
#undef REFUSES
}

/* Of a key that is there twice the last counts, as in protobuf; of a message
 * that is nowhere, nothing. */
static void odd_entries(void)
{
    static const uint8_t bytes[] = {
        0x62, 6, 0x0a, 1,    'a', 0x12, 1, 'x', 0x62, 6, 0x0a, 1, 'b',
        0x12, 1, 'y',  0x62, 6,   0x0a, 1, 'a', 0x12, 1, 'z', /* byString */
        0x8a, 1, 3,    0x0a, 1,   'k',                        /* toMessage */
        0x9a, 1, 0};                                          /* toDuration */
    ProtobufCMessage *message =
        protobuf_c_message_unpack(MAPS, NULL, sizeof bytes, bytes);
    struct buf out;

    buf_init(&out, MOST);
    CHECK(message && rpc_json_print(&json, message, &out) == ERR_NONE);
    CHECK(buf_append(&out, "", 1) == ERR_NONE);
    CHECK(strcmp((char *)buf_head(&out),
                 "{\"byString\":{\"a\":\"z\",\"b\":\"y\"},\"toMessage\":{\"k\":"
                 "{}},\"toDuration\":{\"\":\"0s\"}}") == 0);
    protobuf_c_message_free_unpacked(message, NULL);
    buf_close(&out);
}

static void quoted(void)
{
    struct buf out;

    buf_init(&out, 20);
    CHECK(rpc_json_quote("a\"\n\xc3\xa9", 5, &out) == ERR_NONE);
    CHECK(buf_size(&out) == 9);
    CHECK(memcmp(buf_head(&out), "\"a\\\"\\n\xc3\xa9\"", 9) == 0);
    CHECK(rpc_json_quote("\xff", 1, &out) == ERR_INTERNAL);
    CHECK(rpc_json_quote("0123456789", 10, &out) == ERR_TOO_LARGE);
    CHECK(buf_size(&out) == 9); /* Law 3 */
    buf_close(&out);
}

int main(void)
{
    rpc_json_init(&json, &testing_api, false);
    fields();
    maps();
    known();
    refused();
    unknown_is_skipped();
    room();
    unprintable();
    odd_entries();
    quoted();
    return check_report("rpc/json");
}
